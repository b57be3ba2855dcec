"""Measured years update the priors, in closed form: shown as « a priori → après vos données »."""


def beta_binomial(a: float, b: float, successes: int, of: int) -> tuple[float, float]:
    """Beta(a, b), k successes of n: Beta(a + k, b + n − k). Exits."""
    return a + successes, b + of - successes


def gamma_poisson(shape: float, rate: float, events: int, years: float) -> tuple[float, float]:
    """Gamma(α, β), k events in T years: Gamma(α + k, β + T). Farms installed."""
    return shape + events, rate + years


def normal(mean: float, spread: float, observed: float, noise: float, n: int) -> tuple[float, float]:
    """μ' = (μ/s² + n x̄/σ²) / (1/s² + n/σ²), and its standard deviation. Yield, price."""
    weight = 1 / spread**2 + n / noise**2
    return (mean / spread**2 + n * observed / noise**2) / weight, weight**-0.5
