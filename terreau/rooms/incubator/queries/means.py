"""Water and machines: at what rate, booked by whom, still to be counted."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, OuterRef, QuerySet

from terreau.ledger.models import Event
from terreau.measures.money import Money
from terreau.rooms.incubator.models import Booking, Equipment, EquipmentKind, Project, Rate
from terreau.rooms.incubator.products import COUNTED_IN
from terreau.territory.models import Ecopole

SHOWN_DAYS = 60


@dataclass(frozen=True)
class BookingLine:
    """An hour kept. Counted, it has its quantity and its price."""

    id: int
    equipment: str
    project: str
    symbol: str
    starts_at: datetime
    ends_at: datetime
    quantity: Decimal | None
    price: Money | None
    past: bool


def bookings(project: Project, now: datetime) -> list[BookingLine]:
    """Those of a project, the latest first. One query."""
    rows = Booking.objects.filter(project=project, starts_at__gte=now - timedelta(days=SHOWN_DAYS))
    return [_line(row, now) for row in _alive(rows).order_by("-starts_at")]


def _alive(rows: QuerySet[Booking]) -> QuerySet[Booking]:
    """With whether what was counted was undone since."""
    undone = Exists(Event.objects.filter(reverses=OuterRef("event")))
    return (
        rows.filter(cancelled_at=None).annotate(undone=undone).select_related("equipment", "project", "event")
    )


def _line(row: Booking, now: datetime) -> BookingLine:
    symbol, per = COUNTED_IN[EquipmentKind(row.equipment.kind)]
    event = None if vars(row)["undone"] else row.event
    return BookingLine(
        row.pk, row.equipment.name, row.project.title, symbol, row.starts_at, row.ends_at,
        event.quantity / per if event else None, event.price if event else None, row.starts_at <= now,
    )  # fmt: skip


@dataclass(frozen=True)
class EquipmentLine:
    id: int
    name: str
    kind: str
    owner: str
    symbol: str
    price: Money | None
    broken_since: date | None
    coming: tuple[BookingLine, ...]


def equipment_lines(ecopole: Ecopole, today: date, now: datetime) -> list[EquipmentLine]:
    """By name, with the rate of today and the hours kept from now on. Three queries."""
    rates: dict[int, Money] = {}
    for row in Rate.objects.filter(equipment__ecopole=ecopole, since__lte=today).order_by("since", "id"):
        rates[row.equipment_id] = row.price
    kept: dict[int, list[BookingLine]] = defaultdict(list)
    coming = Booking.objects.filter(equipment__ecopole=ecopole, ends_at__gte=now)
    for booking in _alive(coming).order_by("starts_at"):
        kept[booking.equipment_id].append(_line(booking, now))
    return [
        EquipmentLine(
            row.pk, row.name, EquipmentKind(row.kind).label, row.owner.name,
            COUNTED_IN[EquipmentKind(row.kind)][0], rates.get(row.pk), row.broken_since, tuple(kept[row.pk]),
        )
        for row in Equipment.objects.filter(ecopole=ecopole).select_related("owner").order_by("name")
    ]  # fmt: skip
