"""Communes from open data: the official list (COG, INSEE) or the shipped sheet with figures and contours."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from terreau.territory.models import Commune
from terreau.territory.sheets import Changes, Row, read_sheet, refuse_if_wrong, store

SHIPPED = Path(__file__).parent / "data" / "communes.csv"

COG = frozenset({"TYPECOM", "COM", "REG", "DEP", "LIBELLE"})
FIGURES = frozenset({"code_insee", "nom", "code_epci", "nom_epci", "codes_postaux", "population",
                     "lat_mairie", "lon_mairie", "surface_km2"})  # fmt: skip

CODE = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")
POINT = re.compile(r"(-?[0-9]{1,3}\.[0-9]+),(-?[0-9]{1,2}\.[0-9]+)")
OVERSEAS = ("97", "98")


def load_communes(data: bytes | None = None) -> Changes:
    """Add or update communes from an open-data sheet, the shipped one by default; none is ever removed."""
    layout, rows = read_sheet(SHIPPED.read_bytes() if data is None else data, (COG, FIGURES))
    if layout is COG:
        # COMA, COMD and ARM are parts of a commune: some even bear its code.
        rows = [row for row in rows if row.errors or row.text("TYPECOM") == "COM"]
    seen: dict[str, int] = {}
    wanted = []
    for row in rows:
        if not row.errors:
            values = _from_cog(row) if layout is COG else _from_figures(row)
            row.once(seen, values["code"])
            wanted.append(values)
    refuse_if_wrong(rows)
    return store(Commune, "code", wanted)


def _from_cog(row: Row) -> dict[str, Any]:
    values = _identity(row, "COM", "LIBELLE")
    if values["departement"] != row.text("DEP"):
        row.refuse(f"DEP : « {row.text('DEP')} » n’est pas le département de la commune {values['code']}")
    return values


def _from_figures(row: Row) -> dict[str, Any]:
    values = _identity(row, "code_insee", "nom") | {
        "epci_code": row.text("code_epci"),
        "epci_name": _typeset(row.text("nom_epci")),
        "postcodes": row.text("codes_postaux"),
        "population": row.read("population", _population),
        "latitude": row.read("lat_mairie", _number_within(-90, 90)),
        "longitude": row.read("lon_mairie", _number_within(-180, 180)),
        "area_km2": row.read("surface_km2", _number_within(0, 20_000)),
    }
    if "contour" in row.cells:
        values["contour"] = row.read("contour", parse_contour) or []
    return values


def _identity(row: Row, code_column: str, name_column: str) -> dict[str, Any]:
    code, name = row.text(code_column), _typeset(row.text(name_column))
    if not CODE.fullmatch(code):
        row.refuse(f"{code_column} : « {code} » n’est pas un code INSEE de cinq caractères, comme 62057")
    if not name:
        row.refuse(f"{name_column} : le nom de la commune {code} manque")
    return {"code": code, "name": name, "departement": code[: 3 if code.startswith(OVERSEAS) else 2]}


def _typeset(name: str) -> str:
    """« Région d’Audruicq »: open data types a straight apostrophe."""
    return name.replace("'", "’")


def _population(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"« {text} » n’est pas un nombre d’habitants")
    return int(text)


def _number_within(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        # Open data writes decimals with a point, so « 9.935 » has one meaning here.
        if not re.fullmatch(r"-?[0-9]+(?:[.,][0-9]+)?", text):
            raise ValueError(f"« {text} » n’est pas un nombre")
        number = float(text.replace(",", "."))
        if not low <= number <= high:
            raise ValueError(f"« {text} » sort de {low} à {high}")
        return number

    return read


def parse_contour(text: str) -> list[list[list[float]]]:
    """Rings separated by « / », points by a space, each « lon,lat »; a ring ends where it starts."""
    rings = []
    for ring in text.split("/"):
        points = [POINT.fullmatch(point) for point in ring.split()]
        closed = len(points) >= 4 and points[0] and points[-1] and points[0][0] == points[-1][0]
        if not closed or not all(points):
            raise ValueError(
                "contour illisible : des points « longitude,latitude », le dernier égal au premier"
            )
        rings.append([[float(point[1]), float(point[2])] for point in points if point])
    return rings
