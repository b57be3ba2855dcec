"""An answer as it is read: family by family, each figure with its interval, its trend and its evidence."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from terreau.engines.contribution import Answer, Effect, Evidence, Family, Figure, Indicator
from terreau.impact.indicators import BY_ID, of_family
from terreau.impact.models import Reckoning
from terreau.impact.parameters import written
from terreau.impact.words import amount, said

TONES = {Evidence.MEASURED: "ok", Evidence.OFFICIAL: "ok", Evidence.COMPUTED: "wait"}


@dataclass(frozen=True)
class Interval:
    """Where a figure may be, in per cent of the width; `zero` is where nothing changes."""

    zero: str
    start: str
    width: str
    mark: str


@dataclass(frozen=True)
class Reading:
    """One indicator: its words and its effect."""

    indicator: Indicator
    effect: Effect

    @property
    def figure(self) -> Figure:
        return self.effect.net

    @property
    def missing(self) -> str:
        return self.figure.missing

    @property
    def headline(self) -> str:
        assert self.figure.value is not None
        return amount(self.figure.value, self.figure.unit)

    @property
    def between(self) -> str:
        """« de 10 à 15 t/an », or that it was counted."""
        low, high = self.figure.low, self.figure.high
        if low is None or high is None:
            return "compté"
        return f"de {amount(low, self.figure.unit)} à {amount(high, self.figure.unit)}"

    @property
    def gross(self) -> str:
        """What is usually announced, when the net differs."""
        same = self.effect.gross.value == self.figure.value
        return "" if same or self.missing else said(self.effect.gross)

    @property
    def chance(self) -> Decimal | None:
        """How likely it is to be above zero, when that is in doubt."""
        chance = self.figure.positive_probability
        return Decimal(repr(round(chance, 2))) if chance is not None and chance < 1 else None

    @property
    def tone(self) -> str:
        return TONES.get(self.figure.evidence, "warn")

    @property
    def trend(self) -> list[tuple[str, Decimal]]:
        rows = [(str(year), Decimal(repr(round(value, 6)))) for year, value in self.figure.trend]
        return rows if len(rows) > 1 else []

    @cached_property
    def interval(self) -> Interval | None:
        figure = self.figure
        if figure.low is None or figure.high is None or figure.value is None:
            return None
        left, right = min(0.0, figure.low, figure.value), max(0.0, figure.high, figure.value)
        span = (right - left) or 1.0

        def at(value: float) -> float:
            return 100 * (value - left) / span

        texts = (at(0.0), at(figure.low), at(figure.high) - at(figure.low), at(figure.value))
        return Interval(*(f"{x:.2f}" for x in texts))


@dataclass(frozen=True)
class Part:
    family: Family
    known: list[Reading]
    unknown: list[Reading]

    @property
    def label(self) -> str:
        return self.family.label


class AnswerReading:
    """A stored answer, in the words of its reader."""

    def __init__(self, row: Reckoning):
        self.row = row
        self.answer = Answer.from_json(row.plan or {})

    @cached_property
    def parts(self) -> list[Part]:
        effects = self.answer.by_id
        found = []
        for family in Family:
            read = [Reading(i, effects[i.id]) for i in of_family(family) if i.id in effects]
            found.append(Part(family, _first(read, missing=False), _first(read, missing=True)))
        return found

    def of(self, indicator: str) -> Reading:
        return Reading(BY_ID[indicator], self.answer.by_id[indicator])

    @property
    def to_measure(self) -> list[tuple[str, str]]:
        """What weighs most and is known least, with how to know it."""
        known = written()
        return [
            (known[m.parameter][-1].label, known[m.parameter][-1].measure) for m in self.answer.to_measure
        ]


def _first(readings: Iterable[Reading], *, missing: bool) -> list[Reading]:
    """Headlines first."""
    some = [r for r in readings if bool(r.missing) == missing]
    return sorted(some, key=lambda r: not r.indicator.headline)
