"""Pages of the answer: asked, waited for, read; each figure opens its sheet."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from terreau.engines.contribution import Missing
from terreau.impact.actions import request_answer
from terreau.impact.indicators import BY_ID
from terreau.impact.models import Reckoning
from terreau.impact.reading import AnswerReading
from terreau.impact.territories import EPCI, perimeters
from terreau.planning.models import RUNNING, PlanState
from terreau.planning.views import ask_and_wait
from terreau.territory.access import EcopoleRequest, needs

TOLD = (PlanState.READY, PlanState.PUBLISHED)
YEARS_BACK = 3


def _row(request: EcopoleRequest, key: str) -> Reckoning:
    return get_object_or_404(Reckoning.objects.select_related("created_by"), ecopole=request.ecopole, key=key)


@needs("see_impact")
def home(request: EcopoleRequest) -> HttpResponse:
    """The last answer; without any, how to have one."""
    told = Reckoning.objects.filter(ecopole=request.ecopole, measured=True, state__in=TOLD)
    if row := told.order_by("-created_at", "-id").first():
        return redirect("impact:answer", request.ecopole.slug, row.key)
    return _asking(request)


def _asking(request: EcopoleRequest, error: str = "", status: int = 200) -> HttpResponse:
    return render(request, "impact/home.html", _choices(request) | {"error": error}, status=status)


def _choices(request: EcopoleRequest) -> dict[str, Any]:
    year = request.today.year
    return {
        "years": range(year - YEARS_BACK, year + 1),
        "last_closed": year - 1,
        "perimeters": perimeters(request.ecopole),
    }


@require_POST
@needs("run_impact")
def reckon(request: EcopoleRequest) -> HttpResponse:
    year = request.POST.get("year", "")
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        return _asking(request, f"Année «\u202f{year[:10]}\u202f»\u202f: choisissez-la dans la liste.", 422)
    what: dict[str, Any] = {"year": int(year), "scale": request.POST.get("scale", EPCI)}
    try:
        return ask_and_wait(request, "impact:answer", request_answer, **what)
    except Missing as missing:
        return _asking(request, str(missing), 422)


@needs("see_impact")
def answer(request: EcopoleRequest, key: str) -> HttpResponse:
    """Under way, interrupted or told: one address, so that waiting ends on the answer."""
    row = _row(request, key)
    interrupted = row.interrupted(request.now)
    context: dict[str, Any] = {
        "row": row, "interrupted": interrupted, "waiting": row.state in RUNNING and not interrupted,
    }  # fmt: skip
    if row.state in TOLD:
        context["reading"] = AnswerReading(row)
    return render(request, "impact/answer.html", context | _choices(request))


@needs("see_impact")
def sheet(request: EcopoleRequest, key: str, indicator: str) -> HttpResponse:
    row = _row(request, key)
    if row.state not in TOLD or indicator not in BY_ID:
        raise Http404
    reading = AnswerReading(row)
    context = {"row": row, "one": reading.of(indicator), "reading": reading}
    return render(request, "impact/sheet.html", context)
