"""Hours, ETP and aide au poste. Exact: multiplied first, divided once, rounded to the cent at the end.

An ACI counts paid hours, leave included; 1,820 make one ETP (ASP).
"""

import re
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction

from terreau.measures.dated import in_force
from terreau.measures.french import format_date, format_decimal
from terreau.measures.money import Money
from terreau.measures.periods import DAY, Period, plus_months
from terreau.measures.split import split
from terreau.rooms.insertion.rules.contracts import Contract
from terreau.rooms.insertion.rules.law import Finding, listed, refusal, rows, rule, warning

# Compared as ASP compares: cut, not rounded, to the hundredth.
HUNDREDTH = Decimal("0.01")
ByMonth = Mapping[date, Decimal]
NOTHING = Money(0)


@dataclass(frozen=True, slots=True)
class Annex:
    """An annexe financière. `amounts`: its own dated unit amounts, else those of the arrêtés."""

    number: str
    start: date
    end: date
    monthly_etp: Decimal
    measure: str = "ACI"
    state: str = "VALIDE"
    cofinancing: Money = NOTHING
    amounts: tuple[tuple[date, Money], ...] = ()
    regularisations: tuple[int, ...] = ()
    modulated: Decimal = Decimal(0)

    @property
    def period(self) -> Period:
        return Period(self.start, self.end)

    @property
    def duration(self) -> int:
        """In months: 12 × years + months + 1."""
        return 12 * (self.end.year - self.start.year) + self.end.month - self.start.month + 1

    @property
    def months(self) -> list[date]:
        """The first day of each of its months."""
        first = self.start.replace(day=1)
        return [plus_months(first, rank) for rank in range(self.duration)]

    @property
    def is_counted(self) -> bool:
        """Counted in ETP: valid, provisional or closed."""
        return listed("annex_states", self.start)[self.state]["counted"] == "oui"

    def hires_on(self, day: date) -> bool:
        """Active for hiring: valid or provisional, and ending later."""
        return listed("annex_states", day)[self.state]["hiring"] == "oui" and day < self.end

    def hires(self, day: date) -> bool:
        """A contract may begin under it that day."""
        return day in self.period and self.hires_on(day)

    def amount_on(self, day: date) -> Money:
        """What one ETP is worth a year, on a day: as the annexe says, else by the arrêté in force."""
        if self.amounts:
            dated = [{"since": since, "amount": amount} for since, amount in self.amounts]
            return Money(in_force(dated, day)["amount"].cents)
        return subsidy(self.measure, day)

    @property
    def hours_per_etp(self) -> Decimal:
        return Decimal(listed("etp_hours", self.start)[self.measure]["hours"])


def subsidy(measure: str, on: date) -> Money:
    """The socle of the aide au poste for a full-time post and a year, by dated arrêté."""
    known = [row for row in rows("subsidy") if row["code"] == measure]
    return Money.from_euros(in_force(known, on)["amount"])


def check_number(number: str, *, on: date) -> list[Finding]:
    """As ACI051170013A0M1: measure, département, year, order, amendment, modification."""
    law = rule("hours", "annex_number", on)
    if re.fullmatch(law["pattern"], number):
        return []
    return [warning(law, f"« {number} »\u202f: un numéro d’annexe s’écrit comme {law['example']}.")]


def check_hiring(annexes: Iterable[Annex], *, on: date) -> list[Finding]:
    """A contract begins under an annexe that is active for hiring. None is typed yet: nothing to say."""
    known = list(annexes)
    if not known or any(annex.hires(on) for annex in known):
        return []
    law = rule("hours", "hiring", on)
    return [warning(law, f"Aucune annexe financière, validée ou provisoire, ne couvre le {format_date(on)}.")]


# ETP


def annual_etp(hours: Decimal, per_etp: Decimal) -> Decimal:
    """Σ h ÷ H."""
    return hours / per_etp


def monthly_etp(hours: Decimal, per_etp: Decimal) -> Decimal:
    """h ÷ H × 12, for one month."""
    return hours * 12 / per_etp


def mean_etp(by_month: ByMonth, per_etp: Decimal) -> Decimal | None:
    """Σ of the monthly ETP ÷ the number of months entered; none before the first."""
    if not by_month:
        return None
    return sum(by_month.values(), Decimal(0)) * 12 / (per_etp * len(by_month))


def contracted_etp(annex: Annex) -> Decimal:
    """A year's: M × d ÷ 12."""
    return annex.monthly_etp * annex.duration / 12


class Consumption(StrEnum):
    UNDER = "sous-consommation"
    OVER = "sur-consommation"
    MET = "conforme"


def consumption(realised: Decimal, contracted: Decimal) -> Consumption:
    """Both cut to two decimals, then compared."""
    done, due = (value.quantize(HUNDREDTH, ROUND_DOWN) for value in (realised, contracted))
    if done == due:
        return Consumption.MET
    return Consumption.UNDER if done < due else Consumption.OVER


def staff_etp(hours: Decimal, on: date) -> Decimal:
    """Of those who supervise and accompany."""
    return hours / Decimal(rule("hours", "staff", on)["hours"])


# The aid


def total_aid(annex: Annex) -> Money:
    """M × U ÷ 12 × d; month by month when the amount changes."""
    etp = Fraction(annex.monthly_etp)
    return _money(sum((etp * _euros(annex.amount_on(month)) / 12 for month in annex.months), Fraction(0)))


def aid_used(annex: Annex, by_month: ByMonth) -> Money:
    """Σ h ÷ H × U, each month by the amount in force."""
    per_etp = Fraction(annex.hours_per_etp)
    used = (Fraction(hours) / per_etp * _euros(annex.amount_on(month)) for month, hours in by_month.items())
    return _money(sum(used, Fraction(0)))


def aid_due(annex: Annex, by_month: ByMonth) -> Money:
    """What was used, within the posts of the convention (R5132-37)."""
    return min(aid_used(annex, by_month), total_aid(annex))


def modulated_aid(annex: Annex) -> Money:
    """The part that the préfet fixes each year on people, means and results, as a share of the socle."""
    return _money(_euros(total_aid(annex)) * Fraction(annex.modulated))


def check_modulated(annex: Annex) -> list[Finding]:
    law = rule("hours", "modulated", annex.start)
    if Decimal(0) <= annex.modulated <= Decimal(law["max"]):
        return []
    most = format_decimal(Decimal(law["max"]) * 100)
    return [warning(law, f"Part modulée hors de 0 à {most}\u202f%\u202f: vérifiez la convention.")]


def department_etp(annex: Annex) -> Decimal:
    """M × p × d ÷ 12."""
    whole = total_aid(annex).euros
    return contracted_etp(annex) * annex.cofinancing.euros / whole if whole else Decimal(0)


def state_etp(annex: Annex) -> Decimal:
    """M × (1 − p) × d ÷ 12: the rest, so that both give the whole."""
    return contracted_etp(annex) - department_etp(annex)


def monthly_rsa(on: date) -> Money:
    """Of a person alone."""
    return Money.from_euros(Decimal(rule("hours", "rsa", on)["amount"]))


def rsa_recipients(annex: Annex, monthly_rsa: Money) -> Decimal:
    """RSA recipients a month that the département pays for: co-financing ÷ d ÷ 88 % of the monthly RSA."""
    share = Decimal(rule("hours", "department_rsa", annex.start)["share"])
    return annex.cofinancing.euros / (annex.duration * share * monthly_rsa.euros)


# Payments


@dataclass(frozen=True, slots=True)
class Payment:
    """What ASP pays in a month. A regularisation whose hours are not all entered has no amount yet."""

    month: date
    regularisation: bool
    amount: Money | None


def payments(annex: Annex, by_month: ByMonth) -> list[Payment]:
    """Each month, one part in so many of the total; a regularisation on real occupation in the months said.

    A regularisation weighs the months before its own; the last one weighs all.
    """
    months = annex.months
    parts = [Money(cents) for cents in split(total_aid(annex).cents, [1] * len(months))]
    found = [Payment(month, False, part) for month, part in zip(months, parts, strict=True)]
    ranks = regularised_months(annex)
    settled: Money | None = Money(0)
    for rank in ranks:
        covered = len(months) if rank == ranks[-1] else min(rank - 1, len(months))
        known = {month: by_month[month] for month in months[:covered] if month in by_month}
        amount = None
        if settled is not None and len(known) == covered:
            paid = sum((part.cents for part in parts[:covered]), settled.cents)
            amount = Money(aid_due(annex, known).cents - paid)
            settled += amount
        else:
            settled = None
        found.append(Payment(plus_months(months[0], rank - 1), True, amount))
    return sorted(found, key=lambda payment: (payment.month, payment.regularisation))


def regularised_months(annex: Annex) -> list[int]:
    """As the annexe says; else the usual ones, and the month after its end."""
    if annex.regularisations:
        return sorted(annex.regularisations)
    usual = rule("hours", "regularisation", annex.start)["months"]
    return [*(rank for rank in usual if rank <= annex.duration), annex.duration + 1]


# What contracts promise


def promised(contracts: Iterable[Contract], period: Period) -> dict[date, Decimal]:
    """The paid hours that contracts promise, month by month: weekly hours × 52 ÷ 12, by the day.

    An amendment in the middle of a month counts from its day, by the days of that month.
    """
    # The days of each weekly hours first: a fraction is long to add.
    days: dict[tuple[date, int, Decimal], int] = defaultdict(int)
    for contract in contracts:
        for part, weekly in contract.within(period):
            for month, length, count in _months(part):
                days[month, length, weekly] += count
    found: dict[date, Fraction] = defaultdict(Fraction)
    for (month, length, weekly), count in days.items():
        weeks = rule("hours", "weeks", max(month, period.start))["value"]
        found[month] += Fraction(weekly) * Fraction(count, length) * weeks / 12
    return {month: Decimal(total.numerator) / Decimal(total.denominator) for month, total in found.items()}


def _months(period: Period) -> Iterator[tuple[date, int, int]]:
    """Each month, its length and how many of its days, a day being its part of its own month."""
    start = period.start
    while start <= period.end:
        length = monthrange(start.year, start.month)[1]
        end = min(start.replace(day=length), period.end)
        yield start.replace(day=1), length, (end - start).days + 1
        start = end + DAY


def forecast(annex: Annex, by_month: ByMonth, contracts: Sequence[Contract]) -> dict[date, Decimal]:
    """The annexe to its end: the hours entered, and for other months those that contracts promise."""
    ahead = promised(contracts, annex.period)
    return {month: by_month.get(month, ahead.get(month, Decimal(0))) for month in annex.months}


# Sheets


@dataclass(frozen=True, slots=True)
class Line:
    """One person's hours, one day, in one workshop, of one kind. `annex`: when the contract names it."""

    person: str
    day: date
    workshop: str
    kind: str
    hours: Decimal
    annex: str = ""

    @property
    def is_paid(self) -> bool:
        return bool(listed("hour_kinds", self.day)[self.kind]["paid"] == "oui")

    @property
    def is_worked(self) -> bool:
        return bool(listed("hour_kinds", self.day)[self.kind]["worked"] == "oui")


@dataclass(frozen=True, slots=True)
class Attributed:
    """Each paid line under one annexe at most; what has none, and why."""

    by_annex: Mapping[str, list[Line]]
    unplaced: list[Line] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def by_month(self, annex: str) -> dict[date, Decimal]:
        """The paid hours of an annexe, by the first day of the month."""
        found: dict[date, Decimal] = {}
        for line in self.by_annex[annex]:
            month = line.day.replace(day=1)
            found[month] = found.get(month, Decimal(0)) + line.hours
        return found


def attribute(lines: Iterable[Line], annexes: Sequence[Annex]) -> Attributed:
    """No hour under two annexes: the one its contract names, else the only one that covers its day."""
    counted = [annex for annex in annexes if annex.is_counted]
    found = Attributed({annex.number: [] for annex in counted})
    seen: set[tuple[str, date, str, str]] = set()
    for line in lines:
        key = (line.person, line.day, line.workshop, line.kind)
        if not line.is_paid:
            continue
        if key in seen:
            _leave_out(found, line, "déjà comptées ce jour-là dans cet atelier")
            continue
        seen.add(key)
        fitting = [a.number for a in counted if line.day in a.period and line.annex in ("", a.number)]
        if len(fitting) == 1:
            found.by_annex[fitting[0]].append(line)
        elif fitting:
            _leave_out(found, line, f"deux annexes possibles ({', '.join(fitting)})")
        else:
            _leave_out(found, line, "aucune annexe valable")
    return found


def _leave_out(found: Attributed, line: Line, why: str) -> None:
    found.unplaced.append(line)
    shown = f"{format_decimal(line.hours)}\u00a0h du {format_date(line.day)}"
    found.findings.append(refusal(rule("hours", "sheet", line.day), f"{shown}, {line.person}\u202f: {why}."))


def check_week(lines: Sequence[Line], *, weekly_hours: Decimal, closed: bool) -> list[Finding]:
    """A person's week: not closed, above zero, 10 h a day, 48 h a week; over the contract, warned."""
    if not lines:
        return []
    sheet, law = (rule("hours", name, lines[0].day) for name in ("sheet", "working_time"))
    found = []
    if closed:
        found.append(refusal(sheet, "La semaine est close\u202f: écrivez une correction."))
    if any(line.hours <= 0 for line in lines):
        found.append(refusal(sheet, "Des heures doivent dépasser 0\u00a0h\u202f: retirez la ligne vide."))
    worked = [line for line in lines if line.is_worked]
    for day in sorted({line.day for line in worked}):
        hours = sum((line.hours for line in worked if line.day == day), Decimal(0))
        if hours > Decimal(law["day_max"]):
            shown = f"{format_decimal(hours)}\u00a0h travaillées le {format_date(day)}"
            found.append(refusal(law, f"{shown}\u202f: {law['day_max']}\u00a0h au plus par jour."))
    total = sum((line.hours for line in worked), Decimal(0))
    if total > Decimal(law["week_max"]):
        shown = f"{format_decimal(total)}\u00a0h travaillées"
        found.append(refusal(law, f"{shown}\u202f: {law['week_max']}\u00a0h au plus par semaine."))
    paid = sum((line.hours for line in lines if line.is_paid), Decimal(0))
    if paid > weekly_hours:
        shown = f"{format_decimal(paid)}\u00a0h payées"
        found.append(warning(sheet, f"{shown} pour {format_decimal(weekly_hours)}\u00a0h au contrat."))
    return found


def whole_hours(hours: Decimal) -> int:
    """ASP's monthly hours are whole numbers: to the nearest, half an hour up."""
    return int(hours.to_integral_value(ROUND_HALF_UP))


def _euros(amount: Money) -> Fraction:
    return Fraction(amount.cents, 100)


def _money(euros: Fraction) -> Money:
    """To the nearest cent, half a cent up; an aid is never negative."""
    return Money(int(euros * 100 + Fraction(1, 2)))
