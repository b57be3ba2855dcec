"""A day that cannot be done: which stops must give way, and which limit binds."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..plan import DROP, IMPOSSIBLE, LOAD, STOP, Call, Plan, Unserved
from ..problem import HORIZON_S, UNITS_PER_EURO, Problem, Stop, Transfer, Vehicle, Window
from ..timetable import Trade, by_hand
from ..verify import verify
from . import vrp
from .tasks import Day, prepare, split

if TYPE_CHECKING:
    from .search import Run

# What leaving a stop costs while we look for those that must give way: more than any detour.
_PRIZE = 5_000 * UNITS_PER_EURO


def explain(run: "Run", days: Sequence[Day], budget: vrp.Budget, seed: int) -> Plan:
    """The tours that leave least, what they leave, and why. Nothing left: the day was only hard to find."""
    problem = run.problem
    plans = [plan for day in days if (plan := run.sound(day, budget, seed, _PRIZE))]
    plan = min(plans, key=lambda p: (len(missing(problem, p)), p.cost), default=by_hand(problem, ()))
    lacking = missing(problem, plan)
    if not lacking:
        return plan
    alone = {job.id: why for job in lacking if (why := refused_alone(problem, days[0], job))}
    together = [job for job in lacking if job.id not in alone]
    ways = limits(run, budget, seed) if together and not alone else []
    said = tuple(alone.values())
    if together:
        names = ", ".join(job.name for job in together)
        verb = "ne tient pas" if len(together) == 1 else "ne tiennent pas"
        said += (f"{names}\u202f: {verb} avec le reste de la journée. {_way_out(ways, bool(alone))}",)
    left = [u for u in plan.unserved if run.trade.job(u.stop).worth is not None]
    left += [
        Unserved(job.id, "alone" if job.id in alone else "clash", alone.get(job.id, said[-1]))
        for job in lacking
    ]
    return replace(plan, status=IMPOSSIBLE, unserved=tuple(left), clash=said)


def _way_out(ways: Sequence[str], after_others: bool) -> str:
    if after_others:
        return "Réglez d’abord ce qui est impossible seul."
    if not ways:
        return "Aucune limite n’y suffit seule\u202f: retirez-les, ou changez-en plusieurs."
    return f"Il suffirait de l’un de ces changements\u202f: {', '.join(ways)}."


def missing(problem: Problem, plan: Plan) -> list[Stop | Transfer]:
    """What must be served and is not, wholly."""
    calls = [call for tour in plan.tours for trip in tour.calls for call in trip]
    found: list[Stop | Transfer] = []
    for stop in problem.stops:
        done = [c for c in calls if c.key == stop.id]
        given = tuple(sum(c.delivery[n] for c in done) for n in range(len(stop.delivery)))
        taken = tuple(sum(c.pickup[n] for c in done) for n in range(len(stop.pickup)))
        if stop.worth is None and (given, taken) != (stop.delivery, stop.pickup):
            found.append(stop)
    carried = {c.key for c in calls}
    found += [t for t in problem.transfers if t.worth is None and t.id not in carried]
    return found


def refused_alone(problem: Problem, day: Day, job: Stop | Transfer) -> str | None:
    """Why no vehicle could serve it alone that day, in the words of the nearest one; None if one can."""
    if job in day.too_large and job.worth is not None:
        return f"{job.name}\u202f: trop grand pour un seul véhicule, et facultatif\u202f: laissé entier."
    nearest: tuple[str, ...] = ()
    for vehicle in _candidates(day, job):
        only, trip = _only(problem, vehicle, job)
        wrong = verify(only, by_hand(only, [(vehicle.id, [trip])])).sentences
        if not wrong:
            return None
        if not nearest or len(wrong) < len(nearest):
            nearest = wrong
    if not nearest:
        return f"{job.name}\u202f: aucun véhicule n’est libre."
    return f"{job.name}\u202f: aucun véhicule ne peut le servir, même seul. Au plus près\u202f: {nearest[0]}"


def _candidates(day: Day, job: Stop | Transfer) -> list[Vehicle]:
    """The vehicles that may serve it; all of them if none may, to say what they lack."""
    may: set[str] = set()
    for task in day.tasks:
        if any(call.key == job.id for call in task.ways[0].calls):
            may |= task.vehicles
    for carry in day.carries:
        may |= carry.vehicles if carry.transfer.id == job.id else set()
    return [v for v in day.vehicles if not may or v.id in may]


def _only(problem: Problem, vehicle: Vehicle, job: Stop | Transfer) -> tuple[Problem, list[Call]]:
    """The day with this alone, or with one part of it that fits the vehicle."""
    if isinstance(job, Transfer):
        nothing = (0,) * len(job.amount)
        trip = [Call(job.id, LOAD, nothing, nothing), Call(job.id, DROP, nothing, nothing)]
        return replace(problem, stops=(), transfers=(job,)), trip
    part = (split(job, [vehicle]) or [Call(job.id, STOP, job.delivery, job.pickup)])[0]
    stop = replace(job, delivery=part.delivery, pickup=part.pickup)
    return replace(problem, stops=(stop,), transfers=()), [part]


def _more_vehicles(problem: Problem) -> Problem:
    more = tuple(replace(v, id=f"{v.id} +", van="") for v in problem.vehicles)
    return replace(problem, vehicles=problem.vehicles + more)


def _wider_windows(problem: Problem) -> Problem:
    wide = (Window(0, HORIZON_S),)
    transfers = tuple(
        replace(t, load=replace(t.load, window=wide[0]), drop=replace(t.drop, window=wide[0]))
        for t in problem.transfers
    )
    return replace(problem, stops=tuple(replace(s, windows=wide) for s in problem.stops), transfers=transfers)


def _longer_shifts(problem: Problem) -> Problem:
    return replace(problem, vehicles=tuple(replace(v, shift_s=HORIZON_S) for v in problem.vehicles))


def _more_room(problem: Problem) -> Problem:
    roomy = tuple(replace(v, capacity=tuple(10 * c for c in v.capacity)) for v in problem.vehicles)
    return replace(problem, vehicles=roomy)


def _more_range(problem: Problem) -> Problem:
    return replace(problem, vehicles=tuple(replace(v, range_m=None) for v in problem.vehicles))


_LOOSER: dict[str, Callable[[Problem], Problem]] = {
    "un véhicule de plus de chaque": _more_vehicles,
    "des plages horaires plus larges": _wider_windows,
    "des journées plus longues": _longer_shifts,
    "plus de place à bord": _more_room,
    "plus d’autonomie": _more_range,
}


def limits(run: "Run", budget: vrp.Budget, seed: int) -> list[str]:
    """The limits which, each loosened alone, let everything be served."""
    found = []
    for words, looser in _LOOSER.items():
        problem = looser(run.problem)
        if problem == run.problem:
            continue
        day = prepare(problem, run.locks)
        if any(stop.worth is None for stop in day.too_large):
            continue
        answer = vrp.search(Trade(problem), day, budget=budget, seed=seed)
        if answer is not None:
            found.append(words)
    return found
