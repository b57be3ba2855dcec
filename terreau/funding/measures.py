"""What the house measures between two days: kilos as `impact` reads them, hours of the ledger, rooms' counts.

An indicator is promised only if one of these measures tells it. None: too few people, never a zero.
"""

import tomllib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

from django.db.models import BigIntegerField, ExpressionWrapper, F, QuerySet, Sum

from terreau.engines.contribution import Kind
from terreau.impact.measured import CHANNELS, handed
from terreau.ledger.effects import Action
from terreau.ledger.models import Event, ProcessKind
from terreau.ledger.queries import STANDING
from terreau.measures.french import format_decimal, format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.incubator.queries import outcomes
from terreau.rooms.insertion.queries import paid_hours
from terreau.rooms.thirdplace.queries import attendance, volunteer_hours
from terreau.territory.clock import moment
from terreau.territory.counts import FEW
from terreau.territory.models import AgentKind, Ecopole

Amount = Decimal | None
GRAM = Decimal("0.001")


@dataclass(frozen=True)
class Measure:
    code: str
    label: str
    unit: str
    claimable: bool
    why: str
    how: str
    products: tuple[str, ...]
    receiver: str

    def words(self, amount: Amount) -> str:
        if amount is None:
            return f"{FEW} personnes"
        return (
            format_quantity(Quantity.rounded(amount, Unit(self.unit)))
            if self.unit
            else format_decimal(amount)
        )


@cache
def measures() -> dict[str, Measure]:
    told = tomllib.loads((Path(__file__).parent / "data" / "measures.toml").read_text(encoding="utf-8"))
    return {
        code: Measure(
            code, row["label"], row["unit"], row["claimable"], row.get("why", ""), row["how"],
            tuple(row.get("products", ())), row.get("receiver", ""),
        )
        for code, row in told.items()
    }  # fmt: skip


def measured(ecopole: Ecopole, codes: Collection[str], first: date, last: date) -> dict[str, Amount]:
    """Each measure asked, both days included. A query or two for each way of measuring, whatever the rows."""
    asked = [measures()[code] for code in codes]
    found: dict[str, Amount] = {}
    for how in dict.fromkeys(one.how for one in asked):
        alike = [one for one in asked if one.how == how]
        found |= HOW[how](ecopole, alike, first, last)
    return found


def hours_of(ecopole: Ecopole, measure: Measure, month: date) -> Decimal:
    """The hours of a month of the ledger, reversed ones left out. One query."""
    last = (month.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    told = _work(ecopole, [measure], month.replace(day=1), last)[measure.code]
    return told or Decimal(0)


def _events(ecopole: Ecopole, first: date, last: date) -> QuerySet[Event]:
    start, end = (moment(day) for day in (first, last + timedelta(days=1)))
    return Event.objects.filter(
        STANDING, ecopole=ecopole, occurred_at__gte=start, occurred_at__lt=end
    ).order_by()


def _work(ecopole: Ecopole, asked: list[Measure], first: date, last: date) -> dict[str, Amount]:
    codes = {code for one in asked for code in one.products}
    rows = _events(ecopole, first, last).filter(action=Action.WORK, product__code__in=codes)
    told = dict(rows.values_list("product__code").annotate(hours=Sum("quantity")))
    return {one.code: sum((told.get(code, Decimal(0)) for code in one.products), Decimal(0)) for one in asked}


def _harvested(ecopole: Ecopole, asked: list[Measure], first: date, last: date) -> dict[str, Amount]:
    """What beds gave, that no indicator counts: those count what was delivered.

    Millionths of a kilo are whole numbers, and add up exactly on both databases.
    """
    micro = ExpressionWrapper(F("quantity") * F("product__unit_kg"), output_field=BigIntegerField())
    rows = _events(ecopole, first, last).filter(action=Action.PRODUCE, process__kind=ProcessKind.HARVEST)
    kilos = Decimal(int(rows.aggregate(micro=Sum(micro))["micro"] or 0)).scaleb(-6)
    return {one.code: kilos.quantize(GRAM) for one in asked}


def _given(ecopole: Ecopole, asked: list[Measure], first: date, last: date) -> dict[str, Amount]:
    """Kilos sold or given, as the answer counts them. Three queries, whatever the receivers asked."""
    rows = handed(ecopole, first, last, {one.receiver for one in asked}).of(Kind.SALE, Kind.DONATION)
    found: dict[str, Amount] = {}
    for one in asked:
        channel = CHANNELS[AgentKind(one.receiver)]
        kilos = sum(float(row.kg or 0) for row in rows if row.channel == channel)
        found[one.code] = Decimal(str(kilos)).quantize(GRAM)
    return found


def _insertion(ecopole: Ecopole, asked: list[Measure], first: date, last: date) -> dict[str, Amount]:
    """Whole months only, as they leave the room: a month of too few people masks the sum."""
    months = [
        month
        for year in range(first.year, last.year + 1)
        for month in paid_hours(ecopole, year)
        if first.replace(day=1) <= month.month <= last
    ]
    told = [month.hours for month in months]
    total = None if None in told else sum((hours for hours in told if hours is not None), Decimal(0))
    return {one.code: total for one in asked}


def _volunteers(ecopole: Ecopole, asked: list[Measure], first: date, last: date) -> dict[str, Amount]:
    total = sum((row.hours for row in volunteer_hours(ecopole, first, last)), Decimal(0))
    return {one.code: total for one in asked}


def _place(ecopole: Ecopole, asked: list[Measure], first: date, last: date) -> dict[str, Amount]:
    rows = attendance(ecopole, first, last)
    return {one.code: Decimal(sum(getattr(row, one.how) for row in rows)) for one in asked}


def _tests(ecopole: Ecopole, asked: list[Measure], first: date, last: date) -> dict[str, Amount]:
    started = outcomes(ecopole, first, last).started
    return {one.code: None if started is None else Decimal(started) for one in asked}


HOW: dict[str, Callable[[Ecopole, list[Measure], date, date], dict[str, Amount]]] = {
    "work": _work, "harvest": _harvested, "given": _given, "insertion": _insertion, "volunteers": _volunteers,
    "held": _place, "came": _place, "tests": _tests,
}  # fmt: skip


def months_between(first: date, last: date) -> Iterator[date]:
    """The first days of the months, from one to the other."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = (month + timedelta(days=32)).replace(day=1)
