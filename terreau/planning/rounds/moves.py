"""A stop put elsewhere by hand: where it may go, what that costs, what it breaks, and keeping it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import IntegrityError, transaction

from terreau.engines.rounds import Call, Plan, Problem, Verdict, by_hand, verify
from terreau.measures.french import format_money
from terreau.measures.money import Money
from terreau.planning.models import PlanState, RoundsPlan
from terreau.planning.rounds.locks import honoured, stored
from terreau.planning.rounds.reading import RoundsReading
from terreau.planning.rounds.words import cents, kilometres, lasting
from terreau.territory.models import User


class MoveUnknown(LookupError):
    """No such stop on this plan, or no such place to put it."""


def choices(reading: RoundsReading) -> tuple[dict[str, str], dict[str, str]]:
    """The stops that may move, and where: by the numbers of the plan, in words.

    What is left of a day moves no more by hand: part of it is aboard already.
    """
    if reading.row.rest:
        return {}, {}
    stops = {
        row.at: f"{row.mark} · {row.name}, {row.arrives}"
        for tour in reading.tours
        for row in tour.rows
        if row.at
    }
    return stops, dict(_places(reading))


def _places(reading: RoundsReading) -> Iterator[tuple[str, str]]:
    """Before and after each stop of each vehicle, on one more trip, or with a vehicle that stays."""
    tours = {tour.vehicle: tour for tour in reading.plan.tours} if reading.plan else {}
    for vehicle in reading.problem.vehicles:
        trips = tours[vehicle.id].trips if vehicle.id in tours else ()
        for number, trip in enumerate(trips):
            which = f"{vehicle.name}, voyage {number + 1}" if len(trips) > 1 else vehicle.name
            yield f"{vehicle.id}:{number}:0", f"{which}\u202f: en premier"
            for n, visit in enumerate(trip.visits, start=1):
                yield (
                    f"{vehicle.id}:{number}:{n}",
                    f"{which}\u202f: après {reading.stops[visit.call.key].name}",
                )
        if len(trips) <= vehicle.reloads_max or not trips:
            words = "un voyage de plus" if trips else "qui ne sortait pas"
            yield f"{vehicle.id}:{len(trips)}:0", f"{vehicle.name}, {words}"


def rearranged(reading: RoundsReading, stop: str, to: str) -> Plan:
    """The plan with this visit put there; the others keep their order, all hours are counted again."""
    stops, places = choices(reading)
    if reading.plan is None or stop not in stops or to not in places:
        raise MoveUnknown(f"{stop} → {to}")
    tour, trip, visit = (int(part) for part in stop.split("."))
    vehicle, new_trip, position = to.rsplit(":", 2)
    orders: dict[str, list[list[Call | None]]] = {
        t.vehicle: [list(calls) for calls in t.calls] for t in reading.plan.tours
    }
    source = orders[reading.plan.tours[tour].vehicle][trip]
    # Elsewhere, another window may suit: the one chosen before is forgotten.
    call = replace(reading.plan.tours[tour].calls[trip][visit], window=None)
    source[visit] = None  # keeps the places of the others until the stop has found its own
    trips = orders.setdefault(vehicle, [])
    if int(new_trip) == len(trips):
        trips.append([])
    trips[int(new_trip)].insert(int(position), call)
    kept = [
        (v, [calls for t in trips if (calls := [c for c in t if c is not None])])
        for v, trips in orders.items()
    ]
    return by_hand(reading.problem, kept)


@dataclass(frozen=True)
class Moved:
    """What a move changes: the difference of cost, of road, of time, and what it breaks."""

    plan: Plan
    verdict: Verdict
    euros: str
    km: str
    hours: str
    dearer: bool


def look(reading: RoundsReading, stop: str, to: str) -> Moved:
    plan, before = rearranged(reading, stop, to), reading.plan
    assert before is not None  # something moved on it
    more = cents(plan.cost) - cents(before.cost)
    road = sum(t.distance_m for t in plan.tours) - sum(t.distance_m for t in before.tours)
    time = sum(t.duration_s for t in plan.tours) - sum(t.duration_s for t in before.tours)
    return Moved(
        plan,
        verify(reading.problem, plan),
        euros=_signed(format_money(Money(abs(more))), more),
        km=_signed(kilometres(abs(road)), round(road, -2)),
        hours=_signed(lasting(abs(time)), time),
        dearer=more > 0,
    )


def _signed(words: str, amount: int) -> str:
    return f"+{words}" if amount > 0 else f"−{words}" if amount < 0 else words


def keep_move(*, row: RoundsPlan, plan: Plan, by: User | None, at: datetime, key: str) -> RoundsPlan:
    """The moved plan, beside the one it comes from. The same key keeps it once."""
    rows = RoundsPlan.objects.filter(ecopole=row.ecopole)
    if known := rows.filter(key=key).first():
        return known
    problem = Problem.from_json(row.problem)
    kept = [lock.to_json() for lock in honoured(problem, plan, stored(row.locks))]
    try:
        with transaction.atomic():
            return RoundsPlan.objects.create(
                ecopole=row.ecopole, day=row.day, key=key, state=PlanState.READY, problem=row.problem,
                plan=plan.to_json(), corrected=row.corrected, basis=row.basis, left=row.left, previous=row,
                locks=kept,
                seconds_max=row.seconds_max, progress=100, created_at=at, created_by=by,
            )  # fmt: skip
    except IntegrityError:
        return rows.get(key=key)
