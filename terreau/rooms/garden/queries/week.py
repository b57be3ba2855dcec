"""The garden's week: what is expected, what is due, what was harvested."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from terreau.ledger.effects import Action
from terreau.ledger.models import Event, Process, ProcessKind
from terreau.ledger.queries import STANDING, CommitmentLine, State, commitments
from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.models import Forecast
from terreau.territory.models import Agent, AgentKind, Ecopole, Place
from terreau.territory.queries import bed_order

# A vegetable promised longer ago has left the field or is past eating: it is no longer asked for.
LATE_DAYS = 14


@dataclass(frozen=True)
class ForecastLine:
    """What a bed should give this week. `price` is what the garden asks for one unit."""

    id: int
    garden_id: int
    garden: str
    product_id: int
    product: str
    code: str
    unit: str
    place_id: int
    place: str
    quality: int
    low: Decimal
    likely: Decimal
    price: Money
    first_day: date
    last_day: date


def forecasts(ecopole: Ecopole, week: IsoWeek, ids: Iterable[int] | None = None) -> list[ForecastLine]:
    """The week's forecast as the gardener left it; what is already harvested is in the ledger."""
    rows = Forecast.objects.filter(ecopole=ecopole, week=str(week))
    if ids is not None:
        rows = rows.filter(id__in=ids)
    told = rows.values_list(
        "id", "garden_id", "garden__name", "product_id", "product__name", "product__code", "product__unit",
        "place_id", "place__name", "quality", "low", "likely", "price", "first_day", "last_day",
    )  # fmt: skip
    return [ForecastLine(*row) for row in told]


def garden_of(ecopole: Ecopole, agent_ids: Iterable[int] = ()) -> Agent | None:
    """The garden a person works for, or the écopôle's first one."""
    wanted = set(agent_ids)
    gardens = Agent.objects.filter(ecopole=ecopole, kind=AgentKind.GARDEN, anonymised_at=None).order_by("id")
    return min(gardens, key=lambda garden: (garden.pk not in wanted, garden.pk), default=None)


@dataclass(frozen=True)
class BedDue:
    """What is to be harvested on a bed."""

    bed: Place
    lines: list[CommitmentLine]
    late: bool


def due_harvests(ecopole: Ecopole, garden: Agent, day: date, *, late_too: bool) -> list[BedDue]:
    """What is to be harvested on a day, bed by bed; with `late_too`, what was due before comes first."""
    first = day - timedelta(days=LATE_DAYS) if late_too else day
    harvests = set(
        Process.objects.filter(
            ecopole=ecopole, kind=ProcessKind.HARVEST, planned_for__range=(first, day)
        ).values_list("pk", flat=True)
    )
    by_bed: dict[int, list[CommitmentLine]] = defaultdict(list)
    beds: dict[int, Place] = {}
    found = commitments(ecopole, due=(first, day), provider=garden, states=(State.OPEN, State.PARTLY_MET))
    for line in found:
        row = line.commitment
        if row.action == Action.PRODUCE and row.process_id in harvests and row.to_place is not None:
            by_bed[row.to_place.pk].append(line)
            beds[row.to_place.pk] = row.to_place
    groups = [
        BedDue(beds[pk], lines, late=any(line.commitment.due_on < day for line in lines))
        for pk, lines in by_bed.items()
    ]
    return sorted(groups, key=lambda group: (not group.late, bed_order(group.bed.name)))


def days_due(ecopole: Ecopole, garden: Agent, week: IsoWeek) -> dict[date, int]:
    """How many lines are still to be harvested, for each day of a week that has some."""
    counted: dict[date, int] = defaultdict(int)
    for line in commitments(
        ecopole, due=(week.monday, week.sunday), provider=garden, states=(State.OPEN, State.PARTLY_MET)
    ):
        if line.commitment.action == Action.PRODUCE:
            counted[line.commitment.due_on] += 1
    return dict(counted)


def _harvests(ecopole: Ecopole, garden: Agent, first: date, last: date) -> QuerySet[Event]:
    start, end = (
        timezone.make_aware(datetime.combine(day, time.min)) for day in (first, last + timedelta(days=1))
    )
    return Event.objects.filter(
        STANDING,
        ecopole=ecopole,
        provider=garden,
        action=Action.PRODUCE,
        process__kind=ProcessKind.HARVEST,
        occurred_at__gte=start,
        occurred_at__lt=end,
    )


def harvested_on(ecopole: Ecopole, garden: Agent, day: date) -> list[Event]:
    """What was harvested on a day and still stands, the latest first, with product, bed and lot."""
    rows = _harvests(ecopole, garden, day, day).select_related("product", "to_place", "lot")
    return list(rows.order_by("-occurred_at", "-pk"))


@dataclass(frozen=True)
class ProductWeek:
    """A product's week: what was expected of all its beds, and what came."""

    product: str
    unit: str
    likely: Decimal
    harvested: Decimal


def expected_and_harvested(ecopole: Ecopole, garden: Agent, week: IsoWeek) -> list[ProductWeek]:
    """Product by product, the greatest first; what was not expected and came is there too."""
    expected = (
        Forecast.objects.filter(ecopole=ecopole, garden=garden, week=str(week))
        .order_by()
        .values_list("product_id")
        .annotate(name=F("product__name"), unit=F("product__unit"), sum=Sum("likely"))
    )
    came = (
        _harvests(ecopole, garden, week.monday, week.sunday)
        .order_by()
        .values_list("product_id")
        .annotate(name=F("product__name"), unit=F("product__unit"), sum=Sum("quantity"))
    )
    names: dict[int, tuple[str, str]] = {}
    sums: dict[int, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for side, rows in enumerate((expected, came)):
        for product_id, name, unit, total in rows:
            names[product_id] = (name, unit)
            sums[product_id][side] = total
    weeks = [ProductWeek(*names[pk], likely, harvested) for pk, (likely, harvested) in sums.items()]
    return sorted(weeks, key=lambda line: (-max(line.likely, line.harvested), line.product))
