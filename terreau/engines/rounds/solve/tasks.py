"""From stops and locks to what the solver is given: orders split to fit a van, kept orders made one task."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product

from ..plan import STOP, Call, Lock, Tour
from ..problem import Matrix, Problem, Stop, Transfer, Vehicle, Window
from ..timetable import Trade, timetable


class Clash(Exception):
    """What was locked by hand cannot be respected; the sentences say why."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(*sentences)
        self.sentences = sentences


@dataclass(frozen=True)
class Way:
    """One way of doing a task: its calls in order, each in the window chosen, begun between two hours.

    `travel`: seconds and metres from the first to the last, service and waiting included, per profile.
    """

    calls: tuple[Call, ...]
    first: str
    last: str
    begin: Window
    service_s: int
    travel: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True)
class Task:
    """To be done by one of its ways, by one of `vehicles`."""

    key: str
    ways: tuple[Way, ...]
    delivery: tuple[int, ...]
    pickup: tuple[int, ...]
    ready_s: int
    worth: int | None
    vehicles: frozenset[str]


@dataclass(frozen=True)
class Carry:
    """A transfer, by one of `vehicles`."""

    transfer: Transfer
    worth: int | None
    vehicles: frozenset[str]


@dataclass(frozen=True)
class Day:
    """What is left to decide beside the kept tours; `too_large`: fits in no vehicle.

    `apart`: the keys of tasks that may not follow one another.
    """

    vehicles: tuple[Vehicle, ...]
    tasks: tuple[Task, ...]
    carries: tuple[Carry, ...]
    kept: tuple[Tour, ...] = ()
    too_large: tuple[Stop, ...] = ()
    apart: frozenset[frozenset[str]] = frozenset()


def prepare(problem: Problem, locks: Sequence[Lock]) -> Day:
    trade = Trade(problem)
    _check(trade, locks)
    kept = tuple(timetable(problem, lock.vehicle, lock.trips) for lock in locks if lock.kind == "tour")
    vehicles = _left(trade, kept)
    riders = {key: lock.vehicle for lock in locks if lock.kind == "vehicle" for key in lock.stops}
    done = [call for tour in kept for trip in tour.calls for call in trip]
    carried = {call.key for call in done}
    tasks: list[Task] = []
    too_large = []
    in_order = {key: lock for lock in locks if lock.kind == "order" for key in lock.stops}
    for stop in problem.stops:
        rest = _rest(stop, [c for c in done if c.key == stop.id])
        if rest is None or stop.id in in_order:
            continue
        allowed = _allowed(rest, vehicles, riders)
        parts = split(rest, allowed)
        if parts is None or (len(parts) > 1 and stop.worth is not None):
            too_large.append(stop)
        else:
            tasks += [_task(rest, part, allowed) for part in parts]
    for lock in dict.fromkeys(in_order.values()):
        if not carried.issuperset(lock.stops):
            tasks.append(_in_order(trade, lock, vehicles, riders))
    carries = tuple(
        Carry(t, t.worth, _ids(_allowed(t, vehicles, riders)))
        for t in problem.transfers
        if t.id not in carried
    )
    return Day(vehicles, tuple(tasks), carries, kept, tuple(too_large))


def _check(trade: Trade, locks: Sequence[Lock]) -> None:
    """Locks name what exists, and a stop is kept in one order at most."""
    seen: set[str] = set()
    for lock in locks:
        if lock.vehicle and lock.vehicle not in trade.vehicle:
            raise Clash(f"Verrou\u202f: le véhicule {lock.vehicle} n’est pas là ce jour-là.")
        for key in lock.stops:
            if key not in trade.stop and (lock.kind == "order" or key not in trade.transfer):
                raise Clash(f"Verrou\u202f: l’arrêt {key} n’est pas là ce jour-là.")
            if lock.kind == "order" and key in seen:
                raise Clash(f"{trade.stop[key].name} est gardé dans deux ordres à la fois.")
            seen |= {key} if lock.kind == "order" else set()
    _check_riders(trade, locks)


def _check_riders(trade: Trade, locks: Sequence[Lock]) -> None:
    """A stop rides with one vehicle, which is that of the kept tour it is on."""
    aboard = {k.vehicle: {c.key for trip in k.trips for c in trip} for k in locks if k.kind == "tour"}
    riders: dict[str, str] = {}
    for vehicle, key in [(k.vehicle, key) for k in locks if k.kind == "vehicle" for key in k.stops]:
        name = trade.vehicle[vehicle].name
        if key not in aboard.get(vehicle, {key}):
            raise Clash(f"{trade.job(key).name}\u202f: la tournée gardée de {name} ne le sert pas.")
        others = [v for v, keys in aboard.items() if key in keys and v != vehicle]
        for other in (*others, riders.setdefault(key, vehicle)):
            if other != vehicle:
                both = f"avec {trade.vehicle[other].name} et avec {name}"
                raise Clash(f"{trade.job(key).name}\u202f: gardé à la fois {both}.")


def _left(trade: Trade, kept: Sequence[Tour]) -> tuple[Vehicle, ...]:
    """The vehicles still free: neither kept on their tour, nor another position of a van that is."""
    out = {tour.vehicle for tour in kept}
    vans = {trade.vehicle[vehicle].van for vehicle in out} - {""}
    return tuple(v for v in trade.problem.vehicles if v.id not in out and v.van not in vans)


def _rest(stop: Stop, done: Sequence[Call]) -> Stop | None:
    """What the kept tours leave of an order."""
    if not done:
        return stop
    delivery = tuple(q - sum(c.delivery[n] for c in done) for n, q in enumerate(stop.delivery))
    pickup = tuple(q - sum(c.pickup[n] for c in done) for n, q in enumerate(stop.pickup))
    if min((*delivery, *pickup)) < 0 or not any((*delivery, *pickup)):
        return None
    return replace(stop, delivery=delivery, pickup=pickup)


def _allowed(job: Stop | Transfer, vehicles: Sequence[Vehicle], riders: dict[str, str]) -> list[Vehicle]:
    """Those that have its tags, or the one it is kept with."""
    return [v for v in vehicles if set(job.tags) <= set(v.tags) and riders.get(job.id, v.id) == v.id]


def _ids(vehicles: Sequence[Vehicle]) -> frozenset[str]:
    return frozenset(v.id for v in vehicles)


def split(stop: Stop, vehicles: Sequence[Vehicle]) -> list[Call] | None:
    """Near-equal parts, as few as the most fitting vehicle allows; None if none can carry any of it."""

    def parts_in(vehicle: Vehicle) -> int | None:
        count = 1
        for quantities in (stop.delivery, stop.pickup):
            for quantity, room in zip(quantities, vehicle.capacity, strict=True):
                if quantity and not room:
                    return None
                count = max(count, -(-quantity // room)) if quantity else count
        return count

    counts = [count for v in vehicles if (count := parts_in(v)) is not None]
    if not counts:
        return None
    count = min(counts)
    shares = [
        Call(stop.id, STOP, _share(stop.delivery, count, n), _share(stop.pickup, count, n))
        for n in range(count)
    ]
    # Two crates of cold in three parts: a part with nothing in it is no part.
    return [call for call in shares if any((*call.delivery, *call.pickup))]


def _share(amounts: tuple[int, ...], count: int, n: int) -> tuple[int, ...]:
    return tuple((n + 1) * q // count - n * q // count for q in amounts)


def _task(stop: Stop, part: Call, allowed: Sequence[Vehicle]) -> Task:
    several = len(stop.windows) > 1
    ways = tuple(
        Way(
            (replace(part, window=n if several else None),), stop.place, stop.place, window, stop.service_s
        )
        for n, window in enumerate(stop.windows)
    )  # fmt: skip
    ready = stop.ready_s if any(part.delivery) else 0
    return Task(stop.id, ways, part.delivery, part.pickup, ready, stop.worth, _ids(allowed))


def _in_order(trade: Trade, lock: Lock, vehicles: Sequence[Vehicle], riders: dict[str, str]) -> Task:
    """Stops kept in order are one task, from the first place to the last; it must be done.

    Where more rides between two of them than before the first or after the last, the difference is added to
    both: prudent, never wrong.
    """
    stops = [trade.stop[key] for key in lock.stops]
    allowed = [v for v in vehicles if all(v in _allowed(s, vehicles, riders) for s in stops)]
    names = ", ".join(s.name for s in stops)
    calls = [Call(s.id, STOP, s.delivery, s.pickup) for s in stops]
    delivery, pickup = _loads(calls)
    profiles = [trade.matrix[p] for p in dict.fromkeys(v.profile for v in allowed)]
    ways = tuple(way for way in _ways(trade, stops, calls, profiles) if way)
    if not ways:
        raise Clash(f"L’ordre gardé ne tient pas, même seul\u202f: {names}.")
    ready = max(s.ready_s if any(s.delivery) else 0 for s in stops)
    return Task(stops[0].id, ways, delivery, pickup, ready, None, _ids(allowed))


def _loads(calls: Sequence[Call]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    delivery, pickup = [], []
    for n in range(len(calls[0].delivery)):
        before, after = sum(c.delivery[n] for c in calls), sum(c.pickup[n] for c in calls)
        aboard = peak = before
        for call in calls:
            aboard += call.pickup[n] - call.delivery[n]
            peak = max(peak, aboard)
        more = peak - max(before, after)
        delivery.append(before + more)
        pickup.append(after + more)
    return tuple(delivery), tuple(pickup)


def _ways(
    trade: Trade, stops: Sequence[Stop], calls: Sequence[Call], profiles: Sequence[Matrix]
) -> list[Way | None]:
    return [
        _way(trade, stops, calls, chosen, profiles)
        for chosen in product(*(range(len(s.windows)) for s in stops))
        if profiles
    ]


def _way(
    trade: Trade,
    stops: Sequence[Stop],
    calls: Sequence[Call],
    chosen: Sequence[int],
    profiles: Sequence[Matrix],
) -> Way | None:
    """Begun in a window that suits every profile, with the least waiting; None if a window cannot be met."""
    begins, travel = [], []
    for matrix in profiles:
        early, late = stops[0].windows[chosen[0]].opens_s, stops[0].windows[chosen[0]].closes_s
        lasts, metres = stops[0].service_s, 0
        for n in range(1, len(stops)):
            a, b = trade.place[stops[n - 1].place], trade.place[stops[n].place]
            lasts, metres = lasts + matrix.duration_s[a][b], metres + matrix.distance_m[a][b]
            window = stops[n].windows[chosen[n]]
            lasts += max(0, window.opens_s - lasts - late)
            early = max(early, min(late, window.opens_s - lasts))
            late = min(late, window.closes_s - lasts)
            lasts += stops[n].service_s
        begins.append((early, late))
        travel.append((matrix.profile, lasts, metres))
    early, late = max(e for e, _ in begins), min(e for _, e in begins)
    if early > late:
        return None
    done = tuple(
        replace(c, window=n if len(s.windows) > 1 else None)
        for c, n, s in zip(calls, chosen, stops, strict=True)
    )
    return Way(done, stops[0].place, stops[-1].place, Window(early, late), 0, tuple(travel))


def told_safely(trade: Trade, day: Day) -> tuple[Day, ...]:
    """How a day is told to a solver that may search for ever when orders not yet ready meet reloads (seen on
    one small day of a hundred with PyVRP 0.14.1, never with one of the two alone).

    Where both are there, three times, the hours being then computed again and judged: windows open no
    earlier than the order could come, and what cannot share a trip does not follow one another; or nothing
    does that is not ready at the same hour; or there is no reload.
    """
    if not any(v.reloads_max for v in day.vehicles) or not any(task.ready_s for task in day.tasks):
        return (day,)
    tasks = tuple(_no_earlier(trade, day.vehicles, task) for task in day.tasks)
    clash = _pairs(day, lambda a, b: _leaves_too_late(trade, day.vehicles, a, b.ready_s))
    other = _pairs(day, lambda a, b: a.ready_s != b.ready_s)
    once = tuple(replace(v, reload_at="", reloads_max=0) for v in day.vehicles)
    return (
        replace(day, tasks=tasks, apart=clash),
        replace(day, tasks=tasks, apart=other),
        replace(day, vehicles=once),
    )


def _pairs(day: Day, apart: Callable[[Task, Task], bool]) -> frozenset[frozenset[str]]:
    both = product(day.tasks, day.tasks)
    return frozenset(frozenset((a.key, b.key)) for a, b in both if a.key != b.key and apart(a, b))


def _leaves_too_late(trade: Trade, vehicles: Sequence[Vehicle], task: Task, ready_s: int) -> bool:
    """Whether a trip that leaves once that is ready is too late for this."""
    return all(
        ready_s + min(_approach(trade, v, way) for v in vehicles) > way.begin.closes_s for way in task.ways
    )


def _no_earlier(trade: Trade, vehicles: Sequence[Vehicle], task: Task) -> Task:
    ways = []
    for way in task.ways:
        earliest = min(task.ready_s + _approach(trade, v, way) for v in vehicles) if task.ready_s else 0
        if earliest <= way.begin.closes_s:
            begin = Window(max(earliest, way.begin.opens_s), way.begin.closes_s)
            ways.append(replace(way, begin=begin))
    if not ways:
        return replace(task, ready_s=0, vehicles=frozenset())
    return replace(task, ready_s=0, ways=tuple(ways))


def _approach(trade: Trade, vehicle: Vehicle, way: Way) -> int:
    """Loading, then the road to the first place, from the nearest hub where the vehicle loads."""
    duration = trade.matrix[vehicle.profile].duration_s
    hubs = [trade.hub[h] for h in {vehicle.start, vehicle.reload_at or vehicle.start}]
    return min(h.loading_s + duration[trade.place[h.place]][trade.place[way.first]] for h in hubs)
