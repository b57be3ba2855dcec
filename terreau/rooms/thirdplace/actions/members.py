"""Members, known by a pseudonym; what they learn, skill after skill."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from terreau.rooms.thirdplace.models import Mark, Member, Path, Skill
from terreau.rooms.thirdplace.refusals import PlaceRefused
from terreau.territory.actions import new_person
from terreau.territory.models import Ecopole, User


@transaction.atomic
def join(
    *, ecopole: Ecopole, member: Member | None, name: str, email: str, charter_on: date | None, key: str
) -> Member:
    """A new member, or other words on one we know; their pseudonym never changes."""
    ecopole.take_turns()
    if member is None and (known := Member.objects.filter(ecopole=ecopole, key=key).first()):
        return known
    if member is None:
        member = Member(ecopole=ecopole, agent=new_person(ecopole=ecopole), key=key)
    member.name, member.email, member.charter_on = name, email.strip().lower(), charter_on
    member.save()
    return member


def close_member(*, member: Member, on: date) -> None:
    """They leave: name and address go, hours and skills stay under the pseudonym."""
    Member.objects.filter(pk=member.pk, closed_on=None).update(
        closed_on=on, name=f"Membre parti ({member.agent.name})", email=""
    )


@transaction.atomic
def save_path(*, ecopole: Ecopole, name: str, about: str, skills: Sequence[str], key: str) -> Path:
    """A path and its skills; said again under its name, skills are added, none is removed."""
    ecopole.take_turns()
    if known := Path.objects.filter(ecopole=ecopole, key=key).first():
        return known
    if not skills:
        raise PlaceRefused(f"{name}\u202f: écrivez ses compétences, une par ligne.", "skills")
    path, _ = Path.objects.get_or_create(ecopole=ecopole, name=name, defaults={"about": about, "key": key})
    path.about = about
    path.save(update_fields=["about"])
    there = set(path.skills.values_list("name", flat=True))
    fresh = [skill for skill in dict.fromkeys(skills) if skill not in there]
    Skill.objects.bulk_create(
        Skill(path=path, rank=rank, name=skill) for rank, skill in enumerate(fresh, start=len(there) + 1)
    )
    return path


def mark(*, member: Member, skill: Skill, on: date, by: User | None) -> Mark:
    """Seen at work; seen again, it is acquired since the first day."""
    row, _ = Mark.objects.get_or_create(member=member, skill=skill, defaults={"on": on, "recorded_by": by})
    return row
