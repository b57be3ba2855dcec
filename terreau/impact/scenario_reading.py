"""A scenario as it is read: headlines, figures with their interval, what weighs, several together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from terreau.engines.contribution import Answer, Figure, Parameter
from terreau.impact import learning, scenarios
from terreau.impact.indicators import CATALOGUE
from terreau.impact.models import Reckoning
from terreau.impact.parameters import parameters
from terreau.impact.reading import AnswerReading, Interval, Reading, Span
from terreau.impact.scenario_form import QUESTIONS
from terreau.impact.words import amount, number_and_unit
from terreau.measures.french import format_decimal, format_percent

TO_MEASURE = 5


class Projected(Reading):
    """A figure of a scenario: in the middle of its draws, not at the parameters' own values."""

    @property
    def middle(self) -> float | None:
        return self.figure.value if self.figure.mid is None else self.figure.mid

    @cached_property
    def _parts(self) -> tuple[str, str]:
        if self.middle is None:
            return "", ""
        return number_and_unit(self.middle, self.figure.unit, exact=self.figure.counted)

    @property
    def before(self) -> str:
        """A year that nobody lived is no comparison."""
        return ""

    @property
    def gross(self) -> str:
        """What is usually announced, when the net differs."""
        gross = self.effect.gross
        middle = gross.value if gross.mid is None else gross.mid
        return "" if self.missing or middle is None or middle == self.middle else amount(middle, gross.unit)

    @cached_property
    def interval(self) -> Interval | None:
        return placed(self.figure, *ends([self.figure]))


def ends(figures: Sequence[Figure]) -> tuple[float, float]:
    """From the lowest to the highest of what may be."""
    told = [x for f in figures for x in (f.low, f.high, f.mid, f.value) if x is not None]
    return min(told, default=0.0), max(told, default=0.0)


def placed(figure: Figure, left: float, right: float) -> Interval | None:
    """Where a figure stands between two ends, zero among them, in per cent of the width."""
    if figure.low is None or figure.high is None or figure.mid is None:
        return None
    left, right = min(left, 0.0), max(right, 0.0)
    span = (right - left) or 1.0

    def at(value: float) -> str:
        return f"{100 * (value - left) / span:.2f}"

    wide = f"{100 * (figure.high - figure.low) / span:.2f}"
    return Interval(at(0.0), Span(at(figure.low), wide, at(figure.mid)), None)


class ScenarioReading(AnswerReading):
    """A stored scenario: its answer, and the numbers it was asked with."""

    def __init__(self, row: Reckoning):
        super().__init__(row)
        self.told = scenarios.parsed(row.problem["file"])

    @cached_property
    def all(self) -> list[Projected]:
        return read_all(self.answer)

    @cached_property
    def headlines(self) -> list[Projected]:
        return [one for one in self.all if one.indicator.headline and not one.missing]

    @cached_property
    def families(self) -> list[tuple[str, list[Projected]]]:
        """All that is known, in the order of the answer."""
        found: dict[str, list[Projected]] = {}
        for one in self.all:
            if not one.missing:
                found.setdefault(one.indicator.family.label, []).append(one)
        return list(found.items())

    @cached_property
    def numbers(self) -> list[tuple[str, str]]:
        """What was asked, in the words of the form."""
        said = []
        for question in QUESTIONS:
            part = self.told.get(question.part, {}) if question.part else self.told
            if value := part.get(question.name):
                number = Decimal(repr(round(float(value), 4)))
                said.append((question.label, _worded(number, question.unit)))
        return said

    @cached_property
    def taught(self) -> list["Taught"]:
        """What it knows of its own years, and what it would have taken else."""
        known = {p.id: p for p in parameters(date.fromisoformat(self.row.problem["today"]))}
        return [
            Taught(known[id], line) for id, line in self.told.get("parameters", {}).items() if id in known
        ]

    @property
    def years(self) -> str:
        """The years that taught it: « 2024 et 2025 »."""
        years = sorted({year for one in self.taught for year in one.line.get("years", ())})
        return learning.said(years) if years else ""

    @property
    def today(self) -> list[tuple[str, str]]:
        """What stands already, and is taken away."""
        names = {question.name: question for question in QUESTIONS}
        return [
            (names[name].label, _worded(Decimal(repr(float(value))), names[name].unit))
            for name, value in self.told.get("without", {}).items()
            if name in names
        ]


@dataclass(frozen=True)
class Taught:
    """A parameter of the scenario's own: before → after."""

    before: Parameter
    line: dict[str, Any]

    @property
    def was(self) -> str:
        return amount(self.before.value, learning.unit_of(self.before))

    @property
    def now(self) -> str:
        return amount(self.line["value"], learning.unit_of(self.before))


def _worded(number: Decimal, unit: str) -> str:
    return format_percent(number) if unit == "%" else f"{format_decimal(number)}\u00a0{unit}"


def read_all(answer: Answer) -> list[Projected]:
    by_id = answer.by_id
    return [Projected(i, by_id[i.id]) for i in CATALOGUE if i.id in by_id]


@dataclass(frozen=True)
class Cell:
    """A figure of one of the scenarios, drawn between the ends of all."""

    name: str
    one: Projected
    interval: Interval | None


@dataclass(frozen=True)
class Line:
    label: str
    headline: bool
    cells: tuple[Cell, ...]


def side_by_side(readings: Sequence[ScenarioReading]) -> list[Line]:
    """Figures that one at least has, headlines first; each line drawn on one scale."""
    lines = []
    for indicator in CATALOGUE:
        ones = [Projected(indicator, r.answer.by_id[indicator.id]) for r in readings]
        if all(one.missing for one in ones):
            continue
        scale = ends([one.figure for one in ones])
        cells = tuple(
            Cell(r.row.name, one, placed(one.figure, *scale)) for r, one in zip(readings, ones, strict=True)
        )
        lines.append(Line(indicator.label, indicator.headline, cells))
    return sorted(lines, key=lambda line: not line.headline)


def on_paper(reading: ScenarioReading) -> dict[str, Any]:
    """What the sheet of a scenario shows, in JSON's own values."""
    return {
        "name": reading.row.name,
        "where": reading.row.problem["where"],
        "year": str(reading.row.year),
        "years": str(reading.told.get("horizon", 5)),
        "warnings": list(reading.answer.warnings),
        "numbers": reading.numbers,
        "today": reading.today,
        "taught": [[one.before.label, f"{one.now} au lieu de {one.was}"] for one in reading.taught],
        "headlines": [_paper(one) for one in reading.headlines],
        "families": [
            {"label": label, "rows": [_paper(one) for one in ones]} for label, ones in reading.families
        ],
        "measure": [[what, how] for what, how in reading.to_measure[:TO_MEASURE]],
        "unknown": [[one.indicator.label, one.missing] for one in reading.unknown],
        "draws": format_decimal(Decimal(reading.answer.draws)),
        "moving": str(reading.answer.moving),
        "priors": str(reading.answer.priors),
    }


def _paper(one: Projected) -> dict[str, Any]:
    interval = one.interval
    net = interval and interval.net
    drawn = [interval.zero, net.start, net.width, net.mark] if interval and net else []
    return {
        "label": one.indicator.label,
        "question": one.indicator.question,
        "middle": one.headline,
        "between": one.between,
        "gross": one.gross,
        "likely": "" if one.chance is None else format_percent(one.chance),
        "drawn": [float(x) for x in drawn],
    }
