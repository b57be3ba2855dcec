"""Orders and where they stand; their days, planned, worked or given up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import OuterRef, Q, QuerySet, Subquery

from terreau.ledger.models import Cancellation
from terreau.rooms.worksites.models import Day, Done, Order, OrderStep, StepKind
from terreau.territory.models import Ecopole

# Days still to come or late are all shown; those worked or given up, for so long.
RECENT_DAYS = 14


@dataclass(frozen=True)
class OrderLine:
    """An order in a list: for whom, where, and where it stands since when."""

    id: int
    site: str
    client: str
    what: str
    from_on: date
    to_on: date
    state: StepKind
    since: date


@dataclass(frozen=True)
class DayLine:
    """A day of an order. `hours` are those worked, or those planned as long as it is not."""

    pk: int
    order_id: int
    site: str
    client: str
    trade: str
    on: date
    people: int
    hours_each: Decimal
    hours: Decimal
    reason: str
    done: Done | None

    @property
    def cancelled(self) -> bool:
        return bool(self.reason) and self.done is None

    @property
    def open(self) -> bool:
        return not self.done and not self.cancelled


def orders(
    ecopole: Ecopole, *, state: Iterable[str] | None = None, site: int | None = None
) -> list[OrderLine]:
    """The orders of these states, the latest asked first. One query."""
    last = OrderStep.objects.filter(order=OuterRef("pk")).order_by("-id")
    rows = (
        Order.objects.filter(ecopole=ecopole, **({} if site is None else {"site": site}))
        .annotate(state=Subquery(last.values("kind")[:1]), since=Subquery(last.values("on")[:1]))
        .order_by("-from_on", "-id")
    )
    if state is not None:
        rows = rows.filter(state__in=list(state))
    told = rows.values_list(
        "id", "site__place__name", "client__name", "what", "from_on", "to_on", "state", "since"
    )
    return [OrderLine(*row[:6], StepKind(row[6]), row[7]) for row in told]


def state_of(order: Order) -> StepKind:
    last = order.steps.order_by("-id").values_list("kind", flat=True).first()
    return StepKind(last or StepKind.ASKED)


def last_quote(order: Order) -> OrderStep:
    """The price that counts."""
    return order.steps.filter(kind=StepKind.QUOTED).order_by("-id")[0]


def days_of(order: Order) -> list[DayLine]:
    return _lines(Day.objects.filter(order=order))


def day_line(day: Day) -> DayLine:
    return _lines(Day.objects.filter(pk=day.pk))[0]


def days(ecopole: Ecopole, today: date) -> list[DayLine]:
    """Days to come, late ones first, and the last ones settled. Two queries."""
    recent = Q(on__gte=today - timedelta(days=RECENT_DAYS))
    settled = Q(done__event__reversed_by=None, done__isnull=False)
    found = _lines(Day.objects.filter(order__ecopole=ecopole).filter(recent | ~settled))
    return [line for line in found if line.open or line.on >= today - timedelta(days=RECENT_DAYS)]


def _lines(rows: QuerySet[Day]) -> list[DayLine]:
    given_up = Cancellation.objects.filter(event=None, commitment__process=OuterRef("process"))
    read = rows.annotate(reason=Subquery(given_up.values("reason")[:1])).order_by("on", "id").distinct()
    told = read.values_list(
        "pk", "order_id", "order__site__place__name", "order__client__name", "order__trade__name", "on",
        "people", "hours_each", "reason",
    )  # fmt: skip
    standing = Done.objects.filter(day__in=[row[0] for row in told], event__reversed_by=None)
    done = {row.day_id: row for row in standing.select_related("event")}
    return [
        DayLine(
            *row[:8],
            hours=done[row[0]].event.quantity if row[0] in done else row[6] * row[7],
            reason=row[8] or "",
            done=done.get(row[0]),
        )
        for row in told
    ]
