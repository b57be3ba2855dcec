"""A quantity never travels without its unit, and is exact to the thousandth: the gram, the millilitre."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from enum import StrEnum
from typing import Self

# Wide enough that a product is never rounded twice, whatever the caller's own decimal context.
WIDE = Context(prec=200)
LIMIT = 10**15
THOUSANDTH = Decimal("0.001")


class Unit(StrEnum):
    """What a product is counted in; one product has one unit."""

    KG = "kg"
    PIECE = "piece"
    LITRE = "litre"
    HOUR = "hour"
    EURO = "eur"
    CREDIT = "credit"

    @property
    def symbol(self) -> str:
        return SYMBOLS[self]

    def label(self, amount: Decimal | int) -> str:
        """The word after a number; the French plural starts at two: « 1,5 pièce », « 2 pièces »."""
        plural = self in (Unit.PIECE, Unit.CREDIT) and not -2 < amount < 2
        return f"{self.symbol}s" if plural else self.symbol


SYMBOLS = {
    Unit.KG: "kg",
    Unit.PIECE: "pièce",
    Unit.LITRE: "L",
    Unit.HOUR: "h",
    Unit.EURO: "€",
    Unit.CREDIT: "crédit",
}


class UnitMismatch(ValueError):
    """Two quantities of different units were added or compared."""


def exact(value: Decimal | int | str) -> Decimal:
    """The number itself, or a refusal: a float has already lost what we promise to keep."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise TypeError(
            f"Nombre exact attendu (Decimal, int ou str), reçu {type(value).__name__} : {value!r}."
        )
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"« {value} » n’est pas un nombre.") from None
    if not number.is_finite() or not -LIMIT < number < LIMIT:
        raise ValueError(f"{value} n’est pas un nombre fini de moins de seize chiffres avant la virgule.")
    return number


@dataclass(frozen=True, slots=True, init=False)
class Quantity:
    """An amount and its unit. Units never mix; what is finer than the thousandth is refused, not rounded."""

    amount: Decimal
    unit: Unit

    def __init__(self, amount: Decimal | int | str, unit: Unit) -> None:
        given = exact(amount)
        kept = WIDE.plus(given.quantize(THOUSANDTH, ROUND_HALF_EVEN, WIDE))  # plus: no « -0 »
        if kept != given:
            raise ValueError(f"{given} est plus fin que le millième : arrondissez avec Quantity.rounded.")
        object.__setattr__(self, "amount", kept)
        object.__setattr__(self, "unit", Unit(unit))

    @classmethod
    def rounded(cls, amount: Decimal | int | str, unit: Unit) -> Self:
        """To the nearest thousandth, halves to the even one, so that many roundings do not drift."""
        return cls(exact(amount).quantize(THOUSANDTH, ROUND_HALF_EVEN, WIDE), unit)

    @classmethod
    def from_milli(cls, milli: int, unit: Unit) -> Self:
        return cls(WIDE.scaleb(Decimal(milli), -3), unit)

    @property
    def milli(self) -> int:
        return int(WIDE.scaleb(self.amount, 3))

    def _amount_of(self, other: "Quantity") -> Decimal:
        if not isinstance(other, Quantity):
            raise TypeError(f"Une quantité ne se combine qu’avec une quantité, pas avec {other!r}.")
        if other.unit is not self.unit:
            raise UnitMismatch(
                f"« {self} » et « {other} » ne sont pas dans la même unité : "
                "convertissez l’une des deux avant de les additionner ou de les comparer."
            )
        return other.amount

    def __add__(self, other: "Quantity") -> "Quantity":
        return Quantity(WIDE.add(self.amount, self._amount_of(other)), self.unit)

    def __sub__(self, other: "Quantity") -> "Quantity":
        return Quantity(WIDE.subtract(self.amount, self._amount_of(other)), self.unit)

    def __neg__(self) -> "Quantity":
        return Quantity(WIDE.minus(self.amount), self.unit)

    def __mul__(self, factor: Decimal | int) -> "Quantity":
        return Quantity.rounded(WIDE.multiply(self.amount, exact(factor)), self.unit)

    __rmul__ = __mul__

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __lt__(self, other: "Quantity") -> bool:
        return self.amount < self._amount_of(other)

    def __le__(self, other: "Quantity") -> bool:
        return self.amount <= self._amount_of(other)

    def __gt__(self, other: "Quantity") -> bool:
        return self.amount > self._amount_of(other)

    def __ge__(self, other: "Quantity") -> bool:
        return self.amount >= self._amount_of(other)

    def __str__(self) -> str:
        from terreau.measures.french import format_quantity  # french reads quantities: imported late

        return format_quantity(self)
