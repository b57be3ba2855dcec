"""The label of a lot: what the law asks of it, and what is still missing to print it.

Reg. (EU) 1169/2011 art. 9: name, ingredients in descending order with allergens emphasised, net quantity,
date, storage, operator; directive 2011/91: the lot; Reg. (EU) 2018/848 art. 32: the control body and origin.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.template.loader import get_template

from terreau.formats.paper import sheet as paper
from terreau.formats.qr import qr_svg
from terreau.measures.dated import in_force
from terreau.measures.french import format_decimal
from terreau.rooms.kitchen.models import Operator, Zone
from terreau.rooms.kitchen.points import rules
from terreau.rooms.kitchen.queries.batches import Sheet
from terreau.rooms.kitchen.recipes import allergen_names, kilos, stuffs
from terreau.rooms.kitchen.refusals import KitchenRefused
from terreau.territory.models import Quality

LIFE_WORDS = {"DLC": "À consommer jusqu’au", "DDM": "À consommer de préférence avant le"}
EACH_MAX = 240
# « Agriculture UE/non UE » where some comes from further.
TOGETHER = {
    Zone.EU: "Agriculture UE",
    Zone.ELSEWHERE: "Agriculture UE/non UE",
    Zone.FRANCE: "Agriculture France",
}


def life_said(life: str, until: date) -> str:
    return f"{LIFE_WORDS[life]} {until:%d/%m/%Y}"


@dataclass(frozen=True)
class Part:
    """A piece of the list of ingredients; `bold`: an allergen."""

    text: str
    bold: bool = False


@dataclass(frozen=True)
class Label:
    name: str
    parts: tuple[Part, ...]
    net: str
    lot: str
    life: str
    storage: str
    origin: str
    organic: str
    operator: str
    nutrition: str
    missing: tuple[str, ...]

    @property
    def ingredients(self) -> str:
        return "".join(part.text for part in self.parts)


def label_of(sheet: Sheet, operator: Operator | None) -> Label:
    """What is printed of a finished batch; `missing` names each mention the law asks and does not find."""
    lot = sheet.lot
    if lot is None or sheet.ending is None:
        raise KitchenRefused(
            f"{sheet.recipe}\u202f: la fournée n’est pas finie, son étiquette n’a pas encore de lot."
        )
    organic = lot.quality != Quality.CONVENTIONAL
    said = {
        "la dénomination": sheet.recipe.name,
        "la liste des ingrédients": "ok" if sheet.used else "",
        "le poids net": _net(sheet),
        "le numéro de lot": lot.code,
        "la date de durée de vie": life_said(sheet.asked.life, lot.keeps_until) if lot.keeps_until else "",
        "les conditions de conservation": sheet.version.storage,
        "le nom et l’adresse de l’exploitant": _address(operator),
        "le code de l’organisme certificateur": _body(operator) if organic else "–",
    }
    return Label(
        name=sheet.recipe.name,
        parts=tuple(_ingredients(sheet)),
        net=said["le poids net"],
        lot=f"L {lot.code}",
        life=said["la date de durée de vie"],
        storage=sheet.version.storage,
        origin=_origin(sheet),
        organic=said["le code de l’organisme certificateur"] if organic else "",
        operator=said["le nom et l’adresse de l’exploitant"],
        nutrition=in_force(rules()["nutrition"], sheet.batch.on)["said"],
        missing=tuple(name for name, value in said.items() if not value.strip()),
    )


def _net(sheet: Sheet) -> str:
    grams = (sheet.recipe.product.unit_kg * 1000).quantize(Decimal(1), ROUND_HALF_UP)
    if grams <= 0:
        return ""
    return f"{format_decimal(grams / 1000)}\u00a0kg" if grams >= 1000 else f"{format_decimal(grams)}\u00a0g"


def _address(operator: Operator | None) -> str:
    return f"{operator.name}, {operator.address}" if operator and operator.name and operator.address else ""


def _body(operator: Operator | None) -> str:
    return operator.organic_body if operator else ""


def _origin(sheet: Sheet) -> str:
    """Of what grew: where all of it did, or the widest of them."""
    zones = set()
    for one in sheet.used:
        if stuffs()[one.lot.product.code].agricultural:
            intake = getattr(one.lot, "kitchen_intake", None)
            zones.add(Zone(intake.zone) if intake else Zone.FRANCE)
    if zones == {Zone.ELSEWHERE}:
        return "Agriculture non UE"
    return next((TOGETHER[zone] for zone in (Zone.ELSEWHERE, Zone.EU, Zone.FRANCE) if zone in zones), "")


def _ingredients(sheet: Sheet) -> list[Part]:
    """By weight as they were put in, the heaviest first; organic ones bear a star, named ones their share."""
    weights: dict[str, Decimal] = defaultdict(Decimal)
    organic: dict[str, bool] = {}
    # The word « biologique » is for what is organic as a whole (Reg. 2018/848 art. 30).
    starred = sheet.lot is not None and sheet.lot.quality == Quality.ORGANIC
    for one in sheet.used:
        code = one.lot.product.code
        weights[code] += kilos(one.lot.product, one.quantity)
        organic[code] = starred and organic.get(code, True) and one.lot.quality == Quality.ORGANIC
    whole = sum(weights.values(), Decimal(0)) + (sheet.ending.water_kg if sheet.ending else Decimal(0))
    named = {row.product.code for row in sheet.ingredients if row.named}
    lines: list[tuple[Decimal, list[Part]]] = []
    for code, weight in weights.items():
        stuff = stuffs()[code]
        star = "*" if organic[code] and stuff.agricultural else ""
        share = (
            f" ({format_decimal((weight / whole * 100).quantize(Decimal(1)))}\u00a0%)"
            if code in named
            else ""
        )
        lines.append((weight, [*_emphasised(stuff.label, stuff.allergens), Part(star + share)]))
    if sheet.ending and sheet.ending.water_kg:
        lines.append((sheet.ending.water_kg, [Part("eau")]))
    parts: list[Part] = []
    for _, told in sorted(lines, key=lambda line: -line[0]):
        parts += [*([Part(", ")] if parts else []), *[part for part in told if part.text]]
    if any(organic[code] and stuffs()[code].agricultural for code in weights):
        parts.append(Part(". * issus de l’agriculture biologique"))
    return [*parts, Part(".")]


def _emphasised(label: str, allergens: tuple[str, ...]) -> list[Part]:
    """The allergen in bold: its own name where the ingredient bears it, otherwise said after it."""
    if not allergens:
        return [Part(label)]
    names = [allergen_names()[code] for code in allergens]
    return [Part(label, bold=True), *([Part(f" ({', '.join(names)})", bold=True)] if not any(
        name in label for name in names) else [])]  # fmt: skip


def label_sheet(label: Label, *, url: str, count: int, footer: str) -> bytes:
    """So many labels to cut and stick; refused, naming what is missing."""
    if label.missing:
        raise KitchenRefused(
            f"{label.name}\u202f: l’étiquette ne peut pas sortir, il manque {', '.join(label.missing)}."
        )
    template: Any = get_template("kitchen/etiquettes.typ")
    told = {
        "name": label.name, "net": label.net, "lot": label.lot, "life": label.life, "storage": label.storage,
        "origin": label.origin, "organic": label.organic, "operator": label.operator, "code": qr_svg(url),
        "parts": [[part.text, part.bold] for part in label.parts],
    }  # fmt: skip
    return paper(template.template.source, {"label": told, "count": count, "footer": footer})
