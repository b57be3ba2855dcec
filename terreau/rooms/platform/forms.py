"""What farms, customers and the platform type."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet

from terreau.measures.french import (
    WEEKDAYS,
    FrenchEntryError,
    format_date,
    format_day,
    format_decimal,
    format_quantity,
    parse_quantity,
)
from terreau.measures.money import Money
from terreau.measures.quantity import Quantity, Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.platform.actions import Fetching
from terreau.rooms.platform.models import Offer, OrderLine, StandingOrder, Terms
from terreau.rooms.platform.pieces import piece_kg
from terreau.territory.forms import DateFieldFr, MoneyFieldFr
from terreau.territory.models import Product, ProductFamily, Quality

# « 6 pièces », « 6 p », of what is otherwise typed in kilos.
COUNTED = re.compile(r"[0-9]\s*p", re.IGNORECASE)
PIECES_MAX = 10_000
NOT_SOLD = (ProductFamily.BASKET, ProductFamily.CRATE, ProductFamily.WORK, ProductFamily.CREDIT)
TYPED = {"inputmode": "decimal", "autocomplete": "off"}
TIME = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class ProductChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} ({Unit(obj.unit).symbol})"


class ProductChoices(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


def sold() -> QuerySet[Product]:
    return Product.objects.exclude(family__in=NOT_SOLD).order_by("name")


def read_quantity(form: forms.Form, name: str, product: Product | None) -> Decimal | None:
    """The quantity in the product's unit; what is wrong is said on its field."""
    typed = form.cleaned_data.get(name)
    if not typed or product is None:
        return None
    try:
        quantity = parse_quantity(typed, Unit(product.unit))
    except FrenchEntryError as error:
        form.add_error(name, str(error))
        return None
    if quantity.amount < 0:
        form.add_error(name, f"{format_quantity(quantity)}\u202f: une quantité ne descend pas sous zéro.")
        return None
    return quantity.amount


class OfferForm(forms.Form):
    product = ProductChoice(queryset=Product.objects.none(), label="Produit", empty_label="Choisir…")
    quantity = forms.CharField(label="Quantité", max_length=30, widget=forms.TextInput(attrs=TYPED))
    price = MoneyFieldFr(label="Prix à l’unité")
    quality = forms.TypedChoiceField(
        label="Qualité", choices=Quality.choices, coerce=int, initial=Quality.ORGANIC
    )
    first_day = DateFieldFr(label="À partir du")
    last_day = DateFieldFr(label="Jusqu’au")
    collected = forms.BooleanField(
        label="À prendre à la ferme", required=False, help_text="Un véhicule de la plateforme passe."
    )
    collect_after = forms.TimeField(label="Passer après", required=False, widget=TIME)
    collect_before = forms.TimeField(label="Passer avant", required=False, widget=TIME)
    fields: dict[str, Any]

    def __init__(self, week: IsoWeek, line: Offer | None, usual: Fetching, data: Any = None):
        self.week, self.line = week, line
        super().__init__(data, initial=_offer_as_typed(line, week, usual))
        self.fields["product"].queryset = sold()
        if line:
            # A line keeps its product and its quality: another product is another line.
            self.fields["product"].disabled = self.fields["quality"].disabled = True

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        product = data.get("product")
        amount = read_quantity(self, "quantity", product)
        if amount == 0 and product:
            unit = Unit(product.unit)
            self.add_error(
                "quantity",
                f"Offre de {format_quantity(Quantity(0, unit))} de {product}\u202f: saisissez ce que la "
                "ferme peut apporter, ou retirez la ligne.",
            )
        price = data.get("price")
        if price is not None and price < Money(0):
            self.add_error("price", f"{price}\u202f: saisissez 0 € pour donner, ou un prix au-dessus.")
        self._check_days(data.get("first_day"), data.get("last_day"))
        return {**data, "amount": amount, "fetching": self._fetching()}

    def _fetching(self) -> Fetching:
        wanted, after, before = (
            self.cleaned_data.get(name) for name in ("collected", "collect_after", "collect_before")
        )
        if after and before and after >= before:
            self.add_error("collect_before", "La fin vient avant le début\u202f: échangez-les.")
        return Fetching(True, after, before) if wanted else Fetching()

    def _check_days(self, first: date | None, last: date | None) -> None:
        for name, day in (("first_day", first), ("last_day", last)):
            if day and day not in self.week:
                self.add_error(
                    name,
                    f"Le {format_date(day)} n’est pas dans la {self.week.label}. "
                    "Choisissez un jour de cette semaine, ou changez de semaine.",
                )
        if first and last and first > last:
            self.add_error("last_day", "Le dernier jour vient avant le premier\u202f: échangez-les.")


def _offer_as_typed(line: Offer | None, week: IsoWeek, usual: Fetching) -> dict[str, Any]:
    """A new line is fetched, or brought, as the farm last said."""
    if line is None:
        return {
            "first_day": week.monday,
            "last_day": week.sunday,
            "collected": usual.wanted,
            "collect_after": usual.after,
            "collect_before": usual.before,
        }
    return {
        "collected": line.collected,
        "collect_after": line.collect_after,
        "collect_before": line.collect_before,
        "product": line.product_id,
        "quantity": format_decimal(line.quantity),
        "price": line.price,
        "quality": line.quality,
        "first_day": line.first_day,
        "last_day": line.last_day,
    }


class TermsForm(forms.Form):
    """What is asked of a product, whenever it is delivered."""

    product = ProductChoice(queryset=Product.objects.none(), label="Produit", empty_label="Choisir…")
    quantity = forms.CharField(
        label="Quantité",
        max_length=30,
        help_text="Au kilo, «\u00a06 pièces\u00a0» se dit aussi.",
        # No keys of figures only: words may be typed.
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    quantity_min = forms.CharField(
        label="Au moins",
        max_length=30,
        required=False,
        help_text="En dessous, mieux vaut ne rien livrer.",
        widget=forms.TextInput(attrs=TYPED),
    )
    price = MoneyFieldFr(
        label="Prix à l’unité", required=False, help_text="Vide\u202f: le dernier prix convenu."
    )
    quality_min = forms.TypedChoiceField(
        label="Qualité demandée", choices=Quality.choices, coerce=int, initial=Quality.CONVERSION
    )
    window_start = forms.TimeField(label="Livrer après", required=False, widget=TIME)
    window_end = forms.TimeField(label="Livrer avant", required=False, widget=TIME)
    family_instead = forms.BooleanField(label="À défaut, la même famille convient", required=False)
    substitutes = ProductChoices(
        queryset=Product.objects.none(),
        label="Accepté à la place",
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )
    fields: dict[str, Any]

    def __init__(self, on: date, line: Terms | None, initial: dict[str, Any], data: Any = None):
        self.on = on
        super().__init__(data, initial=initial | _terms_as_typed(line))
        self.fields["product"].queryset = self.fields["substitutes"].queryset = sold()
        self.fields["product"].disabled = line is not None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        product = data.get("product")
        pieces, amount = self._counted(product)
        if pieces is None:
            amount = read_quantity(self, "quantity", product)
        least = read_quantity(self, "quantity_min", product) or Decimal(0)
        if amount == 0 and product:
            self.add_error(
                "quantity",
                f"Commande de {format_quantity(Quantity(0, Unit(product.unit)))} de {product}\u202f: "
                "saisissez ce qu’il vous faut, ou retirez la ligne.",
            )
        elif amount is not None and product and least > amount:
            self.add_error(
                "quantity_min",
                f"Au moins {format_quantity(Quantity(least, Unit(product.unit)))}\u202f: c’est plus que la "
                "quantité commandée. Réduisez le minimum, ou commandez plus.",
            )
        if data.get("price") is not None and data["price"] < Money(0):
            self.add_error("price", f"{data['price']}\u202f: un prix ne descend pas sous zéro.")
        after, before = data.get("window_start"), data.get("window_end")
        if after and before and after >= before:
            self.add_error("window_end", "La fin du créneau vient avant son début\u202f: échangez-les.")
        if product and product in (data.get("substitutes") or ()):
            self.add_error("substitutes", f"{product} ne se remplace pas par lui-même\u202f: décochez-le.")
        instead = set(data.get("substitutes") or ()) | self._family(product)
        return {**data, "amount": amount, "pieces": pieces, "least": least, "instead": frozenset(instead)}

    def _family(self, product: Product | None) -> set[Product]:
        """Those of the same group, counted in the same unit: a squash for a squash, kilos for kilos."""
        if product is None or not self.cleaned_data.get("family_instead"):
            return set()
        group = Product.objects.filter(basket_group=product.basket_group, unit=product.unit)
        others = set(group.exclude(pk=product.pk)) if product.basket_group else set()
        if not others:
            self.add_error(
                "family_instead",
                f"Rien n’est de la famille de {product} au catalogue\u202f: choisissez dans la liste.",
            )
        return others

    def _counted(self, product: Product | None) -> tuple[int | None, Decimal | None]:
        """« 6 pièces » of a product sold by the kilo, and their usual weight."""
        typed = self.cleaned_data.get("quantity", "")
        if product is None or product.unit != Unit.KG or not COUNTED.search(typed):
            return None, None
        weight = piece_kg(product.code, self.on)
        try:
            pieces = parse_quantity(typed, Unit.PIECE).amount
        except FrenchEntryError as error:
            self.add_error("quantity", str(error))
            return 0, None
        if weight is None:
            self.add_error(
                "quantity", f"{product}\u202f: nous ne savons pas ce que pèse une pièce. Commandez en kilos."
            )
        elif not 0 < pieces <= PIECES_MAX or pieces % 1:
            self.add_error(
                "quantity",
                f"{format_quantity(Quantity(pieces, Unit.PIECE))} de {product}\u202f: écrivez un nombre "
                f"entier, de 1 à {PIECES_MAX}, ou commandez en kilos.",
            )
        else:
            return int(pieces), pieces * weight
        return 0, None


def _terms_as_typed(line: Terms | None) -> dict[str, Any]:
    if line is None:
        return {}
    return {
        "product": line.product_id,
        "quantity": format_quantity(Quantity(line.pieces, Unit.PIECE))
        if line.pieces
        else format_decimal(line.quantity),
        "quantity_min": format_decimal(line.quantity_min) if line.quantity_min else "",
        "price": line.price,
        "quality_min": line.quality_min,
        "window_start": line.window_start,
        "window_end": line.window_end,
        "substitutes": [product.pk for product in line.substitutes.all()],
    }


class OrderForm(TermsForm):
    day = forms.TypedChoiceField(label="Jour de livraison", coerce=date.fromisoformat)

    def __init__(self, week: IsoWeek, today: date, line: OrderLine | None, data: Any = None):
        super().__init__(today, line, {"day": line.day.isoformat()} if line else {}, data)
        days = [day for day in week.days if day >= today]
        if line and line.day not in days:
            days.insert(0, line.day)
        self.fields["day"].choices = [(day.isoformat(), format_day(day)) for day in days]
        self.fields["day"].disabled = line is not None


class StandingForm(TermsForm):
    weekday = forms.TypedChoiceField(
        label="Chaque",
        coerce=int,
        choices=[(number, name) for number, name in enumerate(WEEKDAYS, start=1)],
    )
    first_day = DateFieldFr(label="À partir du")
    last_day = DateFieldFr(label="Jusqu’au", required=False, help_text="Vide\u202f: sans fin.")

    def __init__(self, week: IsoWeek, today: date, line: StandingOrder | None, data: Any = None):
        said = {name: getattr(line, name) for name in ("weekday", "first_day", "last_day")} if line else {}
        super().__init__(today, line, {"first_day": week.monday} | said, data)
        self.fields["weekday"].disabled = line is not None

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        since, weekday, until = data.get("first_day"), data.get("weekday"), data.get("last_day")
        if since and weekday:
            first = since + timedelta(days=(weekday - since.isoweekday()) % 7)
            data["day"] = first
            if until and until < first:
                self.add_error(
                    "last_day",
                    f"Première livraison le {format_day(first)}\u202f: écrivez une fin plus tardive.",
                )
        return data
