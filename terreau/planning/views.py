"""Pages of the week: both sides of the scales, the plan and its reasons, its locks, its publication."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from terreau.engines.week.problem import Problem
from terreau.ledger.dueforms import form_key
from terreau.measures.week import IsoWeek
from terreau.planning import queries
from terreau.planning.actions import request_plan
from terreau.planning.gather import WeekIsOver
from terreau.planning.locks import read_locks
from terreau.planning.models import KEY_LENGTH, RUNNING, Calculation, PlanState, WeekPlan
from terreau.planning.publish import InputsChanged, NotPublished, publish
from terreau.planning.reading import PlanReading, differences
from terreau.planning.running import AlreadyPlanning, abandon
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import week_named

TOLD = (PlanState.READY, PlanState.PUBLISHED, PlanState.REPLACED)
CHART_ROWS = 12
REASONS_SHOWN = 12


def _plan(request: EcopoleRequest, key: str) -> WeekPlan:
    rows = WeekPlan.objects.select_related("created_by", "published_by")
    return get_object_or_404(rows, ecopole=request.ecopole, key=key)


@needs("see_week")
def home(request: EcopoleRequest) -> HttpResponse:
    """The week asked for, or the one whose plan matters now."""
    asked = request.GET.get("semaine")
    week = week_named(asked) if asked else queries.week_to_plan(request.ecopole, request.today)
    return redirect("planning:week", request.ecopole.slug, str(week))


@needs("see_week")
def week(request: EcopoleRequest, week: str) -> HttpResponse:
    return _week_page(request, week_named(week))


def _week_page(request: EcopoleRequest, week: IsoWeek, *, error: str = "", status: int = 200) -> HttpResponse:
    table = queries.week_table(request.ecopole, week, request.today)
    plans = queries.week_plans(request.ecopole, week, request.now)
    published = next((p for p in plans if p.state == PlanState.PUBLISHED), None)
    lived = published or week.sunday < request.today
    kept = queries.kept_promises(request.ecopole, week) if lived else []
    context = {
        "week": week,
        "before": week - 1,
        "after": week + 1,
        "over": week.sunday < request.today,
        "table": table,
        "balance": table.balance[:CHART_ROWS],
        "unshown": len(table.balance[CHART_ROWS:]),
        "plans": plans,
        "published": published,
        "newest": next((p for p in plans if p.state == PlanState.READY and _newer(p, published)), None),
        "running": next((p for p in plans if p.state in RUNNING), None),
        "kept": [(k.gesture, k.met, k.due) for k in kept],
        "met": sum(k.met for k in kept),
        "due": sum(k.due for k in kept),
        "error": error,
    }
    return render(request, "planning/week.html", context, status=status)


def _newer(plan: queries.PlanLine, published: queries.PlanLine | None) -> bool:
    """A plan older than the published one has had its chance."""
    return published is None or plan.at > published.at


def plan_key(request: EcopoleRequest) -> str:
    """A plan is named by the key of the form that asked for it."""
    key = form_key(request.POST)
    if len(key) > KEY_LENGTH:
        raise BadRequest("form key")
    return key


@require_POST
@needs("plan_week")
def plan_week(request: EcopoleRequest, week: str) -> HttpResponse:
    return _ask(request, week_named(week), ())


def ask_and_wait(
    request: EcopoleRequest, page: str, ask: Callable[..., Calculation], **what: Any
) -> HttpResponse:
    """Ask for a plan and wait for it on its page; a plan already under way is the one to wait for."""
    try:
        row = ask(
            ecopole=request.ecopole, today=request.today, by=request.user, at=request.now,
            key=plan_key(request), **what,
        )  # fmt: skip
    except AlreadyPlanning as already:
        messages.info(request, str(already))
        row = already.plan
    return redirect(page, request.ecopole.slug, row.key)


def _ask(request: EcopoleRequest, week: IsoWeek, locks: tuple[Any, ...]) -> HttpResponse:
    try:
        return ask_and_wait(request, "planning:plan", request_plan, week=week, locks=locks)
    except WeekIsOver as over:
        return _week_page(request, week, error=str(over), status=422)


@needs("see_week")
def plan(request: EcopoleRequest, key: str) -> HttpResponse:
    return _plan_page(request, _plan(request, key))


def _plan_page(
    request: EcopoleRequest,
    row: WeekPlan,
    *,
    refusal: NotPublished | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Under way, interrupted, impossible or told in full: one address, so that waiting ends on the plan."""
    others = queries.week_plans(request.ecopole, IsoWeek.parse(row.week), request.now)
    interrupted, over = row.interrupted(request.now), IsoWeek.parse(row.week).sunday < request.today
    reading = PlanReading(row, request.POST if errors else None, errors)
    context = {
        "row": row,
        "week": IsoWeek.parse(row.week),
        "reading": reading,
        "interrupted": interrupted,
        "waiting": row.state in RUNNING and not interrupted,
        "told": row.state in TOLD,
        "over": over,
        "lockable": "plan_week" in request.abilities and not over,
        "replaces": next((p for p in others if p.state == PlanState.PUBLISHED and p.key != row.key), None),
        "comparable": [p for p in others if p.state in TOLD and p.key != row.key],
        "refusal": refusal,
        "reasons": refusal.reasons[:REASONS_SHOWN] if refusal else (),
        "more_reasons": refusal.reasons[REASONS_SHOWN:] if refusal else (),
        "inputs_changed": isinstance(refusal, InputsChanged),
        "errors": errors or {},
    }
    if row.state in TOLD:
        context["links"] = reading.links(queries.customer_kinds(request.ecopole))
    return render(request, "planning/plan.html", context, status=status)


@require_POST
@needs("plan_week")
def replan(request: EcopoleRequest, key: str) -> HttpResponse:
    """Plan the same week again, as it is now, with the decisions ticked on this plan's page."""
    row = _plan(request, key)
    locks, errors = read_locks(request.POST, Problem.from_json(row.problem))
    if errors:
        return _plan_page(request, row, errors=errors, status=422)
    return _ask(request, IsoWeek.parse(row.week), locks)


@require_POST
@needs("plan_week")
def publish_plan(request: EcopoleRequest, key: str) -> HttpResponse:
    row = _plan(request, key)
    already = row.state == PlanState.PUBLISHED
    try:
        promises = publish(plan_id=row.pk, by=request.user, at=request.now)
    except NotPublished as refusal:
        return _plan_page(request, row, refusal=refusal, status=422)
    except WeekIsOver as over:
        return _plan_page(request, row, refusal=NotPublished(str(over)), status=422)
    if not already:
        messages.success(
            request, f"Semaine publiée\u202f: {len(promises)} engagements attendent chacun sur sa page."
        )
    return redirect("planning:week", request.ecopole.slug, row.week)


@require_POST
@needs("plan_week")
def abandon_plan(request: EcopoleRequest, key: str) -> HttpResponse:
    row = _plan(request, key)
    abandon(plan=row)
    messages.success(request, "Ce plan est abandonné. Ce qui était publié n’a pas changé.")
    return redirect("planning:week", request.ecopole.slug, row.week)


@needs("see_week")
def compare(request: EcopoleRequest, key: str, other: str) -> HttpResponse:
    """Two plans of the same week, and only what differs."""
    rows = [_plan(request, key), _plan(request, other)]
    if rows[0].week != rows[1].week or any(row.state not in TOLD for row in rows):
        raise Http404
    one, two = (PlanReading(row) for row in rows)
    context = {
        "title": "Comparer deux plans",
        "back": (
            reverse("planning:week", args=[request.ecopole.slug, rows[0].week]),
            IsoWeek.parse(rows[0].week).label,
        ),
        "plan_url": "planning:plan",
        "rows": rows,
        "goals": list(zip(one.goals, two.goals, strict=False)),
        "sections": differences(one, two),
    }
    return render(request, "planning/compare.html", context)
