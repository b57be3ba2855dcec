"""The one file that knows PyVRP: its data built from tasks and vehicles, its routes read back."""

import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version as installed
from typing import Any

import numpy as np
import pyvrp
from pyvrp import Activity, ActivityType, PenaltyParams, Route, Solution, SolveParams
from pyvrp.exceptions import PenaltyBoundWarning, ScalingWarning
from pyvrp.stop import MaxIterations, MaxRuntime, MultipleCriteria, StoppingCriterion

from ..plan import DROP, LOAD, Call, Plan
from ..problem import FAR, Vehicle
from ..timetable import Trade, Trips
from .tasks import Carry, Day, Task, Way

# PyVRP shows its progress on the standard output as soon as it is imported.
logging.getLogger("pyvrp").handlers.clear()

Orders = list[tuple[str, Trips]]
# PyVRP prices whole metres and seconds: a tenth of our unit leaves 0.345 €/km and 24 €/h within two percent.
_FINE = 10
# What an excess of one crate or one second costs at most: above a day of a van, or it would be worth paying.
_PENALTY_MAX = 1e7
# No van goes round the Earth in a day.
_ENDLESS = 40_000_000


@cache
def version() -> str:
    return installed("pyvrp")


@dataclass(frozen=True)
class Budget:
    """One search, from one seed, stops after so many iterations or seconds, whichever comes first."""

    iterations: int | None = None
    seconds: float | None = None

    def share(self, parts: int) -> "Budget":
        iterations = None if self.iterations is None else -(-self.iterations // parts)
        return Budget(iterations, None if self.seconds is None else self.seconds / parts)

    def stop(self) -> MultipleCriteria:
        criteria: list[StoppingCriterion] = []
        if self.iterations is not None:
            criteria.append(MaxIterations(self.iterations))
        if self.seconds is not None:
            criteria.append(MaxRuntime(self.seconds))
        return MultipleCriteria(criteria)


@dataclass(frozen=True)
class Found:
    orders: Orders
    iterations: int
    seconds: float
    cost: int


def search(
    trade: Trade,
    day: Day,
    *,
    budget: Budget,
    seed: int,
    start: Plan | None = None,
    prize: int | None = None,
) -> Found | None:
    """The best orders found, or None if none was feasible. With a `prize`, every task may be left for it."""
    if not day.vehicles:
        return None
    build = Build(trade, day, prize)
    params = SolveParams(penalty=PenaltyParams(max_penalty=build.penalty_max()))
    # Where all may be left, the search starts from nothing, which is feasible.
    first = build.read_plan(start) if start else Solution(build.data, []) if prize else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if prize else "error", PenaltyBoundWarning)
        warnings.simplefilter("error", ScalingWarning)
        try:
            result = pyvrp.solve(
                build.data,
                budget.stop(),
                seed=seed,
                collect_stats=False,
                display=False,
                params=params,
                initial_solution=first,
            )
        except PenaltyBoundWarning:
            return None
    if not result.is_feasible():
        return None
    cost = int(result.cost())
    return Found(build.orders(result.best), result.num_iterations, result.runtime, cost)


class Build:
    """Each way of a task is a client at a location of its own, so that a row may hold a whole kept order."""

    def __init__(self, trade: Trade, day: Day, prize: int | None) -> None:
        self.trade, self.day, self.prize = trade, day, prize
        self.hubs = list(trade.hub.values())
        self.ways: list[tuple[Task, Way]] = [(task, way) for task in day.tasks for way in task.ways]
        self.types = _types(day.vehicles, day)
        self.profiles = list(dict.fromkeys((v[0].profile, self._banned(v[0])) for v in self.types))
        tables = [self._tables(profile, banned) for profile, banned in self.profiles]
        clients, groups = self._clients()
        size = len(self.hubs) + len(self.ways) + 2 * len(day.carries)
        self.data = pyvrp.ProblemData(
            [pyvrp.Location(0, 0)] * size,
            clients,
            self._depots(),
            [self._vehicle(vehicles) for vehicles in self.types],
            [distance for distance, _ in tables],
            [duration for _, duration in tables],
            groups,
            [self._shipment(n, carry) for n, carry in enumerate(day.carries)],
        )

    def penalty_max(self) -> float:
        dear = [v.day + v.hour * v.shift_s // 3600 for v in self.day.vehicles]
        dear += [task.worth or 0 for task in self.day.tasks] + [self.prize or 0]
        return max(_PENALTY_MAX, 2.0 * _FINE * max(dear))

    def _banned(self, vehicle: Vehicle) -> frozenset[int]:
        """The locations where this vehicle may not go."""
        first = len(self.hubs)
        ways = [first + n for n, (task, _) in enumerate(self.ways) if vehicle.id not in task.vehicles]
        first += len(self.ways)
        for n, carry in enumerate(self.day.carries):
            if vehicle.id not in carry.vehicles:
                ways += [first + 2 * n, first + 2 * n + 1]
        return frozenset(ways)

    def _tables(self, profile: str, banned: frozenset[int]) -> list[Any]:
        """Metres and seconds between all locations: from the last place of one to the first of the next."""
        matrix, place = self.trade.matrix[profile], self.trade.place
        ends = [place[p] for c in self.day.carries for p in (c.transfer.load.place, c.transfer.drop.place)]
        hubs = [place[h.place] for h in self.hubs]
        enter = [*hubs, *(place[way.first] for _, way in self.ways), *ends]
        leave = [*hubs, *(place[way.last] for _, way in self.ways), *ends]
        inside = [{p: (s, m) for p, s, m in way.travel}.get(profile, (0, 0)) for _, way in self.ways]
        found = []
        for table, within in ((matrix.distance_m, 1), (matrix.duration_s, 0)):
            full = np.array(table, dtype=np.int64).reshape(len(place), len(place))[np.ix_(leave, enter)]
            for n, travel in enumerate(inside):
                full[len(hubs) + n, :] += travel[within]
            if within == 0:
                full[:, sorted(banned)] = FAR
                for a, b in self._apart():
                    full[a, b] = FAR
            np.fill_diagonal(full, 0)
            found.append(full)
        return found

    def _apart(self) -> list[tuple[int, int]]:
        """The locations that may not follow one another."""
        first, apart = len(self.hubs), self.day.apart
        keys = [(first + n, task.key) for n, (task, _) in enumerate(self.ways)]
        return [(m, n) for m, a in keys for n, b in keys if frozenset((a, b)) in apart] if apart else []

    def _clients(self) -> tuple[list[pyvrp.Client], list[pyvrp.ClientGroup]]:
        groups: list[pyvrp.ClientGroup] = []
        clients: list[pyvrp.Client] = []
        for task in self.day.tasks:
            required = task.worth is None and self.prize is None
            group = None
            if len(task.ways) > 1:
                group = len(groups)
                members = list(range(len(clients), len(clients) + len(task.ways)))
                groups.append(pyvrp.ClientGroup(members, required=required))
            clients += [
                pyvrp.Client(
                    len(self.hubs) + len(clients) + n,
                    delivery=list(task.delivery),
                    pickup=list(task.pickup),
                    service_duration=way.service_s,
                    tw_early=way.begin.opens_s,
                    tw_late=way.begin.closes_s,
                    release_time=task.ready_s,
                    prize=self._prize(task.worth),
                    required=required and group is None,
                    group=group,
                )
                for n, way in enumerate(task.ways)
            ]
        return clients, groups

    def _prize(self, worth: int | None) -> int:
        if worth is None:
            return _FINE * (self.prize or 0)
        return _FINE * worth

    def _shipment(self, n: int, carry: Carry) -> pyvrp.Shipment:
        at, (load, drop) = len(self.hubs) + len(self.ways) + 2 * n, (carry.transfer.load, carry.transfer.drop)
        return pyvrp.Shipment(
            at,
            at + 1,
            load.window.opens_s,
            load.window.closes_s,
            load.service_s,
            drop.window.opens_s,
            drop.window.closes_s,
            drop.service_s,
            list(carry.transfer.amount),
            prize=self._prize(carry.worth),
            required=carry.worth is None and self.prize is None,
        )

    def _depots(self) -> list[pyvrp.Depot]:
        return [pyvrp.Depot(n, hub.opens_s, hub.closes_s, hub.loading_s) for n, hub in enumerate(self.hubs)]

    def _vehicle(self, vehicles: Sequence[Vehicle]) -> pyvrp.VehicleType:
        v = vehicles[0]
        hub = {h.id: n for n, h in enumerate(self.hubs)}
        return pyvrp.VehicleType(
            len(vehicles),
            list(v.capacity),
            hub[v.start],
            hub[v.end],
            fixed_cost=_FINE * v.day,
            tw_early=v.from_s,
            tw_late=v.until_s,
            shift_duration=v.shift_s,
            max_overtime=v.overtime_s,
            unit_distance_cost=round(_FINE * v.km / 1000),
            unit_duration_cost=round(_FINE * v.hour / 3600),
            unit_overtime_cost=round(_FINE * v.overtime_hour / 3600),
            profile=self.profiles.index((v.profile, self._banned(v))),
            reload_depots=[hub[v.reload_at]] if v.reload_at else [],
            max_reloads=v.reloads_max,
            max_distance=_ENDLESS if v.range_m is None else v.range_m,
        )

    def orders(self, solution: Solution) -> Orders:
        """Vehicles and their trips; an empty trip is dropped."""
        free = [list(vehicles) for vehicles in self.types]
        found: Orders = []
        for route in solution.routes():
            trips: dict[int, list[Call]] = {}
            for activity in route.schedule():
                if not activity.is_depot():
                    trips.setdefault(activity.trip, []).extend(self._calls(activity))
            if trips:
                found.append((free[route.vehicle_type()].pop(0).id, [trips[n] for n in sorted(trips)]))
        return found

    def _calls(self, activity: Activity) -> tuple[Call, ...]:
        if activity.is_client():
            return self.ways[activity.idx][1].calls
        transfer = self.day.carries[activity.idx].transfer
        nothing = (0,) * len(transfer.amount)
        return (Call(transfer.id, LOAD if activity.is_pickup() else DROP, nothing, nothing),)

    def read_plan(self, plan: Plan) -> Solution:
        """A former plan, without what is no longer there; what is new is left to the search."""
        clients: dict[tuple[object, ...], int] = {}
        for n, (_, way) in reversed(list(enumerate(self.ways))):
            for call in way.calls:
                clients[_name(call)] = clients[_name(replace(call, window=None))] = n
        shipments = {carry.transfer.id: n for n, carry in enumerate(self.day.carries)}
        kind = {v.id: n for n, vehicles in enumerate(self.types) for v in vehicles}
        routes, seen = [], set[int]()
        for tour in plan.tours:
            if tour.vehicle not in kind:
                continue
            trips = []
            for trip in tour.calls:
                trips.append(self._activities(trip, clients, shipments, seen))
            vehicle = self.types[kind[tour.vehicle]][0]
            trips = [trip for trip in trips if trip][: vehicle.reloads_max + 1]
            reload = self._reload(vehicle)
            joined = [a for n, trip in enumerate(trips) for a in ([reload] if n else []) + trip]
            if joined:
                routes.append(Route(self.data, joined, kind[tour.vehicle]))
        return Solution(self.data, routes)

    def _reload(self, vehicle: Vehicle) -> Activity:
        hubs = [h.id for h in self.hubs]
        return Activity(ActivityType.DEPOT, hubs.index(vehicle.reload_at or vehicle.start))

    def _activities(
        self,
        trip: Sequence[Call],
        clients: Mapping[tuple[object, ...], int],
        shipments: Mapping[str, int],
        seen: set[int],
    ) -> list[Activity]:
        found = []
        both = {c.key for c in trip if c.leg == LOAD} & {c.key for c in trip if c.leg == DROP}
        for call in trip:
            if call.key in both and call.key in shipments:
                leg = ActivityType.PICKUP if call.leg == LOAD else ActivityType.DELIVERY
                found.append(Activity(leg, shipments[call.key]))
            n = clients.get(_name(call), clients.get(_name(replace(call, window=None))))
            if n is not None and self._first_way(n) not in seen:
                seen.add(self._first_way(n))
                found.append(Activity(ActivityType.CLIENT, n))
        return found

    def _first_way(self, n: int) -> int:
        """The ways of a task count once."""
        return next(k for k, (task, _) in enumerate(self.ways) if task is self.ways[n][0])


def _name(call: Call) -> tuple[object, ...]:
    return call.key, call.leg, call.delivery, call.pickup, call.window


def _types(vehicles: Sequence[Vehicle], day: Day) -> list[list[Vehicle]]:
    """Vehicles that nothing tells apart are one type: the search does not try them one by one."""
    groups: dict[tuple[object, ...], list[Vehicle]] = {}
    for v in vehicles:
        same = replace(v, id="-", name="-", van="", fuel="", tags=())
        may = frozenset(n for n, task in enumerate(day.tasks) if v.id in task.vehicles)
        carry = frozenset(n for n, carry in enumerate(day.carries) if v.id in carry.vehicles)
        groups.setdefault((same, may, carry), []).append(v)
    return list(groups.values())
