"""The garden's week: what is expected, what is due, what was harvested."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F, Q, QuerySet, Sum

from terreau.ledger.effects import Action
from terreau.ledger.models import Event, Process, ProcessKind
from terreau.ledger.queries import STANDING, CommitmentLine, State, commitments
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.models import Bed, Crop
from terreau.rooms.garden.queries.forecast import ForecastLine
from terreau.rooms.garden.queries.land import plot_statuses, quality_of
from terreau.rooms.garden.queries.plantings import WEEKS_MAX
from terreau.territory.clock import moment
from terreau.territory.models import Agent, AgentKind, Ecopole, Place, Quality
from terreau.territory.queries import bed_order

# A vegetable promised longer ago has left the field or is past eating: it is no longer asked for.
LATE_DAYS = 14


def qualities(
    ecopole: Ecopole, grown: Collection[tuple[int, int]], day: date
) -> dict[tuple[int, int], Quality]:
    """What these products, from these beds, may be sold as that day; a bed of no plot is taken as organic.

    Where a plot was certified before anything that stands there was set up, that is all there is to read.
    """
    places = {place for _, place in grown}
    land = dict(Bed.objects.filter(place__in=places).values_list("place_id", "block__plot_id"))
    statuses = plot_statuses(ecopole, plots=set(land.values()))

    def sold_as(place: int, planted_on: date) -> Quality:
        return quality_of(statuses.get(land[place], ()), planted_on=planted_on, harvested_on=day)

    old = day - timedelta(weeks=WEEKS_MAX)
    told = {place: sold_as(place, old) for place in land}
    found = {(product, place): told.get(place, Quality.ORGANIC) for product, place in grown}
    if doubtful := {place for place, quality in told.items() if quality != Quality.ORGANIC}:
        rows = Process.objects.filter(
            ecopole=ecopole, kind=ProcessKind.PLANTING, place__in=doubtful, planned_for__range=(old, day)
        )
        products = dict(
            Crop.objects.filter(Q(ecopole=None) | Q(ecopole=ecopole)).values_list("code", "product")
        )
        for place, planted_on, detail in rows.order_by("-planned_for").values_list(
            "place_id", "planned_for", "detail"
        ):
            about = products.get(detail["crop"], 0), place or 0
            if about in found and planted_on and detail["last_harvest"] >= str(IsoWeek.of(day)):
                found[about] = sold_as(about[1], planted_on)
    return found


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
    by_bed: dict[int, list[CommitmentLine]] = defaultdict(list)
    beds: dict[int, Place] = {}
    for line in _to_harvest(ecopole, garden, first, day):
        row = line.commitment
        if row.to_place is not None:
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
    for line in _to_harvest(ecopole, garden, week.monday, week.sunday):
        counted[line.commitment.due_on] += 1
    return dict(counted)


def _to_harvest(ecopole: Ecopole, garden: Agent, first: date, last: date) -> list[CommitmentLine]:
    due = commitments(
        ecopole,
        due=(first, last),
        provider=garden,
        kind=ProcessKind.HARVEST,
        states=(State.OPEN, State.PARTLY_MET),
    )
    return [line for line in due if line.commitment.action == Action.PRODUCE]


def _harvests(ecopole: Ecopole, garden: Agent, first: date, last: date) -> QuerySet[Event]:
    start, end = (moment(day) for day in (first, last + timedelta(days=1)))
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


def expected_and_harvested(
    ecopole: Ecopole, garden: Agent, week: IsoWeek, lines: Iterable[ForecastLine]
) -> list[ProductWeek]:
    """Product by product, the greatest first; what was not expected and came is there too."""
    expected = (
        (line.product_id, line.product, line.unit, line.likely)
        for line in lines
        if line.garden_id == garden.pk
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
            sums[product_id][side] += total
    weeks = [ProductWeek(*names[pk], likely, harvested) for pk, (likely, harvested) in sums.items()]
    return sorted(weeks, key=lambda line: (-max(line.likely, line.harvested), line.product))
