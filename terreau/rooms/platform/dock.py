"""What stands on the dock, and for whom: each crate picked for a delivery waits for it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Sum

from terreau.ledger.models import Event
from terreau.ledger.queries import STANDING, StockLine
from terreau.territory.models import PlaceKind, ProductFamily

# A promise older than this is left to the coordinator; one further away is not picked yet.
LATE_DAYS = 14
AHEAD_DAYS = 6


def around(today: date) -> tuple[date, date]:
    """The days whose promises are shown: those still late, and those to come."""
    return today - timedelta(days=LATE_DAYS), today + timedelta(days=AHEAD_DAYS)


def picked(process_ids: Collection[int]) -> dict[tuple[int, int], Decimal]:
    """What was picked for each delivery and has not left with it: by process and lot."""
    sums = (
        Event.objects.filter(
            STANDING, process_id__in=process_ids, action__in=["move", "transfer", "transfer_custody"]
        )
        .order_by()
        .values_list("process_id", "lot_id", "action")
        .annotate(total=Sum("quantity"))
    )
    left: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for process_id, lot_id, action, total in sums:
        left[process_id, lot_id] += total if action == "move" else -total
    return {key: quantity for key, quantity in left.items() if quantity > 0}


def left_on_dock(deliveries: Collection[int], stocked: Iterable[StockLine]) -> list[StockLine]:
    """What stands there for nobody, of the platform's stock; baskets wait for their depot.

    `deliveries`: the processes still awaited around today, each named to the database: asked for within the
    question, they made PostgreSQL read every movement ever written.
    """
    awaited: dict[int, Decimal] = defaultdict(Decimal)
    for (_, lot_id), quantity in picked(deliveries).items():
        awaited[lot_id] += quantity
    left = []
    for line in stocked:
        if line.place.kind == PlaceKind.DOCK and line.product.family != ProductFamily.BASKET:
            free = line.quantity - awaited[line.lot.pk]
            if free > 0:
                left.append(replace(line, quantity=free))
    return left
