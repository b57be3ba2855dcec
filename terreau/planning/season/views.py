"""Pages of the season: its needs, its plan in the words of the trade, its locks, a farm's share."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from terreau.engines.season import Lock, ProblemRefused
from terreau.measures.french import format_date, format_decimal
from terreau.measures.week import IsoWeek
from terreau.planning.models import RUNNING, AnswerKind, PlanState, SeasonPlan
from terreau.planning.publish import InputsChanged, NotPublished
from terreau.planning.running import abandon
from terreau.planning.season import queries
from terreau.planning.season.actions import SeasonBegun, request_season
from terreau.planning.season.gather import Gathered, NothingToPlan
from terreau.planning.season.ground import Known
from terreau.planning.season.locks import SENSES, read_locks
from terreau.planning.season.names import Names
from terreau.planning.season.needs import Needs
from terreau.planning.season.needs_form import WEEKS_AHEAD, NeedsForm
from terreau.planning.season.publish import publish_season
from terreau.planning.season.reading import SeasonReading, differences
from terreau.planning.season.shares import AnswerRefused, answer_share, replies, share_of
from terreau.planning.views import ask_and_wait, plan_key
from terreau.territory.access import EcopoleRequest, acting_for, needs
from terreau.territory.asked import row_asked
from terreau.territory.models import Agent
from terreau.territory.papers import spreadsheet
from terreau.territory.school import HOLIDAYS

TOLD = (PlanState.READY, PlanState.PUBLISHED, PlanState.REPLACED)
REASONS_SHOWN = 12


def _plan(request: EcopoleRequest, key: str) -> SeasonPlan:
    rows = SeasonPlan.objects.select_related("created_by", "published_by")
    return get_object_or_404(rows, ecopole=request.ecopole, key=key)


@needs("see_season")
def home(request: EcopoleRequest) -> HttpResponse:
    """Where the season stands, what farms answered, and its plans."""
    state = queries.season_state(request.ecopole, request.now)
    context = {"state": state, "replies": queries.season_replies(request.ecopole)}
    return render(request, "planning/season/home.html", context)


# Needs.


@needs("see_season")
def needs_page(request: EcopoleRequest) -> HttpResponse:
    """Both sides before solving; `?plan=` starts again from the needs of a plan."""
    start = None
    if key := request.GET.get("plan"):
        start = Needs.from_json(_plan(request, key).needs)
    return _needs_page(request, _form(request, start))


def _form(request: EcopoleRequest, start: Needs | None = None, post: QueryDict | None = None) -> NeedsForm:
    known, this_week = Known(request.ecopole, request.today), IsoWeek.of(request.today)
    until = queries.running_until(request.ecopole, request.today)
    fresh = queries.first_needs(known, this_week + 1, until)
    if start is not None:
        begun = IsoWeek.parse(start.first) < this_week
        first, last = (fresh.first, fresh.last) if begun else (start.first, start.last)
        still = tuple(farm for farm in start.farms if farm in fresh.farms)
        fresh = replace(start, first=first, last=last, farms=still)
    return NeedsForm(fresh, known, until, this_week, post)


def _needs_page(
    request: EcopoleRequest, form: NeedsForm, *, error: str = "", status: int = 200
) -> HttpResponse:
    this_week = IsoWeek.of(request.today)
    context: dict[str, Any] = {
        "form": form,
        "error": error,
        "first": IsoWeek.parse(form.needs.first),
        "last": IsoWeek.parse(form.needs.last),
        "starts": [(w, f"S{w.label[1:]}") for w in IsoWeek.range(this_week, this_week + WEEKS_AHEAD)],
        "weeks": [(w, f"S{w.week} · {format_date(w.monday)}") for w in form.needs.weeks],
        "holidays_confirmed": HOLIDAYS["confirmed"],
    }
    if form.needs.farms:
        try:
            gathered = Gathered(form.known, form.needs)
            context["table"] = queries.needs_table(gathered, form.needs)
        except (NothingToPlan, ProblemRefused) as refusal:
            context["error"] = error or str(refusal)
    return render(request, "planning/season/needs.html", context, status=status)


@require_POST
@needs("plan_season")
def plan_season(request: EcopoleRequest) -> HttpResponse:
    """See what these needs make, or ask for a plan of them; what cannot be read stays on its field."""
    form = _form(request, post=request.POST)
    if form.errors:
        return _needs_page(request, form, status=422)
    if request.POST.get("do") == "look":
        return _needs_page(request, form)
    return _ask(request, form.needs, (), form)


def _ask(
    request: EcopoleRequest,
    wanted: Needs,
    locks: tuple[Lock, ...],
    form: NeedsForm | None = None,
    previous: SeasonPlan | None = None,
) -> HttpResponse:
    try:
        return ask_and_wait(
            request, "season:plan", request_season, needs=wanted, locks=locks, previous=previous
        )
    except (SeasonBegun, NothingToPlan, ProblemRefused) as refusal:
        return _needs_page(request, form or _form(request, wanted), error=str(refusal), status=422)


# A plan, section by section.


@needs("see_season")
def plan(request: EcopoleRequest, key: str) -> HttpResponse:
    return _plan_page(request, _plan(request, key))


def _context(
    request: EcopoleRequest,
    row: SeasonPlan,
    *,
    post: QueryDict | None = None,
    errors: dict[str, str] | None = None,
) -> dict[str, Any]:
    interrupted = row.interrupted(request.now)
    return {
        "row": row,
        "reading": SeasonReading(row, post, errors),
        "first": IsoWeek.parse(row.first_week),
        "told": row.state in TOLD,
        "interrupted": interrupted,
        "waiting": row.state in RUNNING and not interrupted,
        "errors": errors or {},
        "past": IsoWeek.parse(row.first_week) < IsoWeek.of(request.today),
    }


def _plan_page(
    request: EcopoleRequest, row: SeasonPlan, *, refusal: NotPublished | None = None, status: int = 200
) -> HttpResponse:
    """Under way, interrupted, impossible or told: one address, so that waiting ends on the plan."""
    state = queries.season_state(request.ecopole, request.now)
    others = [line for line, _ in state.plans if line.key != row.key]
    context = _context(request, row) | {
        "replaces": next((p for p in others if p.state == PlanState.PUBLISHED), None),
        "comparable": [p for p in others if p.state in TOLD],
        "replies": replies(row) if row.state == PlanState.PUBLISHED else [],
        "refusal": refusal,
        "reasons": refusal.reasons[:REASONS_SHOWN] if refusal else (),
        "more_reasons": refusal.reasons[REASONS_SHOWN:] if refusal else (),
        "inputs_changed": isinstance(refusal, InputsChanged),
    }
    return render(request, "planning/season/plan.html", context, status=status)


def _section(request: EcopoleRequest, key: str, template: str) -> HttpResponse:
    row = _plan(request, key)
    if row.state not in TOLD:
        return redirect("season:plan", request.ecopole.slug, row.key)
    return render(request, template, _context(request, row))


@needs("see_season")
def baskets(request: EcopoleRequest, key: str) -> HttpResponse:
    return _section(request, key, "planning/season/baskets.html")


@needs("see_season")
def generations(request: EcopoleRequest, key: str) -> HttpResponse:
    return _section(request, key, "planning/season/generations.html")


@needs("see_season")
def areas(request: EcopoleRequest, key: str) -> HttpResponse:
    return _section(request, key, "planning/season/areas.html")


@needs("see_season")
def orders(request: EcopoleRequest, key: str) -> HttpResponse:
    return _section(request, key, "planning/season/orders.html")


@needs("see_season")
def land(request: EcopoleRequest, key: str) -> HttpResponse:
    """Block by block what grows where; each sowing may be locked, and planned again."""
    return _land_page(request, _plan(request, key))


def _land_page(
    request: EcopoleRequest, row: SeasonPlan, errors: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    if row.state in RUNNING or row.plan is None:
        return redirect("season:plan", request.ecopole.slug, row.key)
    context = _context(request, row, post=request.POST if errors else None, errors=errors)
    context |= {"lockable": "plan_season" in request.abilities, "senses": SENSES}
    return render(request, "planning/season/land.html", context, status=status)


@require_GET
@needs("see_season")
def orders_csv(request: EcopoleRequest, key: str) -> HttpResponse:
    """Seeds and plants to order, as a French spreadsheet reads it."""
    row = _plan(request, key)
    if row.state not in TOLD:
        raise Http404
    heads = ["semaine", "lundi", "ferme", "culture", "quantité", "unité", "planches"]
    rows = (
        [str(line.week), f"{line.week.monday:%d/%m/%Y}", line.farm, line.crop,
         format_decimal(round(line.plants, 0)), line.unit, format_decimal(line.beds)]
        for line in SeasonReading(row).orders
    )  # fmt: skip
    return spreadsheet([heads, *rows], f"semences-{row.first_week}")


@require_POST
@needs("plan_season")
def replan(request: EcopoleRequest, key: str) -> HttpResponse:
    """Plan the same needs again, as things are now, with the decisions ticked on this plan's page."""
    row = _plan(request, key)
    locks, errors = read_locks(request.POST, Names(row.problem))
    if errors:
        return _land_page(request, row, errors=errors, status=422)
    return _ask(request, _form(request, Needs.from_json(row.needs)).needs, locks, previous=row)


@require_POST
@needs("plan_season")
def publish(request: EcopoleRequest, key: str) -> HttpResponse:
    row = _plan(request, key)
    already = row.state == PlanState.PUBLISHED
    try:
        plantings = publish_season(plan_id=row.pk, by=request.user, at=request.now)
    except NotPublished as refusal:
        return _plan_page(request, row, refusal=refusal, status=422)
    if not already:
        messages.success(
            request,
            f"Saison publiée\u202f: {len(plantings)} cultures attendent le jardin, "
            "et chaque ferme trouve sa part.",
        )
    return redirect("season:plan", request.ecopole.slug, row.key)


@require_POST
@needs("plan_season")
def abandon_plan(request: EcopoleRequest, key: str) -> HttpResponse:
    row = _plan(request, key)
    abandon(plan=row)
    messages.success(request, "Ce plan est abandonné. Ce qui était publié n’a pas changé.")
    return redirect("season:home", request.ecopole.slug)


@needs("see_season")
def compare(request: EcopoleRequest, key: str, other: str) -> HttpResponse:
    """Two plans of the season, and only what differs."""
    rows = [_plan(request, key), _plan(request, other)]
    if any(row.state not in TOLD for row in rows):
        raise Http404
    one, two = (SeasonReading(row) for row in rows)
    context = {
        "title": "Comparer deux saisons",
        "back": (reverse("season:home", args=[request.ecopole.slug]), "La saison"),
        "plan_url": "season:plan",
        "rows": rows,
        "goals": list(zip(one.goals, two.goals, strict=False)),
        "sections": differences(one, two),
    }
    return render(request, "planning/compare.html", context)


# A farm's share.


@needs("answer_season_own")
def share(request: EcopoleRequest) -> HttpResponse:
    return _share_page(request)


def _share_page(
    request: EcopoleRequest, *, refused: AnswerRefused | None = None, status: int = 200
) -> HttpResponse:
    """The shares of the farms this person answers for."""
    row = queries.published_season(request.ecopole)
    own = sorted(acting_for(request, "answer_season_own"))
    given = {reply.farm_id: reply for reply in replies(row)} if row else {}
    shares = [(share_of(row, pk), given[pk]) for pk in own if row and pk in given]
    context = {
        "row": row,
        "shares": shares,
        "refused": refused,
        "typed": request.POST.get("message", "") if refused else "",
        "answered_farm": request.POST.get("farm", "") if refused else "",
    }
    return render(request, "planning/season/share.html", context, status=status)


@require_POST
@needs("answer_season_own")
def answer(request: EcopoleRequest) -> HttpResponse:
    """Accept the share, or say in words what to discuss."""
    pk = row_asked(request.POST.get("farm", ""))
    if pk not in acting_for(request, "answer_season_own"):
        raise Http404
    farm = get_object_or_404(Agent, ecopole=request.ecopole, pk=pk)
    row = get_object_or_404(
        SeasonPlan.objects.only("pk"), ecopole=request.ecopole, key=request.POST.get("plan", "")
    )
    accepts = request.POST.get("answer") == AnswerKind.ACCEPTED
    kind = AnswerKind.ACCEPTED if accepts else AnswerKind.DISCUSSED
    message = request.POST.get("message", "")
    try:
        if len(message) > MESSAGE_MAX:
            raise AnswerRefused(f"Message trop long\u202f: {MESSAGE_MAX} caractères au plus.")
        answer_share(
            plan_id=row.pk,
            farm=farm,
            kind=kind,
            message=message,
            by=request.user,
            at=request.now,
            key=plan_key(request),
        )
    except AnswerRefused as refused:
        return _share_page(request, refused=refused, status=422)
    done = "Part acceptée\u202f: elle est promise à la plateforme." if accepts else "Message envoyé."
    messages.success(request, done)
    return redirect("season:share", request.ecopole.slug)


MESSAGE_MAX = 500
