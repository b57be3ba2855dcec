"""What follows from a recipe: its quantities at any size, allergens, organic status and cost price.

Quantities are scaled as fractions and rounded once, to the gram, at the end.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

from terreau.measures.dated import in_force
from terreau.measures.money import Money, added
from terreau.rooms.kitchen.models import RecipeVersion
from terreau.rooms.kitchen.points import rules
from terreau.territory.models import Product, ProductFamily, Quality

DATA = Path(__file__).parent / "data"
GRAM = Decimal("0.001")
# Bought for cooking, at its full price; the rest is surplus or of second grade.
FULL_PRICE = (ProductFamily.GROCERY, ProductFamily.DAIRY, ProductFamily.EGG, ProductFamily.BREAD)


@dataclass(frozen=True)
class Stuff:
    """What the kitchen must know of an ingredient: its name on a label, its allergens, if it grew."""

    label: str
    allergens: tuple[str, ...]
    agricultural: bool


def _rows(name: str) -> list[dict[str, str]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(lines, delimiter=";"))


@cache
def allergen_names() -> dict[str, str]:
    """The fourteen of Reg. (EU) 1169/2011, annex II, in its order."""
    return {row["code"]: row["allergène"] for row in _rows("allergens.csv")}


@cache
def stuffs() -> dict[str, Stuff]:
    """Every product that may go in a recipe. One that is not here is refused: its allergens are not known."""
    return {
        row["produit"]: Stuff(
            row["nom sur l’étiquette"], tuple(row["allergènes"].split()), row["agricole"] == "oui"
        )
        for row in _rows("ingredients.csv")
    }


def allergens(codes: Iterable[str]) -> tuple[str, ...]:
    """The allergens of these products, by name, in the order of the law."""
    found = {allergen for code in codes for allergen in stuffs()[code].allergens}
    return tuple(name for code, name in allergen_names().items() if code in found)


def scaled(quantity: Decimal, wanted: Decimal, likely: Decimal) -> Decimal:
    """So much of an ingredient for so many units, of a recipe that usually gives `likely` of them."""
    exact = Fraction(quantity) * Fraction(wanted) / Fraction(likely)
    return rounded(exact)


def rounded(exact: Fraction) -> Decimal:
    """To the gram, half a gram upwards."""
    milli = Decimal(exact.numerator * 1000) / Decimal(exact.denominator)
    return milli.quantize(Decimal(1), ROUND_HALF_UP).scaleb(-3)


def made_quality(sources: Sequence[tuple[str, int]], *, certified: bool) -> int:
    """The status of what comes out: the lowest of its agricultural ingredients.

    « En conversion » is for one plant ingredient alone; and without the kitchen's own certificate nothing is
    said organic.
    """
    grown = [(code, quality) for code, quality in sources if stuffs()[code].agricultural]
    lowest = min((quality for _, quality in grown), default=Quality.CONVENTIONAL)
    single = len({code for code, _ in grown}) == 1
    if not certified or (lowest == Quality.CONVERSION and not single):
        return Quality.CONVENTIONAL
    return lowest


def kilos(product: Product, quantity: Decimal) -> Decimal:
    return (quantity * product.unit_kg).quantize(GRAM, ROUND_HALF_UP)


@dataclass(frozen=True)
class Cost:
    """What a batch costs, and one of its units."""

    goods: Money
    labour: Money
    packaging: Money
    units: Decimal

    @property
    def total(self) -> Money:
        return self.goods + self.labour + self.packaging

    @property
    def each(self) -> Money:
        return Money(int((Decimal(self.total.cents) / self.units).quantize(Decimal(1), ROUND_HALF_UP)))


def worth(product: Product, on: date) -> Money:
    """What a unit of an ingredient costs the kitchen, for want of a price paid."""
    price = product.reference_price or Money(0)
    share = Decimal(in_force(rules()["surplus"], on)["share"])
    return price if product.family in FULL_PRICE else price.times(share)


def hour_rate(on: date) -> Money:
    return Money(in_force(rules()["hour"], on)["cents"])


def cost_of(version: RecipeVersion, lines: Iterable[tuple[Product, Decimal]], on: date) -> Cost:
    """The cost price of the usual batch, at the worth of its ingredients that day."""
    goods = added(worth(product, on).times(quantity) for product, quantity in lines)
    units = version.yield_likely
    return Cost(goods, hour_rate(on).times(version.hours), version.packaging.times(units), units)
