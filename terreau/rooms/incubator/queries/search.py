"""What answers to a word sought in the whole house."""

from django.urls import reverse

from terreau.rooms.incubator.access import known
from terreau.territory.access import EcopoleRequest
from terreau.territory.search import Found, Sought


def found(request: EcopoleRequest, sought: Sought) -> list[Found]:
    """Projects by title or by person, of those whose file the reader opens. One query."""
    if "see_own_test" not in request.abilities:
        return []
    slug = request.ecopole.slug
    return [
        Found("Projets de la couveuse", title, reverse("incubator:project", args=[slug, pk]), name)
        for pk, title, name in known(request).order_by().values_list("pk", "title", "name")
        if sought.is_in(title, name)
    ]
