"""Who left, by the counting rule; what was done against each obstacle. For a year, in counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, TextField
from django.db.models.functions import Cast

from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.models import (
    Contract,
    Exit,
    ExitCheck,
    Family,
    HoursKind,
    Obstacle,
    Participant,
    Satisfaction,
    SheetLine,
    SupportAction,
)
from terreau.rooms.insertion.pathway import level_of
from terreau.rooms.insertion.rules import exits, support
from terreau.rooms.insertion.rules.law import listed
from terreau.rooms.insertion.sealed import unseal_code
from terreau.territory.counts import masked
from terreau.territory.models import Ecopole

# « Plutôt oui » and « tout à fait ».
AGREES = 3


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


def _year_hours(year: int) -> Subquery:
    # Those replaced are few, and known at once: asked of each line, they would be looked for one by one.
    replaced = SheetLine.objects.filter(replaces__isnull=False).order_by().values("replaces")
    rows = SheetLine.objects.standing().filter(
        ~Q(pk__in=replaced), participant=OuterRef("participant"), kind=HoursKind.WORKED, day__year=year
    )
    return Subquery(rows.order_by().values("participant").annotate(total=Sum("hours")).values("total"))


def left_in(ecopole: Ecopole, year: int) -> "QuerySet[Any, Any]":
    return Exit.objects.standing().filter(participant__ecopole=ecopole, left_on__year=year)


def exits_of(ecopole: Ecopole, year: int, files: Files | None = None) -> Exits:
    """Who left in the year, and the rates of who counts: more than three months here, an hour at least.

    `files`: of whoever left in it, when they are already read.
    """
    left = left_in(ecopole, year).annotate(year_hours=_year_hours(year))
    rows = left.select_related("participant__agent", "contract").order_by("left_on", "id").only(
        "left_on", "reason", "participant__ecopole", "participant__agent__name", "contract__starts_on"
    )  # fmt: skip
    last = {row.participant_id: row for row in rows}
    files = files or Files([row.participant for row in last.values()])
    leavers = []
    for row in last.values():
        known = exits.Exit(
            person=row.participant.code,
            hired_on=hired_on(files, row.participant, row.contract),
            left_on=row.left_on,
            reason=row.reason,
            year_hours=row.year_hours or Decimal(0),
        )
        leavers.append(Leaver(row.participant, row, known, exits.left_out(known)))
    return Exits(tuple(leavers), exits.rates((leaver.known for leaver in leavers), year=year))


# Beside the leaving list: that somebody answered, so that they are not asked again; not what.
ANSWERED = "answered"


def answered(gone: Exit) -> bool:
    return ExitCheck.objects.standing().filter(exit=gone, item=ANSWERED).exists()


@dataclass(frozen=True)
class Voices:
    """What those who left in a year think: nothing under five answers, no column that tells of a few."""

    total: int | None
    # Each question: how many agree, how many do not; None where one of the two is too few to be told.
    rows: tuple[tuple[str, int | None, int | None], ...] = ()


def voices_of(ecopole: Ecopole, year: int) -> Voices:
    said = list(Satisfaction.objects.filter(ecopole=ecopole, year=year).values_list("answers", flat=True))
    if masked(len(said)) is None:
        return Voices(None)
    rows = []
    for code, row in listed("satisfaction", date(year, 12, 31)).items():
        levels = [answers[code] for answers in said if code in answers]
        agree = sum(level >= AGREES for level in levels)
        counts = masked(agree), masked(len(levels) - agree)
        # One alone would give the other away.
        rows.append((row["label"], *(counts if None not in counts else (None, None))))
    return Voices(len(said), tuple(rows))


def _here_in(ecopole: Ecopole, year: int) -> "QuerySet[Any, Any]":
    """Whoever had not left before the year, or had come back."""
    mine = {"participant": OuterRef("pk")}
    left = Exit.objects.standing().filter(**mine, left_on__year__lt=year).order_by("-left_on")
    back = Contract.objects.standing().filter(**mine, starts_on__year__lte=year).order_by("-starts_on")
    people = Participant.objects.filter(ecopole=ecopole).order_by()
    last = people.annotate(
        left=Subquery(left.values("left_on")[:1]), back=Subquery(back.values("starts_on")[:1])
    )
    return last.filter(Q(left=None) | Q(left__lte=F("back"))).values("pk")


@dataclass(frozen=True, slots=True)
class Said:
    """How much an obstacle weighs, unsealed when it is asked."""

    person: str
    family: str
    said_on: date
    token: str

    @property
    def level(self) -> int | None:
        return level_of(unseal_code(self.token))


def weighed_and_done(ecopole: Ecopole, year: int) -> tuple[list[Said], list[support.Done]]:
    """What was said of obstacles up to the year, of whoever was here in it; and the actions of the year."""
    said = Obstacle.objects.standing().filter(
        participant__in=_here_in(ecopole, year), said_on__year__lte=year
    )
    done = SupportAction.objects.standing().filter(participant__ecopole=ecopole, done_on__year=year)
    # Only what is counted is unsealed.
    told = said.order_by("id").values_list("participant", "family", "said_on", Cast("level", TextField()))
    helped = done.order_by("id").values_list("participant", Cast("family", TextField()), "done_on", "reach")
    return (
        [Said(str(person), family, day, token) for person, family, day, token in told],
        [support.Done(str(person), unseal_code(token), *action) for person, token, *action in helped],
    )


def support_of(ecopole: Ecopole, year: int) -> Mapping[str, support.Supported]:
    """By obstacle: employees concerned, supported in house, outside, both."""
    weighed, done = weighed_and_done(ecopole, year)
    return support.by_obstacle(weighed, done, families=Family.values, year=year)
