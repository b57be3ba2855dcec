"""Planning's part of the demo: each past week was planned by hand, as a coordinator does, and published."""

from datetime import datetime, time

from django.utils import timezone

from terreau.engines.week.greedy import greedy
from terreau.ledger.models import Commitment
from terreau.measures.week import IsoWeek
from terreau.planning.gather import gather
from terreau.planning.publish import write_promises
from terreau.territory.demo import World


def plan_week(world: World, week: IsoWeek) -> list[Commitment]:
    """Plan on Monday morning, from what is offered and asked, and publish at once."""
    problem = gather(world.ecopole, week, week.monday)
    at = timezone.make_aware(datetime.combine(week.monday, time(8, 30)))
    return write_promises(
        ecopole=world.ecopole, reference=f"week:{week}:demo", problem=problem, plan=greedy(problem), at=at
    )
