"""Standing orders: said, stopped, taken up week by week, skipped for one."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import prefetch_related_objects

from terreau.measures.week import IsoWeek
from terreau.rooms.platform.actions.orders import TERMS, OrderEntry, accept_instead, ask
from terreau.rooms.platform.models import StandingOrder, StandingWeek
from terreau.rooms.platform.standing import due
from terreau.territory.models import Agent, Ecopole, User


@transaction.atomic
def stand(*, ecopole: Ecopole, entry: OrderEntry, until: date | None) -> StandingOrder:
    """What is asked on a first day comes back each week on the same; said again, it replaces itself."""
    fields = entry.fields()
    first_day = fields.pop("day")
    rows = StandingOrder.objects.bulk_create(
        [
            StandingOrder(
                ecopole=ecopole,
                weekday=first_day.isoweekday(),
                first_day=first_day,
                last_day=until,
                **fields,
            )
        ],
        update_conflicts=True,
        unique_fields=["customer", "weekday", "product"],
        update_fields=[*TERMS, "first_day", "last_day"],
    )
    StandingOrder.substitutes.through.objects.filter(standingorder_id=rows[0].pk).delete()
    accept_instead(StandingOrder, [(rows[0], entry)])
    return rows[0]


def stop_standing(*, standing: StandingOrder) -> None:
    """It comes back no more; what is already ordered stays ordered."""
    standing.delete()


def skip_standing(*, standing: StandingOrder, week: IsoWeek) -> None:
    """Not this week: it comes back the next one."""
    StandingWeek.objects.bulk_create([StandingWeek(standing=standing, week=str(week))], ignore_conflicts=True)


@transaction.atomic
def take_up_standing(
    *,
    ecopole: Ecopole,
    week: IsoWeek,
    since: date,
    granted: bool,
    by: User | None,
    at: datetime,
    key: str,
    customer: Agent | None = None,
) -> tuple[int, int]:
    """Order what comes back in a week, for a customer or for all: lines said, and how many of them wait.

    Each is heard once: what is changed or withdrawn afterwards stays so.
    """
    ecopole.take_turns()  # two people taking up take their turn
    lines = due(ecopole, week, since, customer)
    prefetch_related_objects([line.row for line in lines], "substitutes")
    entries = [OrderEntry.of(line.row, line.day) for line in lines]
    late = ask(ecopole=ecopole, entries=entries, granted=granted, by=by, at=at, key=key)
    StandingWeek.objects.bulk_create(
        [StandingWeek(standing=line.row, week=str(week)) for line in lines], ignore_conflicts=True
    )
    return len(lines), len(late)
