"""What the rest of the house may ask: counts and hours, never a person; under five, it is masked."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from django.db.models import Count, Sum
from django.utils import timezone

from terreau.ledger.effects import Action
from terreau.ledger.models import Event
from terreau.ledger.queries import STANDING
from terreau.rooms.insertion.access import reached
from terreau.rooms.insertion.files import AWAITING, Files
from terreau.rooms.insertion.hours import ABSENT, WORKED
from terreau.rooms.insertion.rules.dates import Period, plus_months
from terreau.rooms.insertion.steering import paid
from terreau.territory.access import EcopoleRequest
from terreau.territory.models import Ecopole

# Fewer than this many people could be told apart (secret statistique).
COUNT_MIN = 5


def masked(count: int) -> int | None:
    """A count as it leaves the room: None for « moins de 5 »."""
    return None if 0 < count < COUNT_MIN else count


@dataclass(frozen=True)
class Awaiting:
    """How many of the reader's own people have a deadline, and how many are past it: no name."""

    people: int
    late: int


def awaiting(request: EcopoleRequest) -> Awaiting | None:
    """For who accompanies, supervises or directs; None for the others."""
    if "see_insertion" not in request.abilities:
        return None
    people = reached(request, named=False)
    files = Files(people, AWAITING, papers=True)
    due = [files.alerts(p, request.today, vars(p)["open_parts"]) for p in people]
    return Awaiting(
        sum(bool(found) for found in due),
        sum(any(alert.is_late(request.today) for alert in found) for found in due),
    )


@dataclass(frozen=True)
class MonthHours:
    """Paid hours of closed weeks, and how many people; both masked when they are too few."""

    month: date
    people: int | None
    hours: Decimal | None


def paid_hours(ecopole: Ecopole, year: int) -> list[MonthHours]:
    """The months of a year in which hours were paid. One query."""
    total: dict[date, Decimal] = defaultdict(Decimal)
    who: dict[date, set[int]] = defaultdict(set)
    for day, agent, _, hours in paid(ecopole, Period(date(year, 1, 1), date(year, 12, 31))):
        month = day.replace(day=1)
        total[month] += hours
        who[month].add(agent)
    return [
        MonthHours(month, count, total[month] if count is not None else None)
        for month in sorted(total)
        for count in [masked(len(who[month]))]
    ]


def hours_of_month(ecopole: Ecopole, month: date) -> MonthHours | None:
    """What was paid in a month, of closed weeks; None when nothing was. One query."""
    start, end = (timezone.make_aware(datetime.combine(d, time.min)) for d in (month, plus_months(month, 1)))
    paid_then = Event.objects.filter(
        STANDING, ecopole=ecopole, action=Action.WORK, product__code__in=(WORKED, ABSENT),
        occurred_at__gte=start, occurred_at__lt=end,
    )  # fmt: skip
    told = paid_then.order_by().aggregate(hours=Sum("quantity"), people=Count("provider", distinct=True))
    if not told["people"]:
        return None
    people = masked(told["people"])
    return MonthHours(month, people, told["hours"] if people is not None else None)
