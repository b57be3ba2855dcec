"""The calendar's pages: beds × weeks, a planting and its gestures, where it may move."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from terreau.ledger.dueforms import form_key
from terreau.ledger.queries import State, commitments
from terreau.measures.week import IsoWeek
from terreau.rooms.garden import actions, queries
from terreau.rooms.garden.families import family
from terreau.rooms.garden.forms_plantings import DropForm, EndForm, MoveForm, PlantingForm
from terreau.rooms.garden.grid import grid, hour_columns, table_row
from terreau.rooms.garden.models import NoteKind
from terreau.rooms.garden.queries import BedLine, NewPlanting, Objection, PlantingLine, PlantingState
from terreau.rooms.garden.views.land import holder, with_land
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import row_asked, week_asked, week_named

YEAR, HALF = 52, 26
TABLE = "tableau"
# Where a calendar opens: what is in the ground is still seen.
WEEKS_BEFORE = 6
# What an address of the calendar may say.
WORDS = ("semaine", "bloc", "sur", "ferme", "vue")
STATES = {
    State.OPEN: ("à faire", "wait"),
    State.PARTLY_MET: ("commencé", "wait"),
    State.MET: ("fait", "ok"),
    State.CANCELLED: ("abandonné", ""),
}


def _on_a_phone(request: EcopoleRequest) -> bool:
    """As telephones say it in their user agent; anybody may choose the other width."""
    return "Mobi" in request.headers.get("User-Agent", "")


def _span(request: EcopoleRequest) -> int:
    typed = request.GET.get("sur", "")
    if typed not in ("", str(YEAR), str(HALF)):
        raise Http404("sur")
    return int(typed) if typed else HALF if _on_a_phone(request) else YEAR


def _weeks_shown(request: EcopoleRequest) -> list[IsoWeek]:
    first = week_asked(request) if "semaine" in request.GET else IsoWeek.of(request.today) - WEEKS_BEFORE
    return IsoWeek.range(first, first + _span(request) - 1)


def _shown(request: EcopoleRequest, land: list[BedLine], weeks: list[IsoWeek]) -> tuple[list[BedLine], int]:
    """The beds of the block asked, or all; those closed before these weeks aside."""
    block = row_asked(request.GET["bloc"]) if request.GET.get("bloc") else 0
    there = [bed for bed in land if block in (0, bed.block_id) and bed.open_on(weeks[0].monday)]
    if block and not any(bed.block_id == block for bed in land):
        raise Http404("bloc")
    return there, block


@needs("see_garden")
def calendar(request: EcopoleRequest) -> HttpResponse:
    """Beds × weeks coloured by family, and the hours they ask beside the hands there are."""
    weeks = _weeks_shown(request)
    agent, known = holder(request)
    land = queries.beds(request.ecopole, agent)
    there, block = _shown(request, land, weeks)
    lines = queries.plantings(
        request.ecopole, first=weeks[0], last=weeks[-1], today=request.today, agent=agent
    )
    places = {bed.place_id for bed in there}
    lines = [line for line in lines if line.place_id in places]
    hours = queries.hours_by_week(request.ecopole, agent, weeks)
    base = reverse("garden:calendar", args=[request.ecopole.slug])
    as_table = request.GET.get("vue") == TABLE
    drawn = grid(
        weeks, there, () if as_table else lines, IsoWeek.of(request.today), base=base,
        beds_base=reverse("garden:land", args=[request.ecopole.slug]),
        movable="run_garden" in request.abilities,
    )  # fmt: skip
    seen = {family(line.family) for line in lines}
    kept: dict[str, Any] = {name: request.GET[name] for name in WORDS if request.GET.get(name)}
    context = {
        "base": base,
        "grid": drawn,
        "hours": hour_columns(hours),
        "gestures": queries.GESTURES.values(),
        "beyond": [week for week in hours if week.hands.missing > 0],
        "anything_to_do": any(week.hands.planned for week in hours),
        "agent": agent,
        "holders": with_land(known, agent),
        "blocks": list({bed.block_id: (bed.block_id, f"{bed.plot} · {bed.block}") for bed in land}.values()),
        "chosen": block,
        "span": len(weeks),
        "former": urlencode({**kept, "semaine": weeks[0] - HALF // 2}),
        "following": urlencode({**kept, "semaine": weeks[0] + HALF // 2}),
        "spans": [(urlencode({**kept, "sur": n}), label, n == len(weeks))
                  for n, label in ((HALF, "26 sem."), (YEAR, "Un an"))],
        "first": weeks[0],
        "last": weeks[-1],
        "kept": urlencode({**kept, "semaine": weeks[0], "sur": len(weeks)}),
        "families": sorted(seen, key=lambda f: f.name),
        "as_table": as_table,
        "other": urlencode({**kept, "vue": "" if as_table else TABLE}),
        "table": _table(there, lines, base) if as_table else [],
    }  # fmt: skip
    return render(request, "garden/calendar.html", context)


def _table(land: list[BedLine], lines: list[PlantingLine], base: str) -> list[SafeString]:
    """The same, to be read or heard, bed by bed."""
    beds = {bed.place_id: (rank, bed) for rank, bed in enumerate(land)}
    standing = [line for line in lines if line.state is not PlantingState.DROPPED]
    standing.sort(key=lambda line: (beds[line.place_id][0], line.planted))
    return [table_row(beds[line.place_id][1], line, base) for line in standing]


@needs("run_garden")
def add_planting(request: EcopoleRequest) -> HttpResponse:
    """A crop on a bed; what the rules object is said kindly, and a reason may answer some of it."""
    agent, _ = holder(request)
    asked = {"week": IsoWeek.of(request.today) + 1, "bed": request.GET.get("planche", "")}
    if request.GET.get("semaine"):
        asked["week"] = week_asked(request)
    form = PlantingForm(
        request.POST or None, land=queries.beds(request.ecopole, agent), today=request.today,
        crops=queries.catalogue(request.ecopole), initial=asked,
    )  # fmt: skip
    found: tuple[Objection, ...] = ()
    if request.method == "POST":
        key = form_key(request.POST)
        if form.is_valid():
            new = form.planting()
            try:
                made = actions.plan_planting(ecopole=request.ecopole, new=new, at=request.now, key=key)
            except actions.PlantingRefused as refusal:
                found = refusal.objections
            else:
                messages.success(request, f"{made.label}, {new.week.label}\u202f: c’est prévu.")
                return redirect("garden:planting", request.ecopole.slug, made.pk)
    context = {
        "form": form,
        "objections": found,
        "may_force": all(objection.may_force for objection in found),
        "agent": agent,
        "back": f"{reverse('garden:calendar', args=[request.ecopole.slug])}?ferme={agent.pk}",
    }
    refused = bool(form.errors or found)
    return render(request, "garden/calendar_add.html", context, status=422 if refused else 200)


def _planting(request: EcopoleRequest, pk: int) -> PlantingLine:
    if (line := queries.planting(request.ecopole, pk, request.today)) is None:
        raise Http404("culture")
    return line


@needs("see_garden")
def planting(request: EcopoleRequest, pk: int) -> HttpResponse:
    """Its weeks, what it should give, its gestures and where they stand."""
    return _planting_page(request, _planting(request, pk))


def _planting_page(
    request: EcopoleRequest, line: PlantingLine, objections: tuple[Objection, ...] = (), **typed: Any
) -> HttpResponse:
    land = queries.beds(request.ecopole, line.agent_id)
    bed = next((bed for bed in land if bed.place_id == line.place_id), None)
    gestures = [
        (due, round(due.quantity, 2), IsoWeek.of(due.commitment.due_on), *STATES[due.state])
        for due in commitments(request.ecopole, process=line.id)
    ]
    context = {
        "planting": line,
        "family": family(line.family),
        "bed": bed,
        "planned": line.state is PlantingState.PLANNED,
        "growing": line.state is PlantingState.GROWING,
        "gestures": gestures,
        "hours": round(sum(due.quantity for due, *_ in gestures), 2),
        "expected": [round(kg * line.harvest_weeks, 1) for kg in line.kg_week],
        "grown": queries.harvested_of(request.ecopole, line, request.today) if bed else None,
        "objections": objections,
        "may_force": all(objection.may_force for objection in objections),
        "move_form": MoveForm(planting=line, land=land, today=request.today),
        "drop_form": DropForm(),
        "end_form": EndForm(),
        "wrong": "move_form" if objections else next(iter(typed), ""),
        **typed,
    }
    return render(request, "garden/calendar_planting.html", context, status=422 if context["wrong"] else 200)


@needs("run_garden")
def check_move(request: EcopoleRequest, pk: int) -> HttpResponse:
    """What the rules say of a planting there, as it moves, with the form that drops it."""
    line = _planting(request, pk)
    week = week_named(request.GET.get("semaine", ""))
    place = row_asked(request.GET.get("planche", ""))
    land = queries.beds(request.ecopole, line.agent_id)
    bed = next((bed for bed in land if bed.place_id == place), None)
    crop = queries.catalogue(request.ecopole).get(line.crop)
    if bed is None or crop is None:
        raise Http404("planche")
    new = NewPlanting(crop, bed, week, line.length_m, variety=line.variety)
    first, last = queries.window_of_history(week, crop)
    others = queries.plantings(
        request.ecopole, first=first, last=last, today=request.today, agent=line.agent_id
    )
    found = queries.objections(new, others, land, moving=line.id)
    context = {
        "planting": line,
        "bed": bed,
        "week": week,
        "harvest": new.harvest,
        "objections": found,
        "may_force": all(objection.may_force for objection in found),
        "back": request.GET.get("retour", ""),
    }
    return render(request, "garden/_calendar_verdict.html", context)


@needs("run_garden")
@require_POST
def move_planting(request: EcopoleRequest, pk: int) -> HttpResponse:
    """From the calendar or from its page; sent twice, it moves once."""
    line, key = _planting(request, pk), form_key(request.POST)
    form = MoveForm(
        request.POST, planting=line, land=queries.beds(request.ecopole, line.agent_id), today=request.today
    )
    if not form.is_valid():
        return _planting_page(request, line, move_form=form)
    said = form.cleaned_data
    try:
        moved = actions.move_planting(
            ecopole=request.ecopole,
            planting=line,
            bed=form.place,
            week=said["week"],
            length_m=said["length"],
            reason=said["reason"],
            by=request.user,
            at=request.now,
            key=key,
        )
    except actions.PlantingRefused as refusal:
        return _planting_page(request, line, refusal.objections, move_form=form)
    messages.success(request, f"{moved.label}, {said['week'].label}\u202f: c’est déplacé.")
    if "retour" in request.POST:
        return redirect(_calendar(request, request.POST["retour"]))
    return redirect("garden:planting", request.ecopole.slug, moved.pk)


def _calendar(request: EcopoleRequest, query: str) -> str:
    """The calendar one came from, whatever the form says of it."""
    said = QueryDict(query)
    kept = {name: said[name] for name in WORDS if said.get(name)}
    return f"{reverse('garden:calendar', args=[request.ecopole.slug])}?{urlencode(kept)}"


def _already(request: EcopoleRequest, line: PlantingLine) -> HttpResponse:
    """Sent twice, or from a page that has aged: what stands is said, and nothing is written."""
    messages.info(request, f"{line.name} est {line.state.label}\u202f: rien n’a changé.")
    return redirect("garden:planting", request.ecopole.slug, line.id)


@needs("run_garden")
@require_POST
def drop_planting(request: EcopoleRequest, pk: int) -> HttpResponse:
    """Given up before it is in the ground."""
    line, key = _planting(request, pk), form_key(request.POST)
    form = DropForm(request.POST)
    if line.state is PlantingState.DROPPED:
        return _already(request, line)
    if not form.is_valid():
        return _planting_page(request, line, drop_form=form)
    try:
        actions.drop_planting(
            ecopole=request.ecopole, planting=line, reason=form.cleaned_data["reason"], by=request.user,
            at=request.now, key=key,
        )  # fmt: skip
    except actions.PlantingRefused as refusal:
        return _planting_page(request, line, refusal.objections)
    messages.success(request, f"{line.name} est abandonnée\u202f: sa place est libre.")
    return redirect(f"{reverse('garden:calendar', args=[request.ecopole.slug])}?ferme={line.agent_id}")


@needs("run_garden")
@require_POST
def end_planting(request: EcopoleRequest, pk: int) -> HttpResponse:
    """Lost, or finished before its time: its bed is free."""
    line, key = _planting(request, pk), form_key(request.POST)
    form = EndForm(request.POST)
    if line.state is not PlantingState.GROWING:
        return _already(request, line)
    if not form.is_valid():
        return _planting_page(request, line, end_form=form)
    kind = NoteKind(form.cleaned_data["kind"])
    actions.end_planting(
        ecopole=request.ecopole, planting=line, kind=kind, text=form.cleaned_data["text"], by=request.user,
        at=request.now, key=key,
    )  # fmt: skip
    said = "perdue" if kind == NoteKind.FAILED else "terminée"
    messages.success(request, f"{line.name} est {said}\u202f: sa place est libre.")
    return redirect("garden:planting", request.ecopole.slug, pk)
