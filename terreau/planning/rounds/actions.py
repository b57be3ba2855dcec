"""Asking for the rounds of a day, and finding them in the background."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.timezone import localtime
from django_tasks import task

from terreau.engines.rounds import Lock, Plan, Problem, verify
from terreau.engines.rounds.plan import IMPOSSIBLE
from terreau.measures.french import format_date
from terreau.planning.models import PlanState, RoundsPlan
from terreau.planning.rounds.apart import solve_apart
from terreau.planning.rounds.gather import (
    CHOICES,
    NothingToDrive,
    gather,
    refuse_past,
    seconds_for,
    seconds_of,
)
from terreau.planning.rounds.locks import carried_over, stored
from terreau.planning.rounds.rest import Lost, lost_of, rest_of
from terreau.planning.running import SEED, PlanRefusedByItsJudge, Progress, ask, run
from terreau.territory.models import Ecopole, User


def request_rounds(
    *,
    ecopole: Ecopole,
    day: date,
    today: date,
    left: Collection[str] = (),
    locks: Sequence[Lock] = (),
    previous: RoundsPlan | None = None,
    by: User | None,
    at: datetime,
    key: str,
) -> RoundsPlan:
    """Keep the day's problem as it stands and queue its solving. The same key asks once.

    `left`: stops left out, by their number in a former problem. `previous`: the plan to search from, so that
    the rest moves little; `locks`: what is kept of it.
    """
    refuse_past(day, today)

    def prepare() -> dict[str, Any]:
        seen = gather(ecopole, day, left)
        kept = carried_over(locks, Problem.from_json(previous.problem), seen.problem) if previous else []
        return {
            "left": sorted(left),
            "locks": [lock.to_json() for lock in kept],
            "previous": previous,
            "problem": seen.problem.to_json(),
            "corrected": seen.corrected,
            "basis": {"origin": seen.basis.origin, "said": seen.basis.said},
            "seconds_max": seconds_for(seen.problem),
            "created_by": by,
        }

    return _ask(ecopole, day, prepare, at, key)


def request_rest(
    *,
    ecopole: Ecopole,
    day: date,
    today: date,
    lost: Sequence[Lost],
    left: Collection[str] = (),
    by: User | None,
    at: datetime,
    key: str,
) -> RoundsPlan:
    """Keep what is left of today's published tours, once these vehicles have stopped, and queue its solving.

    A place of none: where the vehicle served last. Driving goes on once everybody could be told.
    """
    here = localtime(at)
    refuse_past(day, today)
    if day > today:
        raise NothingToDrive(
            "Cette journée n’a pas commencé\u202f: changez les heures du véhicule, puis planifiez de nouveau."
        )
    begins = here + timedelta(minutes=CHOICES["rest"]["notice_minutes"])

    def prepare() -> dict[str, Any]:
        told = f"{begins:%H:%M}" if begins.date() == day else "23:59"
        rest = rest_of(ecopole, day, seconds_of(time.fromisoformat(told)), lost)
        stopped = {one.vehicle: one for one in (*lost_of(rest.resumed), *rest.lost.values())}
        stopped = {v: replace(one, place=one.place or rest.place_of(v)) for v, one in stopped.items()}
        rest = replace(rest, lost=stopped, skipped=frozenset(left))
        kept = [asdict(one) for one in stopped.values()]
        return {
            "left": sorted({*rest.resumed.left, *left}),
            "previous": rest.resumed,
            "rest": {"resumes": rest.resumed.key, "at": told, "lost": kept},
            "problem": rest.problem.to_json(),
            "corrected": rest.resumed.corrected,
            "basis": rest.resumed.basis,
            "seconds_max": seconds_for(rest.problem),
            "created_by": by,
        }

    return _ask(ecopole, day, prepare, at, key)


def _ask(
    ecopole: Ecopole, day: date, prepare: Callable[[], dict[str, Any]], at: datetime, key: str
) -> RoundsPlan:
    return ask(
        RoundsPlan, ecopole=ecopole, what=f"Le {format_date(day)}", among={"day": day}, prepare=prepare,
        start=lambda plan_id: solve_rounds.enqueue(plan_id=plan_id), at=at, key=key,
    )  # fmt: skip


@task()
def solve_rounds(plan_id: int) -> None:
    """Solve one waiting plan."""
    run(RoundsPlan, plan_id, _answer)


def _answer(row: RoundsPlan, progress: Progress) -> dict[str, Any]:
    problem, former = Problem.from_json(row.problem), row.previous.plan if row.previous else None
    if row.rest:
        former = None  # its tours begin elsewhere
    start = Plan.from_json(former) if former else None
    plan = solve_problem(
        problem, locks=stored(row.locks), start=start, seconds_max=row.seconds_max, progress=progress
    )
    state = PlanState.IMPOSSIBLE if plan.status == IMPOSSIBLE else PlanState.READY
    return {"state": state, "plan": plan.to_json()}


def solve_problem(
    problem: Problem,
    *,
    locks: Sequence[Lock] = (),
    start: Plan | None = None,
    seconds_max: int,
    progress: Any = None,
) -> Plan:
    """The engine's plan, refused if its own judge disagrees."""
    times = CHOICES["time"]
    plan = solve_apart(
        problem, locks=locks, start=start, seconds_max=seconds_max, seed=SEED, progress=progress,
        stop_after=times["stop_times"] * seconds_max + times["stop_seconds"],
    )  # fmt: skip
    if plan.status != IMPOSSIBLE and (wrong := verify(problem, plan, locks).sentences):
        raise PlanRefusedByItsJudge("\n".join(wrong))
    return plan
