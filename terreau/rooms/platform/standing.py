"""Standing orders: which of them a week has not heard yet."""

from dataclasses import dataclass
from datetime import date

from terreau.measures.week import IsoWeek
from terreau.rooms.platform.asks import said_of
from terreau.rooms.platform.models import StandingOrder
from terreau.territory.models import Agent, AgentKind, Ecopole
from terreau.territory.school import is_school_day


@dataclass(frozen=True)
class Due:
    """A standing order and the day of the week it falls on."""

    row: StandingOrder
    day: date


def holds(row: StandingOrder, day: date) -> bool:
    """Within its dates; a canteen orders nothing when school is out."""
    within = row.first_day <= day and (row.last_day is None or day <= row.last_day)
    return within and (row.customer.kind != AgentKind.CANTEEN or is_school_day(day))


def due(ecopole: Ecopole, week: IsoWeek, today: date, customer: Agent | None = None) -> list[Due]:
    """What comes back in a week, from today on, and was neither heard nor said otherwise. Two queries."""
    rows = StandingOrder.objects.filter(ecopole=ecopole).exclude(weeks__week=str(week))
    if customer is not None:
        rows = rows.filter(customer=customer)
    found = rows.select_related("customer", "product")
    lines = [Due(row, week.days[row.weekday - 1]) for row in found]
    coming = [line for line in lines if line.day >= today and holds(line.row, line.day)]
    said = said_of({line.row.customer_id for line in coming}, week)
    return [line for line in coming if (line.row.customer_id, line.day, line.row.product_id) not in said]


def of(customer: Agent) -> list[StandingOrder]:
    rows = StandingOrder.objects.filter(customer=customer).select_related("product")
    return list(rows.prefetch_related("substitutes").order_by("weekday", "product__name"))
