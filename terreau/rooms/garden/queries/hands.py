"""Hands as others may read them: hours by crew, what they know, and from when to when."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from terreau.rooms.garden.models import Crew, CrewKind
from terreau.rooms.garden.queries.plantings import ESTABLISH, HARVEST, UPKEEP
from terreau.territory.models import Ecopole


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


def crews(ecopole: Ecopole) -> list[CrewLine]:
    """The crews of every garden and farm, past and coming ones included. One query."""
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
        for row in Crew.objects.filter(ecopole=ecopole).order_by("agent", "kind", "starts_on", "pk")
    ]  # fmt: skip
