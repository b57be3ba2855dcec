"""What a drive weighs in kgCO2e, by which method and at which level; factors are in carbon.toml.

Levels are those of the information owed to whoever is carried for (C. transp. L1431-3).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from terreau.measures.dated import in_force
from terreau.measures.french import format_decimal

FILE = Path(__file__).with_name("carbon.toml")
GRAM = Decimal("0.001")
DIESEL, PETROL, ELECTRIC = "diesel", "petrol", "electric"
VAN = "van"
OF_FUEL = {
    DIESEL: "de gazole", PETROL: "d’essence", "e85": "de superéthanol E85", ELECTRIC: "d’électricité"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Carbon:
    """`basis`: the level and where the factors come from; `done`: the sum as it was made."""

    kg: Decimal
    basis: str
    done: str

    @property
    def method(self) -> str:
        return f"{self.basis}\u202f: {self.done}"


@cache
def _written() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def _rule(name: str, on: date) -> Mapping[str, Any]:
    return in_force(_written()[name], on)


def of_tour(
    *, km: Decimal, fuel: str, litres_100km: Decimal, cold: bool, put_in: Decimal | None, on: date
) -> Carbon | None:
    """A tour, empty legs and cold included: what was put in, else the vehicle's mean, else the legal value.

    `fuel`: empty when nothing is known of the vehicle. `put_in`: litres, or kWh. An electric vehicle weighs
    nothing that can be said until its kWh are.
    """
    if put_in is not None:
        return _burnt(put_in, fuel or DIESEL, on, 4)
    if fuel == ELECTRIC:
        return None
    if litres_100km:
        mean = f"{format_decimal(litres_100km)}\u00a0L aux 100\u00a0km"
        return _burnt(km * litres_100km / 100, fuel, on, 3, mean=mean)
    legal = _rule("level_1", on)
    litres, said = Decimal(legal["litres_km"]), f"utilitaire, {legal['said']}"
    if cold:
        chilled = _rule("cold_unit", on)
        litres, said = litres * Decimal(chilled["times"]), f"{said}, {chilled['said']}"
    return _burnt(km * litres, DIESEL, on, 1, said)


def of_former(*, km: Decimal, vehicle: str, fuel: str, litres_100km: Decimal | None, on: date) -> Carbon:
    """What a partner drove by itself: by its own litres if it knows them, else by a low value of its kind."""
    known = _rule("former", on)
    if litres_100km:
        mean = f"{format_decimal(litres_100km)}\u00a0L aux 100\u00a0km"
        return _burnt(km * litres_100km / 100, fuel, on, said="déclaré", mean=mean)
    if vehicle == VAN:
        litres = Decimal(known["van_litres_100km"])
        mean = f"{format_decimal(litres)}\u00a0L aux 100\u00a0km"
        return _burnt(km * litres / 100, fuel, on, said=known["said_van"], mean=mean)
    factor = Decimal(known["electric_car_kg_km" if fuel == ELECTRIC else "car_kg_km"])
    done = f"{_figure(km, 1)}\u00a0km × {_figure(factor)}\u00a0kgCO2e/km"
    return Carbon(_grams(km * factor), known["said_car"], done)


def _burnt(amount: Decimal, fuel: str, on: date, level: int = 0, said: str = "", mean: str = "") -> Carbon:
    """Litres or kWh times the factor of that fuel."""
    rule = _rule("fuel", on)
    factor, unit = Decimal(rule[fuel]), "kWh" if fuel == ELECTRIC else "L"
    label = _rule("level", on)[f"level_{level}"] if level else ""
    done = f"{_figure(amount, 2)}\u00a0{unit} {OF_FUEL[fuel]} × {_figure(factor)}\u00a0kgCO2e/{unit}"
    return Carbon(
        _grams(amount * factor),
        ", ".join(part for part in (label, said, rule["said"]) if part),
        ", ".join(part for part in (mean, done) if part),
    )


def _figure(amount: Decimal, places: int = 4) -> str:
    return format_decimal(amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


def _grams(kg: Decimal) -> Decimal:
    return kg.quantize(GRAM, ROUND_HALF_UP)
