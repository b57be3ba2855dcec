"""What the rest of the house may ask: counts and hours, never a person; under five, it is masked."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Subquery, Sum

from terreau.ledger.effects import Action
from terreau.ledger.models import Event
from terreau.ledger.queries import STANDING
from terreau.measures.money import Money
from terreau.measures.periods import Period, plus_months
from terreau.rooms.insertion import report
from terreau.rooms.insertion.access import reached
from terreau.rooms.insertion.files import AWAITING, Files
from terreau.rooms.insertion.hours import ABSENT, WORKED
from terreau.rooms.insertion.models import (
    Annex,
    Evaluation,
    Interview,
    SheetState,
    SheetStep,
    Signature,
    Team,
    WeekSheet,
)
from terreau.rooms.insertion.rules import exits, receipts
from terreau.rooms.insertion.steering import paid, said_of
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest, acting_for
from terreau.territory.clock import moment
from terreau.territory.counts import masked
from terreau.territory.models import Ecopole
from terreau.territory.together import together


@dataclass(frozen=True)
class Awaiting:
    """How many of the reader's own people have a deadline, and how many are past it: no name.

    `sheets`: weeks that their supervisor validated, and that wait to be closed.
    """

    people: int
    late: int
    sheets: int


def awaiting(request: EcopoleRequest) -> Awaiting | None:
    """For who accompanies, supervises or directs; None for the others."""
    if "see_insertion" not in request.abilities:
        return None
    people = reached(request, named=False)
    files = Files(people, AWAITING, papers=True)
    due = [files.alerts(p, request.today, vars(p)["open_parts"]) for p in people]
    return Awaiting(
        sum(bool(found) for found in due),
        sum(any(alert.is_late(request.today) for alert in found) for found in due),
        to_close(request.ecopole) if Role.COUNSELLOR in request.roles else 0,
    )


@dataclass(frozen=True)
class OwnToday:
    """Of who is in a pathway: what waits for their signature, and their next meeting."""

    to_sign: int
    next_on: date | None


def own_today(request: EcopoleRequest) -> OwnToday | None:
    """For the person alone. Two queries."""
    if "see_own_pathway" not in request.abilities:
        return None
    mine = {"participant__agent__in": acting_for(request, "see_own_pathway")}
    signed = Signature.objects.standing().filter(evaluation=OuterRef("pk"))
    to_sign = Evaluation.objects.standing().filter(~Exists(signed), **mine).count()
    last = Interview.objects.standing().filter(**mine).order_by("held_on", "id").last()
    coming = last.next_on if last and last.next_on and last.next_on >= request.today else None
    return OwnToday(to_sign, coming)


def to_close(ecopole: Ecopole) -> int:
    last = SheetStep.objects.filter(sheet=OuterRef("pk")).order_by("-id").values("state")[:1]
    rows = WeekSheet.objects.filter(ecopole=ecopole).annotate(stands=Subquery(last))
    return rows.filter(stands=SheetState.VALIDATED).count()


@dataclass(frozen=True)
class MonthHours:
    """Paid hours of closed weeks, and how many people; both masked when they are too few."""

    month: date
    people: int | None
    hours: Decimal | None


def paid_hours(ecopole: Ecopole, year: int) -> list[MonthHours]:
    """The months of a year in which hours were paid. One query."""
    total: dict[date, Decimal] = defaultdict(Decimal)
    who: dict[date, set[int]] = defaultdict(set)
    for day, agent, _, hours in paid(ecopole, Period(date(year, 1, 1), date(year, 12, 31))):
        month = day.replace(day=1)
        total[month] += hours
        who[month].add(agent)
    return [
        MonthHours(month, count, total[month] if count is not None else None)
        for month in sorted(total)
        for count in [masked(len(who[month]))]
    ]


def hours_of_month(ecopole: Ecopole, month: date) -> MonthHours | None:
    """What was paid in a month, of closed weeks; None when nothing was. One query."""
    start, end = (moment(d) for d in (month, plus_months(month, 1)))
    paid_then = Event.objects.filter(
        STANDING, ecopole=ecopole, action=Action.WORK, product__code__in=(WORKED, ABSENT),
        occurred_at__gte=start, occurred_at__lt=end,
    )  # fmt: skip
    told = paid_then.order_by().aggregate(hours=Sum("quantity"), people=Count("provider", distinct=True))
    if not told["people"]:
        return None
    people = masked(told["people"])
    return MonthHours(month, people, told["hours"] if people is not None else None)


@dataclass(frozen=True)
class Charges:
    """What the activity of the ACI cost in a year, up to a day, as its direction said; who sells for it."""

    sellers: frozenset[int]
    until: date
    amount: Money
    cap: Decimal | None

    def ratio(self, billed: Money) -> Decimal | None:
        return self._year(billed).ratio

    def warnings(self, billed: Money) -> list[str]:
        """What the rule of commercial receipts has to say of it (C. trav., D5132-34)."""
        found = receipts.check(self._year(billed), on=self.until)
        return [f"{finding.sentence} ({finding.article})" for finding in found]

    def _year(self, billed: Money) -> receipts.Year:
        return receipts.Year(billed, self.amount, derogation=self.cap)


def charges(ecopole: Ecopole, year: int) -> Charges | None:
    """None where nothing was said of the year. One query."""
    words, annexes, teams = together(
        said_of(ecopole, year),
        Annex.objects.filter(ecopole=ecopole, starts_on__year=year),
        Team.objects.filter(ecopole=ecopole),
    )
    if not words:
        return None
    said = words[0]
    sellers = {*(annex.holder_id for annex in annexes), *(team.workshop_id for team in teams)}
    cap = None if said.cap is None else Decimal(said.cap) / 100
    return Charges(frozenset(sellers), said.until, said.charges, cap)


@dataclass(frozen=True)
class YearCounts:
    """Who was here in a year, came and left, by the codes of the annual report; masked when too few.

    `exits`: by category; `dynamic` and `others` of them when a category is too few to be said.
    """

    people: dict[str, int | None]
    entries: int | None
    exits: dict[str, int | None]
    dynamic: int | None
    others: int | None


def year_counts(ecopole: Ecopole, year: int) -> YearCounts:
    """As the annual report counts them, masked as it is."""
    there, came, _ = report.masked(report.people(ecopole, year)).tables
    whole = report.outcomes(ecopole, year)
    counted = {row.code: len(row.people) for row in whole.tables[0].rows}
    others = counted.pop(exits.OTHER)
    return YearCounts(
        people={row.code: _count(row) for row in there.rows},
        entries=_count(came.rows[0]),
        exits={row.code: _count(row) for row in report.masked(whole).tables[0].rows},
        dynamic=masked(sum(counted.values())) if masked(others) is not None else None,
        others=masked(others),
    )


def _count(row: report.Row) -> int | None:
    said = row.cells[0]
    return said if isinstance(said, int) else None
