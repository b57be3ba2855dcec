"""What whole years of the écopôle say of the parameters: before → after, and kept for its scenarios.

A year teaches once it is over and food was delivered in nine of its months at least: the first one, or half
of one, would be taken for a bad year. Counts leave the rooms masked, and what is masked teaches nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from terreau.engines.contribution import Evidence, Flow, Flows, Kind, Parameter, Territory, bayes
from terreau.engines.contribution.problem import total
from terreau.impact.indicators.exits_dynamic import DYNAMIC
from terreau.impact.models import Reckoning
from terreau.impact.parameters import tables
from terreau.impact.reading import TONES, Interval, Span
from terreau.impact.territories import EPCI
from terreau.impact.words import SHARE, amount, between, number_and_unit
from terreau.planning.models import PlanState
from terreau.territory.models import Ecopole

MONTHS_MIN = 9
POTATO = "pomme-de-terre"
HALF_WHOLESALE = ("canteen", "shop")
TOLD = (PlanState.READY, PlanState.PUBLISHED)
Values = Mapping[str, float]
# What was seen in all, and over how many: 31 exits of 52, 9.5 t/ha over one year.
Taught = tuple[float, float] | None
Years = Sequence[int]


def whole(flows: Flows) -> bool:
    return len({row.date.month for row in flows.of(Kind.SALE) if row.kg}) >= MONTHS_MIN


def _dynamic(flows: Flows, where: Territory, known: Values) -> Taught:
    rows = flows.of(Kind.EXIT)
    return _of(total([row for row in rows if row.product in DYNAMIC], "count"), total(rows, "count"))


def _durable(flows: Flows, where: Territory, known: Values) -> Taught:
    """Unknown when the dynamic ones are only said together."""
    rows = flows.of(Kind.EXIT)
    if any(row.product == "dynamic" for row in rows):
        return None
    return _of(total([row for row in rows if row.product == "durable"], "count"), total(rows, "count"))


def _residents(flows: Flows, where: Territory, known: Values) -> Taught:
    """Of the pay whose commune is known."""
    pay = [row for row in flows.of(Kind.INSERTION_WAGE, Kind.PERMANENT_WAGE) if row.place]
    return _ratio(total(where.here(pay), "eur_ht"), total(pay, "eur_ht"))


def _pay(flows: Flows, where: Territory, known: Values) -> Taught:
    etp = flows.total("hours", Kind.PERMANENT_WORK) / known["heures_etp_permanent"]
    paid = flows.of(Kind.PERMANENT_WAGE)
    return _ratio(total(paid, "eur_ht"), etp) if paid else None


def _departement(flows: Flows, where: Territory, known: Values) -> Taught:
    """Only over twelve months of hours: one that is masked would make each ETP dearer."""
    worked = flows.of(Kind.INSERTION_WORK)
    given = [row for row in flows.of(Kind.GRANT) if row.funding_source == "departement"]
    if len({row.date.month for row in worked}) < 12 or not given:
        return None
    return _ratio(total(given, "eur_ht"), total(worked, "hours") / known["etp_heures_payees"])


def _grown(flows: Flows, *kinds: Kind) -> list[Flow]:
    """The site's own vegetables, potatoes among them: neither jars nor what it carries for farms."""
    foods = tables().foods
    own = [row for row in flows.of(*kinds) if not row.carried and row.kg is not None]
    return [r for r in own if r.product is None or r.product in foods or r.product.startswith(POTATO)]


def _yield(flows: Flows, where: Territory, known: Values) -> Taught:
    """What left the site or was lost, per hectare of its plots, tilled or not."""
    land = [row for row in flows.of(Kind.LAND) if row.product in ("organic", "conversion")]
    kilos = total(_grown(flows, Kind.SALE, Kind.DONATION, Kind.LOSS), "kg")
    return _ratio(kilos / 1000, total(land, "ha"))


def _lost(flows: Flows, where: Territory, known: Values) -> Taught:
    """Nothing lost in a year was not noted rather than nothing."""
    lost = total(_grown(flows, Kind.LOSS), "kg")
    return _ratio(lost, lost + total(_grown(flows, Kind.SALE, Kind.DONATION), "kg")) if lost else None


def _price(flows: Flows, where: Territory, known: Values) -> Taught:
    sold = [row for row in _grown(flows, Kind.SALE) if row.channel in HALF_WHOLESALE and row.eur_ht]
    return _ratio(total(sold, "eur_ht"), total(sold, "kg"))


def _installed(flows: Flows, where: Territory, known: Values) -> Taught:
    rows = flows.of(Kind.INSTALLATION)
    return (float(total(rows, "count")), 1.0) if rows else None


def _area(flows: Flows, where: Territory, known: Values) -> Taught:
    rows = flows.of(Kind.INSTALLATION)
    return _of(total(rows, "ha"), total(rows, "count"))


def _of(seen: Any, count: Any) -> Taught:
    return (float(seen), float(count)) if count else None


def _ratio(above: Any, below: Any) -> Taught:
    """One reading."""
    return (float(above / below), 1.0) if below else None


@dataclass(frozen=True)
class Lesson:
    """A parameter a year may teach, and its law: of so many, so many a year, or a reading of each year."""

    parameter: str
    read: Callable[[Flows, Territory, Values], Taught]
    law: str
    one: str
    several: str
    most: float = float("inf")


def unit_of(p: Parameter) -> str:
    return SHARE if p.unit == "ratio" else p.unit


COUNTS, EVENTS, READINGS = "counts", "events", "readings"
LESSONS = (
    Lesson("taux_sortie_dynamique", _dynamic, COUNTS, "sortie", "sorties"),
    Lesson("taux_sortie_durable_objectif", _durable, COUNTS, "sortie", "sorties"),
    Lesson("part_salaries_residents", _residents, READINGS, "année", "années", 1.0),
    Lesson("salaire_net_permanent", _pay, READINGS, "année", "années"),
    Lesson("cofinancement_departement", _departement, READINGS, "année", "années"),
    Lesson("rendement_bio_t_ha", _yield, READINGS, "année", "années"),
    Lesson("perte_post_recolte", _lost, READINGS, "année", "années", 1.0),
    Lesson("prix_kg_demi_gros", _price, READINGS, "année", "années"),
    Lesson("installations_an", _installed, EVENTS, "année", "années"),
    Lesson("surface_par_installation", _area, READINGS, "ferme", "fermes"),
)

TAUGHT = frozenset(lesson.parameter for lesson in LESSONS)


def seen(years: Iterable[Flows], where: Territory, said: Iterable[Parameter], today: date) -> dict[str, Any]:
    """By parameter: what was seen in all, over how many, and in which years. JSON values."""
    known = {p.id: p.value for p in said}
    found: dict[str, Any] = {}
    for flows in years:
        if flows.end >= today or not whole(flows):
            continue
        for lesson in LESSONS:
            if (taught := lesson.read(flows, where, known)) is not None:
                of, n, when = found.get(lesson.parameter, (0.0, 0.0, []))
                found[lesson.parameter] = [of + taught[0], n + taught[1], [*when, flows.start.year]]
    # No farm at all: perhaps nobody was there to be installed, which is not a rate of none.
    silent = [x.parameter for x in LESSONS if x.law == EVENTS and not found.get(x.parameter, [1])[0]]
    return {id: told for id, told in found.items() if id not in silent}


@dataclass(frozen=True)
class Learnt:
    """A parameter before and after the years that teach it."""

    lesson: Lesson
    before: Parameter
    after: Parameter
    seen: float
    n: float
    years: tuple[int, ...]

    @property
    def unit(self) -> str:
        return unit_of(self.before)

    @property
    def count(self) -> str:
        """« 52 sorties », « 2 années »."""
        return f"{self.n:g}\u00a0{self.lesson.one if self.n < 2 else self.lesson.several}"

    @property
    def told(self) -> str:
        """What was seen: « 31 sur 52 sorties », « 9,5 t/ha, 1 année »."""
        if self.lesson.law == COUNTS:
            return f"{self.seen:g} sur {self.count}"
        if self.lesson.law == EVENTS:
            return f"{self.seen:g} en {self.count}"
        return f"{amount(self.seen / self.n, self.unit)}, {self.count}"

    @property
    def odd(self) -> bool:
        """Beyond what was seen elsewhere: to be checked before it is believed."""
        return self.before.outside(self.seen / self.n)

    @property
    def was(self) -> str:
        return amount(self.before.value, self.unit)

    @property
    def from_number(self) -> str:
        """Its unit is said once, by what it becomes."""
        return number_and_unit(self.before.value, self.unit)[0]

    @property
    def now(self) -> str:
        return amount(self.after.value, self.unit)

    @property
    def was_between(self) -> str:
        return between(self.before.low, self.before.high, self.unit)

    @property
    def now_between(self) -> str:
        return between(self.after.low, self.after.high, self.unit)

    @property
    def evidence(self) -> Evidence:
        return self.after.evidence

    @property
    def tone(self) -> str:
        return TONES.get(self.evidence, "warn")

    @cached_property
    def interval(self) -> Interval:
        """After in full, before as an outline, on one scale of their own."""
        left, right = min(self.before.low, self.after.low), max(self.before.high, self.after.high)
        wide = (right - left) or 1.0

        def span(p: Parameter) -> Span:
            at = (100 * (x - left) / wide for x in (p.low, p.high, p.value))
            low, high, value = at
            return Span(f"{low:.2f}", f"{high - low:.2f}", f"{value:.2f}")

        return Interval("", span(self.after), span(self.before))

    @property
    def line(self) -> dict[str, Any]:
        """Its part of a scenario's file."""
        p = self.after
        law = p.distribution if p.moves else "fixed"
        return {
            "value": p.value, "low": p.low, "high": p.high, "law": law, "measured": p.status == "measured",
            "source": p.source, "years": list(self.years),
        }  # fmt: skip


def learnt(told: Mapping[str, Any], priors: Iterable[Parameter]) -> list[Learnt]:
    """Each parameter seen, in closed form, in the order of the lessons."""
    known = {p.id: p for p in priors}
    found = []
    for lesson in LESSONS:
        if lesson.parameter in told:
            of, n, years = told[lesson.parameter]
            prior = known[lesson.parameter]
            found.append(Learnt(lesson, prior, _after(lesson, prior, of, n, years), of, n, tuple(years)))
    return found


def _after(lesson: Lesson, prior: Parameter, of: float, n: float, years: Years) -> Parameter:
    source = f"nos années\u202f: {said(sorted(years))}"
    more: dict[str, Any] = {"source": source, "since": date(max(years), 12, 31)}
    if lesson.law == COUNTS:
        return bayes.after_counts(prior, successes=of, of=n, **more)
    if lesson.law == EVENTS:
        return bayes.after_events(prior, events=int(of), years=n, **more)
    return bayes.after_readings(prior, mean=of / n, n=int(n), most=lesson.most, **more)


def said(years: Years) -> str:
    """« 2023, 2024 et 2025 »."""
    *before, last = [str(year) for year in years] or [""]
    return f"{', '.join(before)} et {last}" if before else last


def last_told(ecopole: Ecopole) -> Reckoning | None:
    """The last answer of its own intercommunality that learnt something: whose lines a scenario may take."""
    rows = Reckoning.objects.filter(ecopole=ecopole, measured=True, scale=EPCI, state__in=TOLD)
    row = rows.only("key", "year", "beside").order_by("-year", "-created_at", "-id").first()
    return row if row and row.beside.get("seen") else None
