"""Recipes: the version in use, what follows from it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Max, Prefetch, QuerySet

from terreau.ledger.queries import StockLine
from terreau.rooms.kitchen.models import Ingredient, Recipe, RecipeVersion
from terreau.rooms.kitchen.recipes import Cost, allergens, cost_of
from terreau.territory.models import Ecopole, Product


@dataclass(frozen=True)
class RecipeLine:
    """The last version of a recipe."""

    recipe: Recipe
    version: RecipeVersion
    lines: tuple[Ingredient, ...]
    cost: Cost

    @property
    def allergens(self) -> tuple[str, ...]:
        return allergens(row.product.code for row in self.lines)


def versions(rows: QuerySet[RecipeVersion]) -> QuerySet[RecipeVersion]:
    own = Ingredient.objects.select_related("product").order_by("id")
    return rows.select_related("recipe__product", "recipe__ecopole", "recorded_by").prefetch_related(
        Prefetch("ingredients", own), "equipment"
    )


def told(version: RecipeVersion, on: date) -> RecipeLine:
    lines = tuple(version.ingredients.all())
    cost = cost_of(version, [(row.product, row.quantity) for row in lines], on)
    return RecipeLine(version.recipe, version, lines, cost)


def recipes(ecopole: Ecopole, on: date) -> list[RecipeLine]:
    """Every recipe made here, by name, in its last version. Four queries."""
    last = (
        Recipe.objects.filter(ecopole=ecopole, closed_on=None).annotate(last=Max("versions")).values("last")
    )
    rows = versions(RecipeVersion.objects.filter(pk__in=last))
    return [told(version, on) for version in rows.order_by("recipe__name")]


def last_version(recipe: Recipe) -> RecipeVersion:
    return versions(RecipeVersion.objects.filter(recipe=recipe)).order_by("-number")[0]


def proposed(
    needed: dict[Product, Decimal], shelves: list[StockLine], owner_id: int | None, on: date
) -> dict[tuple[int, int], Decimal]:
    """How much of each lot to put in: what is its owner's own first, then the first to expire."""
    found: dict[tuple[int, int], Decimal] = {}
    for product, wanted in needed.items():
        left = wanted
        own = [line for line in usable(shelves, owner_id, on) if line.product.pk == product.pk]
        for line in sorted(own, key=lambda line: line.owner is None):
            part = min(left, line.quantity)
            if part > 0:
                found[line.lot.pk, line.place.pk] = part
                left -= part
    return found


def usable(shelves: list[StockLine], owner_id: int | None, on: date) -> list[StockLine]:
    """What may go in a batch: not held, not past its day, and not another's."""
    return [
        line
        for line in shelves
        if line.usable
        and (line.keeps_until is None or line.keeps_until >= on)
        and (line.owner is None or line.owner.pk == owner_id)
    ]
