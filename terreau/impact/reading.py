"""An answer as it is read: family by family, each figure with its interval, its trend and its evidence."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from terreau.engines.contribution import Answer, Effect, Evidence, Family, Figure, Indicator, Kind, Parameter
from terreau.engines.contribution.public_finance import BEARER
from terreau.impact.beside import DECLARED, SHARED
from terreau.impact.indicators import BY_ID, of_family
from terreau.impact.models import Reckoning
from terreau.impact.multipliers import Scale, honest
from terreau.impact.parameters import parameters, written
from terreau.impact.words import (
    CODES,
    KINDS,
    SHARE,
    UNITS,
    amount,
    between,
    counted,
    number_and_unit,
    said,
)
from terreau.measures.french import MONTHS, format_decimal
from terreau.territory.counts import PEOPLE_MIN

TONES = {Evidence.MEASURED: "ok", Evidence.OFFICIAL: "ok", Evidence.COMPUTED: "wait"}
# What is announced, what Dares observes, what the pathway causes: never one without the others.
EXITS = ("sorties_dynamiques", "sorties_brut", "sorties_net")
SCALED = ("emplois_indirects", "emplois_induits", "lm3")
# Kinds whose every movement can be shown.
LEDGER = (
    Kind.SALE, Kind.DONATION, Kind.PURCHASE, Kind.LOSS, Kind.VOLUNTEER_WORK, Kind.CREDIT, *SHARED,
)  # fmt: skip
HERE = "L’écopôle"


@dataclass(frozen=True)
class Span:
    """From the 5th to the 95th percentile, in per cent of the width; `mark`: the value itself."""

    start: str
    width: str
    mark: str


@dataclass(frozen=True)
class Interval:
    """Where a figure may be; `zero` is where nothing changes; `gross`: what is usually announced."""

    zero: str
    net: Span
    gross: Span | None


@dataclass(frozen=True)
class Reading:
    """One indicator: its words and its effect; `people`: the figure that counts those it is about."""

    indicator: Indicator
    effect: Effect
    people: Effect | None = None

    @property
    def figure(self) -> Figure:
        return self.effect.net

    @property
    def missing(self) -> str:
        return self.figure.missing

    @property
    def number(self) -> str:
        return self._parts[0]

    @property
    def unit(self) -> str:
        return self._parts[1]

    @cached_property
    def _parts(self) -> tuple[str, str]:
        if self.figure.value is None:
            return "", ""
        return number_and_unit(self.figure.value, self.figure.unit, exact=self.figure.counted)

    @property
    def headline(self) -> str:
        return said(self.figure) if self.missing else "\u00a0".join(part for part in self._parts if part)

    @property
    def between(self) -> str:
        """« de 10 à 15 t/an », or that it was counted."""
        low, high = self.figure.low, self.figure.high
        if low is None or high is None:
            return "comparé, sans intervalle" if self.indicator.evidence is Evidence.COMPUTED else "compté"
        return between(low, high, self.figure.unit)

    @property
    def gross(self) -> str:
        """What is usually announced, when the net differs."""
        return "" if not self._differs else said(self.effect.gross)

    @property
    def _differs(self) -> bool:
        return not self.missing and self.effect.gross.value != self.figure.value

    @property
    def chance(self) -> Decimal | None:
        """How likely it is to be above zero, when that is in doubt."""
        chance = self.figure.positive_probability
        return Decimal(repr(round(chance, 2))) if chance is not None and 0.005 < chance < 0.995 else None

    @property
    def tone(self) -> str:
        return TONES.get(self.figure.evidence, "warn")

    @property
    def _years(self) -> list[tuple[int, float]]:
        """From the first in which something was recorded: before it, nobody knows."""
        rows = list(self.figure.trend)
        while rows and not rows[0][1]:
            rows.pop(0)
        return rows if len(rows) > 1 else []

    @property
    def trend(self) -> list[tuple[str, Decimal]]:
        """Year by year, to be drawn in `trend_unit`."""
        by = 100 if self.figure.unit == SHARE else 1
        return [(str(year), Decimal(repr(round(value * by, 6)))) for year, value in self._years]

    @property
    def trend_unit(self) -> str:
        return "%" if self.figure.unit == SHARE else self.figure.unit

    @property
    def before(self) -> str:
        """« 2025 : 12 t/an », the year before, beside the figure."""
        if not self._years:
            return ""
        year, value = self._years[-2]
        told = amount(value, self.figure.unit, exact=self.figure.counted)
        return f"{year}\u202f: {told}"

    @cached_property
    def interval(self) -> Interval | None:
        shown = [self.effect.net, *([self.effect.gross] if self._differs else [])]
        ends = [x for f in shown for x in (f.low, f.high, f.value) if x is not None]
        if self.figure.low is None or not ends:
            return None
        left, right = min(0.0, *ends), max(0.0, *ends)
        places = _Places(left, right)
        gross = places.span(self.effect.gross) if self._differs else None
        return Interval(places.at(0.0), places.span(self.figure), gross)

    @property
    def small(self) -> bool:
        """About so few people or farms that it would tell them apart."""
        if self.indicator.told_with:
            return self.people is None or (self.people.net.value or 0) < PEOPLE_MIN
        people = self.figure.unit.partition("/")[0] in ("personnes", "fermes")
        return people and self.figure.counted and 0 < (self.figure.value or 0) < PEOPLE_MIN


class _Places:
    """Numbers as percentages of the width between two of them."""

    def __init__(self, left: float, right: float):
        self.left, self.span_ = left, (right - left) or 1.0

    def at(self, value: float) -> str:
        return f"{100 * (value - self.left) / self.span_:.2f}"

    def wide(self, low: float, high: float) -> str:
        return f"{100 * (high - low) / self.span_:.2f}"

    def span(self, figure: Figure) -> Span:
        value = figure.value or 0.0
        low, high = (value if x is None else x for x in (figure.low, figure.high))
        return Span(self.at(low), self.wide(low, high), self.at(value))


@dataclass(frozen=True)
class Part:
    """A family: its headline figures, the others, and those nobody knows."""

    family: Family
    headlines: list[Reading]
    others: list[Reading]
    unknown: list[Reading]

    @property
    def label(self) -> str:
        return self.family.label


@dataclass(frozen=True)
class Line:
    code: str
    label: str
    amounts: list[str]
    wide: str = "0"


@dataclass(frozen=True)
class Made:
    """The flows of a kind that a figure reads: their total, then by month, channel and actor."""

    kind: str
    label: str
    origin: str
    total: str
    groups: list[tuple[str, str, list[Line]]]
    opens: bool
    declared: bool


GROUPS = (("month", "mois", "Par mois"), ("channel", "voie", "Par nature"), ("actor", "acteur", "Par acteur"))


def made(kind: str, told: dict[str, Any]) -> Made:
    label, origin = KINDS[Kind(kind)]
    units = [UNITS[a] for a in told["amounts"]]
    groups = []
    for by, asked, title in GROUPS:
        if len(told[by]) > 1:
            top = max(abs(row[2]) for row in told[by]) or 1.0
            lines = [
                Line(
                    row[0], _label(by, row, kind),
                    [counted(v, u) for v, u in zip(row[2:], units, strict=True) if v] or ["–"],
                    f"{100 * abs(row[2]) / top:.1f}",
                )
                for row in told[by]
            ]  # fmt: skip
            groups.append((asked, title, lines))
    total = ", ".join(counted(v, u) for v, u in zip(told["total"], units, strict=True) if v)
    return Made(kind, label, origin, total or "aucun", groups, Kind(kind) in LEDGER, "déclaré" in origin)


def _label(by: str, row: list[Any], kind: str) -> str:
    if by == "month":
        if row[0] == DECLARED:
            return "déclaré pour l’année"
        return f"{MONTHS[int(row[0][5:]) - 1]} {row[0][:4]}"
    if by == "actor" and not row[0]:
        return "des personnes" if kind in (Kind.SALE, Kind.DONATION) else "non précisé"
    return str(CODES.get(row[1], row[1]))


@dataclass(frozen=True)
class Body:
    """A public body: what it pays, what it gets back, and what is left."""

    name: str
    pays: Decimal
    gains: Decimal

    @property
    def left(self) -> Decimal:
        return self.gains - self.pays


class AnswerReading:
    """A stored answer, in the words of its reader."""

    def __init__(self, row: Reckoning):
        self.row = row
        self.answer = Answer.from_json(row.plan or {})
        self.effects = {effect.indicator: effect for effect in self.answer.effects}

    @cached_property
    def parts(self) -> list[Part]:
        effects, found = self.effects, []
        for family in Family:
            read = [self.of(i.id) for i in of_family(family) if i.id in effects]
            known = [r for r in read if not r.missing]
            found.append(
                Part(
                    family,
                    [r for r in known if r.indicator.headline],
                    [r for r in known if not r.indicator.headline],
                    [r for r in read if r.missing],
                )
            )
        return found

    def of(self, indicator: str) -> Reading:
        one = BY_ID[indicator]
        return Reading(one, self.effects[indicator], self.effects.get(one.told_with))

    @property
    def unknown(self) -> list[Reading]:
        return [one for part in self.parts for one in part.unknown]

    @property
    def exits(self) -> list[Reading]:
        return [self.of(name) for name in EXITS if name in self.effects]

    @property
    def to_measure(self) -> list[tuple[str, str]]:
        """What weighs most and is known least, with how to know it."""
        known = written()
        return [
            (known[m.parameter][-1].label, known[m.parameter][-1].measure) for m in self.answer.to_measure
        ]

    def made_of(self, indicator: str) -> list[Made]:
        sums = self.row.beside.get("sums", {})
        kinds = self.row.beside.get("reads", {}).get(indicator, ())
        return [made(kind, sums[kind]) for kind in kinds if kind in sums]

    @property
    def scales(self) -> list[Scale]:
        jobs = self.row.beside.get("jobs")
        return honest(jobs) if jobs else []

    @property
    def jobs(self) -> tuple[int, str]:
        """Those of the perimeter, and where the number comes from; of older answers, nobody kept it."""
        return round(self.row.beside["jobs"]), self.row.beside.get("jobs_source", "")

    @property
    def money(self) -> list[tuple[str, str, Decimal]]:
        """R1 → R2 → R3 of the LM3, to be drawn; what goes elsewhere is drawn too."""
        told = self.row.beside.get("rounds")
        if not told:
            return []
        links = [(_origin(code), HERE, euros) for code, euros in told["first"]]
        gone = sum(euros for _, euros in told["first"]) - sum(told["second"].values())
        for part, euros in told["second"].items():
            words = f"{CODES[part]} d’ici".capitalize() if part != "taxes" else "Impôts locaux"
            links.append((HERE, words, euros))
            again = told["third"][part]
            links += [(words, "Redépensé ici", again), (words, "Parti ailleurs", euros - again)]
        links.append((HERE, "Dépensé ailleurs", gone))
        return [(a, b, Decimal(round(v))) for a, b, v in links if v >= 1]

    @property
    def kilos(self) -> list[tuple[str, str, Decimal]]:
        """Who grew it → the écopôle → who received it."""
        told = self.row.beside.get("kilos", [])
        grown: dict[str, float] = {}
        gone: dict[str, float] = {}
        for grew, to, kg in told:
            grown[CODES[grew]] = grown.get(CODES[grew], 0.0) + kg
            gone[CODES[to].capitalize()] = gone.get(CODES[to].capitalize(), 0.0) + kg
        links = [(grew, HERE, kg) for grew, kg in grown.items()]
        links += [(HERE, to, kg) for to, kg in gone.items()]
        return [(a, b, Decimal(round(kg))) for a, b, kg in links]

    @property
    def bodies(self) -> list[Body]:
        told = self.row.beside.get("balance") or {"bodies": []}
        return [Body(name, Decimal(round(p)), Decimal(round(g))) for name, p, g in told["bodies"] if p or g]

    @property
    def all_bodies(self) -> Body:
        rows = self.bodies
        return Body(
            "Ensemble", sum(r.pays for r in rows) + Decimal(0), sum(r.gains for r in rows) + Decimal(0)
        )

    @property
    def lines(self) -> list[tuple[str, str, Decimal]]:
        """Each line of public accounts, who bears it, and what it brings or costs."""
        told = self.row.beside.get("balance") or {"lines": []}
        words = {"rsa": "RSA"}
        return [
            (words.get(line, CODES.get(line, line)), BEARER[line], Decimal(round(euros)))
            for line, _, euros in told["lines"]
        ]

    def parameters_of(self, one: Reading) -> list["Said"]:
        """Those its equation and its corrections name, as they were in force that year."""
        known = {p.id: p for p in parameters(date(self.row.year, 12, 31))}
        return [Said(known[name]) for name in (*one.indicator.parameters, *sorted(one.indicator.applies))]


@dataclass(frozen=True)
class Said:
    """A parameter as it is read: its value and its range without their unit, then the unit."""

    parameter: Parameter

    @property
    def value(self) -> str:
        return _exactly(self.parameter.value)

    @property
    def range(self) -> str:
        p = self.parameter
        return f"{_exactly(p.low)} à {_exactly(p.high)}" if p.moves else "fixe"


def _exactly(value: float) -> str:
    """As it is written at its source: 1 607 hours are not about 1 610."""
    return format_decimal(Decimal(repr(value)))


def _origin(code: str) -> str:
    return str(CODES.get(code, code))[:1].upper() + str(CODES.get(code, code))[1:]
