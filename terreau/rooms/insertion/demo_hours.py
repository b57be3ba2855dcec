"""The demo's weeks, filled, validated, closed into the ledger; the convention, and what it was paid."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from terreau.ledger.actions import record
from terreau.measures.money import Money
from terreau.measures.periods import DAY, month_end, plus_months
from terreau.measures.week import IsoWeek
from terreau.rooms.insertion import hours
from terreau.rooms.insertion.actions import judge
from terreau.rooms.insertion.demo_people import Life
from terreau.rooms.insertion.demo_story import Book, at
from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.models import (
    AidReceived,
    Annex,
    HoursKind,
    SheetLine,
    SheetStep,
    Team,
    WeekSheet,
    YearSaid,
)
from terreau.rooms.insertion.rules import hours as rules
from terreau.rooms.insertion.rules.contracts import Contract
from terreau.rooms.insertion.rules.law import listed
from terreau.rooms.insertion.steering import annex_rule
from terreau.territory.models import Product

MONTHLY_ETP = Decimal("24.76")
# What the garden and its platform spend in a year.
CHARGES_EUR = 960_000
TARGETS = {"target_dynamic": 60, "target_durable": 25}


def live(
    book: Book, lives: Sequence[Life], teams: Sequence[Team], files: Files, first: IsoWeek
) -> dict[date, Decimal]:
    """Every week until the last: closed, but the last of all, validated. Answers the paid hours by month."""
    last = IsoWeek.of(book.today) - 1
    weeks = IsoWeek.range(first, last)
    sheets = [
        WeekSheet(
            ecopole=book.world.ecopole, team=team, week=str(week), key=f"insertion-demo-{team.pk}-{week}",
            recorded_by=team.supervisor, recorded_at=at(week.days[4], 16),
        )
        for week in weeks
        for team in teams
    ]  # fmt: skip
    WeekSheet.objects.bulk_create(sheets)
    lines = [
        line
        for sheet in sheets
        for life in lives
        if teams[life.crew] is sheet.team
        for line in _week(sheet, life, [known for _, known in files.signed(life.person)])
    ]
    SheetLine.objects.bulk_create(lines)
    used = {line.sheet for line in lines}
    SheetStep.objects.bulk_create(
        SheetStep(
            sheet=sheet, state=state, key=f"insertion-demo-{state}", recorded_by=by,
            recorded_at=at(IsoWeek.parse(sheet.week).monday + days * DAY, 17),
        )
        for sheet in sheets
        if sheet in used
        for state, by, days in (("validated", sheet.team.supervisor, 4), ("closed", book.counsellor, 7))
        if state == "validated" or sheet.week != str(last)
    )  # fmt: skip
    return _close(book, [line for line in lines if line.sheet.week != str(last)])


def _week(sheet: WeekSheet, life: Life, signed: Sequence[Contract]) -> list[SheetLine]:
    """A person's week as it went: nothing a sheet would refuse."""
    days = IsoWeek.parse(sheet.week).days[: hours.WORKING_DAYS]
    if days[-1] < life.hired or (life.left and life.left < days[0]):
        return []
    found = []
    for day in days:
        weekly = sum((known.hours_on(day) for known in signed), Decimal(0))
        if weekly:
            kind = life.away.get(day, HoursKind.WORKED)
            found.append(
                SheetLine(
                    participant=life.person, sheet=sheet, day=day, workshop=sheet.team.workshop, kind=kind,
                    hours=weekly / hours.WORKING_DAYS, key=f"{sheet.key}:{day}:{kind}",
                    recorded_by=sheet.recorded_by, recorded_at=sheet.recorded_at,
                )
            )  # fmt: skip
    told = [rules.Line("", line.day, "", line.kind, line.hours) for line in found]
    judge(
        rules.check_week(told, weekly_hours=sum((one.hours for one in told), Decimal(0)), closed=False), False
    )
    return found


def _close(book: Book, lines: Sequence[SheetLine]) -> dict[date, Decimal]:
    """The paid lines, in the ledger on the Monday that follows, as `hours.close` writes them."""
    products = Product.objects.in_bulk((hours.WORKED, hours.ABSENT), field_name="code")
    by_month: dict[date, Decimal] = defaultdict(Decimal)
    paid = []
    for line in lines:
        if listed("hour_kinds", line.day)[line.kind]["paid"] == "oui":
            paid.append(hours.entry(line, products, at(book.today)))
            by_month[line.day.replace(day=1)] += line.hours
    record(
        ecopole=book.world.ecopole, entries=paid, recorded_by=book.counsellor, recorded_at=at(book.today, 8)
    )
    return by_month


# --- the convention -------------------------------------------------------------------------------------


def agree(book: Book, first: IsoWeek, paid: Mapping[date, Decimal]) -> None:
    """An annexe for this year, and for each year whose hours are all here; and what the ASP has paid."""
    whole = first.monday + timedelta(days=4)
    for year in range(first.year, book.today.year + 1):
        if year == book.today.year or whole < date(year, 1, 2):
            _receive(book, _annex(book, year), paid, first.monday)
            _say(book, year)


def _say(book: Book, year: int) -> None:
    """The accounts of a year, closed, or up to the end of last month."""
    until = min(date(year, 12, 31), book.today.replace(day=1) - DAY)
    if until.year != year:
        return
    part, nothing = Decimal(until.month) / 12, Money(0)
    charges = Money.from_euros(CHARGES_EUR)
    YearSaid.objects.create(
        ecopole=book.world.ecopole, year=year, until=until, charges=charges.times(part), procurement=nothing,
        charges_to_come=charges.times(1 - part), receipts_apart=nothing,
        receipts_to_come=charges.times(Decimal("0.26") * (1 - part)), modulated=5,
        supervisors_hours=(6_428 * part).quantize(Decimal("0.1")),
        counsellors_hours=(2_410 * part).quantize(Decimal("0.1")), key=f"insertion-demo-annee-{year}",
        recorded_by=book.director, recorded_at=at(min(until + 12 * DAY, book.today)),
    )  # fmt: skip


def _annex(book: Book, year: int) -> Annex:
    amount = Money.from_euros(23_921)
    row = Annex(
        ecopole=book.world.ecopole, holder=book.world.garden, number=f"ACI062{year % 100}0001A0M0",
        state="VALIDE" if year == book.today.year else "CLOTURE", starts_on=date(year, 1, 1),
        ends_on=date(year, 12, 31), monthly_etp=MONTHLY_ETP, unit_amount=amount, total_amount=amount,
        departement_amount=Money.from_euros(60_000), hours_per_etp=Decimal(1820),
        supervisors_etp=Decimal(4), counsellors_etp=Decimal("1.5"), cdi_inclusion=1,
        key=f"insertion-demo-annexe-{year}", recorded_by=book.counsellor, recorded_at=at(date(year, 1, 5)),
        **TARGETS,
    )  # fmt: skip
    judge(rules.check_number(row.number, on=row.starts_on), accepted=False)
    row.total_amount = rules.total_aid(annex_rule(row))
    row.save()
    return row


def _receive(book: Book, row: Annex, paid: Mapping[date, Decimal], first: date) -> None:
    """A twelfth the month after, since the demo's first full month; what is set right, with it."""
    closed = {
        month: hours for month, hours in paid.items() if first <= month and month_end(month) < book.today
    }
    told: list[tuple[date, Any]] = []
    for payment in rules.payments(annex_rule(row), closed):
        day = plus_months(payment.month, 1) + timedelta(days=9 + payment.regularisation)
        if payment.amount and payment.month >= first and day <= book.today:
            told.append((day, payment))
    AidReceived.objects.bulk_create(
        AidReceived(
            ecopole=row.ecopole, annex=row.number, regularisation=payment.regularisation,
            amount=payment.amount, received_on=day, key=f"insertion-demo-aide-{row.number}-{rank}",
            recorded_by=book.counsellor, recorded_at=at(day),
        )
        for rank, (day, payment) in enumerate(told)
    )  # fmt: skip
