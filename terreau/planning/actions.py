"""Asking for a plan of the week, and solving it in the background."""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django_tasks import task

from terreau.engines.week.greedy import greedy
from terreau.engines.week.plan import IMPOSSIBLE, Plan
from terreau.engines.week.problem import Lock, Problem
from terreau.engines.week.solve import solve
from terreau.engines.week.verify import verify
from terreau.measures.week import IsoWeek
from terreau.planning.gather import CHOICES, gather
from terreau.planning.models import RUNNING, PlanState, WeekPlan
from terreau.territory.models import Ecopole, User

SEED = 1


class AlreadyPlanning(Exception):
    """One calculation at a time per week: two would only slow each other."""

    def __init__(self, week: IsoWeek, plan: WeekPlan):
        super().__init__(f"La {week.label} est déjà en calcul\u202f: attendez son plan, il vient.")
        self.plan = plan


class Abandoned(Exception):
    """Nobody waits for this plan any more."""


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
    if known := WeekPlan.objects.filter(ecopole=ecopole, key=key).first():
        return known
    running = WeekPlan.objects.filter(ecopole=ecopole, week=str(week), state__in=RUNNING)
    for plan in running.only("key", "state", "created_at", "seconds_max"):
        if not plan.interrupted(at):
            raise AlreadyPlanning(week, plan)
    problem = gather(ecopole, week, today)
    try:
        with transaction.atomic():
            row = WeekPlan.objects.create(
                ecopole=ecopole,
                week=str(week),
                key=key,
                problem=problem.to_json(),
                locks=[lock.to_json() for lock in locks],
                seconds_max=CHOICES["time"]["seconds_max"],
                created_at=at,
                created_by=by,
            )
    except IntegrityError:
        return WeekPlan.objects.get(ecopole=ecopole, key=key)
    transaction.on_commit(lambda: solve_week.enqueue(plan_id=row.id))
    return row


def abandon(*, plan: WeekPlan) -> None:
    """Give up a plan that is not ready; the worker drops it at its next step."""
    states = (*RUNNING, PlanState.FAILED, PlanState.IMPOSSIBLE)
    WeekPlan.objects.filter(id=plan.id, state__in=states).update(state=PlanState.CANCELLED)


@task()
def solve_week(plan_id: int) -> None:
    """Solve one waiting plan; what interrupts it is kept on the plan, in words."""
    row = WeekPlan.objects.get(id=plan_id)
    if row.state not in RUNNING:
        return
    try:
        plan, by_hand = solve_problem(
            Problem.from_json(row.problem),
            tuple(Lock.from_json(lock) for lock in row.locks),
            seconds_max=row.seconds_max,
            progress=_Progress(plan_id),
        )
    except Abandoned:
        return
    except BaseException as trouble:
        _update(plan_id, state=PlanState.FAILED, message=f"Calcul interrompu ({type(trouble).__name__}).")
        raise
    _update(
        plan_id,
        state=PlanState.IMPOSSIBLE if plan.status == IMPOSSIBLE else PlanState.READY,
        progress=100,
        message="",
        plan=plan.to_json(),
        by_hand=by_hand.to_json(),
    )


def solve_problem(
    problem: Problem, locks: tuple[Lock, ...], *, seconds_max: int, progress: Any = None
) -> tuple[Plan, Plan]:
    """The engine's plan, refused if its own judge disagrees, and the plan by hand it is compared with."""
    plan = solve(problem, locks=locks, seconds_max=seconds_max, seed=SEED, progress=progress)
    if plan.status != IMPOSSIBLE and (violations := verify(problem, plan, locks).violations):
        raise PlanRefusedByItsJudge("\n".join(violations))
    return plan, greedy(problem)


class PlanRefusedByItsJudge(Exception):
    """A fault of ours, never the coordinator's: the plan is not shown."""


class _Progress:
    """Writes the progress down, at most once per percent."""

    def __init__(self, plan_id: int):
        self.plan_id, self.written = plan_id, -1

    def __call__(self, share: float, message: str) -> None:
        percent = min(99, int(share * 100))
        if percent > self.written:
            self.written = percent
            if not _update(self.plan_id, state=PlanState.SOLVING, progress=percent, message=message):
                raise Abandoned


def _update(plan_id: int, **fields: Any) -> int:
    """Written only while the plan is awaited."""
    return WeekPlan.objects.filter(id=plan_id, state__in=RUNNING).update(**fields)
