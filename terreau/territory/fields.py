"""Database columns for quantities and money: whole thousandths and whole cents.

SQLite has no decimal type: it would keep kilos as binary floats, and 0,1 + 0,2 − 0,3 kg would fall
below zero. Whole numbers add up exactly on both databases, so a constraint on a balance can be trusted.
"""

from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldError, ValidationError
from django.db import models
from django.db.models.expressions import Combinable, register_combinable_fields

from terreau.measures.money import Money


class WholeField(models.Field[Any, Any]):
    """A whole number in the database, but no IntegerField in Python.

    `F("quantity") + Decimal("1.5")` would otherwise add one and a half thousandths: here it is refused.
    Write `F("quantity") + Value(Decimal("1.5"), QuantityField())`.
    """

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def get_placeholder(self, value: Any, compiler: object, connection: object) -> str:
        # An UPDATE writes an expression without asking its type: it is asked here.
        if hasattr(value, "resolve_expression") and not isinstance(value.output_field, type(self)):
            raise FieldError(f"{self.name} : expression en {type(self).__name__} attendue, pas {value!r}.")
        return "%s"


class QuantityField(WholeField):
    """A decimal amount, exact to the thousandth, kept as whole thousandths. Its unit is the product's."""

    description = "quantité, au millième"

    def from_db_value(self, value: int | None, *_: Any) -> Decimal | None:
        # A SUM comes back as a Decimal on PostgreSQL and as an int on SQLite.
        return None if value is None else Decimal(int(value)).scaleb(-3)

    def to_python(self, value: Any) -> Decimal | None:
        return None if value is None or value == "" else Decimal(str(value))

    def get_prep_value(self, value: Any) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        if isinstance(value, float):
            raise TypeError("Une quantité se donne en Decimal, jamais en float.")
        milli = Decimal(value).scaleb(3)
        if milli != milli.to_integral_value():
            raise ValidationError(f"{value} : une quantité s’arrête au millième.")
        return int(milli)


class MoneyField(WholeField):
    """An amount of euros, kept as whole cents."""

    description = "montant en euros, au centime"

    def from_db_value(self, value: int | None, *_: Any) -> Money | None:
        return None if value is None else Money(int(value))

    def to_python(self, value: Any) -> Money | None:
        return value if value is None or isinstance(value, Money) else Money(int(value))

    def get_prep_value(self, value: Any) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        if not isinstance(value, Money):
            raise TypeError(f"Un montant se donne en Money, pas en {type(value).__name__}.")
        return value.cents


for _field in (QuantityField, MoneyField):
    for _operator in (Combinable.ADD, Combinable.SUB):
        register_combinable_fields(_field, _operator, _field, _field)
