"""Who left, by the counting rule; what was done against each obstacle. For a year, in counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import OuterRef, Q, Subquery, Sum

from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.models import (
    Contract,
    Exit,
    Family,
    HoursKind,
    Obstacle,
    Participant,
    SheetLine,
    SupportAction,
)
from terreau.rooms.insertion.pathway import level_of
from terreau.rooms.insertion.rules import exits, support
from terreau.territory.models import Ecopole


@dataclass(frozen=True)
class Leaver:
    person: Participant
    row: Exit
    known: exits.Exit
    # Why it does not count; empty when it does.
    left_out: str


@dataclass(frozen=True)
class Exits:
    """The exits of a year, one a person, the last."""

    leavers: tuple[Leaver, ...]
    rates: exits.Rates


def hired_on(files: Files, person: Participant, contract: Contract) -> date:
    """The hire that the leaving ends: the first contract since the exit before."""
    left = [gone for gone in files.of(Exit, person) if gone.category != exits.STAYS]
    before = [gone.left_on for gone in left if gone.left_on < contract.starts_on]
    starts = [row.starts_on for row in files.of(Contract, person) if row.starts_on <= contract.starts_on]
    return min(start for start in starts if not before or start > max(before))


def _year_hours(ecopole: Ecopole, year: int) -> dict[int, Decimal]:
    rows = SheetLine.objects.standing().filter(
        participant__ecopole=ecopole, kind=HoursKind.WORKED, replaced_by=None, day__year=year
    )
    return dict(rows.values("participant").annotate(total=Sum("hours")).values_list("participant", "total"))


def exits_of(ecopole: Ecopole, year: int) -> Exits:
    """Who left in the year, and the rates of who counts: more than three months here, an hour at least."""
    left = Exit.objects.standing().filter(participant__ecopole=ecopole, left_on__year=year)
    rows = left.select_related("participant__agent", "contract").order_by("left_on", "id")
    last = {row.participant_id: row for row in rows}
    files = Files([row.participant for row in last.values()], only=(Contract, Exit))
    hours = _year_hours(ecopole, year)
    leavers = []
    for row in last.values():
        known = exits.Exit(
            person=row.participant.code,
            hired_on=hired_on(files, row.participant, row.contract),
            left_on=row.left_on,
            reason=row.reason,
            year_hours=hours.get(row.participant_id, Decimal(0)),
        )
        leavers.append(Leaver(row.participant, row, known, exits.left_out(known)))
    return Exits(tuple(leavers), exits.rates((leaver.known for leaver in leavers), year=year))


def weighed_and_done(ecopole: Ecopole, year: int) -> tuple[list[support.Weighed], list[support.Done]]:
    """What was said of obstacles in the year, or last before it; and the actions of the year."""
    begins = date(year, 1, 1)
    said = Obstacle.objects.standing().filter(participant__ecopole=ecopole, said_on__year__lte=year)
    last = Obstacle.objects.filter(participant=OuterRef("participant"), said_on__lt=begins)
    newest = Subquery(last.order_by("-said_on").values("said_on")[:1])
    # A level is sealed, and long to open: only the ones that count are.
    useful = said.filter(Q(said_on__gte=begins) | Q(said_on__gte=newest))
    done = SupportAction.objects.standing().filter(participant__ecopole=ecopole, done_on__year=year)
    return (
        [
            support.Weighed(str(r.participant_id), r.family, r.said_on, level_of(r))
            for r in useful.order_by("id").defer("note")
        ],
        [
            support.Done(str(r.participant_id), r.family, r.done_on, r.reach)
            for r in done.order_by("id").only("participant_id", "family", "done_on", "reach")
        ],
    )


def support_of(ecopole: Ecopole, year: int) -> Mapping[str, support.Supported]:
    """By obstacle: employees concerned, supported in house, outside, both."""
    weighed, done = weighed_and_done(ecopole, year)
    return support.by_obstacle(weighed, done, families=Family.values, year=year)
