"""Entries typed the French way (« 12,5 », « 1 234,50 € », « 23/11/2026 »). What was typed stays on screen."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from terreau.measures.french import (
    FrenchEntryError,
    format_decimal,
    format_quantity,
    parse_date,
    parse_decimal,
    parse_money,
    parse_quantity,
    parse_siret,
)
from terreau.measures.money import Money
from terreau.measures.quantity import Quantity, Unit
from terreau.territory.models import Place


def writer(*refusals: type[Exception]) -> Callable[[forms.Form, Callable[[], object]], bool]:
    """How a room writes what was typed, when these are its refusals."""

    def written(form: forms.Form, write: Callable[[], object]) -> bool:
        """Write what was typed, if it reads; a refusal is said at its field and nothing typed is lost."""
        if not form.is_valid():
            return False
        try:
            write()
        except refusals as refusal:
            field = getattr(refusal, "field", None)
            sentences: Any = str(refusal).split("\n")
            form.add_error(field if field in form.fields else None, sentences)
            return False
        return True

    return written


def choose(form: forms.Form, name: str, choices: Any) -> None:
    """The choices of a list that depend on the day, or on the écopôle."""
    field: Any = form.fields[name]
    field.choices = choices


def choose_rows(form: forms.Form, name: str, rows: Any, known: Iterable[Any] | None = None) -> None:
    """The same for rows of a table. `known`: those rows, already read; the page asks for them once."""
    field: Any = form.fields[name]
    field.queryset = rows
    if known is not None:
        empty = [] if field.empty_label is None else [("", field.empty_label)]
        field.choices = [*empty, *((row.pk, str(row)) for row in known)]


class FrenchField(forms.Field):
    """A field read by one rule of `measures.french`, whose message is shown as it is."""

    unit_symbol = ""
    read: Callable[[str], Any]

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal", "autocomplete": "off"}

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        if not isinstance(value, str):
            return value
        try:
            return self.read(value)
        except FrenchEntryError as error:
            raise ValidationError(str(error), code="unreadable") from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except ValidationError:
            return True


class DecimalFieldFr(FrenchField):
    """A number; with `unit`, « 12,5 kg » may be typed too, and another unit is refused by name."""

    def __init__(
        self,
        *,
        unit: str = "",
        places_max: int = 3,
        min_value: Decimal | int | None = None,
        max_value: Decimal | int | None = None,
        **kwargs: Any,
    ):
        self.unit = Unit(unit) if unit else None
        self.unit_symbol = self.unit.symbol if self.unit else ""
        self.places_max, self.min_value, self.max_value = places_max, min_value, max_value
        super().__init__(**kwargs)

    def read(self, text: str) -> Decimal:
        if self.unit:
            return parse_quantity(text, self.unit).amount
        return parse_decimal(text, places_max=self.places_max)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is None:
            return
        bounds = (
            (self.min_value, "moins", "too_small", lambda bound: value < bound),
            (self.max_value, "plus", "too_big", lambda bound: value > bound),
        )
        for bound, word, code, beyond in bounds:
            if bound is not None and beyond(bound):
                raise ValidationError(
                    f"{self._shown(value)}\u202f: il faut au {word} {self._shown(bound)}.", code=code
                )

    def _shown(self, amount: Decimal | int) -> str:
        if self.unit:
            return format_quantity(Quantity(amount, self.unit))
        return format_decimal(Decimal(amount))

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Quantity):
            value = value.amount
        return format_decimal(value) if isinstance(value, Decimal | int) else value


class WholeFieldFr(DecimalFieldFr):
    """A whole number."""

    def __init__(self, *, symbol: str = "", **kwargs: Any):
        super().__init__(places_max=0, **kwargs)
        self.unit_symbol = symbol

    def clean(self, value: Any) -> Any:
        number = super().clean(value)
        return None if number is None else int(number)


# A thousand lines of the greatest quantity at the greatest price still add up exactly.
PRICE_MAX = Money.from_euros(100_000)


def read_price(text: str) -> Money:
    """The price of a unit; the greatest is far above any of the house."""
    if (price := parse_money(text)) > PRICE_MAX:
        raise FrenchEntryError(f"{price}\u202f: c’est trop pour une unité, vérifiez le nombre de chiffres.")
    return price


class MoneyFieldFr(FrenchField):
    """The price of a unit, in euros, to the cent."""

    unit_symbol = "€"

    def read(self, text: str) -> Money:
        return read_price(text)

    def prepare_value(self, value: Any) -> Any:
        return format_decimal(value.euros, places=2) if isinstance(value, Money) else value


class SiretField(forms.CharField):
    """The number of an establishment, without its spaces."""

    def __init__(self, **kwargs: Any):
        super().__init__(label="SIRET", max_length=20, **kwargs)

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        try:
            return parse_siret(typed) if typed else ""
        except FrenchEntryError as error:
            raise ValidationError(str(error)) from error


class DateFieldFr(FrenchField):
    """A day, shown and typed as 23/11/2026 whatever the language of the browser."""

    widget = forms.DateInput(format="%d/%m/%Y")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"autocomplete": "off", "placeholder": "jj/mm/aaaa"}

    def read(self, text: str) -> date:
        return parse_date(text)


POINT = ("latitude", "longitude")


class PlacedForm(forms.Form):
    """Where it is, in degrees: both, or neither."""

    latitude = DecimalFieldFr(
        label="Latitude", places_max=6, min_value=-90, max_value=90, required=False,
        help_text="par exemple 50,9278",
    )  # fmt: skip
    longitude = DecimalFieldFr(
        label="Longitude", places_max=6, min_value=-180, max_value=180, required=False,
        help_text="par exemple 2,0351",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name, other in (POINT, POINT[::-1]):
            if name in values and values[name] is None and values.get(other) is not None:
                self.add_error(name, f"Écrivez aussi la {name}, ou effacez la {other}.")
        return values

    def point(self) -> dict[str, float | None]:
        typed = {name: self.cleaned_data[name] for name in POINT}
        return {name: None if value is None else float(value) for name, value in typed.items()}


def degrees_of(place: Place) -> dict[str, Decimal | None]:
    """As they are typed."""
    known = {name: getattr(place, name) for name in POINT}
    return {name: None if value is None else Decimal(str(value)) for name, value in known.items()}
