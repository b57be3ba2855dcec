"""« Ce que la comptabilité dit »: figures no gesture records, by year; added, withdrawn, never edited."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from terreau.engines.contribution import Family, Kind
from terreau.impact.actions import DeclarationRefused, declare, withdraw
from terreau.impact.answering import UNPAID_BASKETS
from terreau.impact.forms import FigureForm, ReasonForm
from terreau.impact.indicators import BY_ID, of_family
from terreau.impact.measured import AS_FLOW
from terreau.impact.models import UNITS, Declaration, Reckoning, Said
from terreau.ledger.dueforms import form_key
from terreau.planning.models import PlanState
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import row_asked
from terreau.territory.models import Commune

YEARS_BACK = 3


@dataclass(frozen=True)
class Kept:
    """A kind of figure: what was declared of it that year, and the figures that wait for it."""

    kind: Said
    lines: list[Declaration]
    awaited: list[str]

    @property
    def unit(self) -> str:
        return UNITS[self.kind]

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))


def kept(rows: Iterable[Declaration], last: Reckoning | None) -> list[Kept]:
    """What most figures wait for first, then what was never declared."""
    by_kind: dict[str, list[Declaration]] = {}
    for row in rows:
        by_kind.setdefault(row.kind, []).append(row)
    waits = _awaited(last)
    found = [Kept(kind, by_kind.get(kind, []), waits.get(kind, [])) for kind in Said]
    return sorted(found, key=lambda one: (-len(one.awaited), bool(one.lines)))


def _awaited(last: Reckoning | None) -> dict[Said, list[str]]:
    """Of the last answer, the figures that could not be computed: each stopped at the kind it lacked.

    Baskets delivered without any income make the figures of money wrong, not missing.
    """
    if last is None or not last.plan:
        return {}
    sums, reads = last.beside.get("sums", {}), last.beside.get("reads", {})
    missing = {e["indicator"] for e in last.plan["effects"] if e["net"]["missing"]}
    lacked = {id: kinds[-1] for id, kinds in reads.items() if id in missing and kinds}
    found = {
        said: [BY_ID[id].label for id, kind in lacked.items() if kind == flow and kind not in sums]
        for said, (flow, _) in AS_FLOW.items()
    }
    if UNPAID_BASKETS in last.plan["warnings"]:
        money = [i for i in of_family(Family.MONEY) if Kind.SALE in reads.get(i.id, ())]
        found[Said.BASKET_SALES] = [indicator.label for indicator in money]
    return found


def _year(request: EcopoleRequest) -> int:
    """`?annee=2025`, the last one over by default."""
    year = row_asked(request.GET.get("annee", str(request.today.year - 1)))
    if not request.today.year - YEARS_BACK <= year <= request.today.year:
        raise Http404("annee")
    return year


def _kind(request: EcopoleRequest) -> Said | None:
    asked = request.GET.get("nature", "")
    if asked and asked not in Said.values:
        raise Http404("nature")
    return Said(asked) if asked else None


@needs("run_impact")
def page(request: EcopoleRequest) -> HttpResponse:
    year, kind = _year(request), _kind(request)
    form = FigureForm(None, ecopole=request.ecopole, year=year, kind=kind) if kind else None
    return _page(request, year, {"form": form, "kind": kind})


def _page(request: EcopoleRequest, year: int, more: dict[str, Any], status: int = 200) -> HttpResponse:
    rows = Declaration.objects.filter(ecopole=request.ecopole, year=year).select_related(
        "commune", "withdrawn_by", "recorded_by"
    )
    said = [row for row in rows.defer("commune__contour") if row.withdraws_id is None]
    told = Reckoning.objects.filter(
        ecopole=request.ecopole, measured=True, year=year, state__in=(PlanState.READY, PlanState.PUBLISHED)
    )
    home = request.ecopole.commune
    context = {
        "year": year, "years": range(request.today.year, request.today.year - YEARS_BACK - 1, -1),
        "kinds": kept([row for row in said if not hasattr(row, "withdrawn_by")], told.first()),
        "gone": [row for row in said if hasattr(row, "withdrawn_by")],
        "communes": Commune.objects.filter(epci_code=home.epci_code).values_list("name", flat=True),
        "reason": ReasonForm(),
    }  # fmt: skip
    return render(request, "impact/declared.html", context | more, status=status)


@require_POST
@needs("run_impact")
def add(request: EcopoleRequest) -> HttpResponse:
    """`?annee=2025&nature=grant`: what was typed stays when it is refused."""
    year, kind = _year(request), _kind(request)
    if kind is None:
        raise Http404("nature")
    key = form_key(request.POST)
    form = FigureForm(request.POST, ecopole=request.ecopole, year=year, kind=kind)
    if form.is_valid():
        try:
            declare(
                ecopole=request.ecopole, figures=[form.figure()], by=request.user, at=request.now, key=key
            )
        except DeclarationRefused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, f"Écrit pour {year}\u202f: {kind.label}.")
            return _back(request, year)
    return _page(request, year, {"form": form, "kind": kind}, 422)


def _back(request: EcopoleRequest, year: int) -> HttpResponse:
    return redirect(f"{reverse('impact:declared', args=[request.ecopole.slug])}?annee={year}")


@require_POST
@needs("run_impact")
def take_back(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Declaration, ecopole=request.ecopole, pk=pk, withdraws=None)
    key, form = form_key(request.POST), ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, row.year, {"refused": row.pk, "reason": form, "form": None}, 422)
    withdraw(row=row, reason=form.cleaned_data["reason"], by=request.user, at=request.now, key=key)
    messages.success(request, "La ligne est retirée\u202f: elle reste lisible, et ne compte plus.")
    return _back(request, row.year)
