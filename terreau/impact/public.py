"""Without an account: the published answer, where food goes, what is said of it, and what nobody knows."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render

from terreau.impact.flowmap import flow_maps
from terreau.impact.models import Reckoning
from terreau.impact.reading import AnswerReading
from terreau.impact.territories import SCALES
from terreau.planning.models import PlanState
from terreau.rooms.thirdplace.queries import testimonies
from terreau.territory.models import Ecopole

TESTIMONIES = 6


def page(request: Any, ecopole: str) -> HttpResponse:
    """`?annee=2025&perimetre=epci`: one of the published answers, the last year's nearest by default."""
    here = get_object_or_404(Ecopole.objects.select_related("commune"), slug=ecopole)
    rows = Reckoning.objects.filter(ecopole=here, measured=True, state=PlanState.PUBLISHED)
    nearest = sorted(rows.defer("plan", "beside", "problem"), key=lambda r: SCALES.index(r.scale))
    shown = sorted(nearest, key=lambda r: -r.year)
    asked = {"year": request.GET.get("annee", ""), "scale": request.GET.get("perimetre", "")}
    row = next((r for r in shown if all(not v or str(getattr(r, k)) == v for k, v in asked.items())), None)
    if row is None:
        raise Http404(ecopole)
    context = {
        "here": here, "row": row, "shown": shown, "reading": AnswerReading(row),
        "maps": flow_maps(row, here), "testimonies": testimonies(here)[:TESTIMONIES],
    }  # fmt: skip
    return render(request, "impact/public.html", context)
