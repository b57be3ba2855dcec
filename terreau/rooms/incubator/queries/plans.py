"""A year as it was planned, in three scenarios, beside the year as the ledger tells it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from terreau.measures.dated import Rule
from terreau.measures.money import Money
from terreau.measures.split import split_money
from terreau.rooms.incubator.models import CropPlan, Plot, Project, YearPlan
from terreau.rooms.incubator.queries.books import Book, CropBook, book
from terreau.rooms.incubator.rules.conversion import Harvest, Milestones, Prices, harvests, milestones
from terreau.rooms.incubator.rules.law import choices

NONE, ZERO = Money(0), Decimal(0)
MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")
LOW, LIKELY, HIGH = "low", "likely", "high"


@dataclass(frozen=True)
class Year:
    """What a year should be, in one scenario."""

    label: str
    sales: tuple[Money, ...]
    charges: tuple[Money, ...]
    hours: Decimal
    opening: Money

    @property
    def cash(self) -> list[Money]:
        """At the end of each month."""
        standing, found = self.opening, []
        for sold, paid in zip(self.sales, self.charges, strict=True):
            standing = standing + sold - paid
            found.append(standing)
        return found

    @property
    def turnover(self) -> Money:
        return sum(self.sales, NONE)

    @property
    def costs(self) -> Money:
        return sum(self.charges, NONE)

    @property
    def income(self) -> Money:
        return self.turnover - self.costs

    @property
    def per_hour(self) -> Money | None:
        return self.income.times(1 / self.hours) if self.hours else None


def scenarios(crops: Sequence[CropPlan], year: YearPlan | None, on: date) -> dict[str, Year]:
    """The same plan, each quantity times what its scenario says. A crop's money is spread over its months."""
    return {name: _year(crops, year, said) for name, said in choices("scenarios", on).items()}


def _year(crops: Sequence[CropPlan], year: YearPlan | None, said: Rule) -> Year:
    factor = {name: Decimal(said[name]) for name in ("quantity", "price", "hours", "costs")}
    fixed = year.fixed.times(factor["costs"]) if year else NONE
    sales, charges = [NONE] * 12, [fixed] * 12
    for crop in crops:
        months = range(crop.first_month - 1, crop.last_month)
        sold = crop.price.times(crop.quantity * factor["quantity"] * factor["price"])
        paid = crop.costs.times(factor["costs"])
        even = [1] * len(months)
        for month, part, cost in zip(months, split_money(sold, even), split_money(paid, even), strict=True):
            sales[month] += part
            charges[month] += cost
    hours = sum((crop.hours for crop in crops), ZERO) * factor["hours"]
    return Year(said["label"], tuple(sales), tuple(charges), hours, year.opening if year else NONE)


@dataclass(frozen=True)
class CropCompared:
    """A crop, planned and real."""

    name: str
    unit: str
    plan: CropPlan | None
    real: CropBook

    @property
    def planned_sales(self) -> Money:
        return self.plan.price.times(self.plan.quantity) if self.plan else NONE

    @property
    def planned_margin(self) -> Money:
        return self.planned_sales - (self.plan.costs if self.plan else NONE)

    @property
    def planned_hours(self) -> Decimal:
        return self.plan.hours if self.plan else ZERO


@dataclass(frozen=True)
class Comparison:
    """A year planned and real. `shown` is the last month the ledger knows of, 0 if none."""

    year: int
    crops: tuple[CropCompared, ...]
    scenarios: dict[str, Year]
    book: Book
    opening: Money
    shown: int

    @property
    def likely(self) -> Year:
        return self.scenarios[LIKELY]

    @property
    def real_cash(self) -> list[Money]:
        """The money at the end of each month lived."""
        moved, standing, found = self.book.by_month(), self.opening, []
        for month in range(1, self.shown + 1):
            standing += moved[month]
            found.append(standing)
        return found

    @property
    def months(self) -> list[tuple[str, Money, Money, Money | None, Money | None]]:
        """Month, sales planned and real, cash planned and real."""
        sold, real = self.book.sales_by_month(), self.real_cash
        return [
            (
                name, self.likely.sales[n], sold[n + 1], self.likely.cash[n],
                real[n] if n < self.shown else None,
            )
            for n, name in enumerate(MONTHS)
        ]  # fmt: skip

    def cash_rows(self) -> list[tuple[str, Decimal, Decimal, Decimal]]:
        """For the line of the chart: what is expected, within what is cautious and what is favourable."""
        low, likely, high = (self.scenarios[name].cash for name in (LOW, LIKELY, HIGH))
        return [
            (name, mid.euros, min(a, b).euros, max(a, b).euros)
            for name, mid, a, b in zip(MONTHS, likely, low, high, strict=True)
        ]

    def sales_rows(self) -> list[tuple[str, Decimal, Decimal]]:
        """For the columns: sold, and what was meant."""
        sold = self.book.sales_by_month()
        return [(name, sold[n + 1].euros, self.likely.sales[n].euros) for n, name in enumerate(MONTHS)]


def comparison(project: Project, year: int, today: date) -> Comparison:
    """Four queries."""
    crops = list(CropPlan.objects.filter(project=project, year=year).select_related("product"))
    planned = YearPlan.objects.filter(project=project, year=year).first()
    real = book(project, date(year, 1, 1), date(year, 12, 31))
    books = real.crops()
    rows = []
    for crop in crops:
        name, unit = crop.product.name, crop.product.unit
        rows.append(CropCompared(name, unit, crop, books.pop(crop.product_id, CropBook(name, unit))))
    # What is of no one crop comes last.
    rest = sorted(books.items(), key=lambda item: item[0] is None)
    rows += [CropCompared(own.name, own.unit, None, own) for _, own in rest]
    shown = 0 if year > today.year else today.month if year == today.year else 12
    return Comparison(
        year, tuple(rows), scenarios(crops, planned, today), real, planned.opening if planned else NONE, shown
    )


def incomes(project: Project, today: date) -> dict[int, Money]:
    """What each year planned should leave, numbered from the first. Two queries."""
    crops: dict[int, list[CropPlan]] = {}
    for crop in CropPlan.objects.filter(project=project).order_by("year"):
        crops.setdefault(crop.year, []).append(crop)
    planned = {row.year: row for row in YearPlan.objects.filter(project=project)}
    first = min(crops, default=0)
    return {
        year - first + 1: scenarios(own, planned.get(year), today)[LIKELY].income
        for year, own in crops.items()
    }


@dataclass(frozen=True)
class Conversion:
    """A plot to convert: when its status changes, and what each harvest to come brings."""

    plot: Plot
    milestones: Milestones
    harvests: tuple[Harvest, ...]


YEARS_SHOWN = 5


def conversions(project: Project) -> list[Conversion]:
    """One query."""
    return [
        Conversion(
            plot, milestones(plot.cycle, plot.started_on),
            tuple(harvests(
                cycle=plot.cycle, started_on=plot.started_on, sown_month=plot.sown_month,
                harvest_month=plot.harvest_month, quantity=plot.area_ha * plot.per_ha, years=YEARS_SHOWN,
                prices=Prices(plot.price_conventional, plot.price_conversion, plot.price_organic),
            )),
        )
        for plot in Plot.objects.filter(project=project).select_related("product").order_by("name")
    ]  # fmt: skip
