"""The published rounds of a day, as the ledger keeps them: one operation a vehicle, its stops in `detail`."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any

from terreau.ledger.models import Process, ProcessKind
from terreau.territory.models import Ecopole

Day = date | None
Door = tuple[Day, int, int]


@dataclass(frozen=True)
class Visit:
    """When a door is expected to be served, by what, and how far it is from the stop before."""

    rank: int
    vehicle: str
    expected: str
    km: float
    travel: str


def published(ecopole: Ecopole, days: Collection[date]) -> dict[Door, Visit]:
    """By day, place and receiver. The newest publication of a day is the one that counts: one query.

    An order larger than a van is one door: its first visit gives the hour, and every vehicle is named.
    """
    rows = Process.objects.filter(ecopole=ecopole, kind=ProcessKind.ROUND, planned_for__in=days)
    told = list(rows.order_by("-pk").values_list("planned_for", "detail"))
    newest: dict[Day, str] = {}
    for day, detail in told:
        newest.setdefault(day, detail["plan"])
    found: dict[Door, Visit] = {}
    kept = (row for row in reversed(told) if row[1]["plan"] == newest[row[0]])
    for rank, (door, visit) in enumerate(_visits(kept)):
        before = found.get(door)
        if before is None:
            found[door] = replace(visit, rank=rank)
        elif visit.vehicle not in before.vehicle.split(", "):
            found[door] = replace(before, vehicle=f"{before.vehicle}, {visit.vehicle}")
    return found


def _visits(rows: Iterator[tuple[Day, dict[str, Any]]]) -> Iterator[tuple[Door, Visit]]:
    for day, detail in rows:
        for stop in detail["stops"]:
            at = time.fromisoformat(stop["arrives"])
            expected = f"{at.hour}\u00a0h\u00a0{at.minute:02}"
            yield (
                (day, stop["place"], stop["receiver"]),
                Visit(0, detail["vehicle"]["name"], expected, float(stop["km"]), detail["travel"]),
            )
