"""Pages of the rounds: the day, its tours on the map and hour by hour, a stop moved, a trip corrected."""

from datetime import date, datetime, time
from decimal import Decimal
from operator import itemgetter
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST

from terreau.engines.rounds import Lock, ProblemRefused, verify
from terreau.ledger.dueforms import form_key
from terreau.measures.french import format_decimal
from terreau.planning.models import RUNNING, PlanState, RoundsPlan
from terreau.planning.publish import InputsChanged, NotPublished
from terreau.planning.rounds import queries
from terreau.planning.rounds.actions import request_rest, request_rounds
from terreau.planning.rounds.calibration import accept, calibration
from terreau.planning.rounds.gather import NothingToDrive
from terreau.planning.rounds.locks import read_locks, stored
from terreau.planning.rounds.moves import MoveUnknown, choices, keep_move, look
from terreau.planning.rounds.publish import publish_rounds
from terreau.planning.rounds.reading import RoundsReading
from terreau.planning.rounds.rest import Lost, Rest, lost_of, rest_of
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
    rows = RoundsPlan.objects.select_related("created_by", "published_by", "previous")
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
        "now": told.day == request.today,
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
    request: EcopoleRequest,
    day: date,
    left: tuple[str, ...] = (),
    locks: tuple[Lock, ...] = (),
    previous: RoundsPlan | None = None,
) -> HttpResponse:
    try:
        return ask_and_wait(
            request, "rounds:plan", request_rounds, day=day, left=left, locks=locks, previous=previous
        )
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
            context["broken"] = verify(reading.problem, reading.plan, stored(row.locks)).sentences
    return render(request, "planning/rounds/plan.html", context, status=status)


@require_POST
@needs("plan_rounds")
def replan(request: EcopoleRequest, key: str) -> HttpResponse:
    """Plan the same day again from this plan on, as things stand: less what is left, with what is kept."""
    row = _plan(request, key)
    known = {job["id"] for name in ("stops", "transfers") for job in row.problem[name]} | set(row.left)
    left = set(request.POST.getlist("left"))
    if left - known:
        raise Http404("left")
    if row.rest:
        return _ask_rest(request, row, lost_of(row), tuple(left))
    locks = read_locks(request.POST.getlist("lock"), RoundsReading(row).lockable)
    return _ask(request, row.day, tuple(left), locks, row)


class LostForm(forms.Form):
    vehicle = forms.ChoiceField(label="Véhicule")
    since = forms.TimeField(label="Depuis", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    place = forms.ChoiceField(
        label="Où il s’est arrêté", required=False,
        help_text="Ce qu’il porte y sera pris par un autre.",
    )  # fmt: skip
    fields: dict[str, Any]

    def __init__(self, rest: Rest, now: datetime, data: Any = None):
        self.now = now
        super().__init__(data, initial={"since": now.time()})
        going = {way.vehicle: way.row.detail["vehicle"]["name"] for way in rest.ways}
        stopped = {one.vehicle for one in lost_of(rest.resumed)}
        self.fields["vehicle"].choices = [(pk, name) for pk, name in going.items() if pk not in stopped]
        doors = {stop.place: stop.name for stop in rest.before.stops} | {rest.hub.place: rest.hub.name}
        named = sorted(doors.items(), key=itemgetter(1))
        self.fields["place"].choices = [("", "Là où il a servi en dernier"), *named]

    def clean_since(self) -> time:
        since: time = self.cleaned_data["since"]
        if since > self.now.time():
            raise forms.ValidationError("Cette heure n’est pas venue\u202f: dites-le quand il s’arrête.")
        return since


@needs("plan_rounds")
def stopped(request: EcopoleRequest) -> HttpResponse:
    """A vehicle is out on the road, today: the rest is planned with the others."""
    now = localtime(request.now)
    try:
        rest = rest_of(request.ecopole, request.today, 0, [])
    except NothingToDrive as refusal:
        return _home(request, request.today, error=str(refusal), status=422)
    form = LostForm(rest, now, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        lost = Lost(said["vehicle"], f"{said['since']:%H:%M}", said["place"])
        return _ask_rest(request, rest.resumed, [lost])
    return render(request, "planning/rounds/stopped.html", {"form": form}, status=422 if form.errors else 200)


def _ask_rest(
    request: EcopoleRequest, row: RoundsPlan, lost: list[Lost], left: tuple[str, ...] = ()
) -> HttpResponse:
    try:
        return ask_and_wait(request, "rounds:plan", request_rest, day=row.day, lost=lost, left=left)
    except Refusals as refusal:
        return _home(request, row.day, error=str(refusal), status=422)


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


@needs("see_rounds")
def calibration_page(request: EcopoleRequest) -> HttpResponse:
    """Where trip times come from, and by how much the tours driven last longer."""
    return _calibration(request)


def _calibration(request: EcopoleRequest, *, refused: str = "", status: int = 200) -> HttpResponse:
    context = {"seen": calibration(request.ecopole, request.today), "refused": refused}
    return render(request, "planning/rounds/calibration.html", context, status=status)


@require_POST
@needs("plan_rounds")
def calibrate(request: EcopoleRequest) -> HttpResponse:
    season, asked = request.POST.get("season", ""), request.POST.get("factor", "")
    try:
        row = accept(
            ecopole=request.ecopole, season=season, asked=asked, today=request.today, by=request.user,
            at=request.now, key=form_key(request.POST),
        )  # fmt: skip
    except TravelRefused as refusal:
        return _calibration(request, refused=str(refusal), status=422)
    said = "ne sont plus calés" if row.factor == 1 else f"sont calés × {format_decimal(row.factor)}"
    messages.success(request, f"Dès aujourd’hui, les trajets ({row.season}) {said}. Planifiez de nouveau.")
    return redirect("rounds:calibration", request.ecopole.slug)
