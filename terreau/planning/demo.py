"""Planning's part of the demo: past weeks planned by hand, as a coordinator does; this one by the engine."""

from datetime import date, datetime

from terreau.engines.rounds import solve as solve_rounds
from terreau.engines.week.greedy import greedy
from terreau.ledger.models import Commitment
from terreau.measures.week import IsoWeek
from terreau.planning.actions import solve_problem
from terreau.planning.gather import gather
from terreau.planning.models import PlanState, RoundsPlan, WeekPlan
from terreau.planning.publish import publish, write_promises
from terreau.planning.rounds import gather as rounds
from terreau.planning.rounds.publish import publish_rounds
from terreau.territory.abilities import Role
from terreau.territory.clock import moment
from terreau.territory.demo import World

# Of the search of the week under way. Proved in a minute at most, two demos of one day hold the same plan.
SECONDS = 2
# Of the search of a day's rounds.
ITERATIONS = 60


def _monday_morning(week: IsoWeek) -> datetime:
    return moment(week.monday, 8, 30)


def plan_week(world: World, week: IsoWeek) -> list[Commitment]:
    """Plan on Monday morning, from what is offered and asked, and publish at once."""
    problem = gather(world.ecopole, week, week.monday)
    return write_promises(
        ecopole=world.ecopole, reference=f"week:{week}:demo", problem=problem, plan=greedy(problem)
    )


def plan_this_week(world: World, week: IsoWeek, seconds: float) -> list[Commitment]:
    """A week under way has its plan on screen, with its reasons and the plan by hand beside it."""
    problem = gather(world.ecopole, week, week.monday)
    plan, by_hand = solve_problem(problem, (), seconds_max=seconds)
    row = WeekPlan.objects.create(
        ecopole=world.ecopole,
        week=str(week),
        key="demo",
        state=PlanState.READY,
        problem=problem.to_json(),
        plan=plan.to_json(),
        by_hand=by_hand.to_json(),
        seconds_max=SECONDS,
        progress=100,
        created_at=_monday_morning(week),
        created_by=world.users[Role.COORDINATOR],
    )
    return publish(plan_id=row.pk, by=world.users[Role.COORDINATOR], at=_monday_morning(week))


def drive(world: World, day: date) -> None:
    """The rounds of a day, planned and published before it begins; a small search is enough."""
    try:
        problem = rounds.gather(world.ecopole, day).problem
    except rounds.NothingToDrive:
        return
    at = moment(day, 5)
    plan = solve_rounds(problem, iterations=ITERATIONS, seeds=1)
    row = RoundsPlan.objects.create(
        ecopole=world.ecopole,
        day=day,
        key=f"demo-{day}",
        state=PlanState.READY,
        problem=problem.to_json(),
        plan=plan.to_json(),
        seconds_max=SECONDS,
        progress=100,
        created_at=at,
    )
    publish_rounds(plan_id=row.pk, by=None, at=at)
