"""The published rounds of a day, as the ledger keeps them: one operation a vehicle, its stops in `detail`."""

from collections.abc import Collection, Iterable, Iterator
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


@dataclass(frozen=True)
class Round:
    """A published tour: one operation of the ledger, told by `planning/rounds/publish.py`."""

    id: int
    day: Day
    detail: dict[str, Any]


def newest(ecopole: Ecopole, days: Collection[date]) -> list[Round]:
    """The tours of the newest publication of each day, in the order they were published: one query."""
    rows = Process.objects.filter(ecopole=ecopole, kind=ProcessKind.ROUND, planned_for__in=days)
    told = [Round(*row) for row in rows.order_by("-pk").values_list("pk", "planned_for", "detail")]
    plans: dict[Day, str] = {}
    for one in told:
        plans.setdefault(one.day, one.detail["plan"])
    return [one for one in reversed(told) if one.detail["plan"] == plans[one.day]]


def published(ecopole: Ecopole, days: Collection[date]) -> dict[Door, Visit]:
    """By day, place and receiver. The newest publication of a day is the one that counts: one query.

    An order larger than a van is one door: its first visit gives the hour, and every vehicle is named.
    """
    found: dict[Door, Visit] = {}
    for rank, (door, visit) in enumerate(_visits(newest(ecopole, days))):
        before = found.get(door)
        if before is None:
            found[door] = replace(visit, rank=rank)
        elif visit.vehicle not in before.vehicle.split(", "):
            found[door] = replace(before, vehicle=f"{before.vehicle}, {visit.vehicle}")
    return found


def clock(told: str) -> str:
    """« 8 h 05 », of an hour as a tour keeps it."""
    at = time.fromisoformat(told)
    return f"{at.hour}\u00a0h\u00a0{at.minute:02}"


def _visits(rounds: Iterable[Round]) -> Iterator[tuple[Door, Visit]]:
    for one in rounds:
        for stop in one.detail["stops"]:
            yield (
                (one.day, stop["place"], stop["receiver"]),
                Visit(
                    0, one.detail["vehicle"]["name"], clock(stop["arrives"]), float(stop["km"]),
                    one.detail["travel"],
                ),
            )  # fmt: skip
