"""What is typed for the worksites."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms

from terreau.formats.photo import PhotoRefused
from terreau.ledger.actions import LedgerRefusal
from terreau.measures.money import Money
from terreau.rooms.worksites.actions import Quote, SiteEntry, Worked, WorksiteRefused
from terreau.rooms.worksites.models import Basis, Side, Site, SiteKind
from terreau.rooms.worksites.queries import DayLine
from terreau.rooms.worksites.trades import TRADES
from terreau.territory.forms import (
    DateFieldFr,
    DecimalFieldFr,
    MoneyFieldFr,
    PlacedForm,
    WholeFieldFr,
    choose_rows,
    degrees_of,
    writer,
)
from terreau.territory.models import Agent, AgentKind, Commune, Ecopole, Product
from terreau.territory.queries import agents, commune_named

OWNERS = (AgentKind.AUTHORITY, AgentKind.LANDLORD, AgentKind.ASSOCIATION)
EMPLOYERS = (AgentKind.GARDEN, AgentKind.ASSOCIATION, AgentKind.PLATFORM, AgentKind.KITCHEN)
M2_MAX, M_MAX, PEOPLE_MAX, HOURS_MAX, TIMES_MAX = 10_000_000, 1_000_000, 60, 12, 26
LONG = forms.Textarea(attrs={"rows": 2})


written = writer(WorksiteRefused, PhotoRefused, LedgerRefusal)


def _hours(label: str, **more: Any) -> DecimalFieldFr:
    return DecimalFieldFr(label=label, unit="hour", places_max=2, **more)


class SiteForm(PlacedForm):
    name = forms.CharField(label="Nom du site", max_length=80)
    owner = forms.ModelChoiceField(Agent.objects.none(), label="Propriétaire, client", empty_label="Choisir…")
    kind = forms.ChoiceField(label="Nature", choices=[("", "Choisir…"), *SiteKind.choices])
    commune = forms.CharField(
        label="Commune", help_text="son nom ou son code INSEE",
        widget=forms.TextInput(attrs={"list": "communes", "autocomplete": "off"}),
    )  # fmt: skip
    area_m2 = WholeFieldFr(label="Surface", symbol="m²", min_value=0, max_value=M2_MAX, required=False)
    length_m = WholeFieldFr(
        label="Longueur", symbol="m", min_value=0, max_value=M_MAX, required=False,
        help_text="d’une haie, d’une berge, d’un sentier",
    )  # fmt: skip
    care = forms.CharField(label="Entretien à faire", max_length=500, widget=LONG)
    passes_a_year = WholeFieldFr(label="Passages par an", min_value=1, max_value=365)
    hazards = forms.CharField(
        label="Dangers", max_length=500, required=False, widget=LONG,
        help_text="eau profonde, ligne électrique, pente, nid de frelons…",
    )  # fmt: skip
    access = forms.CharField(
        label="Accès", max_length=500, required=False, widget=LONG, help_text="chemin, clé, stationnement"
    )

    def __init__(self, data: Any, *, ecopole: Ecopole, around: Iterable[Commune], site: Site | None = None):
        super().__init__(data, initial=_said_of(site) if site else None)
        self.around = around
        self.fields["latitude"].help_text += "\u202f; vide\u202f: à la mairie"
        if site:
            del self.fields["owner"]
        else:
            choose_rows(self, "owner", agents(ecopole, OWNERS))
        self.site = site

    def clean_commune(self) -> Commune:
        return commune_named(self.cleaned_data["commune"], self.around)

    def entry(self) -> SiteEntry:
        values = ({"owner": self.site.owner} if self.site else {}) | self.cleaned_data
        values |= self.point()
        for name in ("area_m2", "length_m"):
            values[name] = values[name] or None
        return SiteEntry(**values)


def _said_of(site: Site) -> dict[str, Any]:
    place = site.place
    said = {
        name: getattr(site, name)
        for name in ("kind", "area_m2", "length_m", "care", "passes_a_year", "hazards", "access")
    }
    return (
        said
        | degrees_of(place)
        | {"name": place.name, "commune": place.commune.name if place.commune else ""}
    )


class _SiteChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj} ({obj.owner})"


class OrderForm(forms.Form):
    site = _SiteChoice(Site.objects.none(), label="Site", empty_label="Choisir…")
    provider = forms.ModelChoiceField(Agent.objects.none(), label="Qui emploie l’équipe", empty_label=None)
    trade = forms.ModelChoiceField(Product.objects.none(), label="Travail", empty_label="Choisir…")
    what = forms.CharField(label="Ce que demande le client", max_length=500, widget=LONG)
    from_on = DateFieldFr(label="À partir du")
    to_on = DateFieldFr(label="Jusqu’au")

    def __init__(self, data: Any, *, ecopole: Ecopole, initial: Mapping[str, Any]):
        super().__init__(data, initial=dict(initial))
        open_ = Site.objects.filter(ecopole=ecopole, closed_on=None)
        choose_rows(self, "site", open_.select_related("place__agent").order_by("place__name"))
        choose_rows(self, "provider", agents(ecopole, EMPLOYERS))
        # Most often the garden: it is a structure that employs.
        self.initial["provider"] = agents(ecopole, [AgentKind.GARDEN]).values_list("pk", flat=True).first()
        choose_rows(self, "trade", Product.objects.filter(code__in=TRADES).order_by("name"))


class QuoteForm(forms.Form):
    basis = forms.ChoiceField(label="Prix", choices=Basis.choices, widget=forms.RadioSelect)
    price = MoneyFieldFr(label="Montant", help_text="de l’heure, de la journée ou du tout, selon le choix")
    hours = _hours("Heures d’équipe prévues", min_value=Decimal("0.5"), max_value=100_000)

    def clean_price(self) -> Money:
        price: Money = self.cleaned_data["price"]
        if price.cents <= 0:
            raise forms.ValidationError(f"{price}\u202f: saisissez un prix au-dessus de 0\u00a0€.")
        return price

    def terms(self) -> Quote:
        said = self.cleaned_data
        return Quote(Basis(said["basis"]), said["price"], said["hours"])


class PlanForm(forms.Form):
    day = DateFieldFr(label="Premier jour")
    times = WholeFieldFr(
        label="Nombre de jours", min_value=1, max_value=TIMES_MAX, initial=1,
        help_text="le même jour, une semaine après l’autre",
    )  # fmt: skip
    people = WholeFieldFr(label="Personnes", min_value=1, max_value=PEOPLE_MAX, initial=6)
    hours_each = _hours(
        "Heures par personne", min_value=Decimal("0.25"), max_value=HOURS_MAX, initial=Decimal(5)
    )

    def days(self) -> list[date]:
        first = self.cleaned_data["day"]
        return [first + timedelta(days=7 * n) for n in range(self.cleaned_data["times"])]


class DoneForm(forms.Form):
    people = WholeFieldFr(label="Personnes", min_value=1, max_value=PEOPLE_MAX)
    hours_each = _hours("Heures par personne", min_value=Decimal("0.25"), max_value=HOURS_MAX)
    supervisors = WholeFieldFr(label="Encadrants", min_value=0, max_value=20, initial=1)
    supervision_hours = _hours("Heures d’encadrement", min_value=0, max_value=100)
    area_m2 = WholeFieldFr(label="Surface faite", symbol="m²", min_value=0, max_value=M2_MAX, required=False)
    length_m = WholeFieldFr(label="Longueur faite", symbol="m", min_value=0, max_value=M_MAX, required=False)
    note = forms.CharField(
        label="Ce qui a été fait",
        max_length=500,
        required=False,
        widget=LONG,
        help_text="sans nom de personne",
    )

    def __init__(self, data: Any = None, *, day: DayLine):
        shown = {"people": day.people, "hours_each": day.hours_each, "supervision_hours": day.hours_each}
        super().__init__(data, initial=shown)

    def worked(self) -> Worked:
        said = self.cleaned_data
        return Worked(**{**said, "area_m2": said["area_m2"] or 0, "length_m": said["length_m"] or 0})


class ReasonForm(forms.Form):
    """Why it is given up."""

    reason = forms.CharField(label="Pourquoi", max_length=200, required=False)


class ToolForm(forms.Form):
    name = forms.CharField(label="Outil", max_length=60)
    count = WholeFieldFr(label="Combien", min_value=1, max_value=999)


class CountsForm(forms.Form):
    """So many of each tool; an empty box is none."""

    def __init__(self, data: Any = None, *, prefix: str, lines: Sequence[tuple[int, str, int, int]]):
        super().__init__(data, prefix=prefix)
        for pk, name, first, most in lines:
            self.fields[str(pk)] = WholeFieldFr(
                label=f"{name} (sur {most})",
                min_value=0,
                max_value=most,
                required=False,
                initial=first or None,
            )

    def counts(self) -> dict[int, int]:
        return {int(name): count for name, count in self.cleaned_data.items() if count}


class BackForm(CountsForm):
    def __init__(self, data: Any = None, **given: Any):
        super().__init__(data, **given)
        self.fields["note"] = forms.CharField(label="Cassé, perdu, à affûter", max_length=200, required=False)

    def counts(self) -> dict[int, int]:
        return {int(name): count for name, count in self.cleaned_data.items() if count and name != "note"}


class PictureForm(forms.Form):
    side = forms.ChoiceField(label="Quand", choices=Side.choices, widget=forms.RadioSelect)
    photo = forms.FileField(
        label="Photo", help_text="réduite et débarrassée de son lieu avant d’être gardée\u202f; sans visage"
    )
    caption = forms.CharField(label="D’où elle est prise", max_length=120, required=False)
    taken_on = DateFieldFr(label="Prise le")

    def __init__(self, data: Any = None, files: Any = None, *, today: date):
        super().__init__(data, files, initial={"taken_on": today, "side": Side.BEFORE})
        self.today = today

    def clean_taken_on(self) -> date:
        day: date = self.cleaned_data["taken_on"]
        if day > self.today:
            raise forms.ValidationError(
                "Ce jour n’est pas encore passé. Saisissez le jour de la prise de vue."
            )
        return day
