"""The garden's week: what is expected, what is due, what was harvested."""

import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_DOWN, Decimal
from pathlib import Path

from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from terreau.ledger.effects import Action
from terreau.ledger.models import Event, Process, ProcessKind
from terreau.ledger.queries import STANDING, CommitmentLine, State, commitments
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.models import Bed, Crop, Forecast
from terreau.rooms.garden.queries.catalogue import CropLine, catalogue
from terreau.rooms.garden.queries.land import beds, plot_statuses, quality_of
from terreau.rooms.garden.queries.plantings import WEEKS_MAX, PlantingLine, plantings
from terreau.territory.models import Agent, AgentKind, Ecopole, Place, Quality
from terreau.territory.queries import bed_order

# A vegetable promised longer ago has left the field or is past eating: it is no longer asked for.
LATE_DAYS = 14
CHOICES = tomllib.loads((Path(__file__).parent.parent / "garden.toml").read_text())
ZERO = Decimal(0)


@dataclass(frozen=True)
class ForecastLine:
    """What a bed should give this week. `price` is what the garden asks for one unit.

    `id` names the product and the bed, whoever said so; `typed` is the row the gardener wrote, if any.
    """

    id: str
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
    typed: int | None = None


def line_id(product_id: int, place_id: int) -> str:
    return f"{product_id}-{place_id}"


def bed_of(line: str) -> int:
    """The bed a line of forecast is about, from its id, alone or at the end of a longer name."""
    return int(line.rpartition("-")[2])


def forecasts(ecopole: Ecopole, week: IsoWeek, *, today: date) -> list[ForecastLine]:
    """What each planting should give in the week, and what the gardener said instead, which wins.

    What is already harvested is in the ledger. The number of queries does not depend on the plantings.
    """
    said = [_typed(row) for row in _typed_rows(ecopole).filter(week=str(week))]
    kept = {(line.product_id, line.place_id) for line in said}
    grown = [
        line for line in _of_plantings(ecopole, week, today) if (line.product_id, line.place_id) not in kept
    ]
    return sorted([*said, *grown], key=lambda line: (line.product, bed_order(line.place)))


def _typed_rows(ecopole: Ecopole) -> QuerySet[Forecast]:
    return Forecast.objects.filter(ecopole=ecopole).select_related("garden", "product", "place")


def _typed(row: Forecast) -> ForecastLine:
    return ForecastLine(
        id=line_id(row.product_id, row.place_id),
        garden_id=row.garden_id,
        garden=row.garden.name,
        product_id=row.product_id,
        product=row.product.name,
        code=row.product.code,
        unit=row.product.unit,
        place_id=row.place_id,
        place=row.place.name,
        quality=row.quality,
        low=row.low,
        likely=row.likely,
        price=row.price,
        first_day=row.first_day,
        last_day=row.last_day,
        typed=row.pk,
    )


def _of_plantings(ecopole: Ecopole, week: IsoWeek, today: date) -> Iterator[ForecastLine]:
    """One line per product and bed, however many plantings of it stand there."""
    gardens = dict(Agent.objects.filter(ecopole=ecopole, kind=AgentKind.GARDEN).values_list("pk", "name"))
    crops, land = catalogue(ecopole), {bed.place_id: bed for bed in beds(ecopole)}
    statuses = plot_statuses(ecopole)
    ripe: dict[tuple[int, int], list[PlantingLine]] = defaultdict(list)
    for planting in plantings(ecopole, first=week, last=week, today=today):
        if planting.agent_id in gardens and planting.gives_in(week) and planting.crop in crops:
            ripe[crops[planting.crop].product_id, planting.place_id].append(planting)
    for (product_id, place_id), lines in ripe.items():
        crop, bed = crops[lines[0].crop], land[place_id]
        low, likely = (in_units(sum((line.kg_week[n] for line in lines), ZERO), crop) for n in (0, 1))
        if likely <= 0:
            continue
        sold_as = min(
            quality_of(
                statuses.get(bed.plot_id, ()), planted_on=line.planted.monday, harvested_on=week.monday
            )
            for line in lines
        )
        stays = max(line.last_harvest for line in lines) > week
        yield ForecastLine(
            id=line_id(product_id, place_id),
            garden_id=lines[0].agent_id,
            garden=gardens[lines[0].agent_id],
            product_id=product_id,
            product=crop.product,
            code=crop.product_code,
            unit=crop.unit,
            place_id=place_id,
            place=bed.name,
            quality=sold_as,
            low=min(low, likely),
            likely=likely,
            price=transfer_price(crop),
            first_day=week.monday,
            last_day=(week + 1 if stays else week).sunday,
        )


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


def in_units(kg: Decimal, crop: CropLine) -> Decimal:
    """Kilos in the unit of the product: whole pieces, and kilos by 100 g, never more than there is."""
    amount = kg / (crop.unit_kg or 1)
    return amount.quantize(Decimal(1) if crop.unit == Unit.PIECE else Decimal("0.1"), ROUND_DOWN)


def transfer_price(crop: CropLine) -> Money:
    """What the garden asks of the platform for one unit: a share of the crop's price."""
    kilo = crop.price or Money(0)
    return kilo.times(crop.unit_kg * Decimal(CHOICES["transfer"]["share"]))


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
