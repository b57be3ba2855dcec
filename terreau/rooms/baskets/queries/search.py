"""What answers to a word sought in the whole house."""

from django.urls import reverse

from terreau.rooms.baskets.models import Member
from terreau.territory.access import EcopoleRequest
from terreau.territory.search import Found, Sought


def found(request: EcopoleRequest, sought: Sought) -> list[Found]:
    """Members by name or code, for who runs the baskets; what they pay is not said. One query."""
    if "run_baskets" not in request.abilities:
        return []
    rows = Member.objects.filter(ecopole=request.ecopole, left_on=None, erased_at=None)
    slug = request.ecopole.slug
    return [
        Found("Membres des paniers", name, reverse("baskets:member", args=[slug, pk]), town)
        for pk, name, code, town in rows.order_by().values_list("pk", "name", "agent__name", "town")
        if sought.is_in(name, code)
    ]
