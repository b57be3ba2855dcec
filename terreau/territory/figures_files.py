"""Official files of communes beyond their list: their employment zone, the jobs that are there (INSEE)."""

import re
from collections import Counter
from typing import Any

from django.db import transaction

from terreau.territory.communes import CODE
from terreau.territory.models import CommuneFigures
from terreau.territory.sheets import Changes, Row, read_sheet, refuse_if_wrong, store

# « Composition communale » of the zones, with their names; or the table of which commune is of what.
ZONES = (frozenset({"CODGEO", "ZE2020", "LIBZE2020"}), frozenset({"CODGEO", "ZE2020"}))
ZONE = re.compile(r"[0-9]{4}")
# Jobs at the place of work of a census: P22_EMPLT is that of 2022. Of several, the last.
JOBS = tuple(frozenset({"CODGEO", f"P{year:02}_EMPLT"}) for year in range(40, 5, -1))


@transaction.atomic
def load_zones(data: bytes) -> Changes:
    """The whole of each zone named: a commune that is of none of its lines any more leaves it."""
    layout, rows = read_sheet(data, ZONES, workbook=True)
    names: dict[str, str] = {}
    seen: dict[str, int] = {}
    wanted = [_zone(row, seen, names, "LIBZE2020" in layout) for row in rows if not row.errors]
    refuse_if_wrong(rows)
    listed = Counter(values["zone"] for values in wanted)
    held = CommuneFigures.objects.filter(zone__in=list(listed)).values_list("code", flat=True)
    gone = set(held) - set(seen)
    CommuneFigures.objects.filter(code__in=gone).update(zone="", zone_name="")
    return store(CommuneFigures, "code", wanted)


def _zone(row: Row, seen: dict[str, int], names: dict[str, str], named: bool) -> dict[str, Any]:
    code, zone = _code(row, seen), row.text("ZE2020")
    zone = zone.zfill(4) if zone.isdecimal() else zone
    if not ZONE.fullmatch(zone):
        row.refuse(f"ZE2020 : « {row.text('ZE2020')} » n’est pas un code de zone d’emploi, comme 3203")
    name = row.text("LIBZE2020").replace("'", "’") if named else ""
    if named and not name:
        row.refuse(f"LIBZE2020 : le nom de la zone {zone} manque")
    if names.setdefault(zone, name) != name:
        row.refuse(f"LIBZE2020 : la zone {zone} s’appelle « {names[zone]} » plus haut, ici « {name} »")
    return {"code": code, "zone": zone, "zone_name": name}


def load_jobs(data: bytes) -> Changes:
    """What the file does not list keeps what was known of it."""
    layout, rows = read_sheet(data, JOBS, workbook=True)
    (column,) = layout - {"CODGEO"}
    seen: dict[str, int] = {}
    year = 2000 + int(column[1:3])
    wanted = [_jobs(row, seen, column, year) for row in rows if not row.errors]
    refuse_if_wrong(rows)
    return store(CommuneFigures, "code", wanted)


def _jobs(row: Row, seen: dict[str, int], column: str, year: int) -> dict[str, Any]:
    """An empty cell is unknown, never zero."""
    jobs = row.read(column, _count)
    return {"code": _code(row, seen), "jobs": jobs, "jobs_year": None if jobs is None else year}


def _count(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,8}(?:[.,][0-9]+)?", text):
        raise ValueError(f"« {text} » n’est pas un nombre d’emplois")
    return float(text.replace(",", "."))


def _code(row: Row, seen: dict[str, int]) -> str:
    code = row.text("CODGEO")
    if not CODE.fullmatch(code):
        row.refuse(f"CODGEO : « {code} » n’est pas un code INSEE de cinq caractères, comme 62057")
    row.once(seen, code)
    return code
