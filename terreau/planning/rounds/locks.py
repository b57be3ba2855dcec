"""Decisions kept for the next search: a tour as it is, a stop with its vehicle.

A ticked box carries the decision's own name: « tour|vehicle », « stop|stop|vehicle ».
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.http import Http404

from terreau.engines.rounds import Call, Lock, Plan, Problem, Stop, verify
from terreau.planning.rounds.gather import NothingToDrive


@dataclass(frozen=True)
class Lockable:
    """A decision of a plan that may be kept."""

    name: str
    label: str
    lock: Lock


def lockable(problem: Problem, plan: Plan | None, kept: Iterable[Lock]) -> dict[str, Lockable]:
    """By name: what is kept already, then each tour, and each stop that one vehicle alone serves."""
    names = {v.id: v.name for v in problem.vehicles} | {s.id: s.name for s in problem.stops}
    riders: dict[str, set[str]] = {}
    found = list(kept)
    for tour in plan.tours if plan else ():
        found.append(Lock("tour", tour.vehicle, trips=tour.calls))
        for call in (call for trip in tour.calls for call in trip if call.leg == "stop"):
            riders.setdefault(call.key, set()).add(tour.vehicle)
    found += [Lock("vehicle", min(by), stops=(stop,)) for stop, by in riders.items() if len(by) == 1]
    told: dict[str, Lockable] = {}
    for lock in found:
        told.setdefault(name_of(lock), Lockable(name_of(lock), _label(lock, names), lock))
    return told


def name_of(lock: Lock) -> str:
    return "|".join(("tour", lock.vehicle) if lock.kind == "tour" else ("stop", *lock.stops, lock.vehicle))


def _label(lock: Lock, names: dict[str, str]) -> str:
    vehicle = names.get(lock.vehicle, "un véhicule qui ne roule plus")
    if lock.kind == "tour":
        return f"La tournée de {vehicle}, telle quelle"
    return f"{', '.join(names.get(stop, 'un arrêt fait ou retiré') for stop in lock.stops)}, avec {vehicle}"


def read_locks(ticked: Iterable[str], known: dict[str, Lockable]) -> tuple[Lock, ...]:
    """The locks of a form; a decision unknown to this plan is a 404."""
    names = list(dict.fromkeys(ticked))
    if any(name not in known for name in names):
        raise Http404("lock")
    return tuple(known[name].lock for name in names)


def carried_over(locks: Iterable[Lock], former: Problem, present: Problem) -> list[Lock]:
    """Locks as the day stands now: without the stops that are done or left, with the amounts of today."""
    vehicles = {v.id for v in present.vehicles}
    gone = {v.name for v in former.vehicles if v.id not in vehicles}
    before, now = ({stop.id: stop for stop in p.stops} for p in (former, present))
    found = []
    for lock in locks:
        if lock.vehicle not in vehicles:
            raise NothingToDrive(
                f"Ne roule plus ce jour-là\u202f: {', '.join(sorted(gone))}. Décochez ce qui est gardé avec."
            )
        if lock.kind == "tour":
            trips = tuple(
                tuple(_as_now(call, before, now) for call in trip if call.key in now) for trip in lock.trips
            )
            kept = replace(lock, trips=tuple(trip for trip in trips if trip))
        else:
            kept = replace(lock, stops=tuple(stop for stop in lock.stops if stop in now))
        if kept.trips or kept.stops:
            found.append(kept)
    return found


def _as_now(call: Call, before: dict[str, Stop], now: dict[str, Stop]) -> Call:
    """A whole stop stays whole, whatever it became; a part stays the part it was."""
    was, stop = before.get(call.key), now[call.key]
    if was and (call.delivery, call.pickup) == (was.delivery, was.pickup):
        return replace(call, delivery=stop.delivery, pickup=stop.pickup)
    return call


def honoured(problem: Problem, plan: Plan, locks: Sequence[Lock]) -> list[Lock]:
    """Those that a plan changed by hand still respects: the hand has undone the others."""
    return [
        lock
        for lock in locks
        if not any(wrong.kind == "lock" for wrong in verify(problem, plan, (lock,)).violations)
    ]


def stored(locks: Iterable[dict[str, object]]) -> tuple[Lock, ...]:
    return tuple(Lock.from_json(lock) for lock in locks)
