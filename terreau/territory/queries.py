"""What the storeys above ask of the territory. They may keep the models they receive."""

import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from terreau.territory.abilities import Role
from terreau.territory.geography import degrees_around, distance_km
from terreau.territory.models import (
    Agent,
    AgentKind,
    Commune,
    Ecopole,
    Invitation,
    Membership,
    Place,
    Product,
)
from terreau.territory.rates import exemption, transfer_share, vat_rate
from terreau.territory.search import bare, found

__all__ = [
    "agents",
    "bed_order",
    "commune_named",
    "communes_around",
    "exemption",
    "found",
    "invitations",
    "members",
    "places",
    "products",
    "transfer_share",
    "vat_rate",
]

AROUND_KM = 22


def agents(ecopole: Ecopole, kinds: Iterable[str] | None = None) -> QuerySet[Agent]:
    """The écopôle's actors by name, those erased aside; people, who go by a pseudonym, only when asked."""
    found = (
        Agent.objects.filter(ecopole=ecopole, anonymised_at=None)
        .select_related("commune")
        .order_by("name", "id")
    )
    return found.exclude(kind=AgentKind.PERSON) if kinds is None else found.filter(kind__in=list(kinds))


def places(ecopole: Ecopole, kinds: Iterable[str] | None = None) -> QuerySet[Place]:
    found = Place.objects.filter(ecopole=ecopole).select_related("agent", "commune").order_by("name", "id")
    return found if kinds is None else found.filter(kind__in=list(kinds))


def products(families: Iterable[str] | None = None) -> QuerySet[Product]:
    found = Product.objects.order_by("name")
    return found if families is None else found.filter(family__in=list(families))


def communes_around(ecopole: Ecopole, km: float = AROUND_KM) -> list[Commune]:
    """The communes of its intercommunality, and those whose town hall is within reach of its own."""
    home = ecopole.commune
    found = Q(pk=home.pk)
    if home.epci_code:
        found |= Q(epci_code=home.epci_code)
    if home.latitude is None or home.longitude is None:
        return list(Commune.objects.filter(found).order_by("name"))
    near_lat, near_lon = degrees_around(home.latitude, km)
    found |= Q(
        latitude__range=(home.latitude - near_lat, home.latitude + near_lat),
        longitude__range=(home.longitude - near_lon, home.longitude + near_lon),
    )
    return [
        commune
        for commune in Commune.objects.filter(found).order_by("name", "code")
        if commune.epci_code == home.epci_code or distance_km(home, commune) <= km
    ]


def commune_named(typed: str, around: Iterable[Commune] = ()) -> Commune:
    """By INSEE code or by name; those around come first, accents, hyphens and capitals set aside.

    Refused where no commune, or more than one, answers to what was typed.
    """
    typed = typed.strip()
    near = [commune for commune in around if bare(commune.name) == bare(typed)]
    if len(near) == 1:
        return near[0]
    by_code = Q(pk=typed.upper())
    found = list(
        Commune.objects.filter(by_code | Q(name__iexact=typed.replace("'", "’"))).order_by("code")[:9]
    )
    if len(found) == 1:
        return found[0]
    if not found:
        raise ValidationError(
            f"« {typed} » n’est pas une commune connue ici. Vérifiez le nom ou écrivez le code INSEE, comme "
            "62057\u202f; si elle manque, elle se charge avec la commande « terreau import communes »."
        )
    codes = ", ".join(f"{commune.code} ({commune.departement})" for commune in found)
    raise ValidationError(
        f"Plusieurs communes s’appellent « {typed} »\u202f: écrivez le code INSEE, {codes}."
    )


def bed_order(name: str) -> list[str]:
    """« Planche A2 » comes before « Planche A10 »."""
    return [part.zfill(6) for part in re.findall(r"\d+|\D+", name)]


def members(ecopole: Ecopole) -> QuerySet[Membership]:
    """Who may do what, but for the people in insertion: that they are here is nobody else's business."""
    return (
        Membership.objects.filter(ecopole=ecopole)
        .exclude(role=Role.PARTICIPANT)
        .select_related("user", "agent")
        .order_by("user__name", "user_id", "id")
    )


def invitations(ecopole: Ecopole) -> QuerySet[Invitation]:
    """Letters still waiting for an answer, expired ones included: they can be sent again."""
    return (
        Invitation.objects.filter(ecopole=ecopole, accepted_at=None)
        .exclude(role=Role.PARTICIPANT)
        .select_related("agent", "invited_by")
        .order_by("-sent_at", "id")
    )
