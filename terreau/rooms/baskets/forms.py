"""What is typed for the baskets: the terms of a size."""

from typing import Any

from django import forms

from terreau.rooms.baskets.actions import SizeTerms
from terreau.rooms.baskets.models import BasketSize
from terreau.territory.forms import MoneyFieldFr, WholeFieldFr
from terreau.territory.models import Product, Quality


class SizeForm(forms.Form):
    target_value = MoneyFieldFr(label="Valeur visée", help_text="aux prix de repère")
    tolerance_percent = WholeFieldFr(label="Écart admis", symbol="%", min_value=0, max_value=50)
    varieties_min = WholeFieldFr(label="Légumes différents, au moins", min_value=1, max_value=30)
    varieties_max = WholeFieldFr(label="Au plus", min_value=1, max_value=30)
    quality_min = forms.TypedChoiceField(
        label="Qualité demandée", choices=Quality.choices, coerce=int, initial=Quality.ORGANIC
    )

    def terms(self) -> SizeTerms:
        return SizeTerms(**{name: self.cleaned_data[name] for name in SizeTerms.__dataclass_fields__})


class NewSizeForm(SizeForm):
    product = forms.TypedChoiceField(label="Panier", coerce=int)
    field_order = ["product"]

    def __init__(self, *args: Any, left: list[Product], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.left = {product.pk: product for product in left}
        product = self.fields["product"]
        assert isinstance(product, forms.TypedChoiceField)
        product.choices = [(row.pk, row.name) for row in left]

    def chosen(self) -> Product:
        return self.left[self.cleaned_data["product"]]


def terms_of(size: BasketSize) -> dict[str, Any]:
    """What the form of a size shows first."""
    return {name: getattr(size, name) for name in SizeTerms.__dataclass_fields__}
