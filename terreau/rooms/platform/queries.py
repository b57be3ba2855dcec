"""What others may ask the platform."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from django.db.models import Sum

from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.platform.models import Offer, OrderLine, SolidarityPromise
from terreau.territory.models import Ecopole


@dataclass(frozen=True)
class OfferLine:
    """What a farm can bring this week, at its price for one unit."""

    id: int
    farm_id: int
    farm: str
    product_id: int
    product: str
    code: str
    unit: str
    quality: int
    quantity: Decimal
    price: Money
    first_day: date
    last_day: date


@dataclass(frozen=True)
class OrderedLine:
    """What a customer asks for, on a day; `substitutes` are codes of products accepted instead."""

    id: int
    customer_id: int
    customer: str
    kind: str
    product_id: int
    product: str
    code: str
    unit: str
    substitutes: tuple[str, ...]
    day: date
    quantity: Decimal
    quantity_min: Decimal
    price: Money
    quality_min: int
    window_start: time | None
    window_end: time | None


@dataclass(frozen=True)
class SolidarityLine:
    """The kilos promised each week to a social grocery, and the most it can hand out."""

    id: int
    grocery_id: int
    grocery: str
    weekday: int
    kg_min: Decimal
    kg_max: Decimal


def offers(ecopole: Ecopole, week: IsoWeek) -> list[OfferLine]:
    """What partner farms offer for the week."""
    rows = Offer.objects.filter(ecopole=ecopole, week=str(week)).select_related("farm", "product")
    return [
        OfferLine(
            id=row.id,
            farm_id=row.farm_id,
            farm=row.farm.name,
            product_id=row.product_id,
            product=row.product.name,
            code=row.product.code,
            unit=row.product.unit,
            quality=row.quality,
            quantity=row.quantity,
            price=row.price,
            first_day=row.first_day,
            last_day=row.last_day,
        )
        for row in rows
    ]


def orders(ecopole: Ecopole, week: IsoWeek, *, substitutes: bool = True) -> list[OrderedLine]:
    """What canteens, shops and social groceries ask for, to be delivered within the week.

    Without `substitutes`, they are not read: one question less to the database.
    """
    rows = OrderLine.objects.filter(ecopole=ecopole, day__range=(week.monday, week.sunday)).select_related(
        "customer", "product"
    )
    if substitutes:
        rows = rows.prefetch_related("substitutes")
    return [
        OrderedLine(
            id=row.id,
            customer_id=row.customer_id,
            customer=row.customer.name,
            kind=row.customer.kind,
            product_id=row.product_id,
            product=row.product.name,
            code=row.product.code,
            unit=row.product.unit,
            substitutes=tuple(p.code for p in row.substitutes.all()) if substitutes else (),
            day=row.day,
            quantity=row.quantity,
            quantity_min=row.quantity_min,
            price=row.price,
            quality_min=row.quality_min,
            window_start=row.window_start,
            window_end=row.window_end,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class WeekSum:
    """What customers of a kind asked of a product in a week: kilos, and what they were to pay."""

    kind: str
    product_id: int
    code: str
    product: str
    week: IsoWeek
    kg: Decimal
    price: Money


def ordered_by_week(ecopole: Ecopole, first: date, last: date) -> list[WeekSum]:
    """What was asked between two days, by kind of customer, product and week. One query, a sum a day."""
    rows = (
        OrderLine.objects.filter(ecopole=ecopole, day__range=(first, last))
        .order_by()
        .values_list(
            "customer__kind", "product", "product__code", "product__name", "product__unit_kg", "day", "price"
        )
        .annotate(total=Sum("quantity"))
    )
    kilos: dict[tuple[str, int, str, str, IsoWeek], Decimal] = defaultdict(Decimal)
    cents: dict[tuple[str, int, str, str, IsoWeek], Decimal] = defaultdict(Decimal)
    for kind, product_id, code, name, unit_kg, day, price, total in rows:
        group = (kind, product_id, code, name, IsoWeek.of(day))
        kilos[group] += total * unit_kg
        cents[group] += total * price.cents
    return [
        WeekSum(*group, kg=kg, price=Money(int(cents[group]))) for group, kg in sorted(kilos.items()) if kg
    ]


def solidarity(ecopole: Ecopole) -> list[SolidarityLine]:
    """What is promised each week to the social groceries."""
    rows = SolidarityPromise.objects.filter(ecopole=ecopole).select_related("grocery")
    return [
        SolidarityLine(
            id=row.id,
            grocery_id=row.grocery_id,
            grocery=row.grocery.name,
            weekday=row.weekday,
            kg_min=row.kg_min,
            kg_max=row.kg_max,
        )
        for row in rows
    ]
