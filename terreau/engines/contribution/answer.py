"""What the contribution engine answers: figures with their interval, gross and net, and what weighs."""

from collections.abc import Mapping
from dataclasses import dataclass

from terreau.measures.stored import Stored

from .problem import Evidence


@dataclass(frozen=True)
class Figure:
    """`value`: at the parameters' own values. `low`, `mid`, `high`: P5, P50, P95 over the draws.

    A counted fact moves with no parameter: no interval, `counted`. A figure that cannot be computed has no
    value and says why (`missing`). `trend`: the same, year by year. `evidence`: of the weakest input that
    weighs.
    """

    unit: str
    evidence: Evidence
    value: float | None = None
    low: float | None = None
    mid: float | None = None
    high: float | None = None
    positive_probability: float | None = None
    trend: tuple[tuple[int, float], ...] = ()
    missing: str = ""

    @property
    def counted(self) -> bool:
        return self.value is not None and self.low is None


@dataclass(frozen=True)
class Bar:
    """A parameter on one indicator: from its P5 to its P95, all else as it is; `total`: total Sobol index.

    `error`: half of the 90 % interval of that index.
    """

    parameter: str
    at_low: float
    at_high: float
    first: float
    total: float
    error: float


@dataclass(frozen=True)
class Effect:
    """One indicator over one territory: what is announced, what is left once corrected, and what weighs.

    `gross`: with − without on the same draws when the indicator adds up, with alone when it is a ratio.
    """

    indicator: str
    gross: Figure
    net: Figure
    tornado: tuple[Bar, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class ToMeasure:
    """What to measure next: weighs on many figures, costs little to know."""

    parameter: str
    weight: float
    effort: int
    indicators: tuple[str, ...]


@dataclass(frozen=True)
class Answer(Stored):
    """`priors`: how many of the parameters that move are expert priors."""

    territory: str
    scale: str
    effects: tuple[Effect, ...]
    to_measure: tuple[ToMeasure, ...]
    draws: int
    seed: int
    moving: int
    priors: int
    warnings: tuple[str, ...]
    version: str

    def of(self, indicator: str) -> Effect:
        return next(effect for effect in self.effects if effect.indicator == indicator)

    @property
    def by_id(self) -> Mapping[str, Effect]:
        return {effect.indicator: effect for effect in self.effects}
