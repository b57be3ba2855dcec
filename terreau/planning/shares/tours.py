"""Tours that were driven: where each stopped, how long, whose goods were handed over, what it took."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any

from django.db.models import BigIntegerField, ExpressionWrapper, F, Sum

from terreau.ledger.models import Event, Process, ProcessKind
from terreau.ledger.queries import STANDING
from terreau.measures.money import Money
from terreau.planning.models import TourSpent
from terreau.planning.rounds.gather import CHOICES as ROUNDS
from terreau.planning.shares.carbon import Carbon, of_tour
from terreau.territory.models import Ecopole

CRATE_KG = Decimal(ROUNDS["crate"]["kg"])
THOUSANDTH = Decimal("0.001")
Handed = dict[int, dict[int, Decimal]]


@dataclass(frozen=True, slots=True)
class Halt:
    """A stop where something was handed over: `kilos`, by whoever grew or made it.

    `rank`: of the stop in its tour as it was published. `trip`: the vehicle may have loaded again before.
    """

    rank: int
    trip: int
    place_id: int
    seconds: int
    kilos: dict[int, Decimal]


@dataclass(frozen=True, slots=True)
class Road:
    """How far a tour went and with what: what was said of it, else what was planned.

    `fuel`: empty for a tour published before vehicles said theirs. `put_in`: litres, or kWh.
    """

    planned_km: Decimal
    said_km: Decimal | None
    put_in: Decimal | None
    fuel: str
    litres_100km: Decimal
    cold: bool

    @property
    def km(self) -> Decimal:
        return self.planned_km if self.said_km is None else self.said_km

    def carbon(self, on: date) -> Carbon | None:
        return of_tour(
            km=self.km, fuel=self.fuel, litres_100km=self.litres_100km, cold=self.cold, put_in=self.put_in,
            on=on,
        )  # fmt: skip


def road_of(detail: Mapping[str, Any], spent: TourSpent | None) -> Road:
    vehicle = detail["vehicle"]
    return Road(
        planned_km=Decimal(detail["km"]),
        said_km=spent.km if spent else None,
        put_in=spent.put_in if spent else None,
        fuel=vehicle.get("fuel", ""),
        litres_100km=Decimal(vehicle.get("litres_100km", 0)),
        cold=vehicle.get("cold", False),
    )


def last_words(tours: Iterable[int]) -> dict[int, TourSpent]:
    """The last word on what each tour took. One query."""
    rows = TourSpent.objects.filter(tour__in=list(tours))
    return {row.tour_id: row for row in rows.order_by("recorded_at", "pk")}


@dataclass(frozen=True)
class Driven:
    """A vehicle's tour of a day, as it was published, with what was really handed over."""

    process_id: int
    key: str
    day: date
    vehicle: str
    # Which plan of rounds it was published from, and which of its vehicles it is.
    plan: str
    vehicle_id: str
    hub_id: int
    day_cost: Money
    per_km: Decimal
    per_hour: Decimal
    # Crates it holds, of a trip; nothing if it was published before vehicles said so.
    room: int
    road: Road
    halts: tuple[Halt, ...]

    @property
    def aboard(self) -> set[int]:
        return {actor for halt in self.halts for actor in halt.kilos}

    @cached_property
    def kilos(self) -> dict[int, Decimal]:
        """What each one aboard had handed over on the whole tour."""
        found: dict[int, Decimal] = defaultdict(Decimal)
        for halt in self.halts:
            for actor, kg in halt.kilos.items():
                found[actor] += kg
        return dict(found)

    def crates(self, actor: int) -> Decimal:
        return (self.kilos[actor] / CRATE_KG).quantize(THOUSANDTH)

    @property
    def trips(self) -> list[list[Halt]]:
        """From the hub to the hub, in their order."""
        return [list(trip) for _, trip in groupby(self.halts, key=lambda halt: halt.trip)]


def published(ecopole: Ecopole, first: date, last: date) -> list[Process]:
    """The tours of the latest publication of each day. One query."""
    rows = Process.objects.filter(ecopole=ecopole, kind=ProcessKind.ROUND, planned_for__range=(first, last))
    by_day: dict[date | None, list[Process]] = defaultdict(list)
    for row in rows.order_by("planned_for", "pk"):
        by_day[row.planned_for].append(row)
    return [row for day in by_day.values() for row in day if row.detail["plan"] == day[-1].detail["plan"]]


def driven(ecopole: Ecopole, first: date, last: date) -> list[Driven]:
    """The tours from the first day to the last that handed something over. Three queries.

    A stop where nothing was handed over shares nothing; a tour without any other was not driven.
    """
    standing = published(ecopole, first, last)
    promised = [pk for row in standing for stop in row.detail["stops"] for pk in stop["commitments"]]
    handed, spent = _handed(ecopole, promised), last_words(row.pk for row in standing)
    found = (_driven(row, handed, spent.get(row.pk)) for row in standing)
    return [tour for tour in found if tour.halts]


def _handed(ecopole: Ecopole, promised: Iterable[int]) -> Handed:
    """Kilos really handed over for each promise, by whoever grew or made the lot."""
    rows = (
        Event.objects.filter(STANDING, ecopole=ecopole, fulfils__in=list(promised), lot__isnull=False)
        .order_by()
        .values_list("fulfils_id", "lot__producer_id")
        .annotate(
            micro=Sum(
                ExpressionWrapper(F("quantity") * F("product__unit_kg"), output_field=BigIntegerField())
            )
        )
    )
    found: Handed = defaultdict(dict)
    for promise, producer, micro in rows:
        if micro:
            found[promise][producer] = Decimal(int(micro)).scaleb(-6)
    return found


def _driven(row: Process, handed: Handed, spent: TourSpent | None) -> Driven:
    vehicle, stops = row.detail["vehicle"], row.detail["stops"]
    halts = []
    for rank, stop in enumerate(stops):
        kilos: dict[int, Decimal] = defaultdict(Decimal)
        for promise in stop["commitments"]:
            for producer, kg in handed.get(promise, {}).items():
                kilos[producer] += kg
        if kilos:
            halts.append(Halt(rank, stop["trip"], stop["place"], seconds_there(stop), dict(kilos)))
    return Driven(
        process_id=row.pk,
        key=row.key,
        day=row.planned_for or date.min,
        vehicle=vehicle["name"],
        plan=row.detail["plan"],
        vehicle_id=str(vehicle.get("id", "")),
        hub_id=row.place_id or 0,
        day_cost=Money.from_euros(Decimal(vehicle["day"])),
        per_km=Decimal(vehicle["km"]),
        per_hour=Decimal(vehicle["hour"]),
        room=vehicle.get("crates", 0),
        road=road_of(row.detail, spent),
        halts=tuple(halts),
    )


def seconds_there(stop: dict[str, Any]) -> int:
    """From when it comes to when it leaves; a night's tour may pass midnight."""
    came, left = (time.fromisoformat(stop[name]) for name in ("arrives", "leaves"))
    minutes = (left.hour - came.hour) * 60 + left.minute - came.minute
    return minutes % (24 * 60) * 60
