"""Money is counted in whole cents: what is due is what is written."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

from terreau.measures.quantity import LIMIT, WIDE, exact

CENTS_LIMIT = LIMIT * 100


@dataclass(frozen=True, order=True, slots=True)
class Money:
    """Euros, in cents; negative is a refund or a debt."""

    cents: int

    def __post_init__(self) -> None:
        # A page of invoices makes fifteen thousand amounts: what is asked of each is short.
        if type(self.cents) is not int:
            raise TypeError(f"Nombre entier de centimes attendu, reçu {self.cents!r}.")
        if not -CENTS_LIMIT < self.cents < CENTS_LIMIT:
            raise ValueError(
                f"{self.cents} centimes : le montant doit avoir moins de seize chiffres en euros."
            )

    @classmethod
    def from_euros(cls, euros: Decimal | int | str) -> Self:
        """Exact to the cent: a finer amount is refused, since rounding it is a decision (see `times`)."""
        cents = WIDE.scaleb(exact(euros), 2)
        if cents != cents.to_integral_value():
            raise ValueError(
                f"{euros} € est plus fin que le centime : arrondissez avant d’écrire un montant."
            )
        return cls(int(cents))

    @property
    def euros(self) -> Decimal:
        return WIDE.scaleb(Decimal(self.cents), -2)

    def __add__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.cents + other.cents)

    def __sub__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.cents - other.cents)

    def __neg__(self) -> "Money":
        return Money(-self.cents)

    def times(self, factor: Decimal | int) -> "Money":
        """A price times a quantity or a rate, to the nearest cent, half a cent going away from zero."""
        if type(factor) is int:
            return self if factor == 1 else Money(self.cents * factor)
        product = WIDE.multiply(Decimal(self.cents), exact(factor))
        return Money(int(product.to_integral_value(ROUND_HALF_UP)))

    def __bool__(self) -> bool:
        return self.cents != 0

    def __str__(self) -> str:
        from terreau.measures.french import format_money  # french reads money: imported late

        return format_money(self)


def added(amounts: Iterable[Money]) -> Money:
    return sum(amounts, Money(0))
