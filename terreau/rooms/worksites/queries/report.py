"""A client's year: hours, days, surfaces and price, added up from the ledger.

An hour counts in the year it was worked; what was reversed counts for nothing.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Max, Min

from terreau.ledger.effects import Action
from terreau.ledger.models import AgreementKind, Event
from terreau.ledger.queries import STANDING
from terreau.measures.money import Money, added
from terreau.measures.quantity import Unit
from terreau.rooms.worksites.models import Done, Order, OrderStep, StepKind
from terreau.rooms.worksites.trades import SUPERVISION
from terreau.territory.clock import moment
from terreau.territory.models import Agent, Ecopole


@dataclass(frozen=True)
class SiteYear:
    """What was done on a site in the year, surfaces passed twice counted twice."""

    site: str
    commune: str
    days: int
    hours: Decimal
    supervision: Decimal
    area_m2: int
    length_m: int
    price: Money
    order_ids: tuple[int, ...]


@dataclass(frozen=True)
class ClientYear:
    client: str
    year: int
    lines: tuple[SiteYear, ...]

    @property
    def days(self) -> int:
        return sum(line.days for line in self.lines)

    @property
    def hours(self) -> Decimal:
        return sum((line.hours for line in self.lines), Decimal(0))

    @property
    def supervision(self) -> Decimal:
        return sum((line.supervision for line in self.lines), Decimal(0))

    @property
    def area_m2(self) -> int:
        return sum(line.area_m2 for line in self.lines)

    @property
    def length_m(self) -> int:
        return sum(line.length_m for line in self.lines)

    @property
    def price(self) -> Money:
        return added(line.price for line in self.lines)


def clients_of(ecopole: Ecopole) -> list[Agent]:
    """Those who ever ordered, by name. One query."""
    ordered = Order.objects.filter(ecopole=ecopole).order_by().values("client")
    return list(Agent.objects.filter(pk__in=ordered).order_by("name"))


def years(ecopole: Ecopole, today: date) -> list[int]:
    """From the first day worked to this year, the latest first. One query."""
    done = Done.objects.filter(day__order__ecopole=ecopole)
    told = done.aggregate(first=Min("day__on"), last=Max("day__on"))
    first = told["first"].year if told["first"] else today.year
    last = told["last"].year if told["last"] else today.year
    return list(range(max(today.year, last), first - 1, -1))


def client_year(ecopole: Ecopole, client: Agent, year: int) -> ClientYear:
    """Three queries, however many days."""
    start, end = (moment(date(y, 1, 1)) for y in (year, year + 1))
    events = Event.objects.filter(
        STANDING, ecopole=ecopole, receiver=client, action=Action.WORK, agreement__kind=AgreementKind.SERVICE,
        occurred_at__gte=start, occurred_at__lt=end,
    )  # fmt: skip
    steps = OrderStep.objects.filter(
        kind=StepKind.ACCEPTED, order__client=client, order__ecopole=ecopole
    ).values_list("agreement_id", "order_id", "order__site_id", "order__site__place__name",
                  "order__site__place__commune__name")  # fmt: skip
    of_agreement = {row[0]: row[1:] for row in steps}
    sites: dict[int, _Site] = {}
    of_process: dict[int, int] = {}
    told = events.order_by("id").values_list(
        "agreement_id", "process_id", "product__code", "product__unit", "quantity", "price"
    )
    for agreement, process, code, unit, quantity, price in told:
        order, site, name, commune = of_agreement[agreement]
        found = sites.setdefault(site, _Site(name, commune or ""))
        found.add(order, process, code, unit, quantity, price)
        if process:
            of_process[process] = site
    surfaces = Done.objects.filter(day__process__in=of_process, event__reversed_by=None)
    for process, area, length in surfaces.values_list("day__process_id", "area_m2", "length_m"):
        sites[of_process[process]].area_m2 += area
        sites[of_process[process]].length_m += length
    lines = sorted((site.line() for site in sites.values()), key=lambda line: line.site)
    return ClientYear(client.name, year, tuple(lines))


class _Site:
    """The year of a site, as its events come."""

    def __init__(self, name: str, commune: str):
        self.name, self.commune = name, commune
        self.days: set[int] = set()
        self.orders: set[int] = set()
        self.amounts: dict[str, Decimal] = defaultdict(Decimal)
        self.price, self.area_m2, self.length_m = Money(0), 0, 0

    def add(
        self, order: int, process: int | None, code: str, unit: str, quantity: Decimal, price: Money | None
    ) -> None:
        self.orders.add(order)
        self.price += price or Money(0)
        if unit == Unit.HOUR:
            self.amounts["supervision" if code == SUPERVISION else "hours"] += quantity
        if process is not None:
            self.days.add(process)

    def line(self) -> SiteYear:
        return SiteYear(
            self.name, self.commune, len(self.days), self.amounts["hours"], self.amounts["supervision"],
            self.area_m2, self.length_m, self.price, tuple(sorted(self.orders)),
        )  # fmt: skip
