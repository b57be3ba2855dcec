"""What is printed: the poster of a gathering, the certificate of a path."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from terreau.formats.qr import qr_svg
from terreau.measures.french import format_date, format_date_long
from terreau.rooms.thirdplace.models import Gathering, House, Mark, Member, Path
from terreau.territory.papers import printed


def _hour(at: Any) -> str:
    return f"{at.hour}\u00a0h\u00a0{at.minute:02}" if at.minute else f"{at.hour}\u00a0h"


def poster(gathering: Gathering, house: House, url: str) -> HttpResponse:
    """One A4 sheet, read from the pavement; the code opens the sign-up."""
    starts, ends = timezone.localtime(gathering.starts_at), timezone.localtime(gathering.ends_at)
    data = {
        "kind": gathering.get_kind_display(), "title": gathering.title, "about": gathering.about,
        "leader": gathering.leader, "where": gathering.where, "day": format_date_long(starts.date()),
        "hours": f"{_hour(starts)} – {_hour(ends)}", "house": house.agent.name,
        "town": house.agent.commune.name if house.agent.commune else "", "capacity": gathering.capacity,
        "price": f"{gathering.fee.price} par personne" if hasattr(gathering, "fee") else "inscription libre",
        "url": url.rsplit("//", maxsplit=1)[-1], "code": qr_svg(url), "footer": gathering.ecopole.name,
    }  # fmt: skip
    return printed("thirdplace/poster.typ", data, f"affiche-{starts:%Y-%m-%d}")


def complete(member: Member, path: Path) -> list[Mark] | None:
    """The marks of every skill of a path, in its order; None while one is missing."""
    skills = list(path.skills.order_by("rank"))
    held = {row.skill_id: row for row in Mark.objects.filter(member=member, skill__path=path)}
    return [held[skill.pk] for skill in skills] if skills and len(held) == len(skills) else None


def certificate(member: Member, path: Path, marks: list[Mark], house: House) -> HttpResponse:
    names = dict(path.skills.values_list("pk", "name"))
    data = {
        "name": member.name, "path": path.name, "about": path.about, "house": house.agent.name,
        "skills": [[names[row.skill_id], format_date(row.on)] for row in marks],
        "on": format_date_long(max(row.on for row in marks)), "footer": member.ecopole.name,
    }  # fmt: skip
    return printed("thirdplace/certificate.typ", data, f"attestation-{path.pk}")
