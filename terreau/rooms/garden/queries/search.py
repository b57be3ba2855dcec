"""What answers to a word sought in the whole house."""

from django.urls import reverse

from terreau.rooms.garden.models import Bed
from terreau.territory.access import EcopoleRequest
from terreau.territory.search import Found, Sought


def found(request: EcopoleRequest, sought: Sought) -> list[Found]:
    """Beds by name. One query."""
    if "see_garden" not in request.abilities:
        return []
    rows = Bed.objects.filter(place__ecopole=request.ecopole).values_list(
        "pk", "place__name", "place__agent__name"
    )
    slug = request.ecopole.slug
    return [
        Found("Planches", name, reverse("garden:bed", args=[slug, pk]), garden)
        for pk, name, garden in rows
        if sought.is_in(name)
    ]
