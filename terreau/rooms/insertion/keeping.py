"""What is held on a person, said to them; who they are, corrected; who takes their file over."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from terreau.rooms.insertion.access import followed
from terreau.rooms.insertion.actions import Hand, NotYourTurn, add_fact, already, follow
from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.models import Export, Following, Hold, Identity, Participant
from terreau.rooms.insertion.retention import coming
from terreau.rooms.insertion.rules import retention as rules
from terreau.territory.abilities import Role
from terreau.territory.models import Ecopole, Membership, User

# How the exports' log says that a person asked for what is held on them, and was given it.
ASKED, GIVEN = "droit d’accès\u202f: demandé", "droit d’accès\u202f: remis"


@transaction.atomic
def correct(*, person: Participant, hand: Hand, identity: dict[str, Any], reason: str) -> Any:
    """Who the person is, from now on. What was said before stays in the file's history."""
    row = Participant.objects.select_for_update(no_key=True).get(pk=person.pk)
    if known := already(Identity, row, hand):
        return known
    first = {name: getattr(row, name) for name in identity}
    if first == identity:
        raise NotYourTurn("Rien n’a changé\u202f: corrigez au moins une ligne.")
    if not Identity.objects.filter(participant=row).exists():
        Identity.objects.create(
            participant=row, key="premier-contact", recorded_by=row.recorded_by, recorded_at=row.recorded_at,
            **first,
        )  # fmt: skip
    said = add_fact(Identity, row, hand, reason=reason, **identity)
    Participant.objects.filter(pk=row.pk).update(**identity)
    return said


@transaction.atomic
def hold(*, person: Participant, hand: Hand, reason: str, since: date, note: str) -> Any:
    return add_fact(Hold, person, hand, reason=reason, since=since, note=note)


@transaction.atomic
def hand_over(*, people: Iterable[Participant], hand: Hand, to: User, since: date) -> int:
    """Every file of a counsellor to another: whoever hands over reads them no more."""
    done = 0
    for person in people:
        one = Hand(hand.by, hand.at, f"{hand.key}-{person.pk}")
        done += bool(follow(person=person, hand=one, counsellor=to, since=since))
    return done


def handed_over(ecopole: Ecopole, key: str) -> bool:
    """Whether this form has already been written."""
    return Following.objects.filter(participant__ecopole=ecopole, key__startswith=f"{key}-").exists()


@dataclass(frozen=True)
class Load:
    """How many files a counsellor follows, and whether they still hold the role."""

    user: User
    people: int
    here: bool


def loads(ecopole: Ecopole) -> list[Load]:
    """Who left first: their files await somebody. Two queries."""
    numbers = followed(ecopole)
    held = Membership.objects.filter(ecopole=ecopole, role=Role.COUNSELLOR).values_list("user", flat=True)
    here = set(held)
    users = User.objects.filter(pk__in=numbers).order_by("name", "id")
    found = [Load(user, len(numbers[user.pk]), user.pk in here) for user in users]
    return sorted(found, key=lambda load: load.here)


@dataclass(frozen=True)
class Request:
    """A person asked for what is held on them; `given_at`, once it was."""

    asked_at: datetime
    given_at: datetime | None

    @property
    def answer_by(self) -> date:
        return rules.answer_by(self.asked_at.date())


def requests(people: Collection[Participant]) -> dict[int, Request]:
    """The last request of each of those who made one. One query."""
    # Of everybody's, which are few: hundreds of numbers are long to say.
    whose = {person.pk for person in people}
    ecopoles = {person.ecopole_id for person in people}
    rows = Export.objects.filter(ecopole__in=ecopoles, participant__isnull=False, what__in=(ASKED, GIVEN))
    found: dict[int, Request] = {}
    for person, what, at in rows.order_by("exported_at", "id").values_list(
        "participant", "what", "exported_at"
    ):
        if person not in whose:
            continue
        if what == ASKED:
            found[person] = Request(at, None)
        elif person in found and found[person].given_at is None:
            found[person] = Request(found[person].asked_at, at)
    return found


def notices(people: Collection[Participant], files: Files, on: date) -> dict[str, Any]:
    """What whoever accompanies must know of their files: who asked for theirs, and how many end soon."""
    waiting = requests(people)
    return {
        "asked": [(p, waiting[p.pk]) for p in people if p.pk in waiting and not waiting[p.pk].given_at],
        "ending": sum(not file.kept.is_archive(on) for file in coming(people, files, on)),
    }
