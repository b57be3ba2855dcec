"""Who pays what of a basket. Pure: shares, ceilings and the pot, to the cent; no database, no clock.

Whoever pays, the basket is the same, and its price too. What no payer covers any more comes from the pot,
then from the garden: a household never pays more because a budget is spent.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from terreau.measures.french import FrenchEntryError, format_decimal, parse_decimal, parse_money
from terreau.measures.money import Money

NOTHING = Money(0)
PART_MAX, AMOUNT_MAX = 1_000_000, Money.from_euros(1_000)
HOW = "écrivez 1/3, 33,5\u00a0% ou 1,60\u00a0€."


@dataclass(frozen=True)
class Part:
    """« 1/3 », « 10 % » of the price, or « 1,60 € » of each basket; to the nearest cent."""

    num: int = 0
    den: int = 1
    amount: Money | None = None

    def of(self, price: Money) -> Money:
        if self.amount is not None:
            return min(self.amount, price)
        return Money((2 * price.cents * self.num + self.den) // (2 * self.den))

    def exact(self, price: Money) -> Fraction:
        """In cents, before rounding."""
        return (
            Fraction(price.cents * self.num, self.den) if self.amount is None else Fraction(self.amount.cents)
        )


@dataclass(frozen=True)
class Payer:
    """A payer of a scheme: of every household, or of those of one regime."""

    id: int
    agent_id: int
    part: Part
    ceiling: Money | None = None
    regime: str = ""
    remainder: bool = False


@dataclass(frozen=True, eq=False)  # one object a scheme: what was told of it is found again at once
class Terms:
    """A scheme: the household's part, its payers in their order."""

    id: int
    name: str
    household: Part
    payers: tuple[Payer, ...]

    def of(self, regime: str) -> list[Payer]:
        return [payer for payer in self.payers if payer.regime in ("", regime)]

    @property
    def regimes(self) -> list[str]:
        """Those for which it must be said; a scheme without conditions has one kind of household."""
        return sorted({payer.regime for payer in self.payers if payer.regime}) or [""]


@lru_cache(maxsize=1024)
def shares(price: Money, terms: Terms, regime: str) -> tuple[Money, tuple[tuple[Payer, Money], ...]]:
    """The household's part and each payer's; the cents left over are the named payer's.

    Should a price fall below what amounts promise, the last payers pay less.
    """
    household = terms.household.of(price)
    payers, left = terms.of(regime), price - household
    told: dict[int, Money] = {}
    for payer in payers:
        if not payer.remainder:
            told[payer.id] = min(payer.part.of(price), left)
            left = left - told[payer.id]
    for payer in payers:
        if payer.remainder:
            told[payer.id], left = left, NOTHING
    return household, tuple((payer, told[payer.id]) for payer in payers)


def fault(price: Money, terms: Terms) -> str:
    """Why the parts do not make this price, in words; empty when they do, but for the rounding."""
    for regime in terms.regimes:
        payers = terms.of(regime)
        whose = f" pour un foyer {regime.upper()}" if regime else ""
        if sum(payer.remainder for payer in payers) != 1:
            return f"Nommez le payeur qui prend l’arrondi{whose}\u202f: un, et un seul."
        parts = [terms.household, *(payer.part for payer in payers)]
        # « 33,33 % » three times is a third each: half a cent is allowed for each fraction, none for euros.
        allowed = Fraction(sum(part.amount is None for part in parts), 2)
        if abs(sum((part.exact(price) for part in parts), Fraction(-price.cents))) > allowed:
            found = total(part.of(price) for part in parts)
            return f"Les parts font {found}{whose}, le panier coûte {price}\u202f: corrigez une part."
    return ""


@dataclass
class Lot:
    """Euros put in the pot, from a day, until a day or for ever; `id` 0: the prices chosen above the full."""

    id: int
    on: date
    until: date | None
    put: Money
    used: Money = NOTHING

    @property
    def left(self) -> Money:
        return self.put - self.used


@dataclass
class Pot:
    """Money given for the baskets of those who pay less; the first to expire goes first."""

    lots: list[Lot] = field(default_factory=list)

    def take(self, wanted: Money, on: date) -> Money:
        taken = NOTHING
        for lot in sorted(self.lots, key=lambda lot: (lot.until or date.max, lot.id)):
            if lot.on <= on and (lot.until is None or on <= lot.until):
                part = min(lot.left, wanted - taken)
                lot.used, taken = lot.used + part, taken + part
        return taken

    def add(self, amount: Money, on: date) -> None:
        free = next((lot for lot in self.lots if not lot.id), None)
        if free is None:
            free = Lot(0, on, None, NOTHING)
            self.lots.append(free)
        free.put = free.put + amount


class Split(NamedTuple):
    """A basket's price among the household, payers, the pot and the garden; `gift`: given above it."""

    household: Money
    payers: tuple[tuple[Payer, Money], ...] = ()
    pot: Money = NOTHING
    garden: Money = NOTHING
    gift: Money = NOTHING


@dataclass
class Budget:
    """What is left of ceilings and of the pot, basket after basket in the order of their days."""

    pot: Pot
    spent: dict[int, Money] = field(default_factory=dict)

    def by_scheme(self, price: Money, count: int, terms: Terms, regime: str, on: date) -> Split:
        unit = Money(price.cents // count)
        household, wanted = shares(unit, terms, regime)
        paid = [(payer, self._within(payer, amount.times(count))) for payer, amount in wanted]
        return self._completed(price, household.times(count), paid, on)

    def by_choice(self, price: Money, count: int, chosen: Money, on: date) -> Split:
        given = chosen.times(count)
        if given > price:
            self.pot.add(given - price, on)
            return Split(price, gift=given - price)
        return self._completed(price, given, [], on)

    def left(self, payer: Payer) -> Money | None:
        if payer.ceiling is None:
            return None
        return payer.ceiling - self.spent.get(payer.id, NOTHING)

    def _within(self, payer: Payer, wanted: Money) -> Money:
        spent = self.spent.get(payer.id, NOTHING)
        left = wanted.cents if payer.ceiling is None else payer.ceiling.cents - spent.cents
        paid = wanted if wanted.cents <= left else Money(left)
        self.spent[payer.id] = spent + paid
        return paid

    def _completed(
        self, price: Money, household: Money, paid: Sequence[tuple[Payer, Money]], on: date
    ) -> Split:
        short = Money(price.cents - household.cents - sum(amount.cents for _, amount in paid))
        if not short:
            return Split(household, tuple(paid))
        pot = self.pot.take(short, on)
        return Split(household, tuple(paid), pot, short - pot)


def total(amounts: Iterable[Money]) -> Money:
    return sum(amounts, NOTHING)


def read_part(text: str) -> Part:
    """« 1/3 », « 33,5 % » or « 1,60 € », as typed."""
    said = " ".join(text.replace("\u202f", " ").replace("\u00a0", " ").split())
    try:
        if "/" in said:
            num, den = (int(word) for word in said.split("/"))
            part = Part(num, den)
        elif said.endswith("%"):
            num, den = (parse_decimal(said[:-1].strip()) / 100).as_integer_ratio()
            part = Part(num, den)
        else:
            part = Part(amount=parse_money(said))
    except (ValueError, ZeroDivisionError, FrenchEntryError) as error:
        raise ValueError(f"« {said[:30]} »\u202f: {HOW}") from error
    if not 0 <= part.num <= part.den <= PART_MAX or not NOTHING <= (part.amount or NOTHING) <= AMOUNT_MAX:
        raise ValueError(f"« {said[:30]} »\u202f: {HOW}")
    return part


def format_part(part: Part) -> str:
    if part.amount is not None:
        return str(part.amount)
    percent = Fraction(part.num * 100, part.den)
    if percent.denominator in (1, 2, 5, 10, 20, 50, 100):
        return f"{format_decimal(Decimal(percent.numerator) / percent.denominator)}\u00a0%"
    return f"{part.num}/{part.den}"
