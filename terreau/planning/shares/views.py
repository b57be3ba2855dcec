"""Pages of the shares: a month of tours, a tour, a partner's sheet, the rules before a vote."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST
from django_tasks_db.models import DBTaskResult

from terreau.measures.french import MONTHS, FrenchEntryError, parse_date
from terreau.planning.models import SharingRule, TourShares
from terreau.planning.shares import reading
from terreau.planning.shares.actions import (
    SharingRefused,
    close_month,
    count_month,
    last_day,
    next_month,
    vote,
)
from terreau.planning.views import plan_key
from terreau.territory.access import EcopoleRequest, acting_for, needs
from terreau.territory.asked import YEARS
from terreau.territory.models import Agent

MONTHS_TRIED = 3


def _month(typed: str) -> date:
    """« 2026-11 »; 404 for what is not a month."""
    try:
        first = date.fromisoformat(f"{typed}-01")
    except ValueError as error:
        raise Http404("mois") from error
    if first.year not in YEARS:
        raise Http404("mois")
    return first


def _before(first: date) -> date:
    return (first - date.resolution).replace(day=1)


def _name(first: date) -> str:
    return f"{MONTHS[first.month - 1]} {first.year}"


@needs("see_sharing")
def home(request: EcopoleRequest) -> HttpResponse:
    """The tours of a month, this one by default, and what each partner pays of them."""
    this = request.today.replace(day=1)
    first = _month(request.GET["mois"]) if "mois" in request.GET else this
    return _month_page(request, first)


def _month_page(
    request: EcopoleRequest, first: date, *, refused: str = "", status: int = 200
) -> HttpResponse:
    month = reading.month_read(request.ecopole, first)
    context = {
        "month": month,
        "name": _name(first),
        "before": f"{_before(first):%Y-%m}",
        "after": f"{next_month(first):%Y-%m}" if next_month(first) <= request.today else "",
        "counting": bool(month.stale) and _counting(request, first),
        "closable": last_day(first) < request.today and not month.stale and not month.agreed,
        "refused": refused,
    }
    return render(request, "planning/shares/home.html", context, status=status)


def _counting(request: EcopoleRequest, first: date) -> bool:
    """Somebody asked for this month to be counted, and the worker has not answered yet."""
    return DBTaskResult.objects.filter(
        task_path=count_month.module_path,
        status__in=("READY", "RUNNING"),
        args_kwargs__kwargs__ecopole_id=request.ecopole.pk,
        args_kwargs__kwargs__month=first.isoformat(),
    ).exists()


@require_POST
@needs("run_sharing")
def count(request: EcopoleRequest, month: str) -> HttpResponse:
    """Have the tours of the month counted, in the background."""
    first = _month(month)
    if not _counting(request, first):
        count_month.enqueue(
            ecopole_id=request.ecopole.pk, month=first.isoformat(), at=request.now.isoformat()
        )
    return redirect(_address(request, first))


def _address(request: EcopoleRequest, first: date) -> str:
    return f"/e/{request.ecopole.slug}/partage/?mois={first:%Y-%m}"


@require_POST
@needs("run_sharing")
def close(request: EcopoleRequest, month: str) -> HttpResponse:
    first = _month(month)
    try:
        done = close_month(ecopole=request.ecopole, month=first, today=request.today)
    except SharingRefused as refusal:
        return _month_page(request, first, refused=str(refusal), status=422)
    messages.success(request, f"Mois arrêté\u202f: {len(done)} partenaires ont leur fiche.")
    return redirect(_address(request, first))


@needs("see_sharing")
def tour(request: EcopoleRequest, pk: int) -> HttpResponse:
    """One tour: who pays what, every rule side by side, and whether a group would do better alone."""
    rows = TourShares.objects.filter(ecopole=request.ecopole).defer("problem")
    row = get_object_or_404(rows, pk=pk)
    names = dict(Agent.objects.filter(ecopole=request.ecopole).order_by().values_list("pk", "name"))
    return render(request, "planning/shares/tour.html", {"tour": reading.TourReading(row, names)})


@needs("see_sharing")
def sheet(request: EcopoleRequest, pk: int) -> HttpResponse:
    """What a partner reads of its month."""
    partner = get_object_or_404(Agent, ecopole=request.ecopole, pk=pk)
    return _sheet_page(request, [partner])


@needs("see_sharing_own")
def own_sheet(request: EcopoleRequest) -> HttpResponse:
    own = acting_for(request, "see_sharing_own")
    return _sheet_page(request, list(Agent.objects.filter(ecopole=request.ecopole, pk__in=own)))


def _sheet_page(request: EcopoleRequest, partners: list[Agent]) -> HttpResponse:
    this = request.today.replace(day=1)
    first = _month(request.GET["mois"]) if "mois" in request.GET else this
    month = reading.month_read(request.ecopole, first)
    paid = {agreement.provider_id: agreement.promised_value for agreement in month.agreed}
    sheets = [
        (partner, next((p for p in month.parts if p.actor == partner.pk), None), month.sheet(partner.pk),
         paid.get(partner.pk))
        for partner in partners
    ]  # fmt: skip
    context = {
        "sheets": sheets,
        "month": month,
        "name": _name(first),
        "before": f"{_before(first):%Y-%m}",
        "after": f"{next_month(first):%Y-%m}" if next_month(first) <= request.today else "",
    }
    return render(request, "planning/shares/sheet.html", context)


@needs("see_sharing")
def rules(request: EcopoleRequest) -> HttpResponse:
    return _rules_page(request)


def _rules_page(
    request: EcopoleRequest, *, errors: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    """Every rule on the last months, before the assembly votes."""
    first = request.today.replace(day=1)
    for _ in range(MONTHS_TRIED - 1):
        first = _before(first)
    context: dict[str, Any] = {
        "simulation": reading.simulate(request.ecopole, first, request.today),
        "since": first,
        "votes": list(reversed(reading.votes(request.ecopole))),
        "choices": SharingRule.choices,
        "typed": {name: request.POST.get(name, "") for name in ("rule", "starts_on", "minutes")},
        "errors": errors or {},
    }
    return render(request, "planning/shares/rules.html", context, status=status)


@require_POST
@needs("run_sharing")
def keep_vote(request: EcopoleRequest) -> HttpResponse:
    """Keep what was voted; what was typed stays when it is refused."""
    try:
        starts_on = parse_date(request.POST.get("starts_on", ""))
    except FrenchEntryError as error:
        return _rules_page(request, errors={"starts_on": str(error)}, status=422)
    try:
        vote(
            ecopole=request.ecopole,
            rule=request.POST.get("rule", ""),
            starts_on=starts_on,
            minutes=request.POST.get("minutes", ""),
            by=request.user,
            at=request.now,
            key=plan_key(request),
        )
    except SharingRefused as refusal:
        return _rules_page(request, errors={refusal.field: str(refusal)}, status=422)
    messages.success(request, "Règle votée\u202f: elle vaut pour les tournées à partir de sa date.")
    return redirect("shares:rules", request.ecopole.slug)
