"""What is typed in the store and on the quay: losses, deposits, papers, temperatures, crates, vehicles."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms

from terreau.ledger.queries import StockLine
from terreau.measures.french import format_decimal
from terreau.measures.money import Money
from terreau.rooms.platform.crates import Held
from terreau.rooms.platform.forms import TYPED, ProductChoice, read_quantity, sold
from terreau.rooms.platform.models import Fuel, Purpose, Vehicle
from terreau.rooms.platform.temperatures import Spot, limits
from terreau.territory.forms import DateFieldFr, DecimalFieldFr, MoneyFieldFr
from terreau.territory.models import Agent, Product, ProductFamily, Quality

CRATES_MAX = 100_000
Kinds = Sequence[tuple[int, str]]


class LossForm(forms.Form):
    quantity = forms.CharField(
        label="Quantité perdue", max_length=30, widget=forms.TextInput(attrs={**TYPED, "autofocus": True})
    )
    reason = forms.CharField(
        label="Pourquoi ?",
        max_length=200,
        widget=forms.TextInput(attrs={"list": "reasons", "autocomplete": "off"}),
        error_messages={"required": "Dites pourquoi\u202f: abîmé, perdu, erreur de pesée…"},
    )


class ProposalForm(forms.Form):
    """All that is there, as long as it keeps; else a week."""

    quantity = forms.CharField(
        label="Quantité proposée", max_length=30, widget=forms.TextInput(attrs={**TYPED, "autofocus": True})
    )
    until = DateFieldFr(label="Jusqu’au")

    def __init__(self, line: StockLine, today: date, data: Any = None):
        until = line.keeps_until or today + timedelta(days=7)
        super().__init__(data, initial={"quantity": format_decimal(line.quantity), "until": until})


class DepositForm(forms.Form):
    farm = forms.ModelChoiceField(queryset=Agent.objects.none(), label="Ferme", empty_label="Choisir…")
    product = ProductChoice(queryset=Product.objects.none(), label="Produit", empty_label="Choisir…")
    quantity = forms.CharField(label="Quantité", max_length=30, widget=forms.TextInput(attrs=TYPED))
    quality = forms.TypedChoiceField(
        label="Qualité", choices=Quality.choices, coerce=int, initial=Quality.ORGANIC
    )
    purpose = forms.ChoiceField(label="Laissé", choices=Purpose.choices)

    def __init__(self, farms: Sequence[Agent], data: Any = None):
        super().__init__(data)
        _among(self, "farm", farms)
        product = self.fields["product"]
        assert isinstance(product, forms.ModelChoiceField)
        product.queryset = sold()

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        return {**data, "amount": read_quantity(self, "quantity", data.get("product"))}


class HandOverForm(forms.Form):
    quantity = forms.CharField(label="Quantité confiée", max_length=30, widget=forms.TextInput(attrs=TYPED))
    taker = forms.ModelChoiceField(queryset=Agent.objects.none(), label="À qui", empty_label="Choisir…")

    def __init__(self, takers: Sequence[Agent], data: Any = None, initial: Any = None):
        super().__init__(data, initial=initial)
        _among(self, "taker", takers)


class CommissionForm(forms.Form):
    farm = forms.ModelChoiceField(queryset=Agent.objects.none(), label="Ferme", empty_label="Choisir…")
    percent = DecimalFieldFr(label="Commission", places_max=2, min_value=0, max_value=100)
    starts_on = DateFieldFr(label="À partir du")
    agreed = forms.CharField(
        label="Où c’est écrit", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, farms: Sequence[Agent], data: Any = None, initial: Any = None):
        super().__init__(data, initial=initial, auto_id="commission-%s")
        _among(self, "farm", farms)
        percent = self.fields["percent"]
        assert isinstance(percent, DecimalFieldFr)
        percent.unit_symbol = "%"


def _among(form: forms.Form, name: str, agents: Sequence[Agent]) -> None:
    choice = form.fields[name]
    assert isinstance(choice, forms.ModelChoiceField)
    choice.queryset = Agent.objects.filter(pk__in=[agent.pk for agent in agents]).order_by("name")


class CertificateForm(forms.Form):
    farm = forms.ModelChoiceField(queryset=Agent.objects.none(), label="Ferme", empty_label="Choisir…")
    body = forms.CharField(
        label="Organisme de contrôle",
        max_length=9,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "FR-BIO-01"}),
    )
    reference = forms.CharField(
        label="Numéro du certificat", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    valid_from = DateFieldFr(label="Valable du")
    valid_until = DateFieldFr(label="Jusqu’au")

    def __init__(self, farms: Sequence[Agent], data: Any = None):
        super().__init__(data, initial={"farm": farms[0].pk} if len(farms) == 1 else None)
        _among(self, "farm", farms)
        if len(farms) == 1:
            self.fields["farm"].widget = forms.HiddenInput()

    def clean_body(self) -> str:
        """« fr bio 01 » is how many type it."""
        return "-".join(re.findall(r"[A-Z]+|[0-9]+", self.cleaned_data["body"].upper()))


def degrees() -> DecimalFieldFr:
    field = DecimalFieldFr(label="Température", places_max=1)
    field.unit_symbol = "°C"
    return field


class ReadingForm(forms.Form):
    """A number and a tap; the class and the hour, only when they are not those proposed."""

    celsius = degrees()
    kind = forms.ChoiceField(label="Classe de produits")
    hour = forms.TimeField(
        label="Lue à",
        required=False,
        help_text="Vide\u202f: maintenant.",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )

    def __init__(self, spot: Spot, on: date, data: Any = None):
        self.spot = spot
        super().__init__(data, initial={"kind": spot.kind}, auto_id=f"{spot.key}-%s")
        kinds = self.fields["kind"]
        assert isinstance(kinds, forms.ChoiceField)
        kinds.choices = [(limit.kind, f"{limit.label} ({limit.said})") for limit in limits(on).values()]


class CorrectionForm(forms.Form):
    celsius = degrees()
    reason = forms.CharField(
        label="Pourquoi le premier relevé était faux",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class CratesForm(forms.Form):
    """What is left with a partner and what is taken back: as many full as empty, unless said otherwise."""

    given = forms.IntegerField(label="Laissées", min_value=0, max_value=CRATES_MAX, required=False)
    back = forms.IntegerField(label="Reprises", min_value=0, max_value=CRATES_MAX, required=False)
    product = ProductChoice(queryset=Product.objects.none(), label="Caisse", empty_label=None)

    def __init__(self, held: Held, kinds: Kinds, data: Any = None):
        self.partner = held.partner
        usual = held.usual or (kinds[0][0] if kinds else None)
        count = held.by_kind.get(usual or 0)
        initial = {"product": usual, "given": count, "back": count}
        super().__init__(data, initial=initial, auto_id=f"{held.partner.pk}-%s")
        _choose(self, kinds)
        self.kinds, self.kind = kinds, self["product"]
        self.counts = self["given"], self["back"]


class NewCratesForm(forms.Form):
    product = ProductChoice(queryset=Product.objects.none(), label="Caisse", empty_label=None)
    count = forms.IntegerField(label="Combien", min_value=1, max_value=CRATES_MAX)

    def __init__(self, kinds: Kinds, data: Any = None):
        super().__init__(data)
        _choose(self, kinds)


def clock(label: str, **more: Any) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, widget=widget, **more)


def litres() -> DecimalFieldFr:
    field = DecimalFieldFr(
        label="Aux 100 km", places_max=1, min_value=0, max_value=100, required=False,
        help_text="Froid compris, s’il en a. Vide pour un véhicule électrique.",
    )  # fmt: skip
    field.unit_symbol = "L"
    return field


class VehicleForm(forms.Form):
    name = forms.CharField(label="Nom", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    crates = forms.IntegerField(label="Caisses", min_value=1, max_value=10_000)
    kilos = DecimalFieldFr(label="Charge utile", unit="kg", min_value=1, max_value=50_000)
    cold = forms.BooleanField(
        label="Froid à bord",
        required=False,
        help_text="Sans froid, il ne prend pas les produits qui ont une température à tenir.",
    )
    per_day = MoneyFieldFr(label="Prix du jour", help_text="Assurance, achat ou location.")
    per_km = MoneyFieldFr(label="Prix du kilomètre", help_text="Carburant, entretien, pneus.")
    per_hour = MoneyFieldFr(label="Prix de l’heure", help_text="Qui conduit, charges comprises.")
    fuel = forms.ChoiceField(label="Carburant", choices=Fuel.choices)
    litres_100km = litres()
    shift_hours = DecimalFieldFr(
        label="Journée au plus", unit="hour", min_value=Decimal("0.5"), max_value=24,
        help_text="Du premier chargement au retour.",
    )  # fmt: skip
    available_from = clock("Disponible à partir de")
    available_until = clock("Jusqu’à")

    def __init__(self, vehicle: Vehicle | None = None, data: Any = None):
        self.vehicle = vehicle
        shown = {name: getattr(vehicle, name) for name in self.base_fields} if vehicle else None
        super().__init__(data, initial=shown)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        for name in ("per_day", "per_km", "per_hour"):
            if data.get(name) is not None and data[name] < Money(0):
                self.add_error(name, f"{data[name]}\u202f: un prix ne descend pas sous zéro.")
        after, before = data.get("available_from"), data.get("available_until")
        if after and before and after >= before:
            self.add_error("available_until", "Cette heure vient avant la première\u202f: échangez-les.")
        burns = data.get("fuel") != Fuel.ELECTRIC
        if burns and not data.get("litres_100km") and "litres_100km" not in self.errors:
            self.add_error("litres_100km", "Saisissez ce qu’il consomme, comme 8,5.")
        return {**data, "litres_100km": data.get("litres_100km") or Decimal(0) if burns else Decimal(0)}


def _choose(form: forms.Form, kinds: Kinds) -> None:
    """The kinds are read once, and many forms on a page propose them."""
    choice = form.fields["product"]
    assert isinstance(choice, forms.ModelChoiceField)
    choice.queryset = Product.objects.filter(family=ProductFamily.CRATE)
    choice.choices = list(kinds)
