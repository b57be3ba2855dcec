"""Asking for a plan of the week, and solving it in the background."""

from datetime import date, datetime
from typing import Any

from django_tasks import task

from terreau.engines.week.greedy import greedy
from terreau.engines.week.plan import IMPOSSIBLE, Plan
from terreau.engines.week.problem import Lock, Problem
from terreau.engines.week.solve import solve
from terreau.engines.week.verify import verify
from terreau.measures.week import IsoWeek
from terreau.planning.gather import CHOICES, gather
from terreau.planning.models import PlanState, WeekPlan
from terreau.planning.running import SEED, PlanRefusedByItsJudge, Progress, ask, run
from terreau.territory.models import Ecopole, User


def request_plan(
    *,
    ecopole: Ecopole,
    week: IsoWeek,
    today: date,
    locks: tuple[Lock, ...] = (),
    by: User | None,
    at: datetime,
    key: str,
) -> WeekPlan:
    """Keep the week's problem as it stands and queue its solving. The same key asks once."""
    return ask(
        WeekPlan,
        ecopole=ecopole,
        what=f"La {week.label}",
        among={"week": str(week)},
        prepare=lambda: {
            "problem": gather(ecopole, week, today).to_json(),
            "locks": [lock.to_json() for lock in locks],
            "seconds_max": CHOICES["time"]["seconds_max"],
            "created_by": by,
        },
        start=lambda plan_id: solve_week.enqueue(plan_id=plan_id),
        at=at,
        key=key,
    )


@task()
def solve_week(plan_id: int) -> None:
    """Solve one waiting plan."""
    run(WeekPlan, plan_id, _answer)


def _answer(row: WeekPlan, progress: Progress) -> dict[str, Any]:
    plan, by_hand = solve_problem(
        Problem.from_json(row.problem),
        tuple(Lock.from_json(lock) for lock in row.locks),
        seconds_max=row.seconds_max,
        progress=progress,
    )
    state = PlanState.IMPOSSIBLE if plan.status == IMPOSSIBLE else PlanState.READY
    return {"state": state, "plan": plan.to_json(), "by_hand": by_hand.to_json()}


def solve_problem(
    problem: Problem, locks: tuple[Lock, ...], *, seconds_max: float, progress: Any = None
) -> tuple[Plan, Plan]:
    """The engine's plan, refused if its own judge disagrees, and the plan by hand it is compared with."""
    plan = solve(problem, locks=locks, seconds_max=seconds_max, seed=SEED, progress=progress)
    if plan.status != IMPOSSIBLE and (violations := verify(problem, plan, locks).violations):
        raise PlanRefusedByItsJudge("\n".join(violations))
    return plan, greedy(problem)
