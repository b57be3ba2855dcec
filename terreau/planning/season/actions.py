"""Asking for a plan of the season, and solving it in the background."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django_tasks import task

from terreau.engines.season import Lock, NoPlanInTime, Plan, Problem, trade_off
from terreau.engines.season.plan import IMPOSSIBLE
from terreau.engines.season.problem import PARTNER
from terreau.engines.season.solve import solve
from terreau.engines.season.verify import verify
from terreau.measures.week import IsoWeek
from terreau.planning.models import PlanState, SeasonPlan
from terreau.planning.running import SEED, PlanRefusedByItsJudge, Progress, ask, run
from terreau.planning.season.gather import Gathered
from terreau.planning.season.ground import Known
from terreau.planning.season.needs import Needs
from terreau.territory.models import Ecopole, User

# Of the time of the plan, what its picture of equity may take more; and seconds it has at least.
PICTURE_SHARE, PICTURE_SECONDS_MIN = 0.25, 5


class SeasonBegun(Exception):
    """The past is not planned."""

    def __init__(self, first: IsoWeek):
        super().__init__(
            f"La {first.label} est passée\u202f: faites commencer la saison cette semaine ou plus tard."
        )


def request_season(
    *,
    ecopole: Ecopole,
    needs: Needs,
    today: date,
    locks: tuple[Lock, ...] = (),
    previous: SeasonPlan | None = None,
    by: User | None,
    at: datetime,
    key: str,
) -> SeasonPlan:
    """Keep the season's problem as it stands and queue its solving. The same key asks once."""
    first = IsoWeek.parse(needs.first)
    if first < IsoWeek.of(today):
        raise SeasonBegun(first)

    def prepare() -> dict[str, Any]:
        seen = Gathered(Known(ecopole, today), needs)
        problem = seen.problem
        return {
            "first_week": needs.first,
            "needs": needs.to_json(),
            "problem": problem.to_json(),
            "apart": seen.apart,
            "locks": [lock.to_json() for lock in still_possible(locks, problem)],
            "seconds_max": needs.seconds_max,
            "previous": previous,
            "created_by": by,
        }

    return ask(
        SeasonPlan,
        ecopole=ecopole,
        what="La saison",
        among={},
        prepare=prepare,
        start=lambda plan_id: solve_season.enqueue(plan_id=plan_id),
        at=at,
        key=key,
    )


def still_possible(locks: Iterable[Lock], problem: Problem) -> list[Lock]:
    """A lock on a block, a farm or a sowing that is no longer part of the season falls by itself."""
    where = {block.id for block in problem.blocks} | {farm.id for farm in problem.farms}
    what = {option.id for option in problem.options} | {crop.id for crop in problem.crops}
    return [lock for lock in locks if lock.where in where and lock.what in what]


@task()
def solve_season(plan_id: int) -> None:
    """Solve one waiting plan."""
    run(SeasonPlan, plan_id, _answer)


def _answer(row: SeasonPlan, progress: Progress) -> dict[str, Any]:
    problem = Problem.from_json(row.problem)
    former = row.previous.plan if row.previous else None
    try:
        plan = solve_problem(
            problem,
            row.every_lock(),
            previous=Plan.from_json(former) if former and former["status"] != IMPOSSIBLE else None,
            seconds_max=row.seconds_max,
            progress=progress,
        )
    except NoPlanInTime as refusal:
        return {"state": PlanState.FAILED, "message": str(refusal)}
    seconds = max(PICTURE_SECONDS_MIN, row.seconds_max * PICTURE_SHARE)
    points = trade_off(problem, seconds_max=seconds, seed=SEED)
    state = PlanState.IMPOSSIBLE if plan.status == IMPOSSIBLE else PlanState.READY
    return {
        "state": state,
        "plan": plan.to_json(),
        "farms": partners(row.problem, plan),
        "trade_off": [[str(p.weight), str(p.total_cents), str(p.lowest_cents)] for p in points],
    }


def partners(problem: dict[str, Any], plan: Plan) -> dict[str, str]:
    """The partner farms that a plan gives something to do, with their names."""
    at_work = {block["id"]: block["farm"] for block in problem["blocks"]}
    busy = {at_work[lot.block] for lot in plan.lots}
    return {f["id"]: f["name"] for f in problem["farms"] if f["kind"] == PARTNER and f["id"] in busy}


def solve_problem(
    problem: Problem,
    locks: tuple[Lock, ...],
    *,
    previous: Plan | None = None,
    seconds_max: int,
    progress: Any = None,
) -> Plan:
    """The engine's plan, refused if its own judge disagrees."""
    plan = solve(
        problem, locks=locks, previous=previous, seconds_max=seconds_max, seed=SEED, progress=progress
    )
    if plan.status != IMPOSSIBLE and (violations := verify(problem, plan, locks).violations):
        raise PlanRefusedByItsJudge("\n".join(violations))
    return plan
