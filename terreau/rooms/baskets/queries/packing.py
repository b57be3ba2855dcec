"""What others may ask the baskets room."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from terreau.ledger.effects import Action
from terreau.ledger.models import Event, Process, ProcessKind
from terreau.ledger.queries import STANDING, CommitmentLine, State, commitments
from terreau.measures.money import Money
from terreau.measures.quantity import Quantity, Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.baskets.models import BasketSize, DepotCount
from terreau.territory.models import Ecopole


@dataclass(frozen=True)
class SizeLine:
    """A kind of basket, with what it should be worth and how varied it should be."""

    id: int
    maker_id: int
    product_id: int
    name: str
    target_value: Money
    tolerance: Decimal
    varieties_min: int
    varieties_max: int
    quality_min: int


@dataclass(frozen=True)
class CountLine:
    """So many baskets of a size, for a depot, on a day."""

    size_id: int
    product_id: int
    size: str
    depot_id: int
    depot: str
    keeper_id: int
    day: date
    count: int
    target_value: Money


def sizes(ecopole: Ecopole) -> list[SizeLine]:
    """The kinds of basket the écopôle composes."""
    return [
        SizeLine(
            id=row.id,
            maker_id=row.maker_id,
            product_id=row.product_id,
            name=row.product.name,
            target_value=row.target_value,
            tolerance=Decimal(row.tolerance_percent) / 100,
            varieties_min=row.varieties_min,
            varieties_max=row.varieties_max,
            quality_min=row.quality_min,
        )
        for row in BasketSize.objects.filter(ecopole=ecopole).select_related("product")
    ]


def counts(ecopole: Ecopole, week: IsoWeek) -> list[CountLine]:
    """How many baskets go where and when this week, solidarity ones included."""
    told = DepotCount.objects.filter(
        size__ecopole=ecopole, day__range=(week.monday, week.sunday)
    ).values_list(
        "size_id", "size__product_id", "size__product__name", "depot_id", "depot__name", "depot__agent_id",
        "day", "count", "size__target_value",
    )  # fmt: skip
    return [CountLine(*row) for row in told]


@dataclass(frozen=True)
class MeanLine:
    """How many baskets of a size a week had on average, and what one weighs and is worth."""

    size: str
    count: Decimal
    kg: Decimal
    target_value: Money
    tolerance: Decimal
    varieties_min: int


def mean_counts(ecopole: Ecopole, *, until: IsoWeek, weeks: int) -> list[MeanLine]:
    """Over the weeks that precede `until` and had baskets, at most so many of them. One query."""
    rows = (
        DepotCount.objects.filter(
            size__ecopole=ecopole, day__range=((until - weeks).monday, (until - 1).sunday), count__gt=0
        )
        .order_by("size", "day")
        .values_list(
            "size", "size__product__name", "size__product__unit_kg", "size__target_value",
            "size__tolerance_percent", "size__varieties_min", "day",
        )
        .annotate(total=Sum("count"))
    )  # fmt: skip
    counted: dict[tuple[Any, ...], int] = defaultdict(int)
    lived = set()
    for *size, day, total in rows:
        counted[tuple(size)] += total
        lived.add(IsoWeek.of(day))
    return [
        MeanLine(name, Decimal(count) / len(lived), kg, value, Decimal(tolerance) / 100, varieties)
        for (_, name, kg, value, tolerance, varieties), count in counted.items()
    ]


def recently_given(ecopole: Ecopole, *, week: IsoWeek, weeks: int) -> dict[int, dict[str, int]]:
    """For each basket product: how many weeks ago each vegetable was last put in it, over the last weeks."""
    # Asked of the few operations of these weeks, never of all the écopôle's events.
    packed = Event.objects.filter(
        STANDING,
        process__ecopole=ecopole,
        process__kind="packing",
        process__planned_for__gte=(week - weeks).monday,
        process__planned_for__lt=week.monday,
    )
    basket_of = dict(packed.filter(action="produce").values_list("process_id", "product_id"))
    recent: dict[int, dict[str, int]] = defaultdict(dict)
    inputs = (
        packed.filter(action="consume")
        .order_by("process__planned_for")
        .values_list("process_id", "product__code", "process__planned_for")
        .distinct()
    )
    for process_id, code, day in inputs:
        if process_id in basket_of and day:
            # In date order: the last write is the most recent week.
            recent[basket_of[process_id]][code] = week - IsoWeek.of(day)
    return dict(recent)


@dataclass(frozen=True)
class Content:
    """A vegetable of a batch: what goes in all its baskets, and in one."""

    line: CommitmentLine
    portion: Quantity
    total: Quantity


@dataclass(frozen=True)
class Batch:
    """The baskets of one size to pack on one day, all alike."""

    process_id: int
    day: date
    size: SizeLine
    baskets: CommitmentLine
    contents: list[Content]
    value: Money

    @property
    def ready(self) -> bool:
        return self.baskets.state is State.MET

    @property
    def count(self) -> int:
        """The baskets packed; until then, those to pack."""
        return int(self.baskets.fulfilled if self.ready else self.baskets.quantity)

    @property
    def worth_its_price(self) -> bool:
        gap = abs(self.value.cents - self.size.target_value.cents)
        return gap <= self.size.target_value.cents * self.size.tolerance

    @property
    def varied(self) -> bool:
        return self.size.varieties_min <= len(self.contents) <= self.size.varieties_max

    @property
    def lines(self) -> list[CommitmentLine]:
        return [self.baskets, *(content.line for content in self.contents)]


def batches(ecopole: Ecopole, first: date, last: date) -> list[Batch]:
    """What is to pack, or is packed, day by day and size by size; withdrawn plans are left out."""
    packings = set(
        Process.objects.filter(
            ecopole=ecopole, kind=ProcessKind.PACKING, planned_for__range=(first, last)
        ).values_list("pk", flat=True)
    )
    found: dict[int, list[CommitmentLine]] = defaultdict(list)
    for line in commitments(ecopole, due=(first, last), kind=ProcessKind.PACKING):
        if line.commitment.process_id in packings:
            found[line.commitment.process_id].append(line)
    by_product = {size.product_id: size for size in sizes(ecopole)}
    rank = {size.id: number for number, size in enumerate(by_product.values())}
    made = []
    for process_id, lines in found.items():
        out = next((line for line in lines if line.commitment.action == Action.PRODUCE), None)
        if out and out.state is not State.CANCELLED and out.commitment.product_id in by_product:
            made.append(_batch(process_id, by_product[out.commitment.product_id], out, lines))
    return sorted(made, key=lambda batch: (batch.day, rank[batch.size.id], batch.process_id))


def _batch(process_id: int, size: SizeLine, out: CommitmentLine, lines: list[CommitmentLine]) -> Batch:
    packed = out.state is State.MET
    count = (out.fulfilled if packed else out.quantity) or Decimal(1)
    contents, worth = [], Money(0)
    for line in lines:
        total = line.fulfilled if packed else line.quantity
        if line.commitment.action != Action.CONSUME or not total:
            continue
        product = line.commitment.product
        unit = Unit(product.unit)
        contents.append(Content(line, Quantity.rounded(total / count, unit), Quantity(total, unit)))
        worth += (product.reference_price or Money(0)).times(total)
    contents.sort(key=lambda content: content.line.commitment.product.name)
    return Batch(process_id, out.commitment.due_on, size, out, contents, worth.times(1 / count))
