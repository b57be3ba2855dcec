"""Pages of the rounds: the day, its tours on the map and hour by hour, a stop moved, a trip corrected."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from terreau.engines.rounds import ProblemRefused, verify
from terreau.ledger.dueforms import form_key
from terreau.planning.models import RUNNING, PlanState, RoundsPlan
from terreau.planning.publish import InputsChanged, NotPublished
from terreau.planning.rounds import queries
from terreau.planning.rounds.actions import request_rounds
from terreau.planning.rounds.gather import NothingToDrive
from terreau.planning.rounds.moves import MoveUnknown, choices, keep_move, look
from terreau.planning.rounds.publish import publish_rounds
from terreau.planning.rounds.reading import RoundsReading
from terreau.planning.running import abandon
from terreau.planning.shares.actions import count_that_evening
from terreau.planning.views import ask_and_wait, plan_key
from terreau.territory import queries as territory
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import day_asked
from terreau.territory.forms import DecimalFieldFr
from terreau.territory.models import Place
from terreau.territory.travel import KM_MAX, MINUTES_MAX, PlacesNotLocated, TravelRefused, correct_travel

TOLD = (PlanState.READY, PlanState.PUBLISHED, PlanState.REPLACED, PlanState.IMPOSSIBLE)
Refusals = (NothingToDrive, PlacesNotLocated, ProblemRefused)


def _plan(request: EcopoleRequest, key: str) -> RoundsPlan:
    rows = RoundsPlan.objects.select_related("created_by", "published_by")
    return get_object_or_404(rows, ecopole=request.ecopole, key=key)


def _day_page(request: EcopoleRequest, day: date) -> str:
    return f"{reverse('rounds:home', args=[request.ecopole.slug])}?jour={day}"


@needs("see_rounds")
def home(request: EcopoleRequest) -> HttpResponse:
    return _home(request, day_asked(request) if request.GET.get("jour") else None)


def _home(request: EcopoleRequest, day: date | None, *, error: str = "", status: int = 200) -> HttpResponse:
    """What is due on the day asked for, or on the next one that has something."""
    told = queries.day_told(request.ecopole, day, request.today)
    plans = queries.day_plans(request.ecopole, told.day, request.now)
    context = {
        "told": told,
        "over": told.day < request.today,
        "plans": plans,
        "published": next((p for p in plans if p.state == PlanState.PUBLISHED), None),
        "newest": queries.newest_ready(plans),
        "running": next((p for p in plans if p.state in RUNNING), None),
        "error": error,
    }
    return render(request, "planning/rounds/home.html", context, status=status)


@require_POST
@needs("plan_rounds")
def plan_day(request: EcopoleRequest) -> HttpResponse:
    return _ask(request, day_asked(request))


def _ask(
    request: EcopoleRequest, day: date, left: tuple[str, ...] = (), previous: RoundsPlan | None = None
) -> HttpResponse:
    try:
        return ask_and_wait(request, "rounds:plan", request_rounds, day=day, left=left, previous=previous)
    except Refusals as refusal:
        return _home(request, day, error=str(refusal), status=422)


@needs("see_rounds")
def plan(request: EcopoleRequest, key: str) -> HttpResponse:
    return _plan_page(request, _plan(request, key))


def _plan_page(
    request: EcopoleRequest, row: RoundsPlan, *, refusal: NotPublished | None = None, status: int = 200
) -> HttpResponse:
    """Under way, interrupted, impossible or told in full: one address, so that waiting ends on the plan."""
    interrupted, over = row.interrupted(request.now), row.day < request.today
    reading = RoundsReading(row)
    told = row.state in TOLD and reading.plan is not None
    stops, places = choices(reading) if told else ({}, {})
    context: dict[str, Any] = {
        "row": row,
        "reading": reading,
        "interrupted": interrupted,
        "waiting": row.state in RUNNING and not interrupted,
        "told": told,
        "over": over,
        "open": "plan_rounds" in request.abilities and not over,
        "refusal": refusal,
        "inputs_changed": isinstance(refusal, InputsChanged),
        "stops": stops,
        "places": places,
    }
    if told and reading.plan is not None:
        context["map"] = reading.drawing(request.ecopole)
        if reading.by_hand:
            context["broken"] = verify(reading.problem, reading.plan).sentences
    return render(request, "planning/rounds/plan.html", context, status=status)


@require_POST
@needs("plan_rounds")
def replan(request: EcopoleRequest, key: str) -> HttpResponse:
    """Plan the same day again, as it is now, from this plan on, without the stops left out by choice."""
    row = _plan(request, key)
    known = {stop["id"] for stop in row.problem["stops"]} | set(row.left)
    left = set(request.POST.getlist("left"))
    if left - known:
        raise Http404("left")
    return _ask(request, row.day, tuple(left), row)


@require_POST
@needs("plan_rounds")
def publish(request: EcopoleRequest, key: str) -> HttpResponse:
    row = _plan(request, key)
    already = row.state == PlanState.PUBLISHED
    try:
        tours = publish_rounds(plan_id=row.pk, by=request.user, at=request.now)
    except NotPublished as refusal:
        return _plan_page(request, row, refusal=refusal, status=422)
    if not already:
        count_that_evening(request.ecopole, row.day, at=request.now)
        count = f"{len(tours)} tournées publiées" if len(tours) > 1 else "Une tournée publiée"
        messages.success(request, f"{count}\u202f: l’ordre et les heures sont à la page Livraisons.")
    return redirect(_day_page(request, row.day))


@require_POST
@needs("plan_rounds")
def abandon_plan(request: EcopoleRequest, key: str) -> HttpResponse:
    row = _plan(request, key)
    abandon(plan=row)
    messages.success(request, "Ce plan est abandonné. Ce qui était publié n’a pas changé.")
    return redirect(_day_page(request, row.day))


@needs("plan_rounds")
def move(request: EcopoleRequest, key: str) -> HttpResponse:
    """A stop put elsewhere: looked at first, kept by a POST, as a plan beside the one it comes from."""
    row = _plan(request, key)
    asked = request.POST if request.method == "POST" else request.GET
    stop, to = asked.get("arret", ""), asked.get("vers", "")
    if row.plan is None or row.state not in TOLD:
        raise Http404("plan")
    reading = RoundsReading(row)
    try:
        found = look(reading, stop, to)
    except MoveUnknown:
        raise Http404("arret") from None
    if request.method == "POST":
        kept = keep_move(row=row, plan=found.plan, by=request.user, at=request.now, key=plan_key(request))
        messages.success(request, "Déplacé\u202f: ce plan est gardé, l’ancien reste dans la liste du jour.")
        return redirect("rounds:plan", request.ecopole.slug, kept.key)
    stops, places = choices(reading)
    context = {
        "row": row,
        "stop": stop,
        "to": to,
        "what": stops[stop],
        "where": places[to],
        "moved": found,
        "after": RoundsReading(row, found.plan),
    }
    return render(request, "planning/rounds/move.html", context)


class TravelForm(forms.Form):
    minutes = forms.IntegerField(label="Minutes", min_value=1, max_value=MINUTES_MAX)
    km = DecimalFieldFr(
        label="Kilomètres", required=False, min_value=Decimal("0.001"), max_value=KM_MAX,
        help_text="Vide\u202f: ils restent estimés.",
    )  # fmt: skip
    both_ways = forms.BooleanField(label="Dans les deux sens", required=False, initial=True)


@needs("plan_rounds")
def travel(request: EcopoleRequest, key: str) -> HttpResponse:
    """How long a trip really takes, by who drives it."""
    row = _plan(request, key)
    asked = request.POST if request.method == "POST" else request.GET
    ends = _ends(request, row, asked.get("de", ""), asked.get("vers", ""))
    form = TravelForm(request.POST if request.method == "POST" else None)
    if form.is_bound and _corrected(request, form, *ends):
        return redirect("rounds:plan", request.ecopole.slug, row.key)
    context = {"row": row, "form": form, "from_place": ends[0], "to_place": ends[1]}
    return render(request, "planning/rounds/travel.html", context, status=422 if form.errors else 200)


def _ends(request: EcopoleRequest, row: RoundsPlan, a: str, b: str) -> tuple[Place, Place]:
    places = row.problem["places"]
    if a not in places or b not in places or a == b:
        raise Http404("de")
    found = territory.places(request.ecopole).in_bulk([int(a), int(b)])
    if len(found) != 2:
        raise Http404("de")
    return found[int(a)], found[int(b)]


def _corrected(request: EcopoleRequest, form: TravelForm, from_place: Place, to_place: Place) -> bool:
    key = form_key(request.POST)
    if not form.is_valid():
        return False
    try:
        correct_travel(
            ecopole=request.ecopole, from_place=from_place, to_place=to_place, by=request.user,
            at=request.now, key=key, **form.cleaned_data,
        )  # fmt: skip
    except TravelRefused as refusal:
        form.add_error(refusal.field, str(refusal))
        return False
    messages.success(
        request,
        f"De {from_place.agent} à {to_place.agent}, {form.cleaned_data['minutes']}\u00a0min. "
        "Planifiez de nouveau pour en tenir compte.",
    )
    return True
