"""Draws of the parameters: scrambled Sobol points, inverse laws, a Gaussian copula for known pairs.

The same points feed both arms. Sensitivity asks for independent parameters: no copula there.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from .problem import Array, Draws, Parameter, ProblemRefused, Tables

# P95 of the standard normal: the bounds of a log-normal or a beta are its P5 and P95.
Z95 = 1.6448536269514722


def central(parameters: Sequence[Parameter], tables: Tables) -> Draws:
    """Every parameter as it is written."""
    return Draws({p.id: np.array([p.value]) for p in parameters}, tables)


def draw(
    parameters: Sequence[Parameter],
    tables: Tables,
    *,
    n: int,
    seed: int,
    correlations: Mapping[tuple[str, str], float] | None = None,
) -> Draws:
    """`n` draws, a power of two. `correlations`: of pairs known to move together, on their normal scores."""
    moving = [p for p in parameters if p.moves]
    u = points(n, len(moving), seed)
    if correlations:
        u = _copula(u, [p.id for p in moving], correlations)
    return at(parameters, tables, u)


def at(parameters: Sequence[Parameter], tables: Tables, u: Array) -> Draws:
    """The draws of given points of the unit cube, one column per parameter that moves."""
    values = {p.id: np.array([p.value]) for p in parameters}
    moving, years = [p for p in parameters if p.moves], horizon(parameters)
    values |= {p.id: inverse(p, u[:, k], years) for k, p in enumerate(moving)}
    return Draws(values, tables)


def horizon(parameters: Sequence[Parameter]) -> int:
    """Years over which a yearly count is drawn: one drawn once would come back the same every year."""
    return next((int(p.value) for p in parameters if p.id == "horizon_ans"), 1)


def points(n: int, dimensions: int, seed: int) -> Array:
    """Scrambled Sobol points in (0, 1): balanced for powers of two only."""
    from scipy.stats import qmc

    if n < 2 or n & (n - 1):
        raise ProblemRefused(f"{n} tirages\u202f: il en faut une puissance de deux (4096).")
    sobol = qmc.Sobol(max(dimensions, 1), scramble=True, rng=np.random.default_rng(seed))
    u: Array = sobol.random_base2(n.bit_length() - 1)
    return np.clip(u, 1e-9, 1 - 1e-9)


def inverse(parameter: Parameter, u: Array, years: int = 1) -> Array:
    """The value whose probability of not being exceeded is u; of a count a year, the mean over `years`."""
    from scipy import special

    p = parameter
    if not p.moves:
        return np.full(u.shape, p.value)
    if p.distribution == "poisson":
        return _poisson(p.value * years, u) / years
    if p.distribution == "uniform":
        return p.low + (p.high - p.low) * u
    if p.distribution == "lognormal":
        sigma = np.log(p.high / p.low) / (2 * Z95)
        return np.asarray(p.value * np.exp(sigma * special.ndtri(u)))
    if p.distribution == "beta":
        a, b = beta_shape(p.value, p.low, p.high)
        return np.asarray(special.betaincinv(a, b, u))
    width = p.high - p.low
    a, b = 1 + 4 * (p.value - p.low) / width, 1 + 4 * (p.high - p.value) / width
    return np.asarray(p.low + width * special.betaincinv(a, b, u))


def beta_shape(mean: float, low: float, high: float) -> tuple[float, float]:
    """The beta of that mean whose P5 and P95 are as far apart as `low` and `high`."""
    from scipy import optimize, special

    def excess(log_weight: float) -> float:
        a, b = mean * np.exp(log_weight), (1 - mean) * np.exp(log_weight)
        return float(special.betaincinv(a, b, 0.95) - special.betaincinv(a, b, 0.05) - (high - low))

    weight = float(np.exp(optimize.brentq(excess, 0.0, 20.0)))
    return mean * weight, (1 - mean) * weight


def _poisson(rate: float, u: Array) -> Array:
    counts = np.arange(int(rate + 12 * np.sqrt(rate) + 12))
    probabilities = np.exp(-rate) * np.cumprod(np.concatenate([[1.0], rate / counts[1:]]))
    return np.searchsorted(np.cumsum(probabilities), u).astype(np.float64)


def _copula(u: Array, ids: list[str], correlations: Mapping[tuple[str, str], float]) -> Array:
    from scipy import special

    matrix = np.eye(len(ids))
    for (one, other), rho in correlations.items():
        if one in ids and other in ids:
            i, j = ids.index(one), ids.index(other)
            matrix[i, j] = matrix[j, i] = rho
    try:
        root = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        raise ProblemRefused("Ces corrélations se contredisent\u202f: aucune loi ne les a toutes.")
    tied: Array = special.ndtr(special.ndtri(u) @ root.T)
    return np.clip(tied, 1e-9, 1 - 1e-9)
