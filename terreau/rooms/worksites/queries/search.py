"""What answers to a word sought in the whole house."""

from django.urls import reverse

from terreau.rooms.worksites.models import Site, SiteKind
from terreau.territory.access import EcopoleRequest
from terreau.territory.search import Found, Sought


def found(request: EcopoleRequest, sought: Sought) -> list[Found]:
    """Sites by name or owner; their page holds their worksites. One query."""
    if "see_worksites" not in request.abilities:
        return []
    rows = Site.objects.filter(ecopole=request.ecopole).order_by()
    page, slug = "worksites:site", request.ecopole.slug
    return [
        Found("Chantiers", name, reverse(page, args=[slug, pk]), f"{SiteKind(kind).label}, {owner}")
        for pk, name, kind, owner in rows.values_list("pk", "place__name", "kind", "place__agent__name")
        if sought.is_in(name, owner)
    ]
