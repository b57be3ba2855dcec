"""The dated parameters and tables of the indicators, read from `data/`: each row says its source.

A new figure is added with its date, an old one stays. A garden's own value replaces the default where it is
used; the default stays in the file, and is shown beside it.
"""

import csv
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from terreau.engines.contribution.climate import STAGES
from terreau.engines.contribution.problem import Food, Household, InputOutput, Parameter, Tables
from terreau.measures.dated import in_force
from terreau.measures.french import format_decimal

DATA = Path(__file__).with_name("data")
# The columns of the grid, as OpenFisca's authors name them.
GRID = {
    "year": "annee", "family": "famille", "hours": "heures_hebdo", "gross": "salaire_brut",
    "net": "salaire_net", "employer_cost": "cout_employeur",
    "employer_contributions": "cotis_patronales_nettes",
    "employee_contributions": "cotis_salariales", "csg": "csg_crds", "rsa": "rsa", "ppa": "prime_activite",
    "housing": "aide_logement", "family_benefits": "prestations_familiales", "income_tax": "impot_revenu",
    "disposable": "revenu_disponible",
}  # fmt: skip


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def written() -> dict[str, tuple[Parameter, ...]]:
    """Every row of the file, by parameter."""
    found: dict[str, tuple[Parameter, ...]] = {}
    for row in rows("parameters.csv"):
        kept: dict[str, Any] = dict(row)
        kept |= {key: float(row[key]) for key in ("value", "low", "high")}
        kept |= {"since": date.fromisoformat(row["since"]), "effort": int(row["effort"])}
        found[row["id"]] = (*found.get(row["id"], ()), Parameter(**kept))
    return found


def parameters(on: date, own: Iterable[Parameter] = ()) -> tuple[Parameter, ...]:
    """Those in force that day; `own`, a garden's, in the place of the defaults of the same name."""
    values = {
        id: in_force([{"since": p.since, "parameter": p} for p in dated], on)["parameter"]
        for id, dated in written().items()
    }
    values |= {p.id: p for p in own}
    return tuple(values.values())


def out_of_range(own: Iterable[Parameter], on: date) -> tuple[str, ...]:
    """What a garden says beyond what was seen elsewhere: computed all the same, and said."""
    known = {p.id: p for p in parameters(on)}
    return tuple(
        f"{known[p.id].label}\u202f: {_said(p.value)} est hors de {_said(known[p.id].low)} à"
        f" {_said(known[p.id].high)} {p.unit}\u202f; calculé ainsi, à vérifier."
        for p in own
        if p.id in known and known[p.id].outside(p.value)
    )


def _said(value: float) -> str:
    return format_decimal(Decimal(str(round(value, 3))))


@cache
def tables() -> Tables:
    return Tables(input_output(), grid(), foods())


def input_output() -> InputOutput:
    table = rows("input_output.csv")
    sectors = tuple(row["sector"] for row in table)

    def column(name: str) -> Any:
        return np.array([float(row[name]) for row in table])

    return InputOutput(
        sectors=sectors,
        coefficients=np.array([[float(row[sector]) for sector in sectors] for row in table]),
        households=column("households"),
        jobs_per_meur=column("jobs_per_meur"),
        value_added=column("value_added"),
        labour=column("labour"),
        jobs=column("jobs_thousands"),
    )


def grid() -> tuple[Household, ...]:
    found = []
    for row in rows("grid.csv"):
        values: dict[str, Any] = {
            name: float(row[column]) for name, column in GRID.items() if name != "family"
        }
        found.append(Household(**values | {"year": int(row["annee"]), "family": row["famille"]}))
    return tuple(found)


def foods() -> dict[str, Food]:
    return {
        row["code"]: Food(row["code"], row["label"], row["plane"] == "1", *(float(row[s]) for s in STAGES))
        for row in rows("foods.csv")
    }


def sector_of(ape: str) -> str:
    """The sector of the input–output table of an activity code (APE, NAF rev. 2), by its division."""
    return _sectors()[ape[:2]]


@cache
def _sectors() -> dict[str, str]:
    return {
        f"{division:02}": row["sector"]
        for row in rows("sectors.csv")
        for division in range(int(row["from"]), int(row["to"]) + 1)
    }


@cache
def _foods_of_products() -> dict[str, str]:
    return {row["product"]: row["food"] for row in rows("product_foods.csv")}


def food_of(product: str) -> str | None:
    """The food of the reference table that stands for one of our vegetables; None: any raw vegetable."""
    return _foods_of_products().get(product)
