"""The public-finance grid: whose households it holds, how it is written, and where two of them differ."""

import csv
import io
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from terreau.impact.parameters import DATA, rows
from terreau.measures.french import format_decimal

SHIPPED = DATA / "grid.csv"
Cells = dict[str, str]
# A cell's row, and its columns: the household and its hours, then euros a year.
KEY = ("annee", "famille", "nb_enfants", "couple", "heures_hebdo")
EUROS = {
    "salaire_brut": "salaire brut", "salaire_net": "salaire net", "cout_employeur": "coût pour l’employeur",
    "cotis_patronales_nettes": "cotisations de l’employeur", "cotis_salariales": "cotisations du salarié",
    "csg_crds": "CSG et CRDS", "rsa": "RSA", "prime_activite": "prime d’activité",
    "aide_logement": "aide au logement", "prestations_familiales": "prestations familiales",
    "impot_revenu": "impôt sur le revenu", "revenu_disponible": "revenu disponible",
}  # fmt: skip
COLUMNS = (*KEY, *EUROS, "source")


@dataclass(frozen=True)
class Family:
    name: str
    adults: int
    children_born: tuple[date, ...]


@dataclass(frozen=True)
class Types:
    """The households of the grid, and what is held of them all (`data/grid.toml`)."""

    families: tuple[Family, ...]
    hours: tuple[int, ...]
    adult_born: date
    rent_eur: int
    zone: str
    staff: int
    warm_up_years: int
    tolerance_eur: int


@cache
def types() -> Types:
    with (DATA / "grid.toml").open("rb") as file:
        told: dict[str, Any] = tomllib.load(file)
    families = (Family(f["name"], f["adults"], tuple(f["children_born"])) for f in told.pop("family"))
    return Types(tuple(families), **told | {"hours": tuple(told["hours"])})


def shipped() -> tuple[Cells, ...]:
    return rows(SHIPPED.name)


def years() -> tuple[int, ...]:
    return tuple(sorted({int(row["annee"]) for row in shipped()}))


@dataclass(frozen=True)
class Difference:
    """One cell that two grids do not hold alike; None: one of them has no such row."""

    row: tuple[str, str, str]
    column: str
    shipped: float | None
    made: float | None

    def __str__(self) -> str:
        year, family, hours = self.row
        where = f"{year}, {family}, {hours} h"
        if self.shipped is None or self.made is None:
            return (
                f"{where}\u202f: {'absent de la grille livrée' if self.shipped is None else 'non recalculé'}"
            )
        return (
            f"{where}, {EUROS[self.column]}\u202f: {_euros(self.shipped)} livrés,"
            f" {_euros(self.made)} recalculés"
        )


def _euros(value: float) -> str:
    return f"{format_decimal(round(value))}\u00a0€"


def differences(shipped: Iterable[Cells], made: Iterable[Cells], tolerance: float) -> list[Difference]:
    """Row by row, in the order of the first: what differs by more than the tolerance, euros a year."""
    ours, theirs = _by_row(shipped), _by_row(made)
    found = []
    for row in dict.fromkeys((*ours, *theirs)):
        known, new = ours.get(row), theirs.get(row)
        if known is None or new is None:
            found.append(Difference(row, "", None if known is None else 0.0, None if new is None else 0.0))
            continue
        for column in EUROS:
            before, after = float(known[column]), float(new[column])
            if abs(after - before) > tolerance:
                found.append(Difference(row, column, before, after))
    return found


def _by_row(grid: Iterable[Cells]) -> dict[tuple[str, str, str], Cells]:
    return {(row["annee"], row["famille"], row["heures_hebdo"]): row for row in grid}


def written(grid: Sequence[Cells]) -> str:
    """The file, euros rounded to the nearest."""
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(grid)
    return sheet.getvalue()
