"""Keeping no longer than needed: which files end, and how their words go (decision 0013).

A file is erased in one transaction of its own: stopped half-way, a run goes on where it stopped.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Any

from django.db import connection, transaction
from django.db.models import DateField
from django.utils import timezone
from django_tasks import task

from terreau.rooms.insertion.actions import Hand, add_fact
from terreau.rooms.insertion.files import CONTRACTS, Files
from terreau.rooms.insertion.models import (
    Contract,
    Criterion,
    Diagnosis,
    Erasure,
    Evaluation,
    Family,
    Following,
    FollowUp,
    Hold,
    Interview,
    ObjectiveProgress,
    Obstacle,
    Participant,
    PassIae,
    Pmsmp,
    Posting,
    Referral,
    ReferralAnswer,
    SkillMark,
    SupportAction,
    Training,
)
from terreau.rooms.insertion.models.facts import Stands
from terreau.rooms.insertion.rules import retention as rules
from terreau.rooms.insertion.rules.law import rows
from terreau.territory.actions import anonymise
from terreau.territory.models import Ecopole
from terreau.territory.nights import ask_next
from terreau.territory.sealed import BATCH, for_good, sealed_columns

# The day of a contact, in each line that is one. Contracts are read apart: an exit may end them sooner.
CONTACTS: dict[type[Any], str] = {
    Referral: "referred_on", ReferralAnswer: "decided_on", Diagnosis: "made_on", Interview: "held_on",
    ObjectiveProgress: "said_on", Obstacle: "said_on", SupportAction: "done_on", Training: "ends_on",
    SkillMark: "marked_on", Evaluation: "ends_on", Pmsmp: "ends_on", FollowUp: "observed_on",
}  # fmt: skip
# In plain SQL: a dozen kinds of lines are long to say otherwise, and the list of people asks them each time.
_CONTACTS = "WITH asked (id) AS (VALUES %s) " + " UNION ALL ".join(
    f"SELECT line.participant_id, MAX(line.{field}) FROM {model._meta.db_table} line"
    f" WHERE line.participant_id IN (SELECT id FROM asked) AND {Stands.sql(model, 'line')}"
    " GROUP BY line.participant_id"
    for model, field in CONTACTS.items()
)


# --- what is coming -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class File:
    """A file, and until when it is kept."""

    person: Participant
    kept: rules.Kept
    holds: tuple[Hold, ...]


def contacts(people: Collection[Participant]) -> dict[int, date]:
    """The last contact with each of these people, contracts aside. One query."""
    found: dict[int, date] = {}
    if not people:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_CONTACTS % ", ".join(["(%s)"] * len(people)), [person.pk for person in people])
        to_day = DateField().to_python
        for person, told in cursor.fetchall():
            day = to_day(told)
            found[person] = max(day, found.get(person, day))
    return found


def kept(people: Collection[Participant], files: Files) -> list[File]:
    """Those whose pathway is over, the first to end first. Two queries more than `files`."""
    seen = contacts(people)
    held: dict[int, list[Hold]] = {}
    for row in Hold.objects.standing().filter(participant__in=[p.pk for p in people]).order_by("id"):
        held.setdefault(row.participant_id, []).append(row)
    found = []
    for person in people:
        ends = [known.last_day for _, known in files.signed(person)]
        began = timezone.localtime(person.recorded_at).date()
        last = rules.last_contact([seen.get(person.pk, began), *ends])
        if last is not None:
            holds = tuple(held.get(person.pk, ()))
            told = rules.Kept(last, tuple(rules.Hold(row.reason, row.since) for row in holds))
            found.append(File(person, told, holds))
    return sorted(found, key=lambda file: (file.kept.until, file.person.pk))


# What tells of most files that they do not end soon.
READ = (*CONTRACTS, FollowUp)


def coming(people: Collection[Participant], files: Files, on: date) -> list[File]:
    """What whoever accompanies is shown: the files that end soon, and the archives."""
    near = [person for person in people if not _held_already(person, files, on)]
    return [f for f in kept(near, files) if f.kept.is_coming(on) or f.kept.is_archive(on)]


def _held_already(person: Participant, files: Files, on: date) -> bool:
    """Contracts, and news since, keep it beyond what is asked: no need to look for other contacts."""
    ends = [known.last_day for _, known in files.signed(person)]
    last = rules.last_contact([*ends, *(row.observed_on for row in files.of(FollowUp, person))])
    return bool(ends) and (last is None or not rules.Kept(last).is_coming(on))


# --- erasing --------------------------------------------------------------------------------------------

# Words that no column seals: by model, what is written in their place.
PLAIN: dict[type[Any], dict[str, str]] = {
    Contract: {"job": "effacé"},
    PassIae: {"number": "0" * 12},
    Pmsmp: {"host": "effacé", "job": "", "convention": ""},
    Training: {"title": "effacé", "kind": "", "organisation": ""},
}


@cache
def counted() -> dict[tuple[type[Any], str], frozenset[str]]:
    """Sealed codes that the State's tables count: kept where they are such a code, gone as words."""
    return {
        (Participant, "sex"): frozenset("FM"),
        (Obstacle, "level"): frozenset("0123"),
        (SupportAction, "family"): frozenset(Family.values),
        (Criterion, "code"): frozenset(row["code"] for row in rows("criteria")),
        (Diagnosis, "education"): frozenset(row["code"] for row in rows("education")),
    }


@transaction.atomic
def erase(person: Participant, at: datetime) -> bool:
    """The words of a file go, together; hours, dates and counted codes stay, of nobody. Whether they went.

    Judged again once the file is alone with us: somebody may have spoken with the person since.
    """
    row = Participant.objects.select_for_update(no_key=True).select_related("agent").get(pk=person.pk)
    over = [file for file in kept([row], Files([row])) if file.kept.is_over(at.date())]
    if row.anonymised_at or not over:
        return False
    lines = sum(
        _blank(model, names, row) for model, names in sealed_columns("insertion") if model is not Participant
    )
    for model, words in PLAIN.items():
        model.objects.filter(participant=row).update(**words)
    for name in ("name", "first_name", "phone", "email", "address"):
        setattr(row, name, "")
    row.sex = row.sex if row.sex in counted()[Participant, "sex"] else ""
    # Ages are counted by years of birth.
    row.birth_date = row.birth_date and date(row.birth_date.year, 1, 1)
    row.anonymised_at = at
    row.save()
    anonymise(agent=row.agent, at=at)
    add_fact(Erasure, row, Hand(None, at, "effacement"), last_contact=over[0].kept.last_contact, lines=lines)
    return True


def _blank(model: type[Any], names: list[str], person: Participant) -> int:
    """Empty the sealed columns of the lines of a file, but for the codes that are counted."""
    lines = model._base_manager.filter(participant=person)
    codes = {name: counted()[model, name] for name in names if (model, name) in counted()}
    gone = {n: None if model._meta.get_field(n).null else "" for n in names if n not in codes}
    done = lines.update(**gone) if gone else lines.count()
    for name, known in codes.items():
        odd = [line.pk for line in lines.iterator(BATCH) if getattr(line, name) not in known]
        lines.filter(pk__in=odd).update(**{name: ""})
    return int(done)


@transaction.atomic
def archive(person: Participant, at: datetime) -> bool:
    """A file kept as a proof: nobody follows nor supervises it, the direction alone reads it."""
    key = f"archive-{at:%Y%m%d}"
    done = False
    for model, field in ((Following, "counsellor"), (Posting, "team")):
        last = model.objects.standing().filter(participant=person).order_by("-since", "-id").first()
        if last and getattr(last, f"{field}_id"):
            add_fact(model, person, Hand(None, at, key), since=max(last.since, at.date()), **{field: None})
            done = True
    return done


@dataclass(frozen=True)
class Run:
    """What a run did."""

    erased: int
    archived: int


def retain(*, at: datetime) -> Run:
    """Every file of the house whose time has come. Run again, it does what is left."""
    erased = archived = 0
    with for_good():
        for ecopole in Ecopole.objects.order_by("id"):
            for file in _over(ecopole, at.date()):
                if file.kept.is_over(at.date()):
                    erased += erase(file.person, at)
                else:
                    archived += archive(file.person, at)
    return Run(erased, archived)


def _over(ecopole: Ecopole, on: date) -> Iterable[File]:
    """Under a pseudonym alone: nothing sealed is read to know that a file ends."""
    rows = Participant.objects.filter(ecopole=ecopole, anonymised_at=None).order_by("id")
    people = list(rows.only("id", "ecopole_id", "recorded_at"))
    told = coming(people, Files(people, READ), on)
    return [file for file in told if file.kept.is_over(on) or file.kept.is_archive(on)]


# --- every night ----------------------------------------------------------------------------------------

AT_NIGHT = time(3)


@task()
def retain_tonight(at: str) -> None:
    """The night's run, which first asks for the next; a night that was missed is made up for."""
    night = datetime.fromisoformat(at)
    keep_on(at=night)
    retain(at=night)


def keep_on(*, at: datetime) -> None:
    ask_next(retain_tonight, hour=AT_NIGHT, at=at)
