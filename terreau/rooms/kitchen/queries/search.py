"""What answers to a word sought in the whole house."""

from django.urls import reverse

from terreau.rooms.kitchen.models import Recipe
from terreau.territory.access import EcopoleRequest
from terreau.territory.search import Found, Sought


def found(request: EcopoleRequest, sought: Sought) -> list[Found]:
    """Recipes by name or by what they make; a batch is found by its lot. One query."""
    if "see_kitchen" not in request.abilities:
        return []
    rows = Recipe.objects.filter(ecopole=request.ecopole).order_by()
    slug = request.ecopole.slug
    return [
        Found("Recettes", name, reverse("kitchen:recipe", args=[slug, pk]), product)
        for pk, name, product in rows.values_list("pk", "name", "product__name")
        if sought.is_in(name, product)
    ]
