"""A season's plan, line by line, as its page says it."""

from dataclasses import dataclass
from decimal import Decimal

from terreau.measures.week import IsoWeek
from terreau.planning.locks import Lockable
from terreau.planning.season.names import said_beds


@dataclass(frozen=True)
class GoalLine:
    """A goal in this plan, and what no plan could pass if it alone mattered, where that is known."""

    title: str
    meaning: str
    value: str
    bound: str


@dataclass(frozen=True)
class LotLine:
    """Some beds of a block sown or planted with a crop, from a week to another; first harvest in `picks`."""

    crop: str
    family: str
    farm: str
    block: str
    week: IsoWeek
    last: IsoWeek
    beds: Decimal
    places: str
    lock: Lockable | None

    @property
    def area(self) -> str:
        return said_beds(self.beds)


@dataclass(frozen=True)
class BlockLine:
    """A block with what grows there, and the families that may not come back yet."""

    name: str
    farm: str
    shelter: str
    beds: Decimal
    lots: tuple[LotLine, ...]
    barred: tuple[tuple[str, str], ...]

    @property
    def area(self) -> str:
        return said_beds(self.beds)

    @property
    def opened(self) -> bool:
        return any(line.lock is not None and line.lock.ticked for line in self.lots)


@dataclass(frozen=True)
class CropLine:
    """A crop of the season: its sowings, and what they should give, from low to high."""

    name: str
    lots: tuple[LotLine, ...]
    beds: Decimal
    low: Decimal
    likely: Decimal
    high: Decimal
    picked: Decimal

    @property
    def area(self) -> str:
        return said_beds(self.beds)


@dataclass(frozen=True)
class FarmLine:
    name: str
    income: str
    per_bed: str
    crops: int
    sentence: str
    hours: tuple[tuple[str, Decimal, Decimal], ...]
    tight: int


@dataclass(frozen=True)
class OrderLine:
    """Seeds or plants to have for a week."""

    farm: str
    crop: str
    week: IsoWeek
    plants: Decimal
    unit: str
    beds: Decimal

    @property
    def area(self) -> str:
        return said_beds(self.beds)


@dataclass(frozen=True)
class LackLine:
    """What an outlet lacks of a product over the season, and why, week by week."""

    outlet: str
    missing: Decimal
    unit: str
    when: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class BasketLine:
    week: IsoWeek
    kg: Decimal
    value: str
    varieties: Decimal
