"""Hands, counted in hours and never by name: the crews, and what the gestures of the weeks ask of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef, Sum

from terreau.ledger.effects import Action
from terreau.ledger.models import Cancellation, Commitment
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.models import Crew, CrewKind
from terreau.rooms.garden.queries.plantings import ESTABLISH, HARVEST, UPKEEP
from terreau.territory.models import Agent, Ecopole


@dataclass(frozen=True, slots=True)
class CrewLine:
    """So many hours a week; `productivity` is one of them against a professional's; `trades` by code."""

    id: int
    agent_id: int
    label: str
    hours: Decimal
    productivity: Decimal
    trades: tuple[str, ...]
    starts_on: date
    ends_on: date | None

    def works_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    @property
    def worth(self) -> Decimal:
        """Its week in a professional's hours."""
        return self.hours * self.productivity

    @property
    def gestures(self) -> str:
        return ", ".join(TRADE_WORDS[trade] for trade in self.trades)


TRADE_WORDS = {ESTABLISH: "sème et plante", UPKEEP: "entretient", HARVEST: "récolte"}


def crews(ecopole: Ecopole, agent: Agent | int | None = None) -> list[CrewLine]:
    """The crews of a garden or a farm, or of all; past and coming ones included. One query."""
    rows = Crew.objects.filter(ecopole=ecopole).order_by("agent", "kind", "starts_on", "pk")
    return [
        CrewLine(
            id=row.pk,
            agent_id=row.agent_id,
            label=CrewKind(row.kind).label,
            hours=row.hours,
            productivity=row.productivity,
            trades=tuple(
                trade
                for trade, known in (
                    (ESTABLISH, row.establishes), (UPKEEP, row.keeps), (HARVEST, row.harvests),
                )
                if known
            ),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
        )
        for row in (rows if agent is None else rows.filter(agent=agent))
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class WeekHours:
    """A professional's hours: promised by the gestures of a week, and available from its crews."""

    week: IsoWeek
    planned: Decimal
    available: Decimal

    @property
    def missing(self) -> Decimal:
        return max(Decimal(0), self.planned - self.available)


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


def available(known: Iterable[CrewLine], week: IsoWeek) -> Decimal:
    """A professional's hours, from the crews that are there on some day of the week."""
    there = [
        crew for crew in known
        if crew.starts_on <= week.sunday and (crew.ends_on is None or crew.ends_on >= week.monday)
    ]  # fmt: skip
    return sum((crew.worth for crew in there), Decimal(0))
