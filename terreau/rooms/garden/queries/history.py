"""What grew on a bed, years back, and what was harvested of it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils import timezone

from terreau.ledger.effects import Action
from terreau.ledger.models import Event
from terreau.ledger.queries import STANDING
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.queries.catalogue import catalogue
from terreau.rooms.garden.queries.plantings import PlantingLine, PlantingState, plantings
from terreau.territory.models import Ecopole

YEARS_BACK = 10
# What is left in the ground is still harvested some weeks after the last one foreseen.
WEEKS_LATE = 8


@dataclass(frozen=True, slots=True)
class Grown:
    """A planting of a bed and what was weighed of it there."""

    planting: PlantingLine
    harvested: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Harvested:
    """What was harvested on a bed in a year and belongs to no planting written there."""

    year: int
    product: str
    quantity: Decimal
    unit: str


def bed_history(ecopole: Ecopole, place_id: int, today: date) -> tuple[list[Grown], list[Harvested]]:
    """The last to be planted first. A harvest counts once, for the last planting it may come from."""
    now = IsoWeek.of(today)
    lines = plantings(ecopole, first=now - 52 * YEARS_BACK, last=now + 104, today=today, place_id=place_id)
    lines.sort(key=lambda line: (line.planted, line.id), reverse=True)
    products = {code: (crop.product_id, crop.unit) for code, crop in catalogue(ecopole).items()}
    sums: dict[int, Decimal] = defaultdict(Decimal)
    rest: dict[tuple[int, str, str], Decimal] = defaultdict(Decimal)
    events = Event.objects.filter(STANDING, ecopole=ecopole, action=Action.PRODUCE, to_place=place_id)
    for product_id, name, unit, at, quantity in events.order_by("-occurred_at").values_list(
        "product_id", "product__name", "product__unit", "occurred_at", "quantity"
    ):
        day = timezone.localtime(at).date()
        week = IsoWeek.of(day)
        owner = next(
            (
                line for line in lines
                if line.state is not PlantingState.DROPPED
                and products.get(line.crop, (0, ""))[0] == product_id
                and line.planted <= week <= line.last_harvest + WEEKS_LATE
            ),
            None,
        )  # fmt: skip
        if owner:
            sums[owner.id] += quantity
        else:
            rest[day.year, name, unit] += quantity
    grown = [Grown(line, sums[line.id], products.get(line.crop, (0, "kg"))[1]) for line in lines]
    return grown, [Harvested(year, name, quantity, unit) for (year, name, unit), quantity in rest.items()]


def harvested_of(ecopole: Ecopole, planting: PlantingLine, today: date) -> Grown:
    """What one planting gave so far."""
    grown, _ = bed_history(ecopole, planting.place_id, today)
    return next(
        (line for line in grown if line.planting.id == planting.id), Grown(planting, Decimal(0), "kg")
    )
