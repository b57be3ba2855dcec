"""The perimeters an answer is given for: sets of communes, with the statistics we have of them."""

from dataclasses import dataclass

from django.db.models import QuerySet

from terreau.engines.contribution import Commune, Territory, Unknown
from terreau.engines.contribution.problem import Missing, Stat
from terreau.impact.parameters import rows
from terreau.territory.models import Commune as Row
from terreau.territory.models import Ecopole

EPCI, DEPARTEMENT = "epci", "departement"
# How a published file says that it says nothing. Neither is a zero.
SILENT = {"s": Unknown.SECRET, "": Unknown.BLANK, "nd": Unknown.UNAVAILABLE}


@dataclass(frozen=True)
class Perimeter:
    """One that may be asked for; `missing`: why it may not, and what to do."""

    scale: str
    code: str
    name: str
    missing: str = ""


def perimeters(ecopole: Ecopole) -> list[Perimeter]:
    """From the nearest to the widest."""
    home = ecopole.commune
    return [
        _perimeter(EPCI, home.epci_code, home.epci_name, Row.objects.filter(epci_code=home.epci_code)),
        _perimeter(
            DEPARTEMENT, home.departement, f"Département {home.departement}",
            Row.objects.filter(departement=home.departement),
        ),
    ]  # fmt: skip


def _perimeter(scale: str, code: str, name: str, communes: QuerySet[Row]) -> Perimeter:
    known, told = communes.count(), _told(scale, code)
    if not code or not known:
        return Perimeter(scale, code, name, "Communes\u202f: aucune. Importez la liste officielle.")
    if told is None:
        return Perimeter(
            scale, code, name,
            f"{name}\u202f: aucun total d’emplois. Ajoutez sa ligne, avec sa source, à "
            "impact/data/perimeters.csv.",
        )  # fmt: skip
    if known < int(told["communes"]):
        return Perimeter(
            scale, code, told["name"],
            f"{told['name']}\u202f: {known} communes connues sur {told['communes']}. Importez le fichier "
            "officiel des communes (terreau import communes FICHIER).",
        )  # fmt: skip
    return Perimeter(scale, code, told["name"])


def _told(scale: str, code: str) -> dict[str, str] | None:
    found = (row for row in rows("perimeters.csv") if (row["scale"], row["code"]) == (scale, code))
    return next(found, None)


def territory(perimeter: Perimeter) -> Territory:
    """The perimeter with what is published of each commune. Raises `Missing`, which says what to import."""
    if perimeter.missing:
        raise Missing(perimeter.missing)
    told = _told(perimeter.scale, perimeter.code)
    assert told is not None
    field = "epci_code" if perimeter.scale == EPCI else "departement"
    communes = Row.objects.filter(**{field: perimeter.code}).order_by("code")
    return Territory(
        perimeter.scale,
        perimeter.name,
        tuple(_commune(row) for row in communes.defer("contour")),
        int(told["cog_year"]),
        jobs_total=float(told["jobs_total"]),
    )


def _commune(row: Row) -> Commune:
    if row.population is None:
        raise Missing(f"{row.name}\u202f: population inconnue. Importez le fichier officiel des communes.")
    figures = _figures().get(row.code, {})
    names = ("persons", "households", "poverty_rate", "sau_ha")
    return Commune(
        row.code, row.name, float(row.population), row.latitude, row.longitude,
        **{name: _stat(figures.get(name, "nd")) for name in names},
    )  # fmt: skip


def _figures() -> dict[str, dict[str, str]]:
    return {row["commune"]: row for row in rows("communes.csv")}


def _stat(text: str) -> Stat:
    return SILENT[text] if text in SILENT else float(text)
