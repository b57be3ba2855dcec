"""Pages of the answer: asked, waited for, read, published; each figure opens its sheet, then the ledger."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from terreau.engines.contribution import Kind, Missing
from terreau.impact import learning
from terreau.impact import reading as words
from terreau.impact import report as reports
from terreau.impact.actions import NotPublished, publish, request_answer, unpublish
from terreau.impact.behind import movements as movements_of
from terreau.impact.indicators import BY_ID
from terreau.impact.models import Reckoning
from terreau.impact.parameters import parameters
from terreau.impact.reading import AnswerReading
from terreau.impact.scenarios import written
from terreau.impact.territories import EPCI, perimeters
from terreau.impact.tornado import tornado
from terreau.impact.words import CODES, KINDS, UNITS, counted
from terreau.ledger.dueforms import form_key
from terreau.measures.french import MONTHS
from terreau.planning.models import RUNNING, PlanState
from terreau.planning.views import ask_and_wait
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import row_asked

TOLD = (PlanState.READY, PlanState.PUBLISHED, PlanState.REPLACED)
YEARS_BACK, OTHERS = 3, 6


def _row(request: EcopoleRequest, key: str) -> Reckoning:
    rows = Reckoning.objects.select_related("created_by")
    return get_object_or_404(rows, ecopole=request.ecopole, key=key, measured=True)


def _told(request: EcopoleRequest, key: str) -> Reckoning:
    row = _row(request, key)
    if row.state not in TOLD:
        raise Http404(key)
    return row


def _others(request: EcopoleRequest) -> list[Reckoning]:
    """The latest answer of each year and perimeter, the last year first; what they hold is not read."""
    rows = Reckoning.objects.filter(ecopole=request.ecopole, measured=True, state__in=TOLD)
    found: dict[tuple[int, str], Reckoning] = {}
    for row in rows.defer("problem", "plan", "beside").order_by("-year", "-created_at", "-id"):
        found.setdefault((row.year, row.scale), row)
    return list(found.values())[:OTHERS]


@needs("see_impact")
def home(request: EcopoleRequest) -> HttpResponse:
    """The last answer asked for; without any, how to have one."""
    told = Reckoning.objects.filter(ecopole=request.ecopole, measured=True, state__in=(*TOLD, *RUNNING))
    if row := told.order_by("-created_at", "-id").only("key").first():
        return redirect("impact:answer", request.ecopole.slug, row.key)
    return _asking(request)


def _asking(request: EcopoleRequest, error: str = "", status: int = 200) -> HttpResponse:
    return render(request, "impact/home.html", _choices(request) | {"error": error}, status=status)


def _choices(request: EcopoleRequest, row: Reckoning | None = None) -> dict[str, Any]:
    """What may be asked; what was typed stays chosen."""
    year = request.today.year
    return {
        "years": range(year - YEARS_BACK, year + 1),
        "chosen_year": row.year if row else request.POST.get("year", year - 1),
        "chosen_scale": row.scale if row else request.POST.get("scale", EPCI),
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
    return _page(request, _row(request, key))


def _page(request: EcopoleRequest, row: Reckoning, *, error: str = "", status: int = 200) -> HttpResponse:
    """Under way, interrupted or told: one address, so that waiting ends on the answer."""
    interrupted = row.interrupted(request.now)
    context: dict[str, Any] = {
        "row": row, "interrupted": interrupted, "waiting": row.state in RUNNING and not interrupted,
        "others": _others(request), "error": error,
    }  # fmt: skip
    if row.state in TOLD:
        context["reading"] = AnswerReading(row)
    return render(request, "impact/answer.html", context | _choices(request, row), status=status)


@require_POST
@needs("run_impact")
def publish_answer(request: EcopoleRequest, key: str) -> HttpResponse:
    row = _row(request, key)
    form_key(request.POST)
    try:
        publish(row=row, by=request.user, at=request.now)
    except NotPublished as refusal:
        return _page(request, row, error=str(refusal), status=422)
    messages.success(request, "La réponse est publique.")
    return redirect("impact:answer", request.ecopole.slug, row.key)


@require_POST
@needs("run_impact")
def unpublish_answer(request: EcopoleRequest, key: str) -> HttpResponse:
    row = _row(request, key)
    form_key(request.POST)
    unpublish(row=row)
    messages.success(request, "La réponse n’est plus sur la page publique.")
    return redirect("impact:answer", request.ecopole.slug, row.key)


@needs("see_impact")
def sheet(request: EcopoleRequest, key: str, indicator: str) -> HttpResponse:
    row, reading, one = _of(request, key, indicator)
    context = {
        "row": row, "one": one, "reading": reading, "parameters": reading.parameters_of(one),
        "made": reading.made_of(indicator), "exits": indicator in words.EXITS,
        "scaled": indicator in words.SCALED, "chart": None if one.missing else tornado(one),
    }  # fmt: skip
    return render(request, "impact/sheet.html", context)


def _of(request: EcopoleRequest, key: str, indicator: str) -> tuple[Reckoning, AnswerReading, words.Reading]:
    row = _told(request, key)
    if indicator not in BY_ID:
        raise Http404(indicator)
    reading = AnswerReading(row)
    return row, reading, reading.of(indicator)


@needs("see_impact")
def movements(request: EcopoleRequest, key: str, indicator: str) -> HttpResponse:
    """`?nature=sale&mois=2026-05&page=2`: the events of the ledger that a figure counts."""
    row, _, one = _of(request, key, indicator)
    kind = request.GET.get("nature", words.LEDGER[0])
    if kind not in words.LEDGER or kind not in row.beside.get("reads", {}).get(indicator, ()):
        raise Http404(kind[:20])
    groups = {by: request.GET[asked] for by, asked, _ in words.GROUPS if asked in request.GET}
    page = row_asked(request.GET.get("page", "1"))
    found = movements_of(request.ecopole, row.year, Kind(kind), groups, page)
    by, code = next(iter(groups.items()), ("", ""))
    context = {
        "row": row, "one": one, "found": found, "label": KINDS[Kind(kind)][0],
        "group": _group(by, code), "changed": _changed(row, kind, groups, found.sums),
    }  # fmt: skip
    return render(request, "impact/movements.html", context)


def _group(by: str, code: str) -> str:
    if by == "month" and code[5:7].isdecimal() and 1 <= int(code[5:7]) <= 12:
        return f"{MONTHS[int(code[5:7]) - 1]} {code[:4]}"
    return CODES.get(code, code) if by else ""


def _changed(row: Reckoning, kind: str, groups: dict[str, str], sums: dict[str, float]) -> str:
    """What the answer had counted, when the ledger says something else today."""
    told = row.beside.get("sums", {}).get(kind)
    if not told or len(groups) > 1:
        return ""
    lines = {line[0]: line[2:] for by in groups for line in told[by]}
    counts = lines.get(next(iter(groups.values()))) if groups else told["total"]
    had = dict(zip(told["amounts"], counts or [], strict=False))
    if all(abs(had.get(name, 0.0) - value) < 0.5 for name, value in sums.items()):
        return ""
    return ", ".join(counted(value, UNITS[name]) for name, value in had.items() if value) or "rien"


@needs("see_impact")
def learned(request: EcopoleRequest, key: str) -> HttpResponse:
    """Each parameter the years taught, before → after; those they did not."""
    row = _told(request, key)
    said = parameters(date(row.year, 12, 31))
    found = learning.learnt(row.beside.get("seen", {}), said)
    known = {one.lesson.parameter for one in found}
    context = {
        "row": row, "found": found, "years": learning.said(sorted({y for one in found for y in one.years})),
        "unknown": [p for p in said if p.id in learning.TAUGHT and p.id not in known],
        "mine": row.scale == EPCI, "before": "seen" not in row.beside,
        "lines": written({"parameters": {one.lesson.parameter: one.line for one in found}}),
    }  # fmt: skip
    return render(request, "impact/learned.html", context)


@needs("see_impact")
def report(request: EcopoleRequest, key: str) -> HttpResponse:
    return reports.pdf(AnswerReading(_told(request, key)), request.ecopole)


@needs("see_impact")
def spreadsheet(request: EcopoleRequest, key: str) -> HttpResponse:
    return reports.spreadsheet(AnswerReading(_told(request, key)))


@needs("see_impact")
def data(request: EcopoleRequest, key: str) -> HttpResponse:
    return reports.data(AnswerReading(_told(request, key)), request.ecopole)
