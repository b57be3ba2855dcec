"""Measured years update the priors, in closed form: shown as « a priori → après vos données ».

What comes out is called measured once the data weigh as much as the prior; until then it keeps its status.
"""

from dataclasses import replace
from datetime import date
from math import inf

from .draws import beta_shape
from .problem import Parameter, ProblemRefused

# A prior of what a year tells (events, a yield, a price) is worth one year of data: a convention.
PRIOR_YEARS = 1.0


def beta_binomial(a: float, b: float, successes: float, of: float) -> tuple[float, float]:
    """Beta(a, b), k successes of n: Beta(a + k, b + n − k)."""
    return a + successes, b + of - successes


def gamma_poisson(shape: float, rate: float, events: float, years: float) -> tuple[float, float]:
    """Gamma(α, β), k events in T years: Gamma(α + k, β + T)."""
    return shape + events, rate + years


def normal(mean: float, spread: float, observed: float, noise: float, n: int) -> tuple[float, float]:
    """μ' = (μ/s² + n x̄/σ²) / (1/s² + n/σ²), and its standard deviation."""
    weight = 1 / spread**2 + n / noise**2
    return (mean / spread**2 + n * observed / noise**2) / weight, weight**-0.5


def after_counts(prior: Parameter, *, successes: float, of: float, source: str, since: date) -> Parameter:
    """A share (exits, entrants on RSA) after `successes` people of `of` were seen."""
    from scipy import special

    if not 0 <= successes <= of:
        raise ProblemRefused(f"{prior.id}\u202f: {successes:g} sur {of:g} n’est pas une part.")
    a, b = _beta(prior)
    after_a, after_b = beta_binomial(a, b, successes, of)
    low, high = (float(special.betaincinv(after_a, after_b, u)) for u in (0.05, 0.95))
    return replace(
        prior, value=after_a / (after_a + after_b), low=low, high=high, distribution="beta",
        source=source, since=since, status="measured" if of >= a + b else prior.status,
    )  # fmt: skip


def after_events(prior: Parameter, *, events: int, years: float, source: str, since: date) -> Parameter:
    """A count a year (farms installed) after so many in so many years."""
    from scipy import special

    shape, rate = gamma_poisson(prior.value * PRIOR_YEARS, PRIOR_YEARS, events, years)
    value = shape / rate
    low, high = (float(special.gammaincinv(shape, u)) / rate for u in (0.05, 0.95))
    return replace(
        prior, value=value, low=min(low, value), high=max(high, value),
        source=source, since=since, status="measured" if years >= PRIOR_YEARS else prior.status,
    )  # fmt: skip


def after_measures(
    prior: Parameter, *, mean: float, noise: float, n: int, source: str, since: date
) -> Parameter:
    """A quantity (yield, price) after `n` measures of that mean and standard deviation.

    A PERT is taken as the normal of its mean and of a sixth of its width, and given back so.
    """
    centre, spread = _normal(prior)
    after, left = normal(centre, spread, mean, noise, n)
    return replace(
        prior, value=after, low=after - 3 * left, high=after + 3 * left, distribution="pert",
        source=source, since=since, status="measured" if n / noise**2 >= 1 / spread**2 else prior.status,
    )  # fmt: skip


def after_readings(
    prior: Parameter, *, mean: float, n: int, source: str, since: date, least: float = 0.0, most: float = inf
) -> Parameter:
    """A quantity read once a year, or once a farm, after `n` readings of that mean.

    One reading says as much as the prior, so that the first goes half-way; never past what makes sense.
    """
    _, spread = _normal(prior)
    noise = spread * PRIOR_YEARS**0.5
    after = after_measures(prior, mean=mean, noise=noise, n=n, source=source, since=since)
    return replace(after, low=max(after.low, least), high=min(after.high, most))


def _normal(prior: Parameter) -> tuple[float, float]:
    """The mean of a PERT, and a sixth of its width."""
    return (prior.low + 4 * prior.value + prior.high) / 6, (prior.high - prior.low) / 6


def _beta(prior: Parameter) -> tuple[float, float]:
    """The prior as a beta: its own, or that of the mean and spread of its PERT."""
    if prior.distribution == "beta":
        return beta_shape(prior.value, prior.low, prior.high)
    if prior.distribution != "pert" or not 0 <= prior.low < prior.high <= 1:
        raise ProblemRefused(f"{prior.id}\u202f: seule une part de 0 à 1 s’apprend en comptant.")
    mean, spread = _normal(prior)
    weight = mean * (1 - mean) / spread**2 - 1
    return mean * weight, (1 - mean) * weight
