"""From an order of visits to its hours, loads and cost: for what the solver found and for what a hand moved.

Nothing is refused here: a late arrival is scheduled late, and `verify` says by how much.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .plan import BY_HAND, DROP, LOAD, STOP, Call, Cost, Pause, Plan, Tour, Trip, Unserved, Visit
from .problem import HORIZON_S, Hub, Problem, ProblemRefused, Stop, Transfer, Vehicle, Window

Trips = Sequence[Sequence[Call]]


@dataclass(frozen=True)
class _Node:
    """A link of the chain of the day: a loading, a visit or the return; `windows` bound when it starts."""

    place: int
    windows: tuple[Window, ...]
    lasts_s: int
    not_before_s: int = 0


class Trade:
    """The problem by its keys."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.place = {place: n for n, place in enumerate(problem.places)}
        self.matrix = {m.profile: m for m in problem.matrices}
        self.hub = {h.id: h for h in problem.hubs}
        self.vehicle = {v.id: v for v in problem.vehicles}
        self.stop = {s.id: s for s in problem.stops}
        self.transfer = {t.id: t for t in problem.transfers}

    def job(self, key: str) -> Stop | Transfer:
        if key not in self.stop and key not in self.transfer:
            raise ProblemRefused(f"L’arrêt {key} est inconnu ce jour-là.")
        return self.stop.get(key) or self.transfer[key]

    def where(self, call: Call) -> str:
        job = self.job(call.key)
        if isinstance(job, Stop):
            return job.place
        return job.load.place if call.leg == LOAD else job.drop.place

    def node(self, call: Call) -> _Node:
        job = self.job(call.key)
        place = self.place[self.where(call)]
        if isinstance(job, Stop):
            windows = job.windows if call.window is None else (job.windows[call.window],)
            return _Node(place, windows, job.service_s)
        end = job.load if call.leg == LOAD else job.drop
        return _Node(place, (end.window,), end.service_s)


def by_hand(problem: Problem, orders: Sequence[tuple[str, Trips]]) -> Plan:
    """The plan of vehicles and their trips as somebody ordered them; what is on none of them is left out."""
    tours = tuple(timetable(problem, vehicle, trips) for vehicle, trips in orders if any(trips))
    seen = {call.key for tour in tours for trip in tour.calls for call in trip}
    jobs: list[Stop | Transfer] = [*problem.stops, *problem.transfers]
    left = tuple(
        Unserved(job.id, "hand", f"{job.name}\u202f: retiré à la main.") for job in jobs if job.id not in seen
    )
    return Plan(BY_HAND, tours, left)


def timetable(problem: Problem, vehicle: str, trips: Trips) -> Tour:
    """The hours that end earliest, then start latest for that end; breaks where they delay least.

    Loading starts once all the trip carries is ready, and a trip leaves when loading ends.
    """
    trade = Trade(problem)
    if vehicle not in trade.vehicle:
        raise ProblemRefused(f"Le véhicule {vehicle} est inconnu ce jour-là.")
    chain = _Chain(trade, trade.vehicle[vehicle], [list(trip) for trip in trips if trip])
    return chain.tour()


class _Chain:
    def __init__(self, trade: Trade, vehicle: Vehicle, trips: list[list[Call]]) -> None:
        self.trade, self.vehicle, self.trips = trade, vehicle, trips
        self.nodes: list[_Node] = []
        for n, trip in enumerate(trips):
            start = trade.hub[vehicle.start if n == 0 else vehicle.reload_at or vehicle.start]
            carried = [trade.stop[c.key] for c in trip if c.key in trade.stop and any(c.delivery)]
            ready = max((stop.ready_s for stop in carried), default=0)
            self.nodes.append(self._at_hub(start, start.loading_s, ready, start.closes_s))
            self.nodes += [trade.node(call) for call in trip]
        self.nodes.append(self._at_hub(trade.hub[vehicle.end], 0, 0))
        matrix = trade.matrix[vehicle.profile]
        pairs = [(a.place, b.place) for a, b in pairwise(self.nodes)]
        self.travel = [matrix.duration_s[a][b] for a, b in pairs]
        self.distance_m = sum(matrix.distance_m[a][b] for a, b in pairs)

    def _at_hub(self, hub: Hub, lasts_s: int, ready_s: int, closes_s: int = HORIZON_S) -> _Node:
        opens = max(hub.opens_s, self.vehicle.from_s)
        window = Window(opens, max(opens, closes_s))
        return _Node(self.trade.place[hub.place], (window,), lasts_s, ready_s)

    def run(self, pause_after: int = -1, pause_s: int = 0) -> list[tuple[int, int]]:
        """Arrival and start at each node, with `pause_s` taken before leaving node `pause_after`."""
        travel = [t + (pause_s if n == pause_after else 0) for n, t in enumerate(self.travel)]
        starts, windows = self._forward(travel, 0, None)
        latest = [starts[-1]]
        for n in range(len(travel) - 1, -1, -1):
            node_latest = max(windows[n].closes_s, starts[n])
            latest.append(min(node_latest, latest[-1] - travel[n] - self.nodes[n].lasts_s))
        starts, _ = self._forward(travel, latest[-1], windows)
        arrivals = [starts[0]]
        arrivals += [starts[n] + self.nodes[n].lasts_s + travel[n] for n in range(len(travel))]
        return list(zip(arrivals, starts, strict=True))

    def _forward(
        self, travel: list[int], at: int, chosen: list[Window] | None
    ) -> tuple[list[int], list[Window]]:
        starts, windows = [], []
        for n, node in enumerate(self.nodes):
            arrival = max(at, node.not_before_s)
            window = (
                chosen[n]
                if chosen
                else next((w for w in node.windows if w.closes_s >= arrival), node.windows[-1])
            )
            starts.append(max(arrival, window.opens_s))
            windows.append(window)
            at = starts[-1] + node.lasts_s + (travel[n] if n < len(travel) else 0)
        return starts, windows

    def tour(self) -> Tour:
        times = self.run()
        due = self.vehicle.break_due_s(times[-1][1] - times[0][1])
        pauses: tuple[Pause, ...] = ()
        if due:
            after = min(range(len(self.travel)), key=lambda n: self._harm(n, due))
            times = self.run(after, due)
            begins = times[after][1] + self.nodes[after].lasts_s
            pauses = (Pause(begins, begins + due),)
        return self._told(times, pauses)

    def _harm(self, after: int, due: int) -> tuple[int, int, int, int]:
        """What a break there does: seconds late, beyond the longest stretch, in all; then halves apart."""
        times = self.run(after, due)
        late = sum(
            max(0, start - node.windows[-1].closes_s)
            for (_, start), node in zip(times, self.nodes, strict=True)
        )
        first, last = times[0][1], times[-1][1]
        begins = times[after][1] + self.nodes[after].lasts_s
        before, then = begins - first, last - begins - due
        beyond = max(0, max(before, then) - (self.vehicle.stretch_s or HORIZON_S))
        return late, beyond, last - first, abs(before - then)

    def _told(self, times: list[tuple[int, int]], pauses: tuple[Pause, ...]) -> Tour:
        told, n = [], 0
        for number, calls in enumerate(self.trips):
            loading, n = times[n][1], n + 1
            departure = loading + self.nodes[n - 1].lasts_s
            load = self._load(calls)
            visits, aboard = [], load
            for call in calls:
                aboard = self._after(aboard, call)
                (arrival, start), node = times[n], self.nodes[n]
                where = self.trade.where(call)
                visits.append(Visit(call, where, arrival, start, start + node.lasts_s, aboard))
                n += 1
            start_hub = self.vehicle.start if number == 0 else self.vehicle.reload_at or self.vehicle.start
            more = number + 1 < len(self.trips)
            end_hub = self.vehicle.reload_at or self.vehicle.start if more else self.vehicle.end
            told.append(Trip(start_hub, end_hub, loading, departure, load, tuple(visits), times[n][0]))
        first, last = times[0][1], told[-1].return_s
        rest = sum(p.end_s - p.start_s for p in pauses)
        cost = price(self.vehicle, self.distance_m, last - first, rest)
        return Tour(self.vehicle.id, tuple(told), pauses, self.distance_m, cost)

    def _load(self, calls: list[Call]) -> tuple[int, ...]:
        return tuple(
            sum(call.delivery[d] for call in calls) for d in range(len(self.trade.problem.dimensions))
        )

    def _after(self, aboard: tuple[int, ...], call: Call) -> tuple[int, ...]:
        if call.leg == STOP:
            return tuple(a - d + p for a, d, p in zip(aboard, call.delivery, call.pickup, strict=True))
        sign = -1 if call.leg == DROP else 1
        amount = self.trade.transfer[call.key].amount
        return tuple(a + sign * q for a, q in zip(aboard, amount, strict=True))


def price(vehicle: Vehicle, distance_m: int, duration_s: int, pause_s: int) -> Cost:
    """The day, the kilometres, the hours out of break, and what those beyond the shift add; each rounded."""
    over_s = max(0, duration_s - vehicle.shift_s)
    return Cost(
        vehicle.day,
        _ratio(vehicle.km * distance_m, 1000),
        _ratio(vehicle.hour * (duration_s - pause_s), 3600),
        _ratio(vehicle.overtime_hour * over_s, 3600),
    )


def _ratio(amount: int, by: int) -> int:
    """Half goes up."""
    return (2 * amount + by) // (2 * by)
