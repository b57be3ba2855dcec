"""What the page of a day asks: what is due, who may drive, the plans made of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from terreau.measures.french import format_decimal
from terreau.planning.models import RoundsPlan
from terreau.planning.queries import PlanLine, plan_line
from terreau.planning.rounds.gather import amounts, hours_of
from terreau.rooms.platform import queries as platform
from terreau.territory.models import Ecopole

DAYS_BEFORE, DAYS_AHEAD = 6, 13


@dataclass(frozen=True)
class DropTold:
    name: str
    place: str
    crates: int
    chilled: int
    kg: Decimal
    hours: str
    collected: bool


@dataclass(frozen=True)
class Sum:
    crates: int
    kg: Decimal

    @classmethod
    def of(cls, drops: Iterable[DropTold]) -> "Sum":
        told = list(drops)
        return cls(sum(drop.crates for drop in told), sum((drop.kg for drop in told), Decimal(0)))


@dataclass(frozen=True)
class DayTold:
    """What there is to deliver and to fetch on a day, and with what."""

    day: date
    days: list[date]
    drops: list[DropTold]
    vehicles: list[platform.VehicleLine]

    @property
    def out(self) -> "Sum":
        return Sum.of(drop for drop in self.drops if not drop.collected)

    @property
    def back(self) -> "Sum":
        return Sum.of(drop for drop in self.drops if drop.collected)

    @property
    def room(self) -> str:
        """« 185 caisses, 3 000 kg »"""
        crates, kilos = sum(v.crates for v in self.vehicles), sum(v.kilos for v in self.vehicles)
        return f"{format_decimal(Decimal(crates))} caisses, {format_decimal(Decimal(kilos))}\u00a0kg"


def day_told(ecopole: Ecopole, asked: date | None, today: date) -> DayTold:
    """The day asked, or the first one ahead with something to deliver. Four queries."""
    first, last = today - timedelta(days=DAYS_BEFORE), today + timedelta(days=DAYS_AHEAD)
    days = platform.delivery_days(ecopole, first, last)
    day = asked or next((day for day in days if day >= today), today)
    drops = [_told(drop) for drop in platform.drops(ecopole, day)]
    return DayTold(day, days, drops, platform.vehicles(ecopole, day))


def _told(drop: platform.Drop) -> DropTold:
    crates, chilled, _ = amounts(drop)
    return DropTold(drop.receiver, drop.place, crates, chilled, drop.kg, hours_of(drop), drop.collected)


def day_plans(ecopole: Ecopole, day: date, now: datetime) -> list[PlanLine]:
    """The latest first; a plan whose worker has died says so. One query."""
    rows = RoundsPlan.objects.filter(ecopole=ecopole, day=day).defer("problem", "plan")
    return [plan_line(row, now) for row in rows.select_related("created_by")]


def newest_ready(plans: Iterable[PlanLine]) -> PlanLine | None:
    """A plan older than the published one has had its chance."""
    for plan in plans:
        if plan.state in ("ready", "published"):
            return plan if plan.state == "ready" else None
    return None
