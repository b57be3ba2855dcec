"""The week of a team: pre-filled from contracts, validated, closed. Closed, its paid hours are in the ledger.

Nothing else of a person goes there: a pseudonym, a workshop, a day, hours worked or paid while absent. A
closed week is corrected by reopening it, with a reason: what changed is reversed there and written anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.lookups import Exact
from django.utils import timezone

from terreau.ledger.actions import Entry, record, reverse
from terreau.ledger.effects import Action
from terreau.ledger.models import Event
from terreau.ledger.queries import STANDING, State, commitments
from terreau.measures.french import format_date
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.insertion.actions import Hand, Refused, judge
from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.models import (
    HoursKind,
    Participant,
    Posting,
    SheetLine,
    SheetState,
    SheetStep,
    Team,
    Training,
    WeekSheet,
)
from terreau.rooms.insertion.rules.holidays import holidays
from terreau.rooms.insertion.rules.hours import Line, check_week
from terreau.rooms.insertion.rules.law import Finding, listed, refusal, rule
from terreau.territory.clock import moment
from terreau.territory.models import Product

WORKED, ABSENT = "insertion-travail", "insertion-absence"
# A week's hours are spread over its working days, until the supervisor says otherwise.
WORKING_DAYS = 5
ENDS_AT = time(17)
Slot = tuple[int, date, str]


# --- what is known --------------------------------------------------------------------------------------


def posted_to(team: Team, day: date) -> Q:
    """Of people, those whose last team by that day is this one."""
    known = Posting.objects.standing().filter(participant=OuterRef("pk"), since__lte=day)
    return Q(Exact(Subquery(known.order_by("-since", "-id").values("team")[:1]), team.pk))


def state(sheet: WeekSheet | None) -> str:
    """Where a sheet stands: its last step, nothing while it is being filled."""
    steps = sorted(sheet.steps.all(), key=lambda step: step.pk) if sheet else []
    return steps[-1].state if steps else ""


def is_open(sheet: WeekSheet | None) -> bool:
    return state(sheet) in ("", SheetState.REOPENED)


def lines(sheet: WeekSheet | None) -> list[SheetLine]:
    """What stands on a sheet: no line replaces it, and it holds hours."""
    if sheet is None:
        return []
    return list(SheetLine.objects.filter(sheet=sheet, replaced_by=None, hours__gt=0).order_by("day", "id"))


def contract_hours(files: Files, person: Participant, week: IsoWeek) -> dict[date, Decimal]:
    """The weekly hours of each day under contract."""
    signed = [known for _, known in files.signed(person)]
    found = {day: sum((known.hours_on(day) for known in signed), Decimal(0)) for day in week.days}
    return {day: hours for day, hours in found.items() if hours}


Habit = Mapping[int, Decimal]
# How far back a whole week is looked for, to know on which days somebody works.
HABIT_WEEKS = 6


def habits(people: Sequence[Participant], week: IsoWeek) -> dict[int, list[Habit]]:
    """The last weeks written for each, the latest first: hours by day of the week, absences counted in."""
    rows = SheetLine.objects.filter(
        participant__in=people, day__range=((week - HABIT_WEEKS).monday, (week - 1).sunday),
        replaced_by=None, hours__gt=0,
    )  # fmt: skip
    found: dict[int, dict[date, dict[int, Decimal]]] = {}
    for person, day, hours in rows.order_by("-day", "id").values_list("participant_id", "day", "hours"):
        lived = found.setdefault(person, {}).setdefault(IsoWeek.of(day).monday, {})
        lived[day.isoweekday()] = lived.get(day.isoweekday(), Decimal(0)) + hours
    return {person: list(weeks.values()) for person, weeks in found.items()}


def _usual(weekly: Decimal, known: Iterable[Habit]) -> Habit:
    """The hours of each day: as in the last week that held the contract's, else spread over five days."""
    spread = dict.fromkeys(range(1, WORKING_DAYS + 1), (weekly / WORKING_DAYS).quantize(Decimal("0.01")))
    return next((habit for habit in known if sum(habit.values()) == weekly), spread)


def planned(
    files: Files, person: Participant, week: IsoWeek, known: Iterable[Habit] = ()
) -> dict[Slot, Decimal]:
    """The contract's hours on the usual days; said away on a holiday, in an immersion, in a full training."""
    away = [immersion.period for immersion in files.immersions(person)]
    days = {day: _usual(weekly, known) for day, weekly in contract_hours(files, person, week).items()}
    learning = {day for row in files.of(Training, person) for day in _all_day(row, days)}
    found = {}
    for day, habit in days.items():
        if hours := habit.get(day.isoweekday()):
            kind = HoursKind.WORKED
            if day in holidays(day.year):
                kind = HoursKind.HOLIDAY
            elif any(day in period for period in away):
                kind = HoursKind.PMSMP
            elif day in learning:
                kind = HoursKind.TRAINING
            found[person.pk, day, str(kind)] = hours
    return found


def _all_day(row: Training, days: Mapping[date, Habit]) -> list[date]:
    """The days of this week that a training takes whole: its hours fill all its working days."""
    length = (row.ends_on - row.starts_on).days + 1
    within = [row.starts_on + timedelta(days=rank) for rank in range(length)]
    working = sum(day.isoweekday() <= WORKING_DAYS for day in within)
    inside = [day for day in days if row.starts_on <= day <= row.ends_on]
    return [day for day in inside if row.hours >= working * days[day].get(day.isoweekday(), Decimal(0))]


@dataclass(frozen=True, slots=True)
class Around:
    """What the ledger knows of a workshop's week, whoever worked: hours done, and still promised."""

    done: Mapping[date, Decimal]
    promised: Decimal

    def __bool__(self) -> bool:
        return bool(self.done or self.promised)


def around(team: Team, week: IsoWeek) -> Around:
    since, until = (moment(day) for day in (week.monday, (week + 1).monday))
    mine = {"ecopole": team.ecopole_id, "action": Action.WORK, "provider": team.workshop_id}
    rows = Event.objects.filter(STANDING, **mine, product__unit=Unit.HOUR, occurred_at__gte=since)
    done: dict[date, Decimal] = {}
    for at, hours in rows.filter(occurred_at__lt=until).order_by("occurred_at").values_list(
        "occurred_at", "quantity"
    ):  # fmt: skip
        day = timezone.localtime(at).date()
        done[day] = done.get(day, Decimal(0)) + hours
    due = commitments(team.ecopole, due=(week.monday, week.sunday), provider=team.workshop_id)
    left = [
        line.remaining
        for line in due
        if line.commitment.action == Action.WORK and line.commitment.product.unit == Unit.HOUR
        and line.state in (State.OPEN, State.PARTLY_MET)
    ]  # fmt: skip
    return Around(done, sum(left, Decimal(0)))


# --- filling it -----------------------------------------------------------------------------------------


def _alone(sheet: WeekSheet) -> WeekSheet:
    return WeekSheet.objects.select_for_update(no_key=True).get(pk=sheet.pk)


def _refuse(day: date, sentence: str) -> None:
    raise Refused([refusal(rule("hours", "sheet", day), sentence)])


@transaction.atomic
def save(
    *, team: Team, week: IsoWeek, people: Sequence[Participant], asked: Mapping[Slot, Decimal], hand: Hand
) -> WeekSheet:
    """What was typed for these people, whole: a line per person, day and kind; what changed replaces."""
    first = {"ecopole": team.ecopole, **hand.fact()}
    made, _ = WeekSheet.objects.get_or_create(team=team, week=str(week), defaults=first)
    sheet = _alone(made)
    if already(sheet, hand) or SheetLine.objects.filter(sheet=sheet, key__startswith=f"{hand.key}:").exists():
        return sheet
    judge(_findings(sheet, week, people, asked), hand.accepted)
    heads = SheetLine.objects.filter(sheet=sheet, participant__in=people, replaced_by=None)
    known = {(line.participant_id, line.day, line.kind): line for line in heads}
    wanted = dict.fromkeys(known, Decimal(0)) | dict(asked)
    SheetLine.objects.bulk_create(
        SheetLine(
            participant_id=person, sheet=sheet, day=day, workshop=team.workshop, kind=kind, hours=hours,
            replaces=known.get((person, day, kind)), **hand.fact() | {"key": f"{hand.key}:{day}:{kind}"},
        )
        for (person, day, kind), hours in wanted.items()
        if hours != (known[person, day, kind].hours if (person, day, kind) in known else 0)
    )  # fmt: skip
    return sheet


def _findings(
    sheet: WeekSheet, week: IsoWeek, people: Sequence[Participant], asked: Mapping[Slot, Decimal]
) -> list[Finding]:
    """Person by person, what they did elsewhere that week included."""
    if not is_open(sheet):
        said = SheetState(state(sheet)).label
        _refuse(week.monday, f"La semaine est {said}\u202f: rouvrez-la, en disant pourquoi.")
    files, found = Files(people), []
    elsewhere = SheetLine.objects.filter(
        participant__in=people, day__range=(week.monday, week.sunday), replaced_by=None, hours__gt=0
    ).exclude(sheet=sheet)
    done = [(row.participant_id, row.day, row.kind, row.hours, str(row.workshop_id)) for row in elsewhere]
    here = str(sheet.team.workshop_id)
    done += [(person, day, kind, hours, here) for (person, day, kind), hours in asked.items()]
    for person in people:
        promised = contract_hours(files, person, week)
        mine = [
            Line(person.code, day, where, kind, hours)
            for pk, day, kind, hours, where in done
            if pk == person.pk
        ]
        weekly = sum((h for day, h in promised.items() if day.isoweekday() <= WORKING_DAYS), Decimal(0))
        about = check_week(mine, weekly_hours=weekly / WORKING_DAYS, closed=False)
        about += [
            refusal(rule("hours", "sheet", day), f"le {format_date(day)} est hors de tout contrat.")
            for day in sorted({line.day for line in mine} - promised.keys())
        ]
        found += [replace(one, sentence=f"{person.full_name}\u202f: {one.sentence}") for one in about]
    return found


# --- its steps ------------------------------------------------------------------------------------------


def _step(sheet: WeekSheet, hand: Hand, to: SheetState, reason: str = "") -> SheetStep:
    return SheetStep.objects.create(sheet=sheet, state=to, reason=reason, **hand.fact())


def already(sheet: WeekSheet, hand: Hand) -> SheetStep | None:
    return SheetStep.objects.filter(sheet=sheet, key=hand.key).first()


@transaction.atomic
def validate(*, sheet: WeekSheet, hand: Hand) -> SheetStep:
    """The supervisor says: that is how the week went. Not before its last day is there."""
    sheet = _alone(sheet)
    if known := already(sheet, hand):
        return known
    monday = IsoWeek.parse(sheet.week).monday
    if not is_open(sheet):
        _refuse(monday, f"La semaine est déjà {SheetState(state(sheet)).label}.")
    days = [line.day for line in lines(sheet)]
    if not days:
        _refuse(monday, "La feuille est vide\u202f: enregistrez les heures, puis validez.")
    if max(days) > timezone.localtime(hand.at).date():
        last = format_date(max(days))
        _refuse(monday, f"Des heures sont au {last}, qui n’est pas encore là\u202f: validez ce jour-là.")
    return _step(sheet, hand, SheetState.VALIDATED)


@transaction.atomic
def close(*, sheet: WeekSheet, hand: Hand) -> SheetStep:
    """The counsellor or the direction closes a validated week: its paid hours go to the ledger."""
    sheet = _alone(sheet)
    if known := already(sheet, hand):
        return known
    if state(sheet) != SheetState.VALIDATED:
        monday = IsoWeek.parse(sheet.week).monday
        _refuse(monday, "La semaine n’est pas validée\u202f: l’encadrement la valide, puis vous la clôturez.")
    _write(sheet, hand)
    return _step(sheet, hand, SheetState.CLOSED)


@transaction.atomic
def reopen(*, sheet: WeekSheet, hand: Hand, reason: str) -> SheetStep:
    """To correct a week already validated or closed; why is kept."""
    sheet = _alone(sheet)
    if known := already(sheet, hand):
        return known
    monday = IsoWeek.parse(sheet.week).monday
    if is_open(sheet):
        _refuse(monday, "La semaine est déjà ouverte\u202f: corrigez-la.")
    if not reason:
        _refuse(monday, "Dites pourquoi la semaine est rouverte.")
    return _step(sheet, hand, SheetState.REOPENED, reason)


def event_key(line: SheetLine) -> str:
    return f"insertion-heures:{line.pk}"


def _write(sheet: WeekSheet, hand: Hand) -> None:
    """One event per paid line that stands; those of lines replaced since are reversed."""
    written = list(SheetLine.objects.filter(sheet=sheet).select_related("participant").order_by("id"))
    replaced = {line.replaces_id for line in written}
    due = {
        event_key(line): line
        for line in written
        if line.pk not in replaced
        and line.hours
        and listed("hour_kinds", line.day)[line.kind]["paid"] == "oui"
    }
    events = Event.objects.filter(
        STANDING, ecopole=sheet.ecopole_id, key__in=[event_key(line) for line in written]
    )
    known = {event.key: event for event in events.select_related("product")}
    wrong = [event for key, event in known.items() if key not in due]
    reverse(ecopole=sheet.ecopole, events=wrong, by=hand.by, at=hand.at, key="insertion-heures-reprises")
    products = Product.objects.in_bulk((WORKED, ABSENT), field_name="code")
    entries = [entry(line, products, hand.at) for key, line in due.items() if key not in known]
    record(ecopole=sheet.ecopole, entries=entries, recorded_by=hand.by, recorded_at=hand.at)


def entry(line: SheetLine, products: Mapping[str, Product], at: datetime) -> Entry:
    """What the ledger keeps of a paid line: a pseudonym, a workshop, an evening, worked or not."""
    product = products[WORKED if line.kind == HoursKind.WORKED else ABSENT]
    evening = moment(line.day, ENDS_AT)
    return Entry(
        Action.WORK, line.participant.agent_id, line.workshop_id, product.pk, line.hours, Unit(product.unit),
        key=event_key(line), occurred_at=min(evening, at),
    )  # fmt: skip


# --- the weeks that await -------------------------------------------------------------------------------

SHOWN = 6


def last_weeks(day: date) -> list[IsoWeek]:
    """This week and those before, the latest first."""
    this = IsoWeek.of(day)
    return [this - rank for rank in range(SHOWN)]
