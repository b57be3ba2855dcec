"""The forecast: what each bed should give, week after week, by its plantings and by what the past taught.

What the gardener typed for a bed and a week wins over what its plantings say.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import NamedTuple

from django.db.models import F, FilteredRelation, Q, QuerySet

from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.models import Bed, Crop, Forecast
from terreau.rooms.garden.queries.land import quality_of
from terreau.rooms.garden.queries.learning import Lesson, Memory, lesson, ordinal, own_ratio, picked, weekly
from terreau.rooms.garden.queries.plantings import STANDING_STATES, PlantingLine, PlantingState, plantings
from terreau.territory.models import Agent, AgentKind, Ecopole, Quality
from terreau.territory.queries import bed_order, transfer_share

CHOICES = tomllib.loads((Path(__file__).parent.parent / "garden.toml").read_text())
MEMORY = Memory(**{name: CHOICES["learning"][name] for name in Memory.__slots__})
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
    unit_kg: Decimal
    family: str
    reference_price: Money | None
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
    return outlook(ecopole, week, today=today).lines


@dataclass(frozen=True)
class WeekOutlook:
    """What a week should give in all, in kilos. Errors of different crops partly make up for one another."""

    week: IsoWeek
    low: Decimal
    likely: Decimal
    high: Decimal


class Amount(NamedTuple):
    """What a bed should give of a product in a week, in its unit."""

    id: str
    product_id: int
    unit_kg: Decimal
    low: Decimal
    likely: Decimal


@dataclass(frozen=True)
class ProductLesson:
    """What was seen of a product: expected by the catalogue on the beds compared, and harvested."""

    product: str
    unit: str
    expected: Decimal
    harvested: Decimal
    lesson: Lesson


@dataclass(frozen=True)
class Outlook:
    """The forecast of a week, that of the following ones, and what past harvests taught."""

    lines: list[ForecastLine]
    weeks: list[WeekOutlook]
    lessons: list[ProductLesson]


def outlook(
    ecopole: Ecopole, first: IsoWeek, *, today: date, weeks: int = 1, garden: Agent | None = None
) -> Outlook:
    """The forecast of `first`, the totals of so many weeks from there, and the lessons they are made with.

    Of one garden, or of all those of the écopôle.
    """
    last = first + (weeks - 1)
    said: dict[IsoWeek, list[ForecastLine]] = defaultdict(list)
    names = [str(week) for week in IsoWeek.range(first, last)]
    rows = _typed_rows(ecopole).filter(week__in=names)
    for row in rows.filter(garden=garden) if garden else rows:
        said[IsoWeek.parse(row.week)].append(_typed(row))
    ground = Ground(ecopole, first, last, today, garden)
    kept = {week: {line.id for line in said[week]} for week in IsoWeek.range(first, last)}
    lines = [*said[first], *(line for line in ground.lines(first) if line.id not in kept[first])]
    totals = [_total(first, map(_amount, lines))]
    for week in IsoWeek.range(first + 1, last):
        grown = (amount for amount in ground.amounts(week) if amount.id not in kept[week])
        totals.append(_total(week, [*map(_amount, said[week]), *grown]))
    return Outlook(
        sorted(lines, key=lambda line: (line.product, bed_order(line.place))),
        totals,
        ground.product_lessons(),
    )


def _amount(line: ForecastLine) -> Amount:
    return Amount(line.id, line.product_id, line.unit_kg, line.low, line.likely)


def _total(week: IsoWeek, amounts: Iterable[Amount]) -> WeekOutlook:
    """The band of a sum: a product's beds err together, two products do not."""
    likely: dict[int, Decimal] = defaultdict(Decimal)
    gap: dict[int, Decimal] = defaultdict(Decimal)
    for amount in amounts:
        likely[amount.product_id] += amount.likely * amount.unit_kg
        gap[amount.product_id] += (amount.likely - amount.low) * amount.unit_kg
    total, around = sum(likely.values(), ZERO), sum((g * g for g in gap.values()), ZERO).sqrt()
    return WeekOutlook(
        week, *(max(ZERO, kg).quantize(Decimal(1)) for kg in (total - around, total, total + around))
    )


def written(ecopole: Ecopole, week: IsoWeek) -> list[ForecastLine]:
    """What the gardener wrote for a week, whatever the plantings say. One query."""
    return [_typed(row) for row in _typed_rows(ecopole).filter(week=str(week))]


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
        unit_kg=row.product.unit_kg,
        family=row.product.family,
        reference_price=row.product.reference_price,
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


@dataclass(frozen=True, slots=True)
class Grown:
    """What a crop is harvested as; its price by the kilo."""

    price: Money
    product_id: int
    product: str
    code: str
    unit: str
    unit_kg: Decimal
    family: str
    reference_price: Money | None


@dataclass(frozen=True, slots=True)
class _Bed:
    """Where a garden's crop stands, and the dated statuses of its plot, the oldest first."""

    place: str
    garden_id: int
    garden: str
    statuses: list[tuple[date, str]]

    def quality(self, planting: PlantingLine, week: IsoWeek) -> Quality:
        return quality_of(self.statuses, planted_on=planting.planted.monday, harvested_on=week.monday)


def _places(ecopole: Ecopole) -> dict[int, _Bed]:
    """The beds of the gardens by their place. One query, a row for each status of their plot."""
    rows = Bed.objects.filter(
        block__plot__ecopole=ecopole, block__plot__agent__kind=AgentKind.GARDEN
    ).order_by("block__plot__statuses__since")
    found: dict[int, _Bed] = {}
    for place_id, place, garden_id, garden, since, status in rows.values_list(
        "place_id", "place__name", "block__plot__agent_id", "block__plot__agent__name",
        "block__plot__statuses__since", "block__plot__statuses__status",
    ):  # fmt: skip
        bed = found.setdefault(place_id, _Bed(place, garden_id, garden, []))
        if since is not None:
            bed.statuses.append((since, status))
    return found


class Ground:
    """What stands in the écopôle's gardens, and what the past taught of it."""

    def __init__(
        self, ecopole: Ecopole, first: IsoWeek, last: IsoWeek, today: date, garden: Agent | None = None
    ):
        self.this_week = IsoWeek.of(today)
        self.until = min(first, self.this_week)
        since = self.until - MEMORY.weeks
        self.plantings = [
            line
            for line in plantings(ecopole, first=since, last=last, today=today, agent=garden)
            if line.state in STANDING_STATES
        ]
        self.crops = _grown(ecopole) if self.plantings else {}
        self.beds = _places(ecopole) if self.plantings else {}
        self.plantings = [p for p in self.plantings if p.place_id in self.beds and p.crop in self.crops]
        self.ripe: dict[int, list[PlantingLine]] = defaultdict(list)  # week after week
        for planting in self.plantings:
            begins, ends = ordinal(planting.first_harvest), ordinal(planting.last_harvest)
            for now in range(max(begins, ordinal(since)), min(ends, ordinal(last)) + 1):
                self.ripe[now].append(planting)
        self.products = {  # what is expected, hence what the past is asked about
            self.crops[planting.crop].product_id
            for week in range(ordinal(first), ordinal(last) + 1)
            for planting in self.ripe[week]
        }
        self.told = picked(ecopole, since, self.until - 1, self.products) if self.products else {}
        self.expected = self._expected(ordinal(since), ordinal(self.until))
        self.seen = weekly(self.expected, self.told, until=ordinal(self.until))
        self.lessons: dict[int, Lesson] = {}

    def _expected(self, since: int, until: int) -> dict[tuple[int, int, int], float]:
        """What each bed should have given by the catalogue, week after week, in the product's unit."""
        found: dict[tuple[int, int, int], float] = defaultdict(float)
        for week in range(since, until):
            for planting in self.ripe[week]:
                crop = self.crops[planting.crop]
                if crop.product_id in self.products:
                    units = float(planting.kg_week[1]) / float(crop.unit_kg or 1)
                    found[crop.product_id, planting.place_id, week] += units
        return dict(found)

    def amounts(self, week: IsoWeek) -> Iterator[Amount]:
        """One for each product and bed, however many plantings of it stand there."""
        for together in self._together(week):
            crop, (low, likely) = self.crops[together[0].crop], self._low_and_likely(together)
            if likely > 0:
                yield Amount(
                    line_id(crop.product_id, together[0].place_id), crop.product_id, crop.unit_kg, low, likely
                )

    def lines(self, week: IsoWeek) -> Iterator[ForecastLine]:
        """The same, told in full."""
        for together in self._together(week):
            line = self._line(week, together)
            if line.likely > 0:
                yield line

    def _together(self, week: IsoWeek) -> Iterable[list[PlantingLine]]:
        """The plantings ripe that week, by product and bed."""
        ripe: dict[tuple[int, int], list[PlantingLine]] = defaultdict(list)
        for planting in self.ripe[ordinal(week)]:
            if not self._ended(planting, week):
                ripe[self.crops[planting.crop].product_id, planting.place_id].append(planting)
        return ripe.values()

    def _ended(self, planting: PlantingLine, week: IsoWeek) -> bool:
        """Said finished before its time: it gives no more."""
        finished = planting.state is PlantingState.FINISHED
        return finished and week >= self.this_week

    def _line(self, week: IsoWeek, together: list[PlantingLine]) -> ForecastLine:
        crop = self.crops[together[0].crop]
        bed = self.beds[together[0].place_id]
        low, likely = self._low_and_likely(together)
        stays = max(p.last_harvest for p in together) > week
        return ForecastLine(
            id=line_id(crop.product_id, together[0].place_id),
            garden_id=bed.garden_id,
            garden=bed.garden,
            product_id=crop.product_id,
            product=crop.product,
            code=crop.code,
            unit=crop.unit,
            unit_kg=crop.unit_kg,
            family=crop.family,
            reference_price=crop.reference_price,
            place_id=together[0].place_id,
            place=bed.place,
            quality=min(bed.quality(p, week) for p in together),
            low=low,
            likely=likely,
            price=transfer_price(crop, week),
            first_day=week.monday,
            last_day=(week + 1 if stays else week).sunday,
        )

    def _low_and_likely(self, together: list[PlantingLine]) -> tuple[Decimal, Decimal]:
        crop = self.crops[together[0].crop]
        kg = [sum((p.kg_week[n] for p in together), ZERO) for n in (0, 1)]
        learned = self._lesson(crop.product_id, kg)
        likely = float(kg[1]) * self._own_ratio(crop, together, learned.ratio)
        return in_units(likely * max(0.0, 1 - learned.spread), crop), in_units(likely, crop)

    def _lesson(self, product: int, kg: list[Decimal]) -> Lesson:
        if product not in self.lessons:
            low, likely = kg
            spread = float(1 - low / likely) if likely else 0.0
            self.lessons[product] = lesson(self.seen.get(product, ()), catalogue_spread=spread, memory=MEMORY)
        return self.lessons[product]

    def _own_ratio(self, crop: Grown, together: list[PlantingLine], ratio: float) -> float:
        """What these plantings already gave shifts what remains of them."""
        place, begun = together[0].place_id, min(ordinal(p.first_harvest) for p in together)
        week = float(sum((p.kg_week[1] for p in together), ZERO) / (crop.unit_kg or 1))
        due = came = 0.0
        for past in range(begun, ordinal(self.until)):
            about = crop.product_id, place, past
            if about in self.told and about in self.expected:
                harvested, asked = self.told[about]
                came += harvested
                due += min(self.expected[about], max(asked, harvested))
        return own_ratio(ratio, week=week, expected=due, harvested=came, memory=MEMORY)

    def product_lessons(self) -> list[ProductLesson]:
        """What was seen of each product, the most harvested first."""
        by_product = {crop.product_id: crop for crop in self.crops.values()}
        low = {self.crops[p.crop].product_id: list(p.kg_week[:2]) for p in self.plantings}
        return [
            ProductLesson(
                by_product[product].product,
                by_product[product].unit,
                in_units(sum(s.expected for s in seen), by_product[product], kilos=False),
                in_units(sum(s.harvested for s in seen), by_product[product], kilos=False),
                self._lesson(product, low[product]),
            )
            for product, seen in sorted(self.seen.items(), key=lambda row: by_product[row[0]].product)
        ]


def _grown(ecopole: Ecopole) -> dict[str, Grown]:
    """Each crop's product and price, the écopôle's own in place of the catalogue's. One query."""
    rows = (
        Crop.objects.filter(Q(ecopole=None) | Q(ecopole=ecopole))
        .annotate(own=FilteredRelation("choices", condition=Q(choices__ecopole=ecopole)))
        .order_by(F("ecopole").asc(nulls_first=True))
    )
    return {
        code: Grown(own_price or price or Money(0), *product)
        for code, price, own_price, *product in rows.values_list(
            "code", "price", "own__price", "product_id", "product__name", "product__code", "product__unit",
            "product__unit_kg", "product__family", "product__reference_price",
        )
    }  # fmt: skip


def in_units(kg: float, crop: Grown, *, kilos: bool = True) -> Decimal:
    """Kilos in the unit of the product: whole pieces, and kilos by 100 g, never more than there is.

    `kilos`: what is given is in kilos; otherwise it is in the unit already.
    """
    amount = kg / float(crop.unit_kg or 1) if kilos else kg
    step = Decimal(1) if crop.unit == Unit.PIECE else Decimal("0.1")
    return Decimal(round(amount, 6)).quantize(step, ROUND_DOWN)


def transfer_price(crop: Grown, week: IsoWeek) -> Money:
    """What the garden asks of the platform for one unit: a share of the crop's price."""
    return crop.price.times(crop.unit_kg * transfer_share(week.monday))
