"""What is typed of baskets paid ahead: what the garden offers, which offer a member takes."""

from datetime import date
from typing import Any

from django import forms

from terreau.measures.french import format_money
from terreau.rooms.baskets.actions import OfferEntry
from terreau.rooms.baskets.models import BasketSize, Ending, PackOffer
from terreau.territory.forms import DateFieldFr, MoneyFieldFr, WholeFieldFr, choose
from terreau.territory.models import Ecopole


class OfferForm(forms.Form):
    size = forms.ModelChoiceField(BasketSize.objects.none(), label="Panier", empty_label=None)
    number = WholeFieldFr(label="Paniers", min_value=2, max_value=60)
    price = MoneyFieldFr(label="Prix du tout", required=False, help_text="sans prix, plus proposé")
    months = WholeFieldFr(label="Durée", symbol="mois", min_value=1, max_value=24)
    ending = forms.ChoiceField(label="Paniers qui restent", choices=Ending.choices)
    remind = WholeFieldFr(label="Rappel quand il en reste", min_value=1, max_value=59)
    starts_on = DateFieldFr(label="À partir du")
    source = forms.CharField(label="Décidé par", max_length=200, help_text="assemblée ou conseil, et sa date")
    fields: dict[str, Any]

    def __init__(self, data: Any = None, *, ecopole: Ecopole, today: date):
        usual = {"number": 10, "months": 6, "remind": 2, "starts_on": today}
        super().__init__(data, prefix="offer", initial=usual)
        self.fields["size"].queryset = BasketSize.objects.filter(ecopole=ecopole).select_related("product")

    def entry(self) -> OfferEntry:
        return OfferEntry(**{name: self.cleaned_data[name] for name in OfferEntry.__dataclass_fields__})


def named(offer: PackOffer) -> str:
    """« 10 × Petit panier, 95,00 € »."""
    assert offer.price is not None  # nothing else is sold
    return f"{offer.number} × {offer.size}, {format_money(offer.price)}"


class BuyForm(forms.Form):
    offer = forms.TypedChoiceField(label="Paniers d’avance", coerce=int)

    def __init__(self, data: Any = None, *, sold: list[PackOffer]):
        super().__init__(data)
        self.sold = {row.pk: row for row in sold}
        choose(self, "offer", [(row.pk, named(row)) for row in sold])

    def chosen(self) -> PackOffer:
        return self.sold[self.cleaned_data["offer"]]
