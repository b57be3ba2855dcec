"""The organic register of a year, made of the facts: land, inputs, settings-up, losses, harvests, balance."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.utils import timezone

from terreau.ledger.effects import EFFECTS, LEAVES_A_PLACE, REACHES_A_PLACE, Action
from terreau.ledger.models import Custody, Event, Lot, ProcessKind
from terreau.ledger.queries import STANDING
from terreau.rooms.garden.models import FieldInput, FieldNote, InputKind, Plot
from terreau.rooms.garden.queries.plantings import ESTABLISH
from terreau.territory.clock import moment
from terreau.territory.models import Agent, Product, Quality

ZERO = Decimal(0)
# Nothing the garden harvests lies a year without moving and is older than this.
KEPT = timedelta(days=366)
MOVEMENTS = sorted({*LEAVES_A_PLACE, *REACHES_A_PLACE})
RECEIVED = sorted({*REACHES_A_PLACE} - {Action.PRODUCE})
SEEDS = (InputKind.SEED, InputKind.PLANT)


def days_of(year: int) -> tuple[datetime, datetime]:
    """A calendar year, from its first instant to that of the next."""
    start, end = (moment(date(y, 1, 1)) for y in (year, year + 1))
    return start, end


def plots(garden: Agent) -> list[Plot]:
    """The garden's plots with their dated statuses. Two queries."""
    return list(Plot.objects.filter(agent=garden).select_related("commune").prefetch_related("statuses"))


def inputs(garden: Agent, year: int, *, seeds: bool | None = None) -> list[FieldInput]:
    """What was brought in the year, withdrawn lines and those that withdraw them included. One query."""
    rows = FieldInput.objects.filter(agent=garden, applied_on__year=year).select_related(
        "place", "planting", "withdraws", "withdrawn_by"
    )
    if seeds is not None:
        rows = rows.filter(kind__in=SEEDS) if seeds else rows.exclude(kind__in=SEEDS)
    return list(rows.order_by("applied_on", "id"))


@dataclass(frozen=True, slots=True)
class SettingUp:
    """A crop sown or planted: done, and when."""

    day: date
    place: str
    crop: str
    family: str
    variety: str
    length_m: Decimal


def settings_up(garden: Agent, year: int) -> list[SettingUp]:
    """What was really sown or planted in the year. One query."""
    start, end = days_of(year)
    rows = (
        Event.objects.filter(
            STANDING,
            provider=garden,
            action=Action.WORK,
            occurred_at__gte=start,
            occurred_at__lt=end,
            process__kind=ProcessKind.PLANTING,
            product__code=ESTABLISH,
            fulfils__isnull=False,
        )
        .order_by("occurred_at", "pk")
        .values_list("occurred_at", "process__place__name", "process__detail")
    )
    return [
        SettingUp(
            timezone.localtime(at).date(),
            place or "",
            detail["name"],
            detail["family"],
            detail.get("variety", ""),
            Decimal(detail["length_m"]),
        )
        for at, place, detail in rows
    ]


def notes(garden: Agent, year: int) -> list[FieldNote]:
    """What was seen and lost, withdrawn lines and those that withdraw them included. One query."""
    start, end = days_of(year)
    rows = FieldNote.objects.filter(
        place__agent=garden, occurred_at__gte=start, occurred_at__lt=end
    ).select_related("place", "planting", "withdraws", "withdrawn_by")
    pictures = ("photo", "withdraws__photo", "withdrawn_by__photo")
    return list(rows.defer(*pictures).order_by("occurred_at", "id"))


@dataclass(frozen=True, slots=True)
class Harvested:
    """A product of one status over the year."""

    code: str
    product: str
    unit: str
    quality: Quality
    lots: int
    quantity: Decimal
    first: date
    last: date


def _harvests(garden: Agent, year: int) -> QuerySet[Event]:
    start, end = days_of(year)
    return Event.objects.filter(
        STANDING,
        provider=garden,
        action=Action.PRODUCE,
        process__kind=ProcessKind.HARVEST,
        occurred_at__gte=start,
        occurred_at__lt=end,
    ).order_by()


def harvested(garden: Agent, year: int) -> list[Harvested]:
    """The year's harvests, product by product and status by status. One query."""
    rows = (
        _harvests(garden, year)
        .values_list("product__code", "product__name", "product__unit", "lot__quality")
        .annotate(
            lots=Sum(Value(1)), total=Sum("quantity"), first=Min("occurred_at"), last=Max("occurred_at")
        )
    )
    found = [
        Harvested(
            code, name, unit, Quality(quality), lots, total,
            timezone.localtime(first).date(), timezone.localtime(last).date(),
        )
        for code, name, unit, quality, lots, total, first, last in rows
    ]  # fmt: skip
    return sorted(found, key=lambda line: (line.product, -line.quality))


@dataclass(frozen=True, slots=True)
class HarvestedLot:
    day: date
    lot: str
    product: str
    unit: str
    place: str
    quality: Quality
    quantity: Decimal


def harvested_lots(garden: Agent, year: int, code: str = "") -> list[HarvestedLot]:
    """Every lot of the year, or those of one product, day after day. One query."""
    rows = _harvests(garden, year).order_by("occurred_at", "pk")
    if code:
        rows = rows.filter(product__code=code)
    told = rows.values_list(
        "occurred_at", "lot__code", "product__name", "product__unit", "to_place__name", "lot__quality",
        "quantity",
    )  # fmt: skip
    return [
        HarvestedLot(timezone.localtime(at).date(), lot, product, unit, place, Quality(quality), quantity)
        for at, lot, product, unit, place, quality, quantity in told
    ]


@dataclass(slots=True)
class Balance:
    """What went in and out of the garden's hands, of a product and a status; `end` is what it really holds.

    start + harvested + received = transferred + used + lost + end: `difference` is what is missing to that.
    """

    product: str
    unit: str
    quality: Quality
    start: Decimal = ZERO
    harvested: Decimal = ZERO
    received: Decimal = ZERO
    transferred: Decimal = ZERO
    used: Decimal = ZERO
    lost: Decimal = ZERO
    end: Decimal = ZERO

    @property
    def difference(self) -> Decimal:
        came = self.start + self.harvested + self.received
        return came - self.transferred - self.used - self.lost - self.end


# Under which heading a movement is told, when it enters the garden's hands and when it leaves them.
COMES = {Action.PRODUCE: "harvested"}
GOES = {Action.CONSUME: "used", Action.LOWER: "lost"}


def mass_balance(garden: Agent, year: int) -> list[Balance]:
    """Product by product and status by status, in the year, from the movements of the ledger. Four queries.

    What is there at the end is what the stock says today less what moved since, never the sum of the other
    columns. A movement undone counts, the other way round, on the day it was undone.
    A lot gone and still since before the year was not there at its start: its own years tell it.
    """
    start, end = days_of(year)
    ours = Event.objects.filter(
        Q(provider=garden) | Q(receiver=garden), action__in=MOVEMENTS, lot__isnull=False
    ).order_by()
    stock = Custody.objects.filter(ecopole=garden.ecopole_id, holder=garden, quantity__gt=0).order_by()
    within = Q(occurred_at__gte=start, occurred_at__lt=end)
    products = Product.objects.in_bulk()
    found: dict[tuple[int, int], Balance] = {}
    after: dict[tuple[int, int], Decimal] = defaultdict(Decimal)

    def line(product: int, quality: int) -> Balance:
        about = products[product]
        return found.setdefault((product, quality), Balance(about.name, about.unit, Quality(quality)))

    for product, quality, action, _, come, gone in _moved(garden, ours.filter(within), Value(0)):
        row = line(product, quality)
        if not (come and gone):  # what only changes place stays in its hands
            if come:
                _add(row, COMES.get(action, "received"), come)
            if gone:
                _add(row, GOES.get(action, "transferred"), -gone)
    before = Case(When(occurred_at__lt=start, then=Value(1)), default=Value(0))
    # Named one by one: PostgreSQL would otherwise read every movement to find these few.
    across = set(_across(garden, start, end).union(stock.values("lot")).values_list("pk", flat=True))
    outside = ours.filter(~within, lot__in=across)
    for product, quality, _, earlier, come, gone in _moved(garden, outside, before):
        if earlier:
            line(product, quality).start += come + gone
        else:
            after[product, quality] += come + gone
    for product, quality, total in stock.values_list("product_id", "lot__quality").annotate(
        total=Sum("quantity")
    ):
        line(product, quality).end += total
    for about, moved_since in after.items():
        line(*about).end -= moved_since
    return sorted(
        (row for row in found.values() if any(_figures(row))), key=lambda row: (row.product, -row.quality)
    )


def _moved(
    garden: Agent, events: QuerySet[Event], period: Any
) -> list[tuple[int, int, Action, int, Decimal, Decimal]]:
    """Product, quality, action and period, with what came into the garden's hands and what left them."""
    told = events.values_list(
        "product_id", "lot__quality", "action", period,
        Case(When(reverses=None, then=Value(1)), default=Value(-1)),
        Case(When(provider=garden, then=Value(1)), default=Value(0)),
        Case(When(receiver=garden, then=Value(1)), default=Value(0)),
    ).annotate(total=Sum("quantity"))  # fmt: skip
    return [
        (
            product, quality, Action(action), when,
            sign * EFFECTS[action].custody_receiver * takes * total,
            sign * EFFECTS[action].custody_provider * gives * total,
        )
        for product, quality, action, when, sign, gives, takes, total in told
    ]  # fmt: skip


def _across(garden: Agent, start: datetime, end: datetime) -> QuerySet[Any]:
    """Lots that may have been in the garden's hands at one end of the year: come before it, moved since."""
    moves = Event.objects.filter(action__in=MOVEMENTS, lot__isnull=False).order_by()
    crossed = [
        Lot.objects.filter(
            producer=garden,
            born_at__gte=after,
            born_at__lt=moment,
            pk__in=moves.filter(provider=garden, occurred_at__gte=moment).values("lot"),
        )
        .order_by()
        .values("pk")
        for after, moment in ((start - KEPT, start), (start - KEPT, end))
    ]
    received = moves.filter(
        receiver=garden, action__in=RECEIVED, occurred_at__gte=start - KEPT, occurred_at__lt=end
    )
    return crossed[0].union(crossed[1], received.values("lot"))


def _add(row: Balance, name: str, quantity: Decimal) -> None:
    setattr(row, name, getattr(row, name) + quantity)


def _figures(row: Balance) -> Iterable[Decimal]:
    return row.start, row.harvested, row.received, row.transferred, row.used, row.lost, row.end


def years(garden: Agent, today: date) -> list[int]:
    """The years the register may tell, the latest first. One query."""
    first_of = (
        Subquery(
            Event.objects.filter(provider=OuterRef("pk"), action=action)
            .order_by("occurred_at")
            .values("occurred_at")[:1]
        )
        for action in (Action.WORK, Action.PRODUCE)
    )
    moments = Agent.objects.filter(pk=garden.pk).values_list(*first_of)[0]
    first = min((timezone.localtime(at).year for at in moments if at), default=today.year)
    return list(range(today.year, first - 1, -1))
