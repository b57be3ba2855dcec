"""Pages « Projeter »: a territory, a dozen numbers, a scenario and its sheet, several together, one tried."""

from typing import Any
from urllib.parse import urlencode

from allauth.core.internal import ratelimit  # its public face never counts a GET
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from terreau.engines.contribution import Missing
from terreau.impact import learning, scenarios, trying
from terreau.impact.indicators import BY_ID
from terreau.impact.models import Reckoning
from terreau.impact.parameters import parameters
from terreau.impact.scenario_actions import request_scenario
from terreau.impact.scenario_form import (
    PEOPLE,
    PEOPLE_MAX,
    ProjectForm,
    example,
    examples,
    plausible_numbers,
    shown,
    typed,
)
from terreau.impact.scenario_reading import ScenarioReading, on_paper, side_by_side
from terreau.impact.scenarios import ScenarioRefused
from terreau.impact.territories import Known, known_epci, known_epcis
from terreau.impact.tornado import tornado
from terreau.planning.models import RUNNING, PlanState
from terreau.planning.running import AlreadyPlanning
from terreau.planning.views import plan_key
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.papers import printed, sent

TRY = "try_scenario"  # the limit of settings.ACCOUNT_RATE_LIMITS
TOLD = (PlanState.READY, PlanState.PUBLISHED)
SIDE_BY_SIDE = (2, 3)
LISTED_MAX = 60
FOUND_MAX = 30


def _rows(request: EcopoleRequest) -> Any:
    return Reckoning.objects.filter(ecopole=request.ecopole, measured=False)


def _row(request: EcopoleRequest, key: str) -> Reckoning:
    return get_object_or_404(_rows(request), key=key)


@needs("see_impact")
def home(request: EcopoleRequest) -> HttpResponse:
    """The scenarios asked, newest first; a territory for another; a file."""
    return _home(request)


def _home(request: EcopoleRequest, status: int = 200, **more: Any) -> HttpResponse:
    rows = list(_rows(request).defer("plan", "problem", "beside").order_by("-created_at", "-id")[:LISTED_MAX])
    context = {
        "rows": rows, "told": [row for row in rows if row.state in TOLD], "examples": examples(),
        "epcis": known_epcis(), "people": PEOPLE,
    }  # fmt: skip
    return render(request, "impact/scenarios.html", context | more, status=status)


@needs("run_impact")
def project(request: EcopoleRequest) -> HttpResponse:
    """A territory, then its numbers. `depuis`: a scenario of ours, or one carried, to start from."""
    base = _base(request, request.GET.get("depuis", ""))
    asked = request.GET.get("ou", base.get("epci", ""))
    found = known_epcis(asked) if asked.strip() else []
    where = known_epci(found[0][0]) if len(found) == 1 else None
    if where is None:
        more = {"asked": asked, "found": found[:FOUND_MAX], "people": _people(request)}
        if not found:
            more["nowhere"] = True
        return _home(request, 422, **more)
    told = learning.last_told(request.ecopole) if where.code == request.ecopole.commune.epci_code else None
    form = _form(request, where, base, told)
    if request.method == "POST":
        answer = _ask(request, form)
        if answer is not None:
            return answer
    context = {"form": form, "where": where, "depuis": request.GET.get("depuis", ""), "told": told}
    return render(request, "impact/scenario_form.html", context, status=422 if form.errors else 200)


def _base(request: EcopoleRequest, start: str) -> dict[str, Any]:
    if not start:
        return {}
    if start in dict(examples()):
        return example(start)
    return scenarios.parsed(_row(request, start).problem["file"])


def _people(request: EcopoleRequest) -> int:
    text = request.GET.get("personnes", "")
    known = text.isascii() and text.isdigit() and len(text) < 5
    return min(max(int(text), 1), PEOPLE_MAX) if known else PEOPLE


def _form(request: EcopoleRequest, where: Known, base: dict[str, Any], told: Reckoning | None) -> ProjectForm:
    if base:
        first = typed(base)
    else:
        first = plausible_numbers(_people(request), request.today) | {
            "name": f"Écopôle, {where.name}", "start": request.today.year + 1,
            "learned": "appris" in request.GET,
        }  # fmt: skip
    first.setdefault("relays", [where.communes[0][0]])
    data = request.POST if request.method == "POST" else None
    learnt = learning.learnt(told.beside["seen"], parameters(request.today)) if told else ()
    return ProjectForm(data, initial=shown(first), where=where, base=base, learnt=learnt)


def _ask(request: EcopoleRequest, form: ProjectForm) -> HttpResponse | None:
    """None when the form must be shown again, with what was typed and every reason."""
    key = plan_key(request)
    if not form.is_valid():
        return None
    try:
        row = _request(request, scenarios.written(form.told()), key)
    except ScenarioRefused as refusal:
        for reason in refusal.reasons:
            form.add_error(None, reason)
        return None
    except (AlreadyPlanning, Missing) as refusal:
        form.add_error(None, str(refusal))
        return None
    return redirect("impact:scenario", request.ecopole.slug, row.key)


def _request(request: EcopoleRequest, text: str, key: str) -> Reckoning:
    return request_scenario(
        ecopole=request.ecopole, text=text, today=request.today, by=request.user, at=request.now, key=key
    )


@require_POST
@needs("run_impact")
def project_file(request: EcopoleRequest) -> HttpResponse:
    """Read whole, or refused whole with every reason."""
    key, sent = plan_key(request), request.FILES.get("file")
    if sent is None:
        return _home(request, 422, reasons=["Choisissez un fichier .toml."])
    try:
        text = sent.read(scenarios.FILE_BYTES_MAX + 1).decode("utf-8-sig")
        row = _request(request, text, key)
    except UnicodeDecodeError:
        return _home(request, 422, reasons=["Ce fichier n’est pas un texte en UTF-8."])
    except ScenarioRefused as refusal:
        return _home(request, 422, reasons=refusal.reasons)
    except (Missing, AlreadyPlanning) as refusal:
        return _home(request, 422, reasons=[str(refusal)])
    messages.success(request, f"Scénario lu\u202f: {row.name}.")
    return redirect("impact:scenario", request.ecopole.slug, row.key)


@needs("see_impact")
def scenario(request: EcopoleRequest, key: str) -> HttpResponse:
    """Under way, interrupted or told: one address. `chiffre`: whose tornado is drawn."""
    row = _row(request, key)
    interrupted = row.interrupted(request.now)
    context: dict[str, Any] = {
        "row": row, "interrupted": interrupted, "waiting": row.state in RUNNING and not interrupted,
    }  # fmt: skip
    if row.state in TOLD:
        reading = ScenarioReading(row)
        known = [one for one in reading.all if tornado(one)]
        asked = request.GET.get("chiffre", "")
        chosen = next((one for one in known if one.indicator.id == asked), None) or next(
            (one for one in known if one.indicator.headline), None
        )
        context |= {
            "reading": reading, "known": [(o.indicator.id, o.indicator.label) for o in known],
            "chosen": chosen, "chart": chosen and tornado(chosen),
        }  # fmt: skip
    return render(request, "impact/scenario.html", context)


@needs("see_impact")
def scenario_figure(request: EcopoleRequest, key: str, indicator: str) -> HttpResponse:
    """One figure of a scenario: its question, its equation, what weighs on it."""
    row = _row(request, key)
    if row.state not in TOLD or indicator not in BY_ID:
        raise Http404
    reading = ScenarioReading(row)
    one = next((one for one in reading.all if one.indicator.id == indicator), None)
    if one is None:
        raise Http404
    context = {"row": row, "one": one, "chart": None if one.missing else tornado(one)}
    return render(request, "impact/scenario_figure.html", context)


@needs("see_impact")
def scenario_file(request: EcopoleRequest, key: str) -> HttpResponse:
    row = _row(request, key)
    return sent(row.problem["file"], "application/toml; charset=utf-8", f"{_slug(row)}.toml")


@needs("see_impact")
def scenario_sheet(request: EcopoleRequest, key: str) -> HttpResponse:
    row = _row(request, key)
    if row.state not in TOLD:
        raise Http404
    data = on_paper(ScenarioReading(row)) | {"footer": f"{row.name} · projeté par Terreau"}
    return printed("impact/scenario.typ", data, _slug(row))


def _slug(row: Reckoning) -> str:
    return slugify(row.name) or "scenario"


@needs("see_impact")
def compare(request: EcopoleRequest) -> HttpResponse:
    """Two or three scenarios on one scale, figure by figure."""
    keys = list(dict.fromkeys(request.GET.getlist("scenario")))
    if len(keys) not in SIDE_BY_SIDE:
        return _home(request, 422, choice="Cochez deux ou trois scénarios.")
    found = {row.key: row for row in _rows(request).filter(key__in=keys, state__in=TOLD)}
    if len(found) != len(keys):
        raise Http404
    readings = [ScenarioReading(found[key]) for key in keys]
    context = {"readings": readings, "lines": side_by_side(readings)}
    return render(request, "impact/scenario_compare.html", context)


def try_one(request: Any) -> HttpResponse:
    """Without an account: a territory, a few numbers, the headlines at once. Nothing is kept."""
    asked, form = request.GET.get("ou", "").replace("\0", ""), trying.asked(request.GET)
    context: dict[str, Any] = {"epcis": known_epcis(), "asked": asked, "form": form}
    status = 422 if form.errors else 200
    if asked.strip():
        found = known_epcis(asked)
        where = known_epci(found[0][0]) if len(found) == 1 else None
        context |= {"found": [(name, _link(request, code)) for code, name in found[:FOUND_MAX]]}
        context |= {"where": where} if where else {}
        more, status = _tried(request, form, where) if where and form.is_valid() else ({}, 422)
        context |= more
    return render(request, "impact/scenario_try.html", context, status=status)


def _tried(request: Any, form: trying.TryForm, where: Known) -> tuple[dict[str, Any], int]:
    """What is shown, and its status: an address asks so often, and few are computed at once."""
    if not ratelimit.consume(request, app="allauth.account", action=TRY, limit_get=True):
        form.add_error(None, "Beaucoup d’essais viennent d’ici\u202f: attendez une minute, puis réessayez.")
        return {}, 429
    try:
        found = trying.tried(form, where, request.today)
    except trying.Busy as busy:
        form.add_error(None, str(busy))
        return {}, 503
    return found, 422 if form.errors else 200


def _link(request: Any, code: str) -> str:
    told = {name: value for name, value in request.GET.items() if name != "ou"}
    return f"{reverse('try_scenario')}?{urlencode(told | {'ou': code})}"
