"""Products from a sheet: their units, weights, seasons and reference prices, each row with its source."""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from terreau.measures.french import parse_decimal, parse_money
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.territory.figures import parse_portions, parse_weeks
from terreau.territory.models import Product, ProductFamily
from terreau.territory.rates import vat_classes
from terreau.territory.sheets import Changes, Row, read_sheet, refuse_if_wrong, store

SHIPPED = Path(__file__).parent / "data" / "products.csv"
COLUMNS = frozenset(
    ["code", "name", "family", "unit", "unit_kg", "basket_group", "storage", "keeps_days", "vat_class",
     "macantine_family", "reference_price", "portions", "weeks", "expert", "source"]
)  # fmt: skip
STORAGES = ("cold", "ambient")
# The families ma-cantine asks of a canteen's purchases; it counts eggs with dairy (« BOF »).
MACANTINE = ("VIANDES_VOLAILLES", "CHARCUTERIE", "PRODUITS_DE_LA_MER", "FRUITS_ET_LEGUMES",
             "PRODUITS_LAITIERS", "BOULANGERIE", "BOISSONS", "AUTRES")  # fmt: skip
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def load_products(data: bytes | None = None) -> Changes:
    """Add or update products from a sheet, the shipped one by default; none is ever removed."""
    _, rows = read_sheet(SHIPPED.read_bytes() if data is None else data, (COLUMNS,))
    codes: dict[str, int] = {}
    names: dict[str, int] = {}
    wanted = []
    for row in rows:
        if not row.errors:
            values = _product(row)
            row.once(codes, values["code"])
            row.once(names, values["name"])
            wanted.append(values)
    refuse_if_wrong(rows)
    _refuse_new_units(rows, wanted)
    return store(Product, "code", wanted)


def _product(row: Row) -> dict[str, Any]:
    for column in ("code", "name", "family", "unit", "unit_kg", "vat_class", "source"):
        if not row.text(column):
            row.refuse(f"{column} : à remplir")
    return {
        "code": row.read("code", _slug),
        "name": row.text("name"),
        "family": row.read("family", _one_of(ProductFamily.values)),
        "unit": row.read("unit", _one_of(Unit)),
        "unit_kg": row.read("unit_kg", _weight),
        "basket_group": row.text("basket_group"),
        "storage": row.read("storage", _one_of(STORAGES)) or "cold",
        "keeps_days": row.read("keeps_days", _days),
        "vat_class": row.read("vat_class", _one_of(vat_classes())),
        "macantine_family": row.read("macantine_family", _one_of(MACANTINE)) or "",
        "reference_price": row.read("reference_price", _price),
        "portions": _kept_if(row, "portions", parse_portions),
        "weeks": _kept_if(row, "weeks", parse_weeks),
        "source": row.text("source"),
        "expert": row.read("expert", _yes) or False,
    }


def _refuse_new_units(rows: list[Row], wanted: list[dict[str, Any]]) -> None:
    """A known product keeps its unit: what was written in kilos cannot become pieces."""
    units = dict(Product.objects.values_list("code", "unit"))
    for row, values in zip(rows, wanted, strict=True):
        known = units.get(values["code"], values["unit"])
        if known != values["unit"]:
            row.refuse(f"unit : {values['name']} est déjà compté en {known} ; créez un autre produit")
    refuse_if_wrong(rows)


def _kept_if(row: Row, column: str, parse: Callable[[str], object]) -> str:
    row.read(column, parse)
    return row.text(column)


def _one_of(allowed: Iterable[str]) -> Callable[[str], str]:
    choices = [str(choice) for choice in allowed]

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"« {text} » est inconnu. Au choix : {', '.join(choices)}")
        return text

    return read


def _slug(text: str) -> str:
    if not SLUG.fullmatch(text):
        raise ValueError(f"« {text} » : des minuscules sans accent, des chiffres et des tirets seulement")
    return text


def _weight(text: str) -> Decimal:
    if (weight := parse_decimal(text)) < 0:
        raise ValueError(f"« {text} » : un poids ne descend pas sous 0 kg ; une heure en pèse 0")
    return weight


def _price(text: str) -> Money:
    if (price := parse_money(text)).cents <= 0:
        raise ValueError(f"« {text} » : un prix dépasse 0 €, ou la case reste vide")
    return price


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 3650:
        raise ValueError(f"« {text} » n’est pas un nombre de jours de 1 à 3650")
    return int(text)


def _yes(text: str) -> bool:
    if text.lower() not in ("oui", "non"):
        raise ValueError(f"« {text} » : écrivez oui ou non")
    return text.lower() == "oui"
