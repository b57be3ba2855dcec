"""On behalf of farms: what is agreed with each, what was made for it, and its statement on paper."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from terreau.ledger.dueforms import form_key
from terreau.measures.french import format_date, format_money, format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.kitchen import actions
from terreau.rooms.kitchen.forms import FeeForm, written
from terreau.rooms.kitchen.queries.goods import kitchen_of
from terreau.rooms.kitchen.queries.hygiene import fees
from terreau.rooms.kitchen.queries.statement import Statement
from terreau.rooms.kitchen.queries.statement import statement as statement_of
from terreau.rooms.kitchen.trades import SERVICE
from terreau.rooms.kitchen.views.batches import kitchen_asked
from terreau.territory.access import EcopoleRequest, acting_for, needs
from terreau.territory.asked import YEARS, row_asked
from terreau.territory.models import Agent, AgentKind, Product
from terreau.territory.papers import printed
from terreau.territory.queries import agents


def _farms(request: EcopoleRequest) -> list[Agent]:
    """All of them for the kitchen; its own for a farm."""
    rows = agents(request.ecopole, [AgentKind.FARM])
    if "see_kitchen" not in request.abilities:
        rows = rows.filter(pk__in=acting_for(request, "see_processed_own"))
    return list(rows)


def _asked(request: EcopoleRequest) -> tuple[list[Agent], Statement | None]:
    """`?ferme=3&annee=2026`: a farm's year."""
    farms, kitchen = _farms(request), kitchen_of(request.ecopole)
    year = row_asked(request.GET.get("annee", str(request.today.year)))
    if year not in YEARS:
        raise Http404("annee")
    days = (date(year, 1, 1), date(year, 12, 31))
    if asked := request.GET.get("ferme"):
        farm = next((one for one in farms if one.pk == row_asked(asked)), None)
        if farm is None:
            raise Http404("ferme")
    else:
        farm = farms[0] if len(farms) == 1 else None
    return farms, statement_of(request.ecopole, kitchen, farm, days) if farm and kitchen else None


def _page(request: EcopoleRequest, form: FeeForm | None = None) -> HttpResponse:
    farms, told = _asked(request)
    own = {farm.pk for farm in farms}
    context = {
        "farms": farms, "told": told, "fees": [row for row in fees(request.ecopole) if row.farm_id in own],
        "form": form or FeeForm(None, farms=farms, today=request.today),
        "year": told.days[0].year if told else request.today.year,
        "years": range(request.today.year, request.today.year - 4, -1),
    }  # fmt: skip
    return render(request, "kitchen/statement.html", context, status=422 if form else 200)


@needs("see_processed_own")
def statement(request: EcopoleRequest) -> HttpResponse:
    return _page(request)


@needs("run_kitchen")
def fee(request: EcopoleRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect("kitchen:statement", request.ecopole.slug)
    kitchen, key = kitchen_asked(request), form_key(request.POST)
    form = FeeForm(request.POST, farms=list(agents(request.ecopole, [AgentKind.FARM])), today=request.today)
    if not written(
        form,
        lambda: actions.agree_fee(
            ecopole=request.ecopole, kitchen=kitchen, service=Product.objects.get(code=SERVICE),
            by=request.user, at=request.now, key=key, **form.cleaned_data,
        ),
    ):  # fmt: skip
        return _page(request, form)
    messages.success(request, f"{form.cleaned_data['farm']}\u202f: le prix est noté.")
    return redirect("kitchen:statement", request.ecopole.slug)


@needs("see_processed_own")
def statement_sheet(request: EcopoleRequest) -> HttpResponse:
    _, told = _asked(request)
    if told is None:
        raise Http404("ferme")
    return printed(
        "kitchen/releve.typ",
        _on_paper(told) | {"footer": request.ecopole.name},
        f"a-facon-{told.days[0].year}",
    )


def _on_paper(told: Statement) -> dict[str, Any]:
    rows = []
    for sheet in told.batches:
        goods = ", ".join(f"{one.lot.product} {_said(one.lot.product, one.quantity)}" for one in sheet.used)
        made = _said(sheet.recipe.product, sheet.made) if sheet.ending else "–"
        lot = sheet.lot.code if sheet.lot else "–"
        rows.append(
            [format_date(sheet.batch.on), sheet.recipe.name, goods, made, lot, format_money(sheet.fee)]
        )
    return {
        "farm": told.farm.name, "year": str(told.days[0].year), "rows": rows, "fee": format_money(told.fee),
        "here": [[str(line.product), line.lot.code, _said(line.product, line.quantity)]
                 for line in told.here],
    }  # fmt: skip


def _said(product: Product, quantity: Any) -> str:
    return format_quantity(Quantity(quantity, Unit(product.unit)))
