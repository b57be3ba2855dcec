"""What is open and fits, and the catalogue of aids."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from terreau.funding import actions, queries
from terreau.funding.forms import HOLDERS, FileForm, NeedForm, NoteForm, written
from terreau.funding.matching import Need, State
from terreau.funding.models import Aid, Project
from terreau.funding.schemes import names, scheme
from terreau.funding.views.gesture import ask
from terreau.funding.vocabulary import audience_of, enum, somewhere, themes
from terreau.ledger.dueforms import form_key
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.queries import agents, communes_around

SHOWN = 60


@needs("see_funding")
def home(request: EcopoleRequest) -> HttpResponse:
    """Every scheme and aid, judged for the need of the address; without one, for the director's own house."""
    around = communes_around(request.ecopole)
    asked = request.GET if "audience" in request.GET else _first(request)
    form = NeedForm(asked, ecopole=request.ecopole, around=around)
    found: list[queries.Found] = []
    if form.is_valid():
        found = queries.fitting(request.ecopole, _need(form.cleaned_data))
    groups = [
        (state, [one for one in found if one.match.state is state and not one.held_in])
        for state in (State.ELIGIBLE, State.LATER, State.NO)
    ]
    context = {
        "form": form, "around": around, "shown": SHOWN, "count": len(found),
        "groups": [(state, rows[:SHOWN], len(rows)) for state, rows in groups if rows],
        "flows": [one for one in found if one.held_in],
    }  # fmt: skip
    return render(request, "funding/home.html", context, status=422 if form.errors else 200)


def _first(request: EcopoleRequest) -> dict[str, Any]:
    """The garden if there is one, its commune, what it most often is."""
    held = {m.agent_id for m in request.memberships}
    rows = list(agents(request.ecopole, HOLDERS))
    holder = next((a for a in rows if a.pk in held), rows[0] if rows else None)
    commune = (holder and holder.commune) or request.ecopole.commune
    return {
        "holder": holder and holder.pk, "audience": audience_of(holder.kind) if holder else "association",
        "commune": commune.name, "step": "op", "destination": "investment",
        "on": f"{request.today:%d/%m/%Y}",
    }  # fmt: skip


def _need(said: dict[str, Any]) -> Need:
    commune = said["commune"]
    return Need(
        said["audience"],
        somewhere(commune).names,
        commune.population,
        said["step"],
        said["destination"],
        said["on"],
    )


@needs("see_funding")
def one_scheme(request: EcopoleRequest, slug: str) -> HttpResponse:
    if slug not in names():
        raise Http404(slug)
    told = scheme(slug, request.today)
    context = {
        "scheme": told, "offer": told.offer, "themes": [themes()[code] for code in told.themes],
        "projects": Project.objects.filter(ecopole=request.ecopole, ends_on__gte=request.today),
        "audiences": [enum("targeted_audiences")[code] for code in told.offer.audiences],
    }  # fmt: skip
    return render(request, "funding/scheme.html", context)


def _aid(request: EcopoleRequest, pk: int) -> Aid:
    return get_object_or_404(Aid, ecopole=request.ecopole, pk=pk)


@needs("see_funding")
def aid(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _aid(request, pk)
    listed = (
        ("Public", "targeted_audiences"), ("Étapes", "mobilization_steps"), ("Dépenses", "destinations"),
        ("Formes", "aid_types"),
    )  # fmt: skip
    context = {
        "aid": row, "data": row.data, "themes": [themes()[code] for code in row.themes],
        "listed": [(label, [enum(field)[c] for c in row.data.get(field, [])]) for label, field in listed],
        "changes": row.changes.all()[:20],
        "projects": Project.objects.filter(ecopole=request.ecopole, ends_on__gte=request.today),
    }  # fmt: skip
    return render(request, "funding/aid.html", context)


@needs("run_funding")
def note(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _aid(request, pk)
    return ask(
        request,
        lambda data: NoteForm(data, initial={"note": row.note, "themes": row.themes}),
        lambda said, hand: actions.annotate(aid=row, note=said["note"], tags=said["themes"], hand=hand),
        title=f"Notre note sur {row}", button="Enregistrer",
        told="C’est noté. Une mise à jour n’y touchera pas.",
        back=reverse("funding:aid", args=[request.ecopole.slug, row.pk]),
    )  # fmt: skip


@needs("run_funding")
def import_file(request: EcopoleRequest) -> HttpResponse:
    form = FileForm(request.POST or None, request.FILES or None)
    told: list[actions.Imported] = []
    if request.method == "POST":
        form_key(request.POST)

        def write() -> None:
            file = form.cleaned_data["file"]
            told.append(
                actions.import_aids(
                    ecopole=request.ecopole, content=file.read(), file_name=file.name, at=request.now
                )
            )

        if written(form, write) and not told[0].changed and not told[0].ignored:
            messages.success(
                request, f"Nouvelles aides\u202f: {told[0].added}. Inchangées\u202f: {told[0].same}."
            )
            return redirect("funding:home", request.ecopole.slug)
    context = {"form": form, "told": told[0] if told else None}
    return render(request, "funding/import.html", context, status=422 if form.errors else 200)
