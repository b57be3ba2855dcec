"""Flows between the écopôle and the communes around, on a map anybody may read: food that goes, money paid.

Added up by commune. Statistical secrecy of businesses, as Insee keeps it: an amount is told when three
partners at least make it and none is more than 85 % of it; else the commune is drawn, and its amount is not.
What goes to a person is not there at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from typing import Any

from django.db.models import Q

from terreau.engines.contribution.problem import ELSEWHERE
from terreau.impact.beside import GOES, PAID
from terreau.impact.models import Reckoning
from terreau.impact.tornado import Table
from terreau.impact.words import CODES, counted
from terreau.territory.geography import Frame, distance_km, place_names, spread
from terreau.territory.models import Commune, Ecopole

PARTNERS_MIN, BIGGEST_MAX = 3, 0.85
# Beyond, a commune is in the table alone: the map would show nothing but road.
FAR_KM = 45.0
WIDE, THIN, ROUND, SMALL = 13.0, 2.0, 24.0, 7.0


@dataclass(frozen=True)
class Line:
    """From the écopôle to a commune; `told`: what passes, empty when it is a secret."""

    name: str
    told: str
    path: str
    width: str
    x: str
    y: str
    radius: str


@dataclass(frozen=True)
class FlowMap:
    """One drawing and its table."""

    title: str
    desc: str
    table: Table
    frame: Frame
    homes: list[str]
    around: list[str]
    names: list[tuple[str, float, float]]
    lines: list[Line]


TITLES = {
    GOES: ("Où va la nourriture", "Kilos remis dans l’année, par commune", "kg"),
    PAID: ("À qui l’écopôle achète", "Euros payés dans l’année, par commune", "€"),
}


def flow_maps(row: Reckoning, ecopole: Ecopole) -> list[FlowMap]:
    """None for an answer that has no places, or where no commune is located. One query."""
    told: dict[str, list[list[Any]]] = row.beside.get("places", {})
    codes = {line[0] for lines in told.values() for line in lines}
    home = ecopole.commune
    around = Q(epci_code=home.epci_code) if home.epci_code else Q(pk=home.pk)
    communes = {c.code: c for c in Commune.objects.filter(around | Q(code__in=codes))} if codes else {}
    if home.latitude is None or home.longitude is None:
        return []
    drawn = (_map(way, lines, ecopole, communes) for way, lines in told.items())
    return [one for one in drawn if one]


def _map(way: str, lines: list[list[Any]], ecopole: Ecopole, communes: dict[str, Commune]) -> FlowMap | None:
    home = ecopole.commune
    near = [line for line in lines if line[0] in communes and distance_km(home, communes[line[0]]) <= FAR_KM]
    if not near:
        return None
    points = {home.code: _point(home)} | {code: _point(communes[code]) for code, *_ in near}
    frame = Frame.around(list(points.values()))
    spots = dict(zip(points, spread([frame.xy(*point) for point in points.values()]), strict=True))
    shown = [c for c in communes.values() if c.contour and frame.shows(c.contour)]
    title, desc, unit = TITLES[way]
    written = [communes[code].name if code in communes else home.name for code in spots]
    names = place_names(list(zip(written, spots.values(), strict=True)), list(spots.values()))
    top = max((line[3] for line in near if _tellable(line)), default=1.0)
    return FlowMap(
        title,
        f"{desc}. En pointillé, moins de trois partenaires\u202f: le montant n’est pas dit.",
        Table(("Commune", "Qui", unit), tuple(_rows(lines, communes, unit))),
        frame,
        [frame.path(c.contour) for c in shown if c.epci_code == home.epci_code],
        [frame.path(c.contour) for c in shown if c.epci_code != home.epci_code],
        [(name, *spot) for name, spot in zip(written, names, strict=True) if frame.holds(name, spot)],
        [_line(line, communes[line[0]].name, spots[home.code], spots[line[0]], top, unit) for line in near],
    )


def _point(commune: Commune) -> tuple[float, float]:
    assert commune.longitude is not None  # its distance is known
    assert commune.latitude is not None
    return commune.longitude, commune.latitude


def _tellable(line: list[Any]) -> bool:
    _, _, partners, amount, biggest = line
    return partners >= PARTNERS_MIN and biggest <= BIGGEST_MAX * amount


def _line(
    line: list[Any], name: str, start: tuple[float, float], end: tuple[float, float], top: float, unit: str
) -> Line:
    share = sqrt(line[3] / top) if _tellable(line) else 0.0
    (x, y), (x0, y0) = end, start
    bent = (x + x0) / 2 + (y - y0) * 0.12, (y + y0) / 2 - (x - x0) * 0.12
    path = f"M{x0:.0f} {y0:.0f}Q{bent[0]:.0f} {bent[1]:.0f} {x:.0f} {y:.0f}"
    radius, width = SMALL + (ROUND - SMALL) * share, THIN + (WIDE - THIN) * share
    told = counted(line[3], unit) if share else ""
    return Line(name, told, path, f"{width:.1f}", f"{x:.0f}", f"{y:.0f}", f"{radius:.1f}")


def _rows(lines: list[list[Any]], communes: dict[str, Commune], unit: str) -> Iterable[tuple[str, ...]]:
    """Those told, then the others together, if together they may be."""
    hidden = [line for line in lines if not _tellable(line)]
    for line in lines:
        if line not in hidden:
            yield _name(line[0], communes), _who(line[1]), counted(line[3], unit)
    if hidden:
        kinds = sorted({kind for line in hidden for kind in line[1]})
        whole = [
            "",
            kinds,
            *(sum(line[n] for line in hidden) for n in (2, 3)),
            max(line[4] for line in hidden),
        ]
        names = ", ".join(_name(line[0], communes) for line in hidden)
        yield names, _who(kinds), counted(whole[3], unit) if _tellable(whole) else "non dit"


def _name(code: str, communes: dict[str, Commune]) -> str:
    if code == ELSEWHERE:
        return "hors du territoire"
    return communes[code].name if code in communes else code


def _who(kinds: list[str]) -> str:
    return ", ".join(CODES[kind] for kind in kinds)
