"""What is typed of land and hands: plots, their status, blocks and beds, crews."""

from decimal import Decimal
from typing import Any

from django import forms

from terreau.rooms.garden.actions import BEDS_MAX
from terreau.rooms.garden.models import Bed, Block, Crew, Plot, Shelter, Status
from terreau.rooms.garden.models.hands import CrewKind
from terreau.territory.forms import DateFieldFr, DecimalFieldFr
from terreau.territory.models import Commune, Place
from terreau.territory.queries import commune_named

LENGTH_MAX, WIDTH_MAX, AREA_MAX = 1000, 50, 1_000_000
# People who learn a trade while working do half of a professional's work, until measured (season.md).
PRODUCTIVITY = {CrewKind.PERMANENT: Decimal(1), CrewKind.INSERTION: Decimal("0.5"),
                CrewKind.SEASONAL: Decimal("0.8")}  # fmt: skip


class Metres(DecimalFieldFr):
    """A length; « 30 m » may be typed too."""

    def __init__(self, **kwargs: Any):
        super().__init__(min_value=Decimal("0.1"), places_max=2, **kwargs)
        self.unit_symbol = "m"

    def read(self, text: str) -> Decimal:
        return super().read(text.strip().lower().removesuffix("m").strip() or text)


class PlotForm(forms.Form):
    name = forms.CharField(label="Nom de la parcelle", max_length=80)
    commune = forms.CharField(label="Commune", max_length=80, required=False)
    reference = forms.CharField(
        label="Référence cadastrale",
        max_length=60,
        required=False,
        help_text="comme au cadastre\u202f: ZB 14",
    )
    area_m2 = DecimalFieldFr(label="Surface", min_value=1, max_value=AREA_MAX, required=False)

    def __init__(self, *args: Any, plot: Plot | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        area = self.fields["area_m2"]
        assert isinstance(area, DecimalFieldFr)
        area.unit_symbol = "m²"
        if plot is not None:
            self.initial = {
                "name": plot.name, "reference": plot.reference, "area_m2": plot.area_m2,
                "commune": plot.commune.name if plot.commune else "",
            }  # fmt: skip

    def clean_commune(self) -> Commune | None:
        typed = self.cleaned_data["commune"]
        return commune_named(typed) if typed else None


class StatusForm(forms.Form):
    status = forms.ChoiceField(label="Statut", choices=Status.choices, widget=forms.RadioSelect)
    since = DateFieldFr(label="Depuis le", help_text="engagement notifié, ou date du certificat")
    proof = forms.CharField(
        label="Justificatif", max_length=200, required=False,
        help_text="attestation d’engagement, certificat et organisme (FR-BIO-01…)",
    )  # fmt: skip


class BlockForm(forms.Form):
    name = forms.CharField(
        label="Nom du bloc", max_length=40, help_text="A\u202f: ses planches seront A1, A2…"
    )
    shelter = forms.ChoiceField(
        label="Abri", choices=Shelter.choices, widget=forms.RadioSelect, initial=Shelter.FIELD
    )

    def __init__(self, *args: Any, block: Block | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if block is not None:
            self.initial = {"name": block.name, "shelter": block.shelter}
            self.fields["name"].help_text = "ses planches gardent leurs noms"


class SizeForm(forms.Form):
    length_m = Metres(label="Longueur", max_value=LENGTH_MAX, initial=Decimal(30))
    width_m = Metres(label="Largeur", max_value=WIDTH_MAX, initial=Decimal("0.8"))

    def __init__(self, *args: Any, bed: Bed | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if bed is not None:
            self.initial = {"length_m": bed.length_m, "width_m": bed.width_m}


class BedsForm(SizeForm):
    count = forms.IntegerField(
        label="Combien de planches",
        min_value=1,
        max_value=BEDS_MAX,
        initial=10,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    field_order = ["count", "length_m", "width_m"]


class MoreBedsForm(BedsForm):
    """`after`: the last bed when the form was shown, so that the same form sent twice adds them once."""

    after = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class NewBlockForm(BlockForm, BedsForm):
    field_order = ["name", "shelter", "count", "length_m", "width_m"]


class AdoptForm(SizeForm):
    """Beds of the territory that are in no block yet."""

    places = forms.MultipleChoiceField(label="Planches", widget=forms.CheckboxSelectMultiple)
    field_order = ["places", "length_m", "width_m"]

    def __init__(self, *args: Any, free: list[Place], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.free = {str(place.pk): place for place in free}
        field = self.fields["places"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(pk, place.name) for pk, place in self.free.items()]

    def clean_places(self) -> list[Place]:
        return [self.free[pk] for pk in self.free if pk in self.cleaned_data["places"]]


class CloseForm(forms.Form):
    closed_on = DateFieldFr(label="Fermée à partir du")


class CrewForm(forms.Form):
    kind = forms.ChoiceField(label="Équipe", choices=CrewKind.choices, widget=forms.RadioSelect)
    hours = DecimalFieldFr(
        label="Heures par semaine", unit="hour", min_value=Decimal("0.1"), max_value=10_000,
        help_text="toute l’équipe ensemble",
    )  # fmt: skip
    percent = DecimalFieldFr(
        label="Productivité", min_value=1, max_value=100, places_max=0, required=False,
        help_text="d’un professionnel\u202f; vide\u202f: 100, en insertion 50, saisonniers 80",
    )  # fmt: skip
    establishes = forms.BooleanField(label="sème et plante", required=False, initial=True)
    keeps = forms.BooleanField(label="entretient", required=False, initial=True)
    harvests = forms.BooleanField(label="récolte", required=False, initial=True)
    starts_on = DateFieldFr(label="Du")
    ends_on = DateFieldFr(label="Au", required=False)

    def __init__(self, *args: Any, crew: Crew | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        percent = self.fields["percent"]
        assert isinstance(percent, DecimalFieldFr)
        percent.unit_symbol = "%"
        if crew is not None:
            kept = ("kind", "hours", "establishes", "keeps", "harvests", "starts_on", "ends_on")
            self.initial = {name: getattr(crew, name) for name in kept}
            self.initial["percent"] = (crew.productivity * 100).normalize()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        first, last = values.get("starts_on"), values.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", "Le dernier jour vient avant le premier. Corrigez l’un des deux.")
        if not any(values.get(name) for name in ("establishes", "keeps", "harvests")):
            self.add_error("establishes", "Cochez au moins un geste que cette équipe sait faire.")
        return values

    def crew(self) -> dict[str, Any]:
        values = dict(self.cleaned_data)
        percent = values.pop("percent")
        share = PRODUCTIVITY[CrewKind(values["kind"])] if percent is None else percent / 100
        return {**values, "productivity": share}
