"""What is left of a published day once a vehicle has stopped on the road: a problem of its own.

What is done stays. What is aboard a vehicle stays with it, from where it served last. What is aboard the one
that stopped is taken over where it stands, and goes straight on to its customers. The rest waits at the
platform, as what nobody has loaded yet.
"""

from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from functools import cached_property
from typing import Any

from terreau.engines.rounds import (
    BreakRule,
    End,
    Hub,
    Plan,
    Problem,
    Stop,
    Tour,
    Transfer,
    Vehicle,
    Visit,
    Window,
    seconds_up,
)
from terreau.ledger.models import Process
from terreau.planning.models import RoundsPlan
from terreau.planning.rounds.gather import CHOICES, NothingToDrive, seconds_of, vehicle_of
from terreau.planning.shares.tours import published
from terreau.rooms.platform import queries as platform
from terreau.territory.models import Ecopole

# How a vehicle's own place, what it had fetched, and what is aboard it are named in the problem.
HERE, RELAY, ABOARD = "ici:", "relais:", "@"
# What is not aboard yet is not loaded from a vehicle's own place: it is ready a minute after it leaves.
LATER_S = 60


@dataclass(frozen=True)
class Lost:
    """A vehicle that stopped: at what hour, and at which place it stands."""

    vehicle: str
    since: str
    place: str


@dataclass(frozen=True)
class Way:
    """A published tour against what was done of it: its stops done, its visits to come with their trip."""

    row: Process
    tour: Tour | None
    done: tuple[dict[str, Any], ...]
    to_come: tuple[tuple[int, Visit], ...]

    @property
    def vehicle(self) -> str:
        return str(self.row.detail["vehicle"]["id"])

    @property
    def start_s(self) -> int:
        return seconds_of(time.fromisoformat(self.row.detail["loads"]))

    @property
    def trip(self) -> int:
        """The one under way: that of the last stop done, or the first."""
        return int(self.done[-1]["trip"]) if self.done else self.to_come[0][0] if self.to_come else 1

    def left(self, at_s: int) -> bool:
        return bool(self.done) or self.start_s <= at_s

    def aboard(self, at_s: int) -> list[Visit]:
        return [visit for trip, visit in self.to_come if trip == self.trip] if self.left(at_s) else []

    def waiting(self, at_s: int) -> list[Visit]:
        return [visit for trip, visit in self.to_come if trip != self.trip or not self.left(at_s)]

    @property
    def fetched(self) -> tuple[int, ...]:
        """What was taken on the trip under way, and is aboard until its end."""
        back = [
            s["amounts"] for s in self.done if s["trip"] == self.trip and (s["collects"] or s.get("back"))
        ]
        return _sum([(0, 0, 0), *map(tuple, back)])


@dataclass(frozen=True)
class Rest:
    """`at_s`: when driving begins again. `before`: the published problem. `due`: promises not kept yet.

    `skipped`: stops left out by choice.
    """

    resumed: RoundsPlan
    before: Problem
    fleet: tuple[Vehicle, ...]
    ways: tuple[Way, ...]
    due: frozenset[int]
    at_s: int
    lost: dict[str, Lost]
    skipped: frozenset[str] = frozenset()

    @cached_property
    def hub(self) -> Hub:
        return next(hub for hub in self.before.hubs if not hub.id.startswith(HERE))

    @cached_property
    def _stops(self) -> dict[str, Stop]:
        return {stop.id: stop for stop in self.before.stops}

    @cached_property
    def _transfers(self) -> dict[str, Transfer]:
        return {transfer.id: transfer for transfer in self.before.transfers}

    @cached_property
    def by_vehicle(self) -> dict[str, Way]:
        return {way.vehicle: way for way in self.ways}

    @cached_property
    def problem(self) -> Problem:
        stops, transfers = self._jobs()
        if not stops and not transfers:
            raise NothingToDrive("Tout est déjà fait\u202f: il ne reste rien à planifier.")
        reload = any(stop.ready_s for stop in stops)
        going = [
            self._goes_on(vehicle, self.by_vehicle.get(vehicle.id), reload)
            for vehicle in self.fleet
            if vehicle.id not in self.lost
        ]
        vehicles = tuple(vehicle for vehicle, _ in going if vehicle.from_s < vehicle.until_s)
        if not vehicles:
            raise NothingToDrive(
                "Aucun autre véhicule ne roule à cette heure\u202f: ajoutez-en un, ou livrez le reste à la "
                "page Livraisons."
            )
        hubs = (self.hub, *(hub for _, hub in going if hub))
        return replace(self.before, hubs=hubs, vehicles=vehicles, stops=stops, transfers=transfers)

    def _goes_on(self, vehicle: Vehicle, way: Way | None, reload: bool) -> tuple[Vehicle, Hub | None]:
        """From the platform, if it has not left or has nothing aboard; else from where it served last."""
        if way is None or not way.left(self.at_s):
            return replace(vehicle, from_s=max(vehicle.from_s, self.at_s)), None
        here, worked = self.place_of(way.vehicle), max(0, self.at_s - way.start_s)
        rested = way.tour and any(pause.end_s <= self.at_s for pause in way.tour.pauses)
        breaks = tuple(BreakRule(max(0, b.over_s - worked), b.break_s) for b in vehicle.breaks)
        going = replace(
            vehicle, day=0, shift_s=max(1, vehicle.shift_s - worked), breaks=() if rested else breaks,
            tags=(vehicle.id,),
        )  # fmt: skip
        if not way.aboard(self.at_s):
            return replace(going, from_s=self.at_s + self._leg(here, self.hub.place)), None
        hub = Hub(f"{HERE}{vehicle.id}", f"Là où est {vehicle.name}", here, self.at_s, self.at_s)
        # What is aboard goes on, even past the hours of the vehicle.
        until = vehicle.until_s if vehicle.until_s > self.at_s else self.hub.closes_s
        room = tuple(max(0, c - f) for c, f in zip(vehicle.capacity, way.fetched, strict=True))
        return replace(
            going, start=hub.id, from_s=self.at_s, until_s=until,
            capacity=room if any(room) else vehicle.capacity,
            reload_at=vehicle.reload_at if reload else "", reloads_max=vehicle.reloads_max if reload else 0,
        ), hub  # fmt: skip

    def place_of(self, vehicle: str) -> str:
        """Where a vehicle is held to be: at the door it served last."""
        way = self.by_vehicle.get(vehicle)
        return str(way.done[-1]["place"]) if way and way.done else self.hub.place

    def _jobs(self) -> tuple[tuple[Stop, ...], tuple[Transfer, ...]]:
        stops: dict[str, Stop] = {}
        transfers: dict[str, Transfer] = {}
        for way in self.ways:
            # Not taken over yet: it stays where the vehicle that stopped before stands.
            stays = {visit.call.key for _, visit in way.to_come if visit.call.leg == "load"}
            for key in stays:
                known = self._transfers[key]
                transfers[key] = replace(known, load=replace(known.load, window=self._from_now))
            for visit in way.waiting(self.at_s):
                if visit.call.key not in stays:
                    _add(stops, self._stop(visit, self.hub.place, waits=True))
            for visit in way.aboard(self.at_s):
                if any(visit.call.pickup):
                    _add(stops, self._stop(visit, self.place_of(way.vehicle)))
                elif visit.call.key not in stays:
                    self._aboard(way, visit, stops, transfers)
            if way.vehicle in self.lost and way.left(self.at_s) and any(way.fetched):
                _add(stops, self._back(way))
        return (
            tuple(stop for stop in stops.values() if stop.id not in self.skipped),
            tuple(transfer for transfer in transfers.values() if transfer.id not in self.skipped),
        )

    @property
    def _from_now(self) -> Window:
        return Window(self.at_s, self.hub.closes_s)

    def _aboard(self, way: Way, visit: Visit, stops: dict[str, Stop], transfers: dict[str, Transfer]) -> None:
        stop = self._stop(visit, self.place_of(way.vehicle))
        name = f"{stop.id}{ABOARD}{way.vehicle}"
        if way.vehicle not in self.lost:
            _add(stops, replace(stop, id=name, tags=(way.vehicle,)))
            return
        load = End(self.lost[way.vehicle].place, self._from_now, _carrying(stop.delivery))
        drop = End(stop.place, stop.windows[-1], stop.service_s)
        transfers[name] = Transfer(name, stop.name, load, drop, stop.delivery)

    def _back(self, way: Way) -> Stop:
        """What the one that stopped had fetched still comes to the platform."""
        name, place = way.row.detail["vehicle"]["name"], self.lost[way.vehicle].place
        nothing = (0,) * len(way.fetched)
        return Stop(
            f"{RELAY}{way.vehicle}", f"Ce que {name} avait ramassé", place, nothing, way.fetched,
            (self._from_now,), _carrying(way.fetched),
        )  # fmt: skip

    def _stop(self, visit: Visit, here: str, waits: bool = False) -> Stop:
        """A visit of the published plan, in its hours; beyond them if they can no longer be kept."""
        key, delivery = visit.call.key, visit.call.delivery
        if visit.call.leg == "stop":
            told = self._stops[key]
        else:
            carried = self._transfers[key]
            delivery, drop = carried.amount, carried.drop
            told = Stop(key, carried.name, drop.place, delivery, (0,) * 3, (drop.window,), drop.service_s)
        soonest = self.at_s + self._leg(here, visit.place) + (self.hub.loading_s if waits else 0)
        windows = tuple(w for w in told.windows if w.closes_s >= soonest)
        waits = waits and any(delivery)
        return replace(
            told, id=base_of(key), delivery=delivery, pickup=visit.call.pickup, tags=(),
            windows=windows or (self._from_now,), ready_s=self.at_s + LATER_S if waits else 0,
        )  # fmt: skip

    def _leg(self, a: str, b: str) -> int:
        index = self.before.places.index
        return self.before.matrices[0].duration_s[index(a)][index(b)]


def base_of(key: str) -> str:
    """The door of the published day behind what is left of it."""
    return key.split(ABOARD, maxsplit=1)[0]


def _add(stops: dict[str, Stop], stop: Stop) -> None:
    """Parts of an order that wait at the same place are one again."""
    if known := stops.get(stop.id):
        delivery, pickup = (known.delivery, stop.delivery), (known.pickup, stop.pickup)
        stop = replace(stop, delivery=_sum(delivery), pickup=_sum(pickup))
    stops[stop.id] = stop


def _sum(amounts: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*amounts, strict=True)))


def _carrying(amounts: Sequence[int]) -> int:
    """From one vehicle to the other, crate by crate."""
    crate = Decimal(CHOICES["stop"]["minutes_crate"])
    return seconds_up(Decimal(CHOICES["rest"]["relay_minutes"]) + crate * amounts[0])


def rest_of(ecopole: Ecopole, day: date, at_s: int, lost: Collection[Lost]) -> Rest:
    """The published tours of a day as they stand. Six queries."""
    rows = published(ecopole, day, day)
    resumed = RoundsPlan.objects.filter(ecopole=ecopole, key=rows[0].detail["plan"]).first() if rows else None
    if resumed is None or resumed.plan is None:
        raise NothingToDrive("Aucune tournée n’est publiée ce jour-là\u202f: planifiez la journée.")
    due = {pk for drop in platform.drops(ecopole, day) for pk in drop.commitments}
    passed = platform.passed(ecopole, [row.pk for row in rows])
    tours = {tour.vehicle: tour for tour in Plan.from_json(resumed.plan).tours}
    return Rest(
        resumed=resumed,
        before=Problem.from_json(resumed.problem),
        fleet=tuple(vehicle_of(line) for line in platform.vehicles(ecopole, day)),
        ways=tuple(_way(row, tours.get(str(row.detail["vehicle"]["id"])), due, passed) for row in rows),
        due=frozenset(due),
        at_s=at_s,
        lost={one.vehicle: one for one in lost},
    )


def rest_told(row: RoundsPlan) -> Rest:
    """As a plan of what is left was asked, with what has been done since."""
    at = seconds_of(time.fromisoformat((row.rest or {})["at"]))
    return rest_of(row.ecopole, row.day, at, lost_of(row))


def lost_of(row: RoundsPlan) -> list[Lost]:
    return [Lost(**one) for one in (row.rest or {}).get("lost", ())]


def _way(row: Process, tour: Tour | None, due: Set[int], passed: Collection[tuple[int, int]]) -> Way:
    """Each stop of a published tour with its visits of the plan, in the same order."""
    visits = [visit for trip in tour.trips for visit in trip.visits] if tour else []
    done, to_come, n = [], [], 0
    for rank, stop in enumerate(row.detail["stops"], 1):
        count = 0 if stop.get("done") else stop.get("visits", 1)
        of_stop, n = visits[n : n + count], n + count
        kept = stop["commitments"] and due.isdisjoint(stop["commitments"])
        if stop.get("done") or (row.pk, rank) in passed or kept:
            done.append(stop)
        else:
            to_come += [(int(stop["trip"]), visit) for visit in of_stop]
    return Way(row, tour, tuple(done), tuple(to_come))
