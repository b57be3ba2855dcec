"""The perimeters an answer is given for: sets of communes, with the statistics we have of them."""

import unicodedata
from dataclasses import dataclass

from django.db.models import QuerySet

from terreau.engines.contribution import Commune, Territory, Unknown
from terreau.engines.contribution.problem import Missing, Stat
from terreau.impact.parameters import rows
from terreau.territory.models import Commune as Row
from terreau.territory.models import Ecopole

EPCI, DEPARTEMENT = "epci", "departement"
# Borders of the communes file we carry.
COG_YEAR = 2026
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
    field = "epci_code" if perimeter.scale == EPCI else "departement"
    return _territory(perimeter, Row.objects.filter(**{field: perimeter.code}), None)


@dataclass(frozen=True)
class Known:
    """Some of its communes are known, most peopled first; `jobs_total`: if we have it."""

    code: str
    name: str
    communes: tuple[tuple[str, str], ...]
    jobs_total: float | None


def known_epcis(asked: str = "") -> list[tuple[str, str]]:
    """(code, name) of those that bear that code, or whose name holds these words; all of them for nothing."""
    rows = Row.objects.exclude(epci_code="").order_by("epci_name", "epci_code")
    pairs = list(rows.values_list("epci_code", "epci_name").distinct())
    words = _plain(asked).split()
    exact = [pair for pair in pairs if pair[0] == asked.strip() or _plain(pair[1]).split() == words]
    return exact or [pair for pair in pairs if all(word in _plain(pair[1]) for word in words)]


def _plain(text: str) -> str:
    """Without case, accents nor marks: « Lens – Liévin » is typed « lens lievin »."""
    letters = unicodedata.normalize("NFD", text.lower())
    kept = (c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))
    return "".join(kept)


def known_epci(code: str) -> Known | None:
    rows = list(Row.objects.filter(epci_code=code).defer("contour").order_by("code"))
    if not rows:
        return None
    rows.sort(key=lambda row: -(row.population or 0))
    told = _told(EPCI, code)
    jobs = float(told["jobs_total"]) if told else None
    return Known(code, rows[0].epci_name, tuple((row.code, row.name) for row in rows), jobs)


def epci(code: str, jobs_total: float | None = None, *, jobs_needed: bool = True) -> Territory:
    """Any of France whose communes were imported; `jobs_total` where no total of ours is known.

    Without it, and not `jobs_needed`, the figures that depend on it say that they miss it.
    """
    communes = Row.objects.filter(epci_code=code)
    first = communes.first()
    if first is None:
        raise Missing(
            f"Intercommunalité {code}\u202f: aucune commune connue. Importez le fichier officiel des "
            "communes (terreau import communes FICHIER)."
        )
    if jobs_needed and jobs_total is None and _told(EPCI, code) is None:
        raise Missing(
            f"Emplois de {first.epci_name}\u202f: inconnus. Ajoutez au scénario jobs_total, les emplois au "
            "lieu de travail du recensement (Insee)."
        )
    return _territory(Perimeter(EPCI, code, first.epci_name), communes, jobs_total)


def _territory(perimeter: Perimeter, communes: QuerySet[Row], jobs_total: float | None) -> Territory:
    told = _told(perimeter.scale, perimeter.code) or {}
    return Territory(
        perimeter.scale,
        perimeter.name,
        tuple(_commune(row) for row in communes.order_by("code").defer("contour")),
        int(told.get("cog_year", COG_YEAR)),
        poverty_rate=_stat(told.get("poverty_rate", "nd")),
        jobs_total=jobs_total or (float(told["jobs_total"]) if told else None),
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
