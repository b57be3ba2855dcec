"""Offers in a French spreadsheet's CSV: read whole, or refused whole with every reason of every line."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from terreau.measures.french import (
    FrenchEntryError,
    format_date,
    format_quantity,
    parse_date,
    parse_quantity,
)
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.platform.actions import OfferEntry
from terreau.territory.forms import read_price
from terreau.territory.models import Agent, Product, Quality
from terreau.territory.sheets import Row, read_sheet, refuse_if_wrong

COLUMNS = ("ferme", "produit", "quantité", "unité", "prix", "qualité", "à partir du", "jusqu'au")
CURLY = "’"
QUALITIES = {
    "bio": Quality.ORGANIC,
    "ab": Quality.ORGANIC,
    "conversion": Quality.CONVERSION,
    "en conversion": Quality.CONVERSION,
    "en conversion (2ᵉ année)": Quality.CONVERSION,
    "conventionnel": Quality.CONVENTIONAL,
}


def read_offers(
    data: bytes, *, farms: Iterable[Agent], products: Iterable[Product], today: date
) -> dict[IsoWeek, list[OfferEntry]]:
    """The offers of a file by week. Raises `SheetRefused`."""
    layout, rows = read_sheet(
        data, [frozenset(COLUMNS), frozenset(name.replace("'", CURLY) for name in COLUMNS)]
    )
    until = next(name for name in layout if name.startswith("jusqu"))
    reader = _Reader({_plain(f.name): f for f in farms}, _named(products), until, today)
    read = [(row, reader.entry(row)) for row in rows]
    refuse_if_wrong(rows)
    found: dict[IsoWeek, list[OfferEntry]] = defaultdict(list)
    for _, entry in read:
        if entry:
            found[IsoWeek.of(entry.first_day)].append(entry)
    return dict(found)


def _plain(text: str) -> str:
    """Names are compared without case, spaces or apostrophes of one kind or another."""
    return " ".join(text.replace(CURLY, "'").split()).casefold()


def _named(products: Iterable[Product]) -> dict[str, Product]:
    """A product is known by its name or its code."""
    named: dict[str, Product] = {}
    for product in products:
        named[_plain(product.name)] = named[_plain(product.code)] = product
    return named


class _Reader:
    def __init__(self, farms: dict[str, Agent], products: dict[str, Product], until: str, today: date):
        self.farms, self.products, self.until, self.today = farms, products, until, today
        self.seen: dict[str, int] = {}

    def entry(self, row: Row) -> OfferEntry | None:
        """The offer of a line, or None once what is wrong has been noted."""
        if row.errors:
            return None
        row_columns = [*COLUMNS[:-1], self.until]
        for column in row_columns:
            if not row.text(column):
                row.refuse(f"{column} : cellule vide")
        farm = row.read("ferme", self._farm)
        product = row.read("produit", self._product)
        quantity = self._quantity(row, product)
        price = row.read("prix", _price)
        quality = row.read("qualité", _quality)
        first, last = row.read("à partir du", parse_date), row.read(self.until, parse_date)
        if first and last:
            self._check_days(row, first, last)
        if farm and product and quality is not None and first:
            row.once(self.seen, f"{farm.name}, {product.name}, {Quality(quality).label}, {IsoWeek.of(first)}")
        if row.errors or not (farm and product and quantity and first and last) or price is None:
            return None
        return OfferEntry(farm, product, quantity, price, first, last, quality or Quality.CONVENTIONAL)

    def _farm(self, typed: str) -> Agent:
        if (farm := self.farms.get(_plain(typed))) is None:
            raise ValueError(f"« {typed} » n’est pas une ferme que vous pouvez servir ici. Vérifiez son nom")
        return farm

    def _product(self, typed: str) -> Product:
        if (product := self.products.get(_plain(typed))) is None:
            raise ValueError(f"« {typed} » n’est pas un produit connu. Écrivez son nom comme dans la liste")
        return product

    def _quantity(self, row: Row, product: Product | None) -> Decimal | None:
        typed, unit = row.text("quantité"), row.text("unité")
        if not (typed and unit and product):
            return None
        try:
            quantity = parse_quantity(f"{typed} {unit}", Unit(product.unit))
        except FrenchEntryError as error:
            row.refuse(f"quantité : {error}")
            return None
        if quantity.amount <= 0:
            row.refuse(f"quantité : {format_quantity(quantity)}, il faut plus que zéro")
            return None
        return quantity.amount

    def _check_days(self, row: Row, first: date, last: date) -> None:
        if first > last:
            row.refuse(f"{self.until} : le {format_date(last)} vient avant le {format_date(first)}")
        elif IsoWeek.of(first) != IsoWeek.of(last):
            row.refuse(f"{self.until} : une offre tient dans une semaine ; faites deux lignes")
        elif IsoWeek.of(last) < IsoWeek.of(self.today):
            row.refuse(f"{self.until} : la {IsoWeek.of(last).label} est passée")


def _price(typed: str) -> Money:
    price = read_price(typed)
    if price < Money(0):
        raise ValueError(f"{price}, un prix ne descend pas sous zéro")
    return price


def _quality(typed: str) -> int:
    if (quality := QUALITIES.get(_plain(typed))) is None:
        raise ValueError(f"« {typed} » : écrivez bio, en conversion ou conventionnel")
    return quality
