"""Conversion to organic farming: a function of the plot, the sowing day and the harvest day."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from terreau.measures.money import Money
from terreau.measures.periods import plus_months
from terreau.rooms.incubator.rules.law import rule


class Sold(StrEnum):
    """How a harvest may be sold, and what year of conversion it is."""

    BEFORE = "conventionnel, avant engagement"
    C1 = "conventionnel (C1)"
    C2 = "en conversion (C2)"
    ORGANIC = "bio"


def sold_as(cycle: str, started_on: date, sown_on: date, harvested_on: date) -> Sold:
    """C1 for twelve months; then C2; organic when sown on certified land, or harvested so if perennial."""
    if harvested_on < started_on:
        return Sold.BEFORE
    if harvested_on < plus_months(started_on, rule("conversion", "first_year", started_on)["value"]):
        return Sold.C1
    certified = plus_months(started_on, rule("conversion", cycle, started_on)["value"])
    counts_from = harvested_on if cycle == "perennial" else sown_on
    return Sold.ORGANIC if counts_from >= certified else Sold.C2


@dataclass(frozen=True)
class Milestones:
    """The days a plot changes status."""

    started_on: date
    second_year_on: date
    certified_on: date


def milestones(cycle: str, started_on: date) -> Milestones:
    first = rule("conversion", "first_year", started_on)["value"]
    whole = rule("conversion", cycle, started_on)["value"]
    return Milestones(started_on, plus_months(started_on, first), plus_months(started_on, whole))


@dataclass(frozen=True)
class Harvest:
    """A harvest of a plot to come: how it is sold, what it brings, and what all-conventional would bring."""

    year: int
    sown_on: date
    harvested_on: date
    sold: Sold
    income: Money
    conventional: Money

    @property
    def effect(self) -> Money:
        return self.income - self.conventional


@dataclass(frozen=True)
class Prices:
    conventional: Money
    conversion: Money
    organic: Money

    def of(self, sold: Sold) -> Money:
        return {Sold.C2: self.conversion, Sold.ORGANIC: self.organic}.get(sold, self.conventional)


def harvests(
    *, cycle: str, started_on: date, sown_month: int, harvest_month: int, quantity: Decimal, prices: Prices,
    years: int,
) -> list[Harvest]:  # fmt: skip
    """A harvest a year from the engagement on, sown and gathered on the first of their months.

    Sown later in the year than it is gathered, it was sown the year before.
    """
    found = []
    for year in range(started_on.year, started_on.year + years):
        harvested = date(year, harvest_month, 1)
        sown = date(year if sown_month <= harvest_month else year - 1, sown_month, 1)
        sold = sold_as(cycle, started_on, sown, harvested)
        income, plain = (price.times(quantity) for price in (prices.of(sold), prices.conventional))
        found.append(Harvest(year, sown, harvested, sold, income, plain))
    return found
