"""The catalogue in a French spreadsheet's CSV: written out, and read whole or refused whole."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from terreau.measures.french import format_decimal
from terreau.measures.money import Money
from terreau.rooms.garden.actions.catalogue import FiguresRefused, chosen_among, refuse_disorder
from terreau.rooms.garden.crops import READERS
from terreau.rooms.garden.families import family
from terreau.rooms.garden.queries import CropLine
from terreau.territory.sheets import Row, read_sheet, refuse_if_wrong

# The heads of the sheet; each says its unit.
HEADS = {
    "field_cycles": "cycles plein champ (semaines)", "tunnel_cycles": "cycles tunnel (semaines)",
    "field_harvest_weeks": "récolte plein champ (semaines)",
    "tunnel_harvest_weeks": "récolte tunnel (semaines)",
    "yield_low": "rendement bas (kg/m²)", "yield_likely": "rendement probable (kg/m²)",
    "yield_high": "rendement haut (kg/m²)",
    "rows": "rangs", "spacing_cm": "écart sur le rang (cm)", "plants_m2": "plants au m²",
    "return_years": "délai de retour (ans)", "storage_weeks": "garde au froid (semaines)",
    "establish_hours": "mise en place (h/100 m²)", "upkeep_hours": "entretien (h/100 m²)",
    "harvest_hours": "récolte et lavage (h/100 kg)",
    "price_low": "prix bas (€/kg)", "price": "prix (€/kg)", "price_high": "prix haut (€/kg)",
    "portion_kg": "portion (kg)",
}  # fmt: skip
CODE, REASON = "code", "raison"
# What a reader needs and what the sheet does not change.
SHOWN = ("nom", "famille", "produit")
COLUMNS = (CODE, *SHOWN, *HEADS.values(), REASON)
CYCLES_MAX, REASON_MAX = 700, 200


def write_catalogue(crops: Iterable[CropLine]) -> bytes:
    """Every crop with the figures in force, as a French spreadsheet opens it."""
    text = io.StringIO()
    lines = csv.writer(text, delimiter=";", lineterminator="\r\n")
    lines.writerow(COLUMNS)
    for crop in crops:
        figures = [_cell(getattr(crop, name)) for name in HEADS]
        lines.writerow([crop.code, crop.name, family(crop.family).name, crop.product, *figures, crop.reason])
    return text.getvalue().encode("utf-8-sig")


def _cell(figure: Any) -> str:
    if figure is None or isinstance(figure, str):
        return figure or ""
    number = figure.euros if isinstance(figure, Money) else figure
    # Spreadsheets do not read a number whose thousands are grouped.
    return format_decimal(number).replace("\u202f", "")


def read_catalogue(data: bytes, crops: Mapping[str, CropLine]) -> dict[str, tuple[dict[str, Any], str]]:
    """The figures that are the écopôle's own in a sheet, and their reason, by crop. Raises `SheetRefused`."""
    _, rows = read_sheet(data, (frozenset((CODE, *HEADS.values())),))
    seen: dict[str, int] = {}
    found = {}
    for row in rows:
        if row.errors:
            continue
        crop = crops.get(row.text(CODE))
        if crop is None:
            row.refuse(f"code : « {row.text(CODE)} » n’est pas au catalogue. Ajoutez d’abord cette culture")
            continue
        row.once(seen, crop.code)
        found[crop.code] = (_figures(row, crop), row.text(REASON))
    refuse_if_wrong(rows)
    return found


def _figures(row: Row, crop: CropLine) -> dict[str, Any]:
    figures = {name: row.read(head, READERS[name]) for name, head in HEADS.items()}
    for name in ("field_cycles", "tunnel_cycles"):
        if len(figures[name] or "") > CYCLES_MAX:
            row.refuse(f"{HEADS[name]} : plus de {CYCLES_MAX} caractères")
    if len(row.text(REASON)) > REASON_MAX:
        row.refuse(f"{REASON} : plus de {REASON_MAX} caractères, gardez l’essentiel")
    try:
        refuse_disorder({**crop.reference, **chosen_among(crop, figures)})
    except FiguresRefused as refusal:
        for name, why in refusal.errors.items():
            row.refuse(f"{HEADS[name]} : {why}")
    return chosen_among(crop, figures)
