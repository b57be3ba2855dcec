"""Hours beside hands: what the gestures of the weeks ask, and what the crews can do."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, OuterRef, Sum

from terreau.ledger.effects import Action
from terreau.ledger.models import Cancellation, Commitment
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.models import Crew
from terreau.territory.models import Agent, Ecopole


@dataclass(frozen=True, slots=True)
class WeekHours:
    """A professional's hours: promised by the gestures of a week, and available from its crews."""

    week: IsoWeek
    planned: Decimal
    available: Decimal

    @property
    def missing(self) -> Decimal:
        return max(Decimal(0), self.planned - self.available)


def crews(ecopole: Ecopole, agent: Agent | int) -> list[Crew]:
    return list(Crew.objects.filter(ecopole=ecopole, agent=agent).order_by("starts_on", "id"))


def hours_by_week(ecopole: Ecopole, agent: Agent | int, weeks: Sequence[IsoWeek]) -> list[WeekHours]:
    """Hours not given up, by the week they are due, beside those of the crews. Two queries."""
    given_up = Cancellation.objects.filter(commitment=OuterRef("pk"), event=None)
    rows = Commitment.objects.filter(
        ~Exists(given_up),
        ecopole=ecopole,
        provider=agent,
        action=Action.WORK,
        due_on__range=(weeks[0].monday, weeks[-1].sunday),
    )
    planned: dict[IsoWeek, Decimal] = defaultdict(Decimal)
    for day, hours in rows.order_by().values_list("due_on").annotate(Sum("quantity")):
        planned[IsoWeek.of(day)] += hours
    known = crews(ecopole, agent)
    return [WeekHours(week, planned[week], available(known, week)) for week in weeks]


def available(known: Sequence[Crew], week: IsoWeek) -> Decimal:
    """A professional's hours: those of the crews that are there that week, at their productivity."""
    there = [
        crew for crew in known
        if crew.starts_on <= week.sunday and (crew.ends_on is None or crew.ends_on >= week.monday)
    ]  # fmt: skip
    return sum((crew.hours * crew.productivity for crew in there), Decimal(0))
