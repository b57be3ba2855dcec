"""A farm's offer and a customer's order for a week, as their pages show them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet

from terreau.ledger.models import Process, ProcessKind
from terreau.ledger.queries import CommitmentLine, State, commitments
from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.platform.day import window
from terreau.rooms.platform.models import LateOrder, LateReply, Offer, OrderLine
from terreau.territory.models import Agent, AgentKind, Ecopole, Product

# A late order that nobody has answered, and that its customer has not said again.
WAITS = Q(answer=None, superseded_by=None)
BUYERS = (AgentKind.CANTEEN, AgentKind.SHOP, AgentKind.GROCERY, AgentKind.KITCHEN)


def organisations(ecopole: Ecopole, kinds: Collection[str], only: Collection[int] | None) -> list[Agent]:
    """Those one may speak for; with `only` None, all of them."""
    rows = Agent.objects.filter(ecopole=ecopole, kind__in=kinds, anonymised_at=None).order_by("name")
    return list(rows if only is None else rows.filter(pk__in=only))


@dataclass(frozen=True)
class Offered:
    """A line of an offer; `taken` is what the published plan takes of the product, all qualities together."""

    row: Offer
    taken: Decimal
    # Why the published plan does not take all of it.
    why: str = ""

    @property
    def value(self) -> Money:
        return self.row.price.times(self.row.quantity)

    @property
    def hours(self) -> str:
        return window(self.row.collect_after, self.row.collect_before)


def offered(farm: Agent, week: IsoWeek, taken: dict[int, Decimal]) -> list[Offered]:
    rows = Offer.objects.filter(farm=farm, week=str(week)).select_related("product")
    why = _not_taken(farm, week)
    return [
        Offered(row, taken.get(row.product_id, Decimal(0)), why.get(str(row.pk), ""))
        for row in rows.order_by("product__name", "-quality")
    ]


def _not_taken(farm: Agent, week: IsoWeek) -> dict[str, str]:
    """By offer: why the newest publication of the week leaves it, or a part of it. One query."""
    told = Process.objects.filter(
        ecopole=farm.ecopole_id, kind=ProcessKind.OTHER, planned_for=week.monday, agent=farm,
        detail__has_key="offers",
    )  # fmt: skip
    newest = told.order_by("-pk").values_list("detail", flat=True).first()
    return newest["offers"] if newest else {}


def promised_by(ecopole: Ecopole, farm: Agent, first: date, last: date) -> list[CommitmentLine]:
    """What the farm is to bring, and what it brought."""
    lines = commitments(ecopole, due=(first, last), provider=farm)
    return [li for li in lines if li.commitment.action == "transfer" and li.state is not State.CANCELLED]


def promised_to(ecopole: Ecopole, customer: Agent, week: IsoWeek) -> list[CommitmentLine]:
    lines = commitments(ecopole, due=(week.monday, week.sunday), receiver=customer)
    return [li for li in lines if li.commitment.action == "transfer" and li.state is not State.CANCELLED]


def by_product(lines: Iterable[CommitmentLine]) -> dict[int, Decimal]:
    found: dict[int, Decimal] = defaultdict(Decimal)
    for line in lines:
        found[line.commitment.product_id] += line.quantity
    return dict(found)


@dataclass(frozen=True)
class Ordered:
    """A line of an order, and what the published plan serves of it."""

    row: OrderLine
    substitutes: tuple[str, ...]
    served: Decimal | None
    open: bool

    @property
    def value(self) -> Money:
        return self.row.price.times(self.row.quantity)

    @property
    def hours(self) -> str:
        return window(self.row.window_start, self.row.window_end)


def ordered(
    customer: Agent, week: IsoWeek, promised: Iterable[CommitmentLine], today: date
) -> list[tuple[date, list[Ordered]]]:
    """The week's order, by day of delivery."""
    served: dict[tuple[date, int], Decimal] = defaultdict(Decimal)
    for line in promised:
        served[line.commitment.due_on, line.commitment.product_id] += line.quantity
    rows = (
        OrderLine.objects.filter(customer=customer, day__in=week.days)
        .select_related("product")
        .prefetch_related("substitutes")
        .order_by("day", "product__name")
    )
    days: dict[date, list[Ordered]] = defaultdict(list)
    for row in rows:
        given = served.get((row.day, row.product_id), Decimal(0)) if served else None
        names = tuple(product.name for product in row.substitutes.all())
        days[row.day].append(Ordered(row, names, given, row.day >= today))
    return sorted(days.items())


def said_of(customers: Collection[int], week: IsoWeek) -> set[tuple[int, date, int]]:
    """Customer, day, product: what is ordered for the week, and what waits. One query."""
    of = {"customer__in": customers, "day__in": week.days}
    ordered, late = OrderLine.objects.filter(**of), LateOrder.objects.filter(WAITS, **of)
    columns = "customer_id", "day", "product_id"
    return set(ordered.order_by().values_list(*columns).union(late.order_by().values_list(*columns)))


def late(customer: Agent, week: IsoWeek) -> list[LateOrder]:
    """What the customer said too late and has not been granted, declined ones included. One query."""
    rows = LateOrder.objects.filter(customer=customer, day__in=week.days, superseded_by=None)
    settled = Q(answer__reply__in=[LateReply.ACCEPTED, LateReply.WITHDRAWN])
    return list(rows.exclude(settled).select_related("product", "answer").order_by("day", "product__name"))


def waiting(ecopole: Ecopole, today: date) -> QuerySet[LateOrder]:
    """What waits for a yes, as long as its day has not passed."""
    return LateOrder.objects.filter(WAITS, ecopole=ecopole, day__gte=today)


@dataclass(frozen=True)
class Waiting:
    """A late order as the coordinator reads it; `stands` is what is ordered until it is answered."""

    row: LateOrder
    substitutes: tuple[str, ...]
    stands: OrderLine | None
    typed: str = ""
    error: str = ""


def to_answer(ecopole: Ecopole, today: date, wrong: dict[int, tuple[str, str]]) -> list[Waiting]:
    """Every late order that waits; `wrong` holds the reason typed for some, and what is wrong with it."""
    rows = list(
        waiting(ecopole, today)
        .select_related("customer", "product", "recorded_by")
        .prefetch_related("substitutes")
        .order_by("day", "customer__name", "product__name")
    )
    ordered = OrderLine.objects.filter(
        customer__in={row.customer_id for row in rows}, day__in={row.day for row in rows}
    ).select_related("product")
    stands = {(line.customer_id, line.day, line.product_id): line for line in ordered}
    return [
        Waiting(
            row,
            tuple(product.name for product in row.substitutes.all()),
            stands.get((row.customer_id, row.day, row.product_id)),
            *wrong.get(row.pk, ("", "")),
        )
        for row in rows
    ]


def last_price(customer: Agent, product: Product) -> Money | None:
    """What this customer last paid for it, or the product's reference price."""
    row = OrderLine.objects.filter(customer=customer, product=product).order_by("-day").first()
    return row.price if row else product.reference_price
