"""The convention, month by month: hours paid, ETP, the aid; what is not closed is said provisional.

Hours come from the ledger alone, so that what is steered is what was closed. A month counts once it is over
and every week of everybody under contract is closed; until then, it is what contracts promise.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.utils import timezone

from terreau.ledger.effects import Action
from terreau.ledger.models import Event
from terreau.ledger.queries import STANDING
from terreau.measures.money import Money, added
from terreau.measures.periods import DAY, Period, month_end
from terreau.measures.week import IsoWeek
from terreau.rooms.insertion.files import CONTRACTS, Files
from terreau.rooms.insertion.hours import ABSENT, WORKED, WORKING_DAYS
from terreau.rooms.insertion.models import (
    AidReceived,
    Annex,
    Contract,
    Exit,
    Participant,
    Posting,
    SheetLine,
    SheetState,
    SheetStep,
    WeekSheet,
    YearSaid,
)
from terreau.rooms.insertion.rules import contracts, hours
from terreau.rooms.insertion.rules.law import listed
from terreau.territory.models import Ecopole, Product

ZERO = Decimal(0)


# What months are settled from.
STEERED = (*CONTRACTS, Posting)


def people_of(
    ecopole: Ecopole, period: Period, paid: Iterable[int] = (), also: Q | None = None, **asked: Any
) -> list[Participant]:
    """Who may have been under contract then, or was paid; under a pseudonym alone: nothing sealed is read.

    `also`: whoever else; `asked`: what more is asked of each.
    """
    begun = Contract.objects.filter(participant__ecopole=ecopole, starts_on__lte=period.end)
    # As signed; unless amended, or left on another day.
    lasting = Q(ends_on=None) | Q(ends_on__gte=period.start) | Q(exits__left_on__gte=period.start)
    hired = begun.filter(lasting | ~Q(amendments=None)).values("participant")
    whose = Q(pk__in=hired) | Q(agent__in=set(paid)) | (also or Q(pk=None))
    known = Participant.objects.filter(whose, ecopole=ecopole).select_related("agent").order_by("id")
    return list(known.only("id", "ecopole_id", "agent__name").annotate(**asked))


def files_of(people: list[Participant]) -> tuple[list[Participant], Files]:
    return people, Files(people, STEERED)


def annexes(ecopole: Ecopole) -> list[Annex]:
    """As last typed, the latest to begin first."""
    newest = {row.number: row for row in Annex.objects.filter(ecopole=ecopole).order_by("recorded_at", "id")}
    return sorted(newest.values(), key=lambda row: (row.starts_on, row.pk), reverse=True)


def say_again(row: Annex, said: Mapping[str, Any]) -> Annex:
    """The same annexe, changed: another row, the newest wins; the same form twice is one."""
    before = {field.name: getattr(row, field.name) for field in Annex._meta.fields if field.name != "id"}
    fields = before | dict(said)
    written, _ = Annex.objects.get_or_create(
        ecopole=row.ecopole,
        key=fields.pop("key"),
        defaults={k: v for k, v in fields.items() if k != "ecopole"},
    )
    return written


def annex_rule(row: Annex, *, modulated: Decimal = ZERO) -> hours.Annex:
    return hours.Annex(
        number=row.number, start=row.starts_on, end=row.ends_on, monthly_etp=row.monthly_etp,
        measure=row.measure.partition("_")[0], state=row.state, cofinancing=row.departement_amount,
        amounts=((row.starts_on, row.unit_amount),), regularisations=tuple(row.regularised_after),
        modulated=modulated,
    )  # fmt: skip


def said_of(ecopole: Ecopole, year: int) -> QuerySet[YearSaid]:
    """The words on a year, the newest first."""
    return YearSaid.objects.filter(ecopole=ecopole, year=year).order_by("-recorded_at", "-id")


def year_said(ecopole: Ecopole, year: int) -> YearSaid | None:
    """The newest word on a year."""
    return said_of(ecopole, year).first()


def instants(period: Period) -> tuple[datetime, datetime]:
    start, end = (datetime.combine(day, time.min) for day in (period.start, period.end + DAY))
    return timezone.make_aware(start), timezone.make_aware(end)


def _written(ecopole: Ecopole, period: Period) -> QuerySet[Event]:
    """Undone since or not. The two products are found first: joined, each hour would look for its own."""
    since, until = instants(period)
    worked, absent = (Product.objects.order_by().filter(code=code) for code in (WORKED, ABSENT))
    return Event.objects.filter(
        Q(product=Subquery(worked.values("pk"))) | Q(product=Subquery(absent.values("pk"))),
        ecopole=ecopole, action=Action.WORK, reverses=None, occurred_at__gte=since, occurred_at__lt=until,
    ).order_by()  # fmt: skip


def _paid(ecopole: Ecopole, period: Period) -> QuerySet[Event]:
    return _written(ecopole, period).filter(STANDING)


def paid(ecopole: Ecopole, period: Period) -> list[tuple[date, int, str, Decimal]]:
    """The paid hours of the ledger: day, pseudonymous agent, product, hours. One query.

    Added up by the hour they bear, the same for most: no day is asked of each event.
    """
    told = _paid(ecopole, period).values_list("occurred_at", "provider_id", "product__code")
    rows = list(told.annotate(Sum("quantity")))
    days = {moment: timezone.localtime(moment).date() for moment in {row[0] for row in rows}}
    return [(days[moment], *row) for moment, *row in rows]


def paid_by_day(ecopole: Ecopole, period: Period) -> dict[date, Decimal]:
    """Of everybody: all that was written, less the little that was undone. One query."""
    written = _written(ecopole, period)
    undone = written.filter(pk__in=Event.objects.filter(reverses__isnull=False).order_by().values("reverses"))
    added, taken = (
        rows.values_list(Value(sign), "occurred_at").annotate(Sum("quantity"))
        for sign, rows in ((1, written), (-1, undone))
    )
    found: dict[date, Decimal] = defaultdict(Decimal)
    for sign, moment, amount in added.union(taken, all=True):
        found[timezone.localtime(moment).date()] += sign * amount
    return found


def paid_by_person(ecopole: Ecopole, period: Period) -> list[tuple[str, str, int, Decimal]]:
    """Workshop, product, pseudonymous agent, hours. One query."""
    told = _paid(ecopole, period).values_list("receiver__name", "product__code", "provider_id")
    return list(told.annotate(Sum("quantity")))


def settled_months(
    ecopole: Ecopole, months: Iterable[date], people: Iterable[Participant], files: Files, today: date
) -> set[date]:
    """The months that are over, and of which every week of everybody under contract is closed."""
    over = [month for month in months if month_end(month) < today]
    if not over:
        return set()
    stretches = _stretches(over)
    firsts, lasts = [first for *_, first, _ in stretches], [last for *_, last in stretches]
    met: dict[int | None, set[int]] = defaultdict(set)
    for person in people:
        # From each posting to the next; whoever is in no team yet is met under none.
        posted = sorted(files.of(Posting, person), key=lambda row: (row.since, row.pk))
        teams = [(date.min, None), *((row.since, row.team_id) for row in posted)]
        turns = [bisect_left(lasts, since) for since, _ in teams] + [len(stretches)]
        for _, known in files.signed(person):
            start, end = bisect_left(lasts, known.start), bisect_right(firsts, known.last_day or date.max)
            for (_, team), here, then in zip(teams, turns, turns[1:], strict=False):
                met[team].update(range(max(here, start), min(then, end)))
    closed = _closed(ecopole, {week for _, week, *_ in stretches})
    worked, open_ones = set(), set()
    for team, ranks in met.items():
        for month, week, *_ in map(stretches.__getitem__, ranks):
            worked.add(month)
            if (team, week) not in closed:
                open_ones.add(month)
    return worked - open_ones


def _stretches(months: Iterable[date]) -> list[tuple[date, str, date, date]]:
    """The working days of each month, week by week."""
    found: dict[tuple[date, str], list[date]] = defaultdict(list)
    for month in months:
        for rank in range((month_end(month) - month).days + 1):
            day = month + rank * DAY
            if day.isoweekday() <= WORKING_DAYS:
                found[month, str(IsoWeek.of(day))].append(day)
    return [(month, week, days[0], days[-1]) for (month, week), days in found.items()]


def _closed(ecopole: Ecopole, weeks: Collection[str]) -> set[tuple[int | None, str]]:
    """Of these weeks, those of teams whose last step is to be closed."""
    steps = SheetStep.objects.filter(sheet__ecopole=ecopole, sheet__week__in=weeks).order_by("id")
    last = {
        (team, week): step for team, week, step in steps.values_list("sheet__team", "sheet__week", "state")
    }
    return {sheet for sheet, step in last.items() if step == SheetState.CLOSED}


def provisional(ecopole: Ecopole, period: Period) -> dict[date, Decimal]:
    """The paid hours of sheets that were never closed, by month: not in the ledger yet."""
    kinds = [code for code, row in listed("hour_kinds", period.start).items() if row["paid"] == "oui"]
    # Found by the few sheets that are left: the days of everybody are many.
    weeks = str(IsoWeek.of(period.start)), str(IsoWeek.of(period.end))
    closed = SheetStep.objects.filter(sheet=OuterRef("pk"), state=SheetState.CLOSED)
    left = WeekSheet.objects.filter(~Exists(closed), ecopole=ecopole, week__range=weeks)
    rows = SheetLine.objects.filter(sheet__in=left.values("pk"), kind__in=kinds, replaced_by=None)
    found: dict[date, Decimal] = defaultdict(Decimal)
    for day, amount in rows.order_by().values_list("day").annotate(Sum("hours")):
        if day in period:
            found[day.replace(day=1)] += amount
    return found


@dataclass(frozen=True, slots=True)
class MonthLine:
    """A month of the annexe. `etp` is of what was paid once settled, else of the forecast."""

    month: date
    settled: bool
    paid: Decimal
    provisional: Decimal
    forecast: Decimal
    etp: Decimal
    expected: Money
    regularised: Money | None
    received: Money


@dataclass(frozen=True, slots=True)
class Steering:
    row: Annex
    lines: list[MonthLine]
    contracted: Decimal
    realised: Decimal
    forecast: Decimal
    mean: Decimal | None
    status: hours.Consumption | None
    forecast_status: hours.Consumption
    total: Money
    due: Money
    received: Money
    regularised: Money
    receipts: list[AidReceived]
    unplaced: Decimal
    findings: list[str]

    @property
    def awaited(self) -> Money:
        """Due for what is closed, and not received yet; below zero, received in advance."""
        return self.due - self.received - self.regularised


def cut(value: Decimal) -> Decimal:
    """As the ASP shows an ETP: cut to the hundredth."""
    return value.quantize(hours.HUNDREDTH, ROUND_DOWN)


def span_of(row: Annex) -> Period:
    """The whole months of an annexe."""
    months = annex_rule(row).months
    return Period(months[0], month_end(months[-1]))


def steering(
    ecopole: Ecopole,
    row: Annex,
    today: date,
    known: Iterable[Annex] | None = None,
    read: tuple[list[Participant], Files] | None = None,
) -> Steering:
    """One annexe; a fixed number of queries, however many people.

    `known`, `read`: the annexes, and the files of whoever counts in it, when they are already there.
    """
    annex = annex_rule(row)
    signed_ones = annexes(ecopole) if known is None else known
    months, span = annex.months, span_of(row)
    people, files = read or files_of(people_of(ecopole, span))
    placed = _attributed(ecopole, span, [annex_rule(other) for other in signed_ones])
    done = placed.by_month(annex.number) if annex.is_counted else {}
    settled = settled_months(ecopole, months, people, files, today)
    closed = {month: done.get(month, ZERO) for month in months if month in settled}
    signed = [contract for person in people for _, contract in files.signed(person)]
    ahead = hours.forecast(annex, closed, signed)
    receipts = list(AidReceived.objects.filter(ecopole=ecopole, annex=row.number))
    waiting = provisional(ecopole, span)
    per_etp = annex.hours_per_etp
    mean, whole = hours.mean_etp(closed, per_etp), hours.annual_etp(sum(ahead.values(), ZERO), per_etp)
    return Steering(
        row=row,
        lines=_lines(annex, done, settled, waiting, ahead, receipts),
        contracted=hours.contracted_etp(annex),
        realised=hours.annual_etp(sum(done.values(), ZERO), per_etp),
        forecast=whole,
        mean=mean,
        status=None if mean is None else hours.consumption(mean, annex.monthly_etp),
        forecast_status=hours.consumption(whole, hours.contracted_etp(annex)),
        total=hours.total_aid(annex),
        due=hours.aid_due(annex, done),
        received=added(one.amount for one in receipts if not one.regularisation),
        regularised=added(one.amount for one in receipts if one.regularisation),
        receipts=receipts,
        unplaced=sum((line.hours for line in placed.unplaced if line.day in annex.period), ZERO),
        findings=[found.sentence for found in hours.check_number(row.number, on=row.starts_on)],
    )


def _attributed(ecopole: Ecopole, span: Period, known: list[hours.Annex]) -> hours.Attributed:
    """Hours day by day, under the only annexe that covers the day."""
    by_day = paid_by_day(ecopole, span)
    days = [hours.Line("", day, "", "worked", amount) for day, amount in sorted(by_day.items())]
    return hours.attribute(days, known)


def _lines(
    annex: hours.Annex,
    done: Mapping[date, Decimal],
    settled: set[date],
    waiting: Mapping[date, Decimal],
    ahead: Mapping[date, Decimal],
    receipts: Iterable[AidReceived],
) -> list[MonthLine]:
    """The annexe's months, then the one of its last regularisation; what was received, on its day's month."""
    expected: dict[date, Money] = defaultdict(lambda: hours.NOTHING)
    right: dict[date, Money | None] = {}
    closed = {month: done.get(month, ZERO) for month in settled}
    for payment in hours.payments(annex, closed):
        if payment.regularisation:
            right[payment.month] = payment.amount
        elif payment.amount is not None:
            expected[payment.month] = payment.amount
    got: dict[date, list[Money]] = defaultdict(list)
    for receipt in receipts:
        got[receipt.received_on.replace(day=1)].append(receipt.amount)
    found = []
    for month in sorted({*annex.months, *right, *got}):
        forecast = ahead.get(month, ZERO)
        found.append(
            MonthLine(
                month, month in settled, done.get(month, ZERO), waiting.get(month, ZERO), forecast,
                cut(hours.monthly_etp(forecast, annex.hours_per_etp)), expected[month], right.get(month),
                added(got[month]),
            )
        )  # fmt: skip
    return found


# --- the monthly statement ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A person, a contract, a month."""

    person: Participant
    contract: contracts.Contract | None
    worked: Decimal
    absent: Decimal
    per_etp: Decimal
    gone: Exit | None

    @property
    def paid(self) -> Decimal:
        return self.worked + self.absent

    @property
    def whole(self) -> int:
        """ASP's hours are whole numbers."""
        return hours.whole_hours(self.paid)

    @property
    def etp(self) -> Decimal:
        return hours.monthly_etp(self.paid, self.per_etp).quantize(Decimal("0.0001"), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Statement:
    month: date
    settled: bool
    lines: list[StatementLine]

    @property
    def total(self) -> Decimal:
        return sum((line.paid for line in self.lines), ZERO)


def statement(ecopole: Ecopole, month: date, today: date) -> Statement:
    """Everybody's line for a month: whoever was paid an hour, or was under contract."""
    period = Period(month, month_end(month))
    per_etp = Decimal(listed("etp_hours", month)["ACI"]["hours"])
    told: dict[int, list[tuple[date, str, Decimal]]] = defaultdict(list)
    for day, agent, product, amount in paid(ecopole, period):
        told[agent].append((day, product, amount))
    people, files = files_of(people_of(ecopole, period, told))
    found = []
    for person in people:
        signed = [(row, known) for row, known in files.signed(person) if known.within(period)]
        gone = {g.contract_id: g for g in files.of(Exit, person) if g.left_on in period}
        left = list(told[person.agent_id])
        for row, known in signed:
            mine = [one for one in left if known.hours_on(one[0])]
            left = [one for one in left if one not in mine]
            found.append(_statement_line(person, known, mine, per_etp, gone.get(row.pk)))
        if left:
            found.append(_statement_line(person, None, left, per_etp, None))
    settled = month in settled_months(ecopole, [month], people, files, today)
    return Statement(month, settled, found)


def _statement_line(
    person: Participant,
    known: contracts.Contract | None,
    told: Iterable[tuple[date, str, Decimal]],
    per_etp: Decimal,
    gone: Exit | None,
) -> StatementLine:
    by: dict[str, Decimal] = defaultdict(Decimal)
    for _, product, amount in told:
        by[product] += amount
    return StatementLine(person, known, by[WORKED], by[ABSENT], per_etp, gone)
