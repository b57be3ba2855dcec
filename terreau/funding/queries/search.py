"""What answers to a word sought in the whole house."""

from django.urls import reverse

from terreau.funding.models import Project
from terreau.territory.access import EcopoleRequest
from terreau.territory.search import Found, Sought


def found(request: EcopoleRequest, sought: Sought) -> list[Found]:
    """Projects by title or by who carries them. One query."""
    if "see_funding" not in request.abilities:
        return []
    rows = Project.objects.filter(ecopole=request.ecopole).order_by()
    slug = request.ecopole.slug
    return [
        Found("Projets financés", title, reverse("funding:project", args=[slug, pk]), holder)
        for pk, title, holder in rows.values_list("pk", "title", "holder__name")
        if sought.is_in(title, holder)
    ]
