"""Who takes part, and where: the pages that add and change actors, their places and the garden's beds."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.validators import RegexValidator
from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from terreau.territory import queries, settling
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.forms import DecimalFieldFr, PlacedForm, SiretField, degrees_of
from terreau.territory.models import Agent, AgentKind, Commune, Place, PlaceKind
from terreau.territory.settling import FIRST_PLACES, ActorEntry, EntryRefused, PlaceEntry
from terreau.territory.views import MAPPED

PHONE = RegexValidator(
    r"^\+?[0-9 .\-()/]{6,}$", "Écrivez un numéro de téléphone, par exemple 03 21 00 00 00."
)


def _choices(kinds: Any) -> list[tuple[str, str]]:
    return [("", "Choisir…"), *((kind.value, kind.label.capitalize()) for kind in kinds)]


class ActorForm(forms.Form):
    name = forms.CharField(
        label="Nom", max_length=120, error_messages={"required": "Comment s’appelle cet acteur\u202f?"}
    )
    kind = forms.ChoiceField(
        label="Nature",
        choices=_choices(MAPPED),
        error_messages={"required": "Choisissez ce que fait cet acteur."},
    )
    commune = forms.CharField(
        label="Commune",
        help_text="son nom ou son code INSEE",
        widget=forms.TextInput(attrs={"list": "communes", "autocomplete": "off"}),
        error_messages={"required": "Dans quelle commune\u202f?"},
    )
    contact = forms.CharField(label="Personne à joindre", max_length=120, required=False)
    phone = forms.CharField(
        label="Téléphone",
        max_length=20,
        required=False,
        validators=[PHONE],
        widget=forms.TextInput(attrs={"type": "tel"}),
    )
    email = forms.EmailField(label="Adresse e-mail", required=False)
    siret = SiretField(
        required=False,
        help_text="14 chiffres\u202f: une cantine en a besoin pour déclarer ses achats à ma-cantine",
    )

    def __init__(self, data: Any, *, around: list[Commune], actor: Agent | None = None):
        kept = {name: getattr(actor, name) for name in ActorEntry.__dataclass_fields__} if actor else {}
        if actor and actor.commune not in around:
            # Far away, a name may be borne by several communes.
            kept["commune"] = actor.commune_id
        super().__init__(data, initial=kept)
        self.around = around

    def clean_commune(self) -> Commune:
        return queries.commune_named(self.cleaned_data["commune"], self.around)

    def entry(self) -> ActorEntry:
        return ActorEntry(**self.cleaned_data)


class PlaceForm(PlacedForm):
    name = forms.CharField(
        label="Nom",
        max_length=settling.PLACE_NAME_MAX,
        error_messages={"required": "Comment s’appelle ce lieu\u202f?"},
    )
    kind = forms.ChoiceField(
        label="Nature",
        # A natural site is described where it is cared for.
        choices=_choices(kind for kind in PlaceKind if kind is not PlaceKind.SITE),
        error_messages={"required": "Choisissez ce que l’on y fait."},
    )
    capacity_kg = DecimalFieldFr(
        label="Capacité",
        unit="kg",
        min_value=1,
        max_value=1_000_000,
        required=False,
        help_text="pour une chambre froide ou une réserve\u202f: sans elle, le plan n’y garde rien",
    )
    field_order = ["name", "kind", "capacity_kg"]

    def __init__(self, data: Any, *, actor: Agent, place: Place | None = None):
        first = FIRST_PLACES.get(actor.kind, ((PlaceKind.BED, ""),))
        kept: dict[str, Any] = {"kind": first[0][0]}
        if place:
            kept = {name: getattr(place, name) for name in PlaceEntry.__dataclass_fields__}
            kept |= degrees_of(place)
        super().__init__(data, initial=kept)

    def entry(self) -> PlaceEntry:
        return PlaceEntry(**self.cleaned_data | self.point())


class BedsForm(forms.Form):
    """`after`: the garden's last place when the form was shown, so that sent twice it adds beds once."""

    block = forms.RegexField(
        r"^[A-Za-z]$",
        label="Lettre du bloc",
        error_messages={
            "invalid": "Une seule lettre, de A à Z.",
            "required": "Quelle lettre porte ce bloc\u202f?",
        },
    )
    count = DecimalFieldFr(
        label="Nombre de planches du bloc",
        places_max=0,
        min_value=1,
        max_value=99,
        help_text="12 donne A1 à A12\u202f; celles qui existent déjà restent",
        error_messages={"required": "Combien de planches\u202f?"},
    )
    after = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)


def _answer(
    request: EcopoleRequest,
    form: forms.Form,
    write: Callable[[], tuple[Agent, str]],
    page: dict[str, Any],
) -> HttpResponse:
    """Write what was typed and go to the actor; or show it again, with what is wrong at its line."""
    if form.is_bound and form.is_valid():
        try:
            actor, told = write()
        except EntryRefused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, told)
            return redirect("territory:actor", request.ecopole.slug, actor.pk)
    context = {"form": form, **page}
    return render(request, "territory/entry.html", context, status=422 if form.errors else 200)


def _actor(request: EcopoleRequest, pk: int) -> Agent:
    """An organisation of this écopôle; households are not changed here."""
    return get_object_or_404(queries.agents(request.ecopole, kinds=MAPPED), pk=pk)


def _back(request: EcopoleRequest, actor: Agent) -> dict[str, Any]:
    url = reverse("territory:actor", args=[request.ecopole.slug, actor.pk])
    return {"back": url, "back_icon": "arrow-left", "back_label": str(actor)}


@needs("manage_people")
def add_actor(request: EcopoleRequest) -> HttpResponse:
    around = queries.communes_around(request.ecopole)
    form = ActorForm(request.POST or None, around=around)

    def write() -> tuple[Agent, str]:
        actor = settling.add_actor(ecopole=request.ecopole, entry=form.entry())
        return actor, f"« {actor} » fait partie de l’écopôle."

    page = {
        "title": "Ajouter un acteur",
        "lede": "Ferme, cantine, dépôt… Son premier lieu est créé avec lui, à la mairie de sa commune.",
        "button": "Ajouter cet acteur",
        "back": reverse("territory:map", args=[request.ecopole.slug]),
        "back_icon": "map",
        "back_label": "Territoire",
        "communes": around,
    }
    return _answer(request, form, write, page)


@needs("manage_people")
def change_actor(request: EcopoleRequest, pk: int) -> HttpResponse:
    actor, around = _actor(request, pk), queries.communes_around(request.ecopole)
    form = ActorForm(request.POST or None, around=around, actor=actor)

    def write() -> tuple[Agent, str]:
        settling.change_actor(actor=actor, entry=form.entry())
        return actor, f"« {actor} » est à jour."

    page = {
        "title": f"Modifier {actor}",
        "lede": "Ses lieux restés à la mairie suivent l’acteur s’il change de commune.",
        "button": "Enregistrer",
        "communes": around,
    }
    return _answer(request, form, write, page | _back(request, actor))


PLACED = "Sans latitude ni longitude, l’acteur est montré à la mairie de sa commune."


@needs("manage_people")
def add_place(request: EcopoleRequest, pk: int) -> HttpResponse:
    actor = _actor(request, pk)
    form = PlaceForm(request.POST or None, actor=actor)

    def write() -> tuple[Agent, str]:
        place = settling.add_place(actor=actor, entry=form.entry())
        return actor, f"{actor} a un lieu de plus\u202f: « {place} »."

    page = {"title": "Ajouter un lieu", "lede": f"{actor}. {PLACED}", "button": "Ajouter ce lieu"}
    return _answer(request, form, write, page | _back(request, actor))


@needs("manage_people")
def change_place(request: EcopoleRequest, pk: int) -> HttpResponse:
    place = get_object_or_404(queries.places(request.ecopole), pk=pk, agent__kind__in=MAPPED)
    form = PlaceForm(request.POST or None, actor=place.agent, place=place)

    def write() -> tuple[Agent, str]:
        settling.change_place(place=place, entry=form.entry())
        return place.agent, f"« {place} » est à jour."

    page = {"title": f"Modifier {place}", "lede": PLACED, "button": "Enregistrer"}
    return _answer(request, form, write, page | _back(request, place.agent))


@needs("manage_people")
def add_beds(request: EcopoleRequest, pk: int) -> HttpResponse:
    garden = get_object_or_404(queries.agents(request.ecopole, kinds=[AgentKind.GARDEN]), pk=pk)
    last = Place.objects.filter(agent=garden).aggregate(last=Max("pk"))["last"]
    form = BedsForm(request.POST or None, initial={"after": last or 0})

    def write() -> tuple[Agent, str]:
        said = form.cleaned_data
        block, count = said["block"].upper(), int(said["count"])
        beds = settling.add_beds(garden=garden, block=block, count=count, after=said["after"])
        told = f"{len(beds)} planches ajoutées" if len(beds) > 1 else "Une planche ajoutée"
        return garden, f"{told} au bloc {block}."

    page = {
        "title": "Ajouter des planches",
        "lede": f"{garden}\u202f: un bloc à la fois, ses planches sont numérotées.",
        "button": "Ajouter ces planches",
    }
    return _answer(request, form, write, page | _back(request, garden))
