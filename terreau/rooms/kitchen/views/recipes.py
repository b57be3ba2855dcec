"""Recipes: the list, one of them in its last version, at any size; written and changed by a new version."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from terreau.ledger.dueforms import form_key
from terreau.measures.french import FrenchEntryError, parse_decimal
from terreau.rooms.kitchen import actions
from terreau.rooms.kitchen.forms import COUNT_MAX, RecipeForm, written
from terreau.rooms.kitchen.models import Recipe, RecipeVersion
from terreau.rooms.kitchen.points import schedule_of
from terreau.rooms.kitchen.queries.batches import told as point_told
from terreau.rooms.kitchen.queries.recipes import last_version, told
from terreau.rooms.kitchen.queries.recipes import recipes as known_recipes
from terreau.rooms.kitchen.recipes import allergens, scaled
from terreau.territory.access import EcopoleRequest, needs


@needs("see_kitchen")
def recipes(request: EcopoleRequest) -> HttpResponse:
    return render(request, "kitchen/recipes.html", {"recipes": known_recipes(request.ecopole, request.today)})


def recipe_asked(request: EcopoleRequest, pk: int) -> Recipe:
    return get_object_or_404(Recipe.objects.select_related("ecopole"), ecopole=request.ecopole, pk=pk)


def _size(request: EcopoleRequest, version: RecipeVersion) -> Decimal:
    """`?pour=120`: how many units to scale it to."""
    if "pour" not in request.GET:
        return version.yield_likely
    try:
        wanted = parse_decimal(request.GET["pour"])
    except FrenchEntryError as error:
        raise Http404("pour") from error
    if not 0 < wanted <= COUNT_MAX:
        raise Http404("pour")
    return wanted


@needs("see_kitchen")
def recipe(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = recipe_asked(request, pk)
    version = last_version(row)
    wanted, line = _size(request, version), told(version, request.today)
    asked = schedule_of(version.schedule, request.today)
    context = {
        "recipe": row, "line": line, "version": version, "wanted": wanted, "asked": asked,
        "amounts": [(one, scaled(one.quantity, wanted, version.yield_likely), allergens([one.product.code]))
                    for one in line.lines],
        "hours": scaled(version.hours, wanted, version.yield_likely),
        "water": scaled(version.water_kg, wanted, version.yield_likely),
        "points": [point_told(code) for code in asked.points],
        "versions": row.versions.select_related("recorded_by").order_by("-number"),
    }  # fmt: skip
    return render(request, "kitchen/recipe.html", context)


def _form(request: EcopoleRequest, form: RecipeForm, row: Recipe | None, write: Any) -> HttpResponse:
    if request.method == "POST":
        made: list[RecipeVersion] = []
        key = form_key(request.POST)
        common = {"by": request.user, "at": request.now, "key": key}
        if written(form, lambda: made.append(write(form, common))):
            messages.success(request, f"{made[0].recipe}\u202f: la version {made[0].number} est écrite.")
            return redirect("kitchen:recipe", request.ecopole.slug, made[0].recipe_id)
    context = {"form": form, "recipe": row}
    return render(request, "kitchen/recipe_form.html", context, status=422 if form.errors else 200)


@needs("run_kitchen")
def write(request: EcopoleRequest) -> HttpResponse:
    def new(form: RecipeForm, common: dict[str, Any]) -> RecipeVersion:
        said = {name: form.cleaned_data[name] for name in ("name", "product")}
        return actions.write_recipe(ecopole=request.ecopole, written=form.entry(), **said, **common)

    return _form(request, RecipeForm(request.POST or None, ecopole=request.ecopole), None, new)


@needs("run_kitchen")
def change(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = recipe_asked(request, pk)

    def another(form: RecipeForm, common: dict[str, Any]) -> RecipeVersion:
        return actions.change_recipe(recipe=row, written=form.entry(), **common)

    form = RecipeForm(request.POST or None, ecopole=request.ecopole, version=last_version(row))
    return _form(request, form, row, another)


@needs("run_kitchen")
def close(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = recipe_asked(request, pk)
    if request.method == "POST":
        form_key(request.POST)
        actions.close_recipe(recipe=row, on=request.today)
        messages.success(request, f"{row} ne se fait plus.")
        return redirect("kitchen:recipes", request.ecopole.slug)
    return redirect("kitchen:recipe", request.ecopole.slug, pk)
