"""What is typed in the garden: an unplanned harvest, and a line of the week's forecast."""

from collections.abc import Iterable
from typing import Any

from django import forms

from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.actions import ForecastEntry, ForecastRefused, HarvestLine, refuse_if_wrong
from terreau.rooms.garden.models import Forecast
from terreau.territory.forms import DateFieldFr, DecimalFieldFr, MoneyFieldFr
from terreau.territory.models import Agent, Place, PlaceKind, Product, ProductFamily, Quality
from terreau.territory.queries import bed_order, places, products

GROWN = (ProductFamily.VEGETABLE, ProductFamily.FRUIT, ProductFamily.HERB)
GROWN_ON = (PlaceKind.BED, PlaceKind.FIELD)


class OneOf(forms.TypedChoiceField):
    """A choice among rows already read: one query for the list, none to check the answer."""

    def __init__(self, **kwargs: Any):
        super().__init__(coerce=int, empty_value=None, **kwargs)
        self.rows: dict[int, Any] = {}

    def offer(self, rows: Iterable[tuple[Any, str]]) -> None:
        listed = list(rows)
        self.rows = {row.pk: row for row, _ in listed}
        self.choices = [("", "Choisir…"), *((row.pk, label) for row, label in listed)]

    def clean(self, value: Any) -> Any:
        pk = super().clean(value)
        return None if pk is None else self.rows[pk]


class _OnABed(forms.Form):
    """A product, on a bed of the garden, with its quality."""

    product = OneOf(label="Produit")
    place = OneOf(label="Planche")
    quality = forms.TypedChoiceField(
        label="Qualité",
        choices=Quality.choices,
        coerce=int,
        initial=Quality.ORGANIC,
        widget=forms.RadioSelect,
    )
    quantities: tuple[str, ...] = ()

    def __init__(self, *args: Any, garden: Agent, chosen: Forecast | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if chosen is not None:
            grown, beds = [chosen.product], [chosen.place]
            for name in ("product", "place"):
                self.fields[name].widget = forms.HiddenInput()
                self.initial[name] = getattr(chosen, f"{name}_id")
            self.initial["quality"] = chosen.quality
        else:
            grown = list(products(GROWN))
            beds = [p for p in places(garden.ecopole, GROWN_ON) if p.agent_id == garden.pk]
        self._list(grown, sorted(beds, key=lambda place: bed_order(place.name)))
        self._set_unit(chosen)

    def _list(self, grown: list[Product], beds: list[Place]) -> None:
        product, place = self.fields["product"], self.fields["place"]
        assert isinstance(product, OneOf)
        assert isinstance(place, OneOf)
        product.offer((row, f"{row.name} ({Unit(row.unit).symbol})") for row in grown)
        place.offer((row, row.name) for row in beds)

    def _set_unit(self, chosen: Forecast | None) -> None:
        """A quantity is read in the unit of its product, which may be known only when the form comes back."""
        product = self.fields["product"]
        assert isinstance(product, OneOf)
        typed = str(self.data.get(self.add_prefix("product"), "")) if self.is_bound else ""
        row = chosen.product if chosen else {str(pk): row for pk, row in product.rows.items()}.get(typed)
        if row is None:
            return
        for name in self.quantities:
            field = self.fields[name]
            assert isinstance(field, DecimalFieldFr)
            field.unit, field.unit_symbol = Unit(row.unit), Unit(row.unit).symbol


class HarvestForm(_OnABed):
    quantity = DecimalFieldFr(label="Poids ou nombre")
    quantities = ("quantity",)
    field_order = ["product", "place", "quantity", "quality"]

    def line(self) -> HarvestLine:
        return HarvestLine(**self.cleaned_data)


class ForecastForm(_OnABed):
    likely = DecimalFieldFr(label="Probable", min_value=0)
    low = DecimalFieldFr(label="Au moins", min_value=0, help_text="si le temps est mauvais")
    price = MoneyFieldFr(label="Prix de cession", help_text="pour une unité")
    first_day = DateFieldFr(label="À partir du")
    last_day = DateFieldFr(label="Jusqu’au")
    quantities = ("likely", "low")

    def __init__(self, *args: Any, week: IsoWeek, chosen: Forecast | None = None, **kwargs: Any):
        self.week = week
        super().__init__(*args, chosen=chosen, **kwargs)
        if chosen is None:
            self.initial.update(first_day=week.monday, last_day=week.sunday)
        else:
            kept = ("low", "likely", "price", "first_day", "last_day")
            self.initial.update({name: getattr(chosen, name) for name in kept})

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors:
            try:
                refuse_if_wrong(ForecastEntry(**values), self.week)
            except ForecastRefused as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return values

    def entry(self) -> ForecastEntry:
        return ForecastEntry(**self.cleaned_data)
