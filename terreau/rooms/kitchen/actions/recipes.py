"""Recipes: a change is another version, so that every batch stays readable by the one it was made with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from terreau.measures.money import Money
from terreau.rooms.kitchen.models import Equipment, Ingredient, Recipe, RecipeVersion, Schedule
from terreau.rooms.kitchen.points import life_max, limit_of, schedule_of
from terreau.rooms.kitchen.recipes import stuffs
from terreau.rooms.kitchen.refusals import KitchenRefused
from terreau.territory.models import Ecopole, Product, User


@dataclass(frozen=True)
class Line:
    product: Product
    quantity: Decimal
    named: bool = False


@dataclass(frozen=True)
class Written:
    """One batch of a recipe, as it is written down."""

    schedule: str
    lines: Sequence[Line]
    yield_low: Decimal
    yield_likely: Decimal
    yield_high: Decimal
    hours: Decimal
    life_days: int
    steps: str
    storage: str
    packaging: Money = field(default_factory=lambda: Money(0))
    water_kg: Decimal = Decimal(0)
    core_celsius: Decimal | None = None
    core_minutes: Decimal | None = None
    study_days: int | None = None
    study: str = ""
    equipment: Sequence[Equipment] = ()


@transaction.atomic
def write_recipe(
    *, ecopole: Ecopole, product: Product, name: str, written: Written, by: User | None, at: datetime,
    key: str,
) -> RecipeVersion:  # fmt: skip
    """A new recipe, and its first version."""
    ecopole.take_turns()
    if known := RecipeVersion.objects.filter(recipe__ecopole=ecopole, recipe__key=key).first():
        return known
    if Recipe.objects.filter(ecopole=ecopole, name=name, closed_on=None).exists():
        raise KitchenRefused(
            f"{name}\u202f: cette recette existe déjà. Ouvrez-la pour en écrire une nouvelle version.", "name"
        )
    recipe = Recipe.objects.create(ecopole=ecopole, product=product, name=name, key=key)
    return _write(recipe, written, by, at, key)


@transaction.atomic
def change_recipe(
    *, recipe: Recipe, written: Written, by: User | None, at: datetime, key: str
) -> RecipeVersion:
    """Another version, from now on; the former ones stay."""
    recipe.ecopole.take_turns()
    if known := RecipeVersion.objects.filter(recipe=recipe, key=key).first():
        return known
    if recipe.closed_on:
        raise KitchenRefused(f"{recipe} ne se fait plus. Écrivez une nouvelle recette.")
    return _write(recipe, written, by, at, key)


@transaction.atomic
def close_recipe(*, recipe: Recipe, on: date) -> None:
    """It is made no more; what was made of it stays."""
    Recipe.objects.filter(pk=recipe.pk, closed_on=None).update(closed_on=on)


def _write(recipe: Recipe, written: Written, by: User | None, at: datetime, key: str) -> RecipeVersion:
    on = timezone.localtime(at).date()
    _refuse_lines(recipe, written)
    _refuse_yields(written)
    _refuse_core(written, on)
    _refuse_life(recipe, written, on)
    last = recipe.versions.aggregate(last=Max("number"))["last"] or 0
    said = {name: value for name, value in vars(written).items() if name not in ("lines", "equipment")}
    version = RecipeVersion.objects.create(
        recipe=recipe, number=last + 1, recorded_by=by, recorded_at=at, key=key, **said
    )
    version.equipment.set(written.equipment)
    Ingredient.objects.bulk_create(
        Ingredient(version=version, product=line.product, quantity=line.quantity, named=line.named)
        for line in written.lines
    )
    return version


def _refuse_lines(recipe: Recipe, written: Written) -> None:
    if not written.lines:
        raise KitchenRefused(f"{recipe}\u202f: écrivez au moins un ingrédient.", "lines")
    codes = [line.product.code for line in written.lines]
    for line in written.lines:
        if line.product.code not in stuffs():
            raise KitchenRefused(
                f"{line.product}\u202f: ses allergènes ne sont pas connus. "
                "Choisissez un autre ingrédient, ou faites-le ajouter à la table des ingrédients.",
                "lines",
            )
        if codes.count(line.product.code) > 1:
            raise KitchenRefused(
                f"{line.product} est écrit deux fois. Gardez une seule ligne, avec le total.", "lines"
            )
        if line.quantity <= 0:
            raise KitchenRefused(
                f"{line.product}\u202f: saisissez ce qu’il en faut, au-dessus de 0.", "lines"
            )


def _refuse_yields(written: Written) -> None:
    if not 0 < written.yield_low <= written.yield_likely <= written.yield_high:
        raise KitchenRefused(
            "Le rendement va du bas à l’habituel, puis au haut. Remettez les trois dans l’ordre.",
            "yield_likely",
        )


def _refuse_core(written: Written, on: date) -> None:
    """A core temperature is asked by the schedule: no recipe may ask less than the law."""
    if "core" not in schedule_of(written.schedule, on).points:
        return
    limit = limit_of("core", on)
    if written.core_celsius is None or written.core_minutes is None:
        raise KitchenRefused(
            f"{Schedule(written.schedule).label.capitalize()}\u202f: dites à quelle température à cœur, et "
            "combien de minutes.",
            "core_celsius",
        )
    if limit.broken_by(written.core_celsius):
        raise KitchenRefused(f"À cœur, il faut {limit.said}.", "core_celsius")


def _refuse_life(recipe: Recipe, written: Written, on: date) -> None:
    if written.study_days and not written.study.strip():
        raise KitchenRefused("Dites où est l’étude\u202f: laboratoire, date, référence.", "study")
    most = life_max(written.schedule, written.study_days, on)
    if written.life_days > most:
        asked = schedule_of(written.schedule, on)
        why = f"l’étude validée va jusqu’à {most} jours" if written.study_days else "aucune étude validée"
        raise KitchenRefused(
            f"{recipe}\u202f: {asked.life} à {written.life_days} jours refusée, {why}. "
            f"Au plus {most} jours, ou une étude qui en prouve davantage.",
            "life_days",
        )
