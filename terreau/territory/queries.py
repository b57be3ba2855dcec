"""What the storeys above ask of the territory. They may keep the models they receive."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from terreau.territory.geography import degrees_around, distance_km
from terreau.territory.models import Agent, Commune, Ecopole, Invitation, Membership, Place, Product
from terreau.territory.rates import vat_rate

__all__ = ["agents", "communes_around", "invitations", "members", "places", "products", "vat_rate"]

AROUND_KM = 22


def agents(ecopole: Ecopole, kinds: Iterable[str] | None = None) -> QuerySet[Agent]:
    """The écopôle's actors by name, those erased aside."""
    found = (
        Agent.objects.filter(ecopole=ecopole, anonymised_at=None)
        .select_related("commune")
        .order_by("name", "id")
    )
    return found if kinds is None else found.filter(kind__in=list(kinds))


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


def members(ecopole: Ecopole) -> QuerySet[Membership]:
    return (
        Membership.objects.filter(ecopole=ecopole)
        .select_related("user", "agent")
        .order_by("user__name", "user_id", "id")
    )


def invitations(ecopole: Ecopole) -> QuerySet[Invitation]:
    """Letters still waiting for an answer, expired ones included: they can be sent again."""
    return (
        Invitation.objects.filter(ecopole=ecopole, accepted_at=None)
        .select_related("agent", "invited_by")
        .order_by("-sent_at", "id")
    )
