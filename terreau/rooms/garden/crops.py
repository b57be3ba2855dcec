"""The catalogue of crops, from the shipped sheet: windows, yields, hours and prices, each with its source."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from terreau.measures.french import parse_decimal
from terreau.measures.money import Money
from terreau.rooms.garden.cycles import parse_cycles
from terreau.rooms.garden.models import Crop
from terreau.territory.forms import read_price
from terreau.territory.models import Product
from terreau.territory.sheets import Changes, Row, read_sheet, refuse_if_wrong, store

SHIPPED = Path(__file__).parent / "data" / "crops.csv"
# The groups of figures that share a source; an estimate of the trade says so in its source.
GROUPS = ("windows", "yield", "spacing", "rotation", "storage", "labour", "price", "portion")
ESTIMATE = "estimation de métier"
WHOLE_MAX = 99


def quantity(text: str) -> Decimal:
    if (number := parse_decimal(text)) < 0:
        raise ValueError(f"« {text} » : écrivez un nombre de 0 ou plus")
    return number


def whole(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= WHOLE_MAX:
        raise ValueError(f"« {text} » : écrivez un nombre entier de 1 à {WHOLE_MAX}")
    return int(text)


def price(text: str) -> Money:
    if (found := read_price(text)) < Money(0):
        raise ValueError(f"« {text} » : écrivez un prix de 0 € ou plus")
    return found


def cycles(text: str) -> str:
    parse_cycles(text)
    return text.replace(" ", "")


# How each figure is read, whether it comes from the sheet or from a form.
READERS: dict[str, Callable[[str], Any]] = {
    "field_cycles": cycles, "tunnel_cycles": cycles,
    "field_harvest_weeks": whole, "tunnel_harvest_weeks": whole,
    "yield_low": quantity, "yield_likely": quantity, "yield_high": quantity,
    "rows": whole, "spacing_cm": quantity, "plants_m2": quantity,
    "return_years": whole, "storage_weeks": quantity,
    "establish_hours": quantity, "upkeep_hours": quantity, "harvest_hours": quantity,
    "price_low": price, "price": price, "price_high": price,
    "portion_kg": quantity,
}  # fmt: skip
COLUMNS = frozenset(["code", "name", "family", "product", *READERS, *(f"{g}_source" for g in GROUPS)])


def load_crops() -> Changes:
    """Add or update the reference catalogue; what écopôles chose stays theirs, no crop is removed."""
    _, rows = read_sheet(SHIPPED.read_bytes(), (COLUMNS,))
    products = {product.code: product for product in Product.objects.all()}
    codes: dict[str, int] = {}
    wanted = [_crop(row, products) for row in rows]
    for row in rows:
        row.once(codes, row.text("code"))
    refuse_if_wrong(rows)
    return store(Crop, "code", wanted, among=Crop.objects.filter(ecopole=None))


def _crop(row: Row, products: dict[str, Product]) -> dict[str, Any]:
    product = products.get(row.text("product"))
    if product is None:
        row.refuse(f"product : « {row.text('product')} » n’est pas un produit connu")
    return {
        "code": row.text("code"),
        "name": row.text("name"),
        "family": row.text("family"),
        "product": product,
        "sources": {group: row.text(f"{group}_source") for group in GROUPS},
        **{name: row.read(name, read) for name, read in READERS.items() if "cycles" not in name},
        **{name: row.read(name, read) or "" for name, read in READERS.items() if "cycles" in name},
    }
