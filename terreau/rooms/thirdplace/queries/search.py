"""What answers to a word sought in the whole house."""

from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import localtime

from terreau.measures.french import format_date
from terreau.rooms.thirdplace.models import Gathering
from terreau.territory.access import EcopoleRequest
from terreau.territory.search import Found, Sought


def found(request: EcopoleRequest, sought: Sought) -> list[Found]:
    """Gatherings by title, the latest first; those announced and to come, for everybody. One query."""
    runs = "see_place" in request.abilities
    announced = Q(announced_at__isnull=False, cancelled_at=None, starts_at__gte=request.now)
    rows = Gathering.objects.filter(Q() if runs else announced, ecopole=request.ecopole)
    page, slug = "place:gathering" if runs else "place_gathering", request.ecopole.slug
    return [
        Found("Rendez-vous", title, reverse(page, args=[slug, pk]), format_date(localtime(at).date()))
        for pk, title, at in rows.order_by("-starts_at", "-pk").values_list("pk", "title", "starts_at")
        if sought.is_in(title)
    ]
