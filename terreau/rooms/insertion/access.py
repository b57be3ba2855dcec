"""Who reads what of whom. One table, role × part; and a person is reached by who accompanies them.

A view of a file says which parts it shows: `@needs("see_insertion")` then `@opens(Part.CONTRACT)`. Whoever
may not read them all, or does not reach the person, gets a 404: the very existence of a file is nobody else's
business. Each part shown is written in the readings' log, in the transaction of the page.
"""

from collections.abc import Callable, Collection, Iterable
from enum import StrEnum
from functools import reduce, wraps
from operator import or_
from typing import Any, Concatenate

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import render

from terreau.rooms.insertion.models import (
    Export,
    Family,
    Following,
    Participant,
    Posting,
    Reading,
    Section,
    Team,
)
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest, acting_for
from terreau.territory.models import Ecopole

# Fewer than this many people could be told apart (secret statistique).
COUNT_MIN = 5


def masked(count: int) -> int | None:
    """A count as it leaves the room: None for « moins de 5 »."""
    return None if 0 < count < COUNT_MIN else count


class Part(StrEnum):
    """A part of a file, as the log names it."""

    NAME = "name"
    IDENTITY = "identity"
    CONTRACT = "contract"
    PASS = "pass"
    HOURS = "hours"
    SKILLS = "skills"
    OBJECTIVES = "objectives"
    SOCIAL = "social"
    HEALTH = "health"
    JUSTICE = "justice"
    BUDGET = "budget"
    CRITERIA = "criteria"

    @property
    def label(self) -> str:
        return PART_LABELS[self]


PART_LABELS = {
    Part.NAME: "nom",
    Part.IDENTITY: "coordonnées",
    Part.CONTRACT: "contrat",
    Part.PASS: "PASS IAE",
    Part.HOURS: "heures",
    Part.SKILLS: "compétences",
    Part.OBJECTIVES: "objectifs professionnels",
    Part.SOCIAL: "accompagnement social",
    Part.HEALTH: "santé",
    Part.JUSTICE: "justice",
    Part.BUDGET: "budget",
    Part.CRITERIA: "critères d’entrée",
}

# The person's own page shows what they signed and did; their counsellor reads the rest with them.
TABLE: dict[Role, frozenset[Part]] = {
    Role.COUNSELLOR: frozenset(Part),
    Role.DIRECTOR: frozenset(Part),
    Role.SUPERVISOR: frozenset({Part.NAME, Part.CONTRACT, Part.HOURS, Part.SKILLS, Part.OBJECTIVES}),
    Role.PARTICIPANT: frozenset(
        {Part.NAME, Part.IDENTITY, Part.CONTRACT, Part.PASS, Part.HOURS, Part.SKILLS, Part.OBJECTIVES}
    ),
}
# Read by this role only for a reason, typed each time and kept in the log.
REASONED = frozenset({(Role.DIRECTOR, Part.JUSTICE)})

SECTION_PARTS = {
    Section.IDENTITY: Part.SOCIAL,
    Section.HOUSING: Part.SOCIAL,
    Section.RIGHTS: Part.SOCIAL,
    Section.HEALTH: Part.HEALTH,
    Section.JUSTICE: Part.JUSTICE,
    Section.BUDGET: Part.BUDGET,
    Section.MOBILITY: Part.SOCIAL,
    Section.LANGUAGE: Part.SOCIAL,
    Section.WORK: Part.SOCIAL,
    Section.PROJECT: Part.OBJECTIVES,
    Section.EXPECTATIONS: Part.SOCIAL,
}
FAMILY_PARTS = {
    Family.HEALTH: Part.HEALTH,
    Family.JUSTICE: Part.JUSTICE,
    Family.BUDGET: Part.BUDGET,
}


def part_of(family: str) -> Part:
    """The part an obstacle, or an action that answers it, belongs to."""
    return FAMILY_PARTS.get(Family(family), Part.SOCIAL) if family else Part.SOCIAL


# --- who is reached -------------------------------------------------------------------------------------


def _latest(model: Any, field: str) -> Subquery:
    """The newest word on a person: who follows them, in which team they work."""
    rows = model.objects.standing().filter(participant=OuterRef("pk")).order_by("-since", "-id")
    return Subquery(rows.values(field)[:1])


def teams_of(request: EcopoleRequest) -> QuerySet[Team]:
    """The supervisor's own, in the organisations for which they hold the role."""
    workshops = {m.agent_id for m in request.memberships if m.role == Role.SUPERVISOR}
    return Team.objects.filter(ecopole=request.ecopole, supervisor=request.user.pk, workshop__in=workshops)


def _reached_as(request: EcopoleRequest, role: Role) -> QuerySet[Participant]:
    rows = Participant.objects.filter(ecopole=request.ecopole, anonymised_at=None)
    rows = rows.select_related("agent").order_by("id")
    if role is Role.DIRECTOR:
        return rows
    if role is Role.COUNSELLOR:
        return rows.annotate(followed_by=_latest(Following, "counsellor")).filter(followed_by=request.user.pk)
    if role is Role.SUPERVISOR:
        return rows.annotate(in_team=_latest(Posting, "team")).filter(in_team__in=teams_of(request))
    return rows.filter(agent__in=acting_for(request, "see_own_pathway"))


# Read for a whole list; contact details are unsealed file by file.
LISTED = ("ecopole", "recorded_at", "agent__name")
NAMES = ("name", "first_name")


def reached(request: EcopoleRequest, among: Q | None = None, *, named: bool = True) -> list[Participant]:
    """The people this person reaches, each with the parts that some role of theirs opens (`open_parts`).

    Only the names of those shown are unsealed: of some alone, or `named` later.
    """
    roles = sorted(request.roles & TABLE.keys())
    if not roles:
        return []
    mine = {role: Q(pk__in=_reached_as(request, role).order_by().values("pk")) for role in roles}
    held = {f"as_{role}": ExpressionWrapper(asked, BooleanField()) for role, asked in mine.items()}
    newest = {"follower": _latest(Following, "counsellor__name"), "team_name": _latest(Posting, "team__name")}
    found = Participant.objects.filter(among or Q(), reduce(or_, mine.values()))
    found = found.select_related("agent").order_by("id")
    people: list[Any] = list(found.only(*LISTED, *(NAMES if named else ())).annotate(**held, **newest))
    for person in people:
        person.open_parts = frozenset().union(*(TABLE[role] for role in roles if vars(person)[f"as_{role}"]))
    return people


def name(people: Collection[Participant]) -> None:
    """Unseal the names of these people, and of no other. One query."""
    sealed = Participant.objects.filter(pk__in=[person.pk for person in people]).only(*NAMES)
    known = {row.pk: row for row in sealed}
    for person in people:
        person.name, person.first_name = known[person.pk].name, known[person.pk].first_name


def followed(ecopole: Ecopole) -> dict[int, list[Participant]]:
    """The files each counsellor has in charge, whether or not they still hold the role. One query."""
    rows = Participant.objects.filter(ecopole=ecopole, anonymised_at=None).order_by("id")
    found: dict[int, list[Participant]] = {}
    for person in rows.only("id", "ecopole_id").annotate(followed_by=_latest(Following, "counsellor")):
        if by := vars(person)["followed_by"]:
            found.setdefault(by, []).append(person)
    return found


def parts_open(request: EcopoleRequest, person: Participant) -> dict[Part, bool]:
    """What the person's roles open of this file; True where a reason must be typed."""
    opened: dict[Part, bool] = {}
    for role in request.roles & TABLE.keys():
        if _reached_as(request, role).filter(pk=person.pk).exists():
            for part in TABLE[role]:
                # One role that needs no reason is enough.
                opened[part] = opened.get(part, True) and (role, part) in REASONED
    return opened


# --- the door -------------------------------------------------------------------------------------------

REASON_LENGTH = range(10, 501)


def log_reading(
    request: EcopoleRequest, person: Participant, parts: Iterable[Part], reason: str = ""
) -> None:
    Reading.objects.bulk_create(
        Reading(participant=person, reader=request.user, part=part, reason=reason, read_at=request.now)
        for part in sorted(parts)
    )


def log_list(request: EcopoleRequest, people: Iterable[Participant], *parts: Part) -> None:
    """A page that shows the same parts of many files."""
    reader = request.user.pk
    Reading.objects.bulk_create(
        Reading(participant_id=person.pk, reader_id=reader, part=part, read_at=request.now)
        for person in people
        for part in parts
    )


def log_export(
    request: EcopoleRequest, what: str, *, people: int, nominative: bool, of: Participant | None = None
) -> None:
    """Called by whatever answers a file rather than a page; `of`, when it is about one person."""
    Export.objects.create(
        ecopole=request.ecopole, by=request.user, what=what, people=people, nominative=nominative,
        exported_at=request.now, participant=of,
    )  # fmt: skip


View = Callable[Concatenate[Any, Participant, ...], HttpResponse]


def opens(*required: Part, also: Iterable[Part] = ()) -> Callable[[View], Callable[..., HttpResponse]]:
    """Open a file to a view that shows `required`, and of `also` what the reader may see (`request.parts`).

    `request.opened`: all that their roles open of it, as `parts_open` says.

    The address names the person by their pseudonym. A part asked only for a reason is shown once the reason
    is typed and posted; in `also`, it is left out.
    """

    def door(view: View) -> Callable[..., HttpResponse]:
        @wraps(view)
        @transaction.atomic
        def guarded(request: Any, person: str, **kwargs: Any) -> HttpResponse:
            found = Participant.objects.filter(
                ecopole=request.ecopole, agent__name=person, anonymised_at=None
            )
            file = found.select_related("agent").first()
            opened = parts_open(request, file) if file else {}
            if file is None or not opened.keys() >= set(required):
                raise Http404(person)
            reason = ""
            if any(opened[part] for part in required):
                reason = request.POST.get("reason", "").strip()
                if len(reason) not in REASON_LENGTH:
                    return _ask_reason(request, file, required, reason)
            free = {part for part in also if part in opened and not opened[part]}
            request.parts, request.opened = frozenset(required) | free, opened
            log_reading(request, file, request.parts, reason)
            return view(request, file, **kwargs)

        # Read by the test that walks every file with every role.
        vars(guarded)["parts"] = frozenset(required)
        return guarded

    return door


def _ask_reason(request: Any, person: Participant, parts: Iterable[Part], typed: str) -> HttpResponse:
    asked = [part for part in parts if (Role.DIRECTOR, part) in REASONED]
    context = {
        "person": person, "asked": asked, "typed": typed, "posted": request.method == "POST",
        # A file is not put in the middle of a page.
        "file": request.path.endswith(".pdf"),
    }  # fmt: skip
    return render(request, "insertion/reason.html", context, status=422 if context["posted"] else 200)
