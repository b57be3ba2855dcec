"""Which parameters make a figure uncertain: Sobol indices, a tornado, and what to measure next.

Indices assume independent parameters: no copula here, and it is said. Saltelli's design (2010): two samples A
and B of n points, and for each parameter A with that column taken from B.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from . import draws as sampling
from .answer import Bar, ToMeasure
from .indicator import Indicator
from .problem import Array, Draws, Parameter, Tables

# A parameter weighs on a figure from this total index on: a convention.
MATTERS = 0.05
RESAMPLES = 64

Key = tuple[str, str]
Model = Callable[[Draws], Sequence[Array]]


@dataclass(frozen=True)
class Sensitivity:
    """By output, bars from the heaviest; a parameter that weighs nothing has none."""

    parameters: tuple[str, ...]
    bars: Mapping[Key, tuple[Bar, ...]]


def analyse(
    model: Model,
    outputs: Sequence[Key],
    parameters: Sequence[Parameter],
    tables: Tables,
    *,
    n: int,
    seed: int,
) -> Sensitivity:
    moving = [p for p in parameters if p.moves]
    d, years = len(moving), sampling.horizon(parameters)
    u = sampling.points(n, 2 * d, seed)
    a = np.stack([sampling.inverse(p, u[:, k], years) for k, p in enumerate(moving)])
    b = np.stack([sampling.inverse(p, u[:, d + k], years) for k, p in enumerate(moving)])
    runs = np.tile(a, (1, d + 2)).reshape(d, d + 2, n)
    runs[:, 1] = b
    for k in range(d):
        runs[k, k + 2] = b[k]
    fixed = {p.id: np.array([p.value]) for p in parameters}

    def run(values: Array) -> Array:
        drawn = {p.id: values[k] for k, p in enumerate(moving)}
        return np.stack(model(Draws(fixed | drawn, tables)))

    y = run(runs.reshape(d, -1)).reshape(len(outputs), d + 2, n)
    first, whole, error = indices(y[:, 0], y[:, 1], y[:, 2:].swapaxes(0, 1), seed=seed)
    ends = np.repeat(np.array([[float(p.value)] for p in moving]), 2 * d, axis=1)
    for k, p in enumerate(moving):
        ends[k, 2 * k : 2 * k + 2] = sampling.inverse(p, np.array([0.05, 0.95]), years)
    swing = run(ends).reshape(len(outputs), d, 2)
    bars = {
        key: tuple(
            Bar(moving[k].id, *(float(x) for x in (*swing[o, k], first[k, o], whole[k, o], error[k, o])))
            for k in np.argsort(-whole[:, o], kind="stable")
            if whole[k, o] > 0
        )
        for o, key in enumerate(outputs)
    }
    return Sensitivity(tuple(p.id for p in moving), bars)


def indices(f_a: Array, f_b: Array, f_ab: Array, *, seed: int) -> tuple[Array, Array, Array]:
    """First-order (Saltelli 2010) and total (Jansen 1999) indices, (parameters, outputs), and the error.

    f_a, f_b: (outputs, n); f_ab: (parameters, outputs, n). Error: half of the bootstrap's 90 % interval.
    """
    n = f_a.shape[-1]
    middle = (f_a.mean(-1) + f_b.mean(-1))[:, None] / 2
    f_a, f_b, f_ab = f_a - middle, f_b - middle, f_ab - middle
    square = (f_a**2 + f_b**2) / 2
    one, other = f_b * (f_ab - f_a), (f_a - f_ab) ** 2 / 2

    def share(part: Array, weights: Array) -> Array:
        # One product of two matrices: hundreds of small ones would keep every core busy waiting.
        variance = square @ weights
        means = (part.reshape(-1, n) @ weights).reshape(*part.shape[:-1], -1)
        found = np.divide(means, variance, out=np.zeros_like(means), where=variance > 0)
        return np.where(variance > 1e-24 * (1 + middle**2), found, 0.0)

    flat = np.full((n, 1), 1 / n)
    chance = np.random.default_rng(seed)
    weights = chance.multinomial(n, np.full(n, 1 / n), size=RESAMPLES).T / n
    error = sampling.Z95 * share(other, weights).std(-1)
    return share(one, flat)[..., 0], share(other, flat)[..., 0], error


def what_to_measure(
    indicators: Sequence[Indicator], parameters: Sequence[Parameter], found: Sensitivity
) -> tuple[ToMeasure, ...]:
    """The heaviest on the figures of the first page, divided by what it takes to know them.

    A parameter nobody can measure here, or that the ledger gave already, is not in the list.
    """
    totals: dict[str, dict[str, float]] = {}
    for indicator in indicators:
        for bar in found.bars.get((indicator.id, "net"), ()):
            if bar.total >= MATTERS:
                totals.setdefault(bar.parameter, {})[indicator.id] = bar.total
    rows = [
        ToMeasure(p.id, sum(totals[p.id].values()), p.effort, tuple(totals[p.id]))
        for p in parameters
        if p.id in totals and p.measure and p.status != "measured"
    ]
    return tuple(sorted(rows, key=lambda row: (-row.weight / row.effort, row.parameter)))
