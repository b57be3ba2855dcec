"""The land's pages: the map of the beds, plots and their status, blocks, beds and what grew there."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import Max
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from terreau.ledger.loans import places_lent
from terreau.measures.week import IsoWeek
from terreau.rooms.garden import actions, queries
from terreau.rooms.garden.bedmap import block_maps, short_name
from terreau.rooms.garden.families import family
from terreau.rooms.garden.forms_land import (
    AdoptForm,
    BlockForm,
    CloseForm,
    CrewForm,
    MoreBedsForm,
    NewBlockForm,
    PlotForm,
    SizeForm,
    StatusForm,
)
from terreau.rooms.garden.models import Bed, Block, Crew, Plot, PlotStatus, Status
from terreau.rooms.garden.queries import PlantingState
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import row_asked, week_asked
from terreau.territory.models import Agent, Place, PlaceKind
from terreau.territory.queries import bed_order

TONES = {Status.ORGANIC: "ok", Status.CONVERSION: "wait", Status.CONVENTIONAL: ""}


def holder(request: EcopoleRequest) -> tuple[Agent, list[Agent]]:
    """Whose land: the garden, or the partner farm of the address; and who else has some."""
    known = queries.holders(request.ecopole)
    typed = request.GET.get("ferme", "")
    found = queries.holder_among(known, row_asked(typed) if typed else None)
    if found is None:
        raise Http404("Cet écopôle n’a ni jardin ni ferme.")
    return found, known


def with_land(known: list[Agent], agent: Agent) -> list[Agent]:
    """Those among whom one may look: who has a plot, and the one looked at."""
    owners = set(Plot.objects.filter(agent__in=known).values_list("agent_id", flat=True))
    return [one for one in known if one == agent or one.pk in owners]


def address(request: EcopoleRequest, name: str, agent: Agent | int, **words: Any) -> str:
    """A page about the land of a holder."""
    said = {"ferme": agent if isinstance(agent, int) else agent.pk, **words}
    return f"{reverse(f'garden:{name}', args=[request.ecopole.slug])}?{urlencode(said)}"


@needs("see_garden")
def land(request: EcopoleRequest) -> HttpResponse:
    """Every bed at a glance, in the week asked."""
    week = week_asked(request)
    agent, known = holder(request)
    lines = queries.beds(request.ecopole, agent)
    standing = queries.plantings(request.ecopole, first=week, last=week, today=request.today, agent=agent)
    lent = {one.place_id: one.to for one in places_lent(request.ecopole, week.monday, week.days[-1])}
    by_plot = defaultdict(list)
    for bed in lines:
        by_plot[bed.plot_id].append(bed)
    statuses = queries.plot_statuses(request.ecopole)
    plots: list[dict[str, Any]] = [
        {
            "plot": plot,
            "status": Status(status := queries.status_on(statuses.get(plot.pk, ()), week.monday)).label,
            "tone": TONES[Status(status)],
            "blocks": block_maps(by_plot[plot.pk], standing, week, request.path, lent)
            if by_plot[plot.pk]
            else [],
            "area": sum(bed.area_m2 for bed in by_plot[plot.pk]),
        }
        for plot in Plot.objects.filter(agent=agent)
    ]
    seen = {
        piece.family for plot in plots for block in plot["blocks"] for bar in block.bars
        for piece in bar.pieces
    }  # fmt: skip
    context = {
        "week": week,
        "former": week - 1,
        "following": week + 1,
        "agent": agent,
        "holders": known,
        "plots": plots,
        "beds": len(lines),
        "families": sorted(seen, key=lambda f: f.name),
    }
    return render(request, "garden/land.html", context)


def _form_page(
    request: EcopoleRequest, form: Any, title: str, back: str, submit: str, lede: str = ""
) -> HttpResponse:
    """A page that is one form."""
    context = {"form": form, "title": title, "back": back, "submit": submit, "lede": lede}
    return render(request, "garden/land_form.html", context, status=422 if form.errors else 200)


def _tried(form: Any, gesture: Any, **said: Any) -> Any:
    """What the gesture made, or None once its refusal is written where it belongs."""
    try:
        return gesture(**said)
    except actions.LandRefused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None


@needs("run_garden")
def add_plot(request: EcopoleRequest) -> HttpResponse:
    agent, _ = holder(request)
    form = PlotForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        plot = _tried(form, actions.keep_plot, ecopole=request.ecopole, agent=agent, **form.cleaned_data)
        if plot:
            messages.success(request, f"Parcelle {plot} ajoutée. Dites maintenant son statut.")
            return redirect("garden:plot", request.ecopole.slug, plot.pk)
    back = address(request, "land", agent)
    lede = f"Tenue par {agent}."
    return _form_page(request, form, "Ajouter une parcelle", back, "Ajouter la parcelle", lede)


def _plot(request: EcopoleRequest, pk: int) -> Plot:
    rows = Plot.objects.select_related("agent", "commune").filter(ecopole=request.ecopole)
    return get_object_or_404(rows, pk=pk)


@needs("see_garden")
def plot(request: EcopoleRequest, pk: int) -> HttpResponse:
    """A plot: its status day by day, with the proof; its blocks."""
    return _plot_page(request, _plot(request, pk))


def _plot_page(
    request: EcopoleRequest, row: Plot, form: PlotForm | None = None, status: StatusForm | None = None
) -> HttpResponse:
    wrong = form or status
    blocks = defaultdict(list)
    for bed in queries.beds(request.ecopole, row.agent_id):
        blocks[bed.block_id].append(bed)
    context = {
        "plot": row,
        "back": address(request, "land", row.agent_id),
        "statuses": [(line, TONES[Status(line.status)]) for line in row.statuses.order_by("-since")],
        "blocks": [(block, blocks[block.pk]) for block in row.blocks.all()],
        "form": form or PlotForm(plot=row),
        "status_form": status or StatusForm(),
        "opened": form is not None,
    }
    return render(request, "garden/land_plot.html", context, status=422 if wrong else 200)


@needs("run_garden")
@require_POST
def change_plot(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _plot(request, pk)
    form = PlotForm(request.POST)
    if form.is_valid():
        said = {"ecopole": request.ecopole, "agent": row.agent, "plot": row, **form.cleaned_data}
        if _tried(form, actions.keep_plot, **said):
            messages.success(request, f"Parcelle {row} enregistrée.")
            return redirect("garden:plot", request.ecopole.slug, pk)
    return _plot_page(request, _plot(request, pk), form=form)


@needs("run_garden")
@require_POST
def say_status(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _plot(request, pk)
    form = StatusForm(request.POST)
    if form.is_valid() and (said := _tried(form, actions.say_status, plot=row, **form.cleaned_data)):
        messages.success(request, f"{row}\u202f: {said.get_status_display()}, c’est noté.")
        return redirect("garden:plot", request.ecopole.slug, pk)
    return _plot_page(request, row, status=form)


@needs("run_garden")
@require_POST
def withdraw_status(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _plot(request, pk)
    asked = get_object_or_404(PlotStatus, plot=row, pk=row_asked(request.POST.get("status", "")))
    actions.withdraw_status(plot=row, status_id=asked.pk)
    messages.success(request, f"{row}\u202f: statut « {asked.get_status_display()} » retiré.")
    return redirect("garden:plot", request.ecopole.slug, pk)


@needs("run_garden")
def add_block(request: EcopoleRequest, pk: int) -> HttpResponse:
    """A block and its beds at once."""
    row = _plot(request, pk)
    form = NewBlockForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        block = _tried(form, actions.add_block, plot=row, **form.cleaned_data)
        if block:
            messages.success(request, f"Bloc {block}\u202f: {form.cleaned_data['count']} planches ajoutées.")
            return redirect("garden:block", request.ecopole.slug, block.pk)
    back = reverse("garden:plot", args=[request.ecopole.slug, pk])
    lede = f"Dans la parcelle {row}. Les planches d’un bloc tournent ensemble, sous un même abri."
    return _form_page(request, form, "Ajouter un bloc", back, "Ajouter le bloc", lede)


def _block(request: EcopoleRequest, pk: int) -> Block:
    rows = Block.objects.select_related("plot__agent").filter(plot__ecopole=request.ecopole)
    return get_object_or_404(rows, pk=pk)


def _free_places(block: Block) -> list[Place]:
    """Beds of this holder that are in no block yet."""
    taken = Bed.objects.filter(block__plot__agent=block.plot.agent_id).values("place")
    rows = Place.objects.filter(agent=block.plot.agent_id, kind=PlaceKind.BED).exclude(pk__in=taken)
    return sorted(rows, key=lambda place: bed_order(place.name))


@needs("see_garden")
def block(request: EcopoleRequest, pk: int) -> HttpResponse:
    """A block: its name and shelter, its beds, those one may add or adopt."""
    return _block_page(request, _block(request, pk))


def _block_page(request: EcopoleRequest, row: Block, **typed: Any) -> HttpResponse:
    free = _free_places(row)
    lines = [b for b in queries.beds(request.ecopole, row.plot.agent_id) if b.block_id == row.pk]
    sizes = {"length_m": lines[-1].length_m, "width_m": lines[-1].width_m} if lines else {}
    context = {
        "group": row,
        "beds": lines,
        "free": free,
        "form": BlockForm(block=row),
        "beds_form": MoreBedsForm(
            initial=sizes | {"count": 1, "after": max((b.number for b in lines), default=0)}
        ),
        "adopt_form": AdoptForm(free=free, initial=sizes),
        "wrong": next(iter(typed), ""),
        **typed,
    }
    return render(request, "garden/land_block.html", context, status=422 if typed else 200)


@needs("run_garden")
@require_POST
def change_block(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _block(request, pk)
    form = BlockForm(request.POST)
    if form.is_valid() and _tried(form, actions.keep_block, plot=row.plot, block=row, **form.cleaned_data):
        messages.success(request, f"Bloc {row} enregistré.")
        return redirect("garden:block", request.ecopole.slug, pk)
    return _block_page(request, _block(request, pk), form=form)


@needs("run_garden")
@require_POST
def add_beds(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _block(request, pk)
    form = MoreBedsForm(request.POST)
    if form.is_valid():
        made = _tried(form, actions.add_beds, block=row, **form.cleaned_data)
        if made:
            messages.success(request, f"Bloc {row}\u202f: {_counted(len(made))} de plus.")
            return redirect("garden:block", request.ecopole.slug, pk)
        # Shown again with the beds there are now: sent again as it stands, it adds after them.
        again = request.POST.copy()
        again["after"] = str(row.beds.aggregate(last=Max("number"))["last"] or 0)
        form.data = again
    return _block_page(request, row, beds_form=form)


@needs("run_garden")
@require_POST
def adopt_beds(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _block(request, pk)
    form = AdoptForm(request.POST, free=_free_places(row))
    if form.is_valid():
        made = _tried(form, actions.adopt_beds, block=row, **form.cleaned_data)
        if made:
            messages.success(request, f"Bloc {row}\u202f: {_counted(len(made))} de plus.")
            return redirect("garden:block", request.ecopole.slug, pk)
    return _block_page(request, row, adopt_form=form)


def _counted(count: int) -> str:
    return "une planche" if count == 1 else f"{count} planches"


def _bed(request: EcopoleRequest, pk: int) -> Bed:
    rows = Bed.objects.select_related("place", "block__plot").filter(block__plot__ecopole=request.ecopole)
    return get_object_or_404(rows, pk=pk)


@needs("see_garden")
def bed(request: EcopoleRequest, pk: int) -> HttpResponse:
    """A bed: its size, what stands there, what grew there and what was weighed."""
    return _bed_page(request, _bed(request, pk))


def _bed_page(request: EcopoleRequest, row: Bed, **typed: Any) -> HttpResponse:
    grown, rest = queries.bed_history(request.ecopole, row.place_id, request.today)
    context = {
        "bed": row,
        "name": short_name(str(row.place)),
        "area": row.length_m * row.width_m,
        "grown": [(line, family(line.planting.family)) for line in grown],
        "rest": rest,
        "now": IsoWeek.of(request.today),
        "form": SizeForm(bed=row),
        "close_form": CloseForm(initial={"closed_on": request.today}),
        "back": address(request, "land", row.block.plot.agent_id),
        "wrong": next(iter(typed), ""),
        **typed,
    }
    return render(request, "garden/land_bed.html", context, status=422 if typed else 200)


@needs("run_garden")
@require_POST
def resize_bed(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _bed(request, pk)
    form = SizeForm(request.POST)
    if form.is_valid():
        grown, _ = queries.bed_history(request.ecopole, row.place_id, request.today)
        there = (PlantingState.PLANNED, PlantingState.GROWING)
        longest = max((g.planting.length_m for g in grown if g.planting.state in there), default=Decimal(0))
        try:
            actions.resize_bed(bed=row, longest=longest, **form.cleaned_data)
        except actions.LandRefused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, f"{row}\u202f: taille enregistrée.")
            return redirect("garden:bed", request.ecopole.slug, pk)
    return _bed_page(request, _bed(request, pk), form=form)


@needs("run_garden")
@require_POST
def close_bed(request: EcopoleRequest, pk: int) -> HttpResponse:
    """From a day on, nothing more is planned there; sent without a day, the bed opens again."""
    row = _bed(request, pk)
    if "rouvrir" in request.POST:
        actions.close_bed(bed=row, on=None)
        messages.success(request, f"{row} est rouverte.")
        return redirect("garden:bed", request.ecopole.slug, pk)
    form = CloseForm(request.POST)
    if not form.is_valid():
        return _bed_page(request, row, close_form=form)
    actions.close_bed(bed=row, on=form.cleaned_data["closed_on"])
    messages.success(request, f"{row} est fermée\u202f: son histoire reste.")
    return redirect("garden:bed", request.ecopole.slug, pk)


@needs("run_garden")
@require_POST
def remove_bed(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _bed(request, pk)
    try:
        actions.remove_bed(bed=row)
    except actions.LandRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("garden:bed", request.ecopole.slug, pk)
    messages.success(request, f"{row.place} est retirée.")
    return redirect("garden:block", request.ecopole.slug, row.block_id)


@needs("see_garden")
def crews(request: EcopoleRequest) -> HttpResponse:
    """Hands, in hours a week, never by name."""
    return _crews_page(request, CrewForm(initial={"starts_on": request.today}))


def _crews_page(request: EcopoleRequest, form: CrewForm, crew: Crew | None = None) -> HttpResponse:
    agent, known = holder(request)
    lines = queries.crews(request.ecopole, agent)
    here = [crew for crew in lines if crew.works_on(request.today)]
    context = {
        "form": form,
        "agent": agent,
        "holders": with_land(known, agent),
        "crew": crew,
        "crews": lines,
        "hours": sum(c.hours for c in here),
        "worth": sum(c.worth for c in here),
        "here": address(request, "crews", agent),
        "add": address(request, "add_crew", agent),
    }
    return render(request, "garden/land_crews.html", context, status=422 if form.errors else 200)


@needs("run_garden")
@require_POST
def add_crew(request: EcopoleRequest) -> HttpResponse:
    agent, _ = holder(request)
    form = CrewForm(request.POST)
    if not form.is_valid():
        return _crews_page(request, form)
    actions.keep_crew(ecopole=request.ecopole, agent=agent, **form.crew())
    messages.success(request, "Équipe ajoutée.")
    return redirect(address(request, "crews", agent))


def _crew(request: EcopoleRequest, pk: int) -> Crew:
    return get_object_or_404(Crew.objects.select_related("agent"), ecopole=request.ecopole, pk=pk)


@needs("run_garden")
def crew(request: EcopoleRequest, pk: int) -> HttpResponse:
    """One crew, to be changed."""
    row = _crew(request, pk)
    form = CrewForm(request.POST if request.method == "POST" else None, crew=row)
    if form.is_bound and form.is_valid():
        actions.keep_crew(ecopole=request.ecopole, agent=row.agent, crew=row, **form.crew())
        messages.success(request, "Équipe enregistrée.")
        return redirect(address(request, "crews", row.agent))
    return _crews_page(request, form, row)


@needs("run_garden")
@require_POST
def remove_crew(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _crew(request, pk)
    actions.remove_crew(crew=row)
    messages.success(request, "Équipe retirée.")
    return redirect(address(request, "crews", row.agent_id))
