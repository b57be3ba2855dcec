"""What is asked of a season: which farms, which weeks, and what the coordinator changed of the needs."""

import tomllib
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from terreau.measures.stored import Stored
from terreau.measures.week import IsoWeek

FOLDER = Path(__file__).parent
CHOICES = tomllib.loads((FOLDER / "season.toml").read_text())
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Added(Stored):
    """A need added by hand: so many kilos of a crop each week, from a week to another, for an outlet."""

    outlet: str
    kind: str
    crop: str
    kilos: Decimal
    first: str
    last: str


@dataclass(frozen=True)
class Needs(Stored):
    """`first` to `last`: the weeks in which one sows or plants. `hours_max`: hours a week, by farm.

    `replace`: what was planned by hand from the first week on gives way too, unless it is in the ground.
    """

    first: str
    last: str
    farms: tuple[int, ...]
    baskets_percent: Decimal = HUNDRED
    hours_max: dict[str, Decimal] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    added: tuple[Added, ...] = ()
    replace: bool = False
    seconds_max: int = int(CHOICES["time"]["seconds_max"])

    @cached_property
    def planting(self) -> list[IsoWeek]:
        return IsoWeek.range(IsoWeek.parse(self.first), IsoWeek.parse(self.last))

    @cached_property
    def weeks(self) -> list[IsoWeek]:
        """The planting weeks, then those in which their last crops are harvested."""
        tail = int(CHOICES["horizon"]["tail_weeks"])
        return IsoWeek.range(IsoWeek.parse(self.first), IsoWeek.parse(self.last) + tail)


def season_from(first: IsoWeek, running_until: IsoWeek | None = None) -> tuple[IsoWeek, IsoWeek]:
    """A year of planting; planned again in season, it ends with the season under way."""
    if running_until is not None and first <= running_until:
        return first, running_until
    return first, first + (int(CHOICES["horizon"]["planting_weeks"]) - 1)


def share_after(week: IsoWeek, last: IsoWeek) -> Decimal:
    """The share of the needs of a week that this season serves: all of them while it plants."""
    late = week - last
    if late <= 0:
        return Decimal(1)
    return next((Decimal(share) for until, share in CHOICES["tail"]["steps"] if late <= until), Decimal(0))
