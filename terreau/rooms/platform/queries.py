"""What others may ask the platform."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum

from django.db.models import (
    BigIntegerField,
    CharField,
    DateField,
    ExpressionWrapper,
    F,
    IntegerField,
    Q,
    Value,
)
from django.db.models.functions import Cast

from terreau.ledger.models import Commitment, Custody
from terreau.ledger.queries import CommitmentLine, State, commitments
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.platform.asks import waiting
from terreau.rooms.platform.certificates import Received, days_covered, validity
from terreau.rooms.platform.deposits import Rates, commission
from terreau.rooms.platform.models import (
    Deposit,
    Offer,
    OrderLine,
    Purpose,
    SolidarityPromise,
    StopKind,
    StopNote,
    Vehicle,
)
from terreau.rooms.platform.temperatures import OF_A_LOAD, kind_of, limits
from terreau.territory.fields import MoneyField, QuantityField
from terreau.territory.models import AgentKind, Ecopole


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
    unit_kg: Decimal
    family: str
    reference_price: Money | None
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
    unit_kg: Decimal
    day: date
    quantity: Decimal
    quantity_min: Decimal
    price: Money
    quality_min: int
    window_start: time | None
    window_end: time | None
    substitutes: tuple[str, ...]


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
    """What partner farms offer for the week, in the quality it will be received in. Two queries.

    A certificate that ends before the last day of an offer does not cover it: the load may come that day.
    """
    told = Offer.objects.filter(ecopole=ecopole, week=str(week)).values_list(
        "id", "farm_id", "farm__name", "product_id", "product__name", "product__code", "product__unit",
        "product__unit_kg", "product__family", "product__reference_price", "quality", "quantity", "price",
        "first_day", "last_day",
    )  # fmt: skip
    lines = [OfferLine(*row) for row in told]
    covered = days_covered(ecopole, {line.farm_id for line in lines})
    return [
        replace(line, quality=Received(line.quality, validity(covered[line.farm_id], line.last_day)).quality)
        for line in lines
    ]


def collected(ecopole: Ecopole, week: IsoWeek) -> set[int]:
    """The offers of the week that are fetched at the farm. One query."""
    rows = Offer.objects.filter(ecopole=ecopole, week=str(week), collected=True)
    return set(rows.order_by().values_list("pk", flat=True))


def sold_for_farms(ecopole: Ecopole, today: date) -> dict[int, Decimal]:
    """The lots that farms left to be sold, and what the platform keeps of a sale, per cent. Two queries."""
    held = Custody.objects.filter(ecopole=ecopole, holder__kind=AgentKind.PLATFORM, quantity__gt=0)
    rows = Deposit.objects.filter(ecopole=ecopole, purpose=Purpose.SALE, lot__in=held.values("lot"))
    farms = dict(rows.values_list("lot_id", "lot__producer_id"))
    rates = Rates(ecopole, set(farms.values()))
    return {lot: rate for lot, farm in farms.items() if (rate := rates.on(farm, today)) is not None}


def kept_of_sales(ecopole: Ecopole, farms: Collection[int]) -> Callable[[int, date, Money], Money]:
    """What the platform keeps of a sale made for a farm: of whom, when, at which price. One query."""
    rates = Rates(ecopole, farms)

    def kept(farm: int, day: date, price: Money) -> Money:
        rate = rates.on(farm, day)
        return Money(0) if rate is None else commission(price, rate)

    return kept


def orders(ecopole: Ecopole, week: IsoWeek, *, substitutes: bool = True) -> list[OrderedLine]:
    """What canteens, shops and social groceries ask for, to be delivered within the week.

    Without `substitutes`, they are not read: one question less to the database.
    """
    rows = OrderLine.objects.filter(ecopole=ecopole, day__range=(week.monday, week.sunday))
    instead: dict[int, list[str]] = defaultdict(list)
    if substitutes:
        pairs = rows.filter(substitutes__isnull=False).order_by("substitutes__name")
        for line_id, code in pairs.values_list("id", "substitutes__code"):
            instead[line_id].append(code)
    told = rows.values_list(
        "id", "customer_id", "customer__name", "customer__kind", "product_id", "product__name",
        "product__code", "product__unit", "product__unit_kg", "day", "quantity", "quantity_min", "price",
        "quality_min", "window_start", "window_end",
    )  # fmt: skip
    return [OrderedLine(*row, substitutes=tuple(instead[row[0]])) for row in told]


def late_orders(ecopole: Ecopole, today: date) -> int:
    """How many lines said after their deadline wait for an answer."""
    return waiting(ecopole, today).count()


class Side(StrEnum):
    """Who speaks: a farm that offers, a customer who orders, a grocery that was promised a gift."""

    OFFER = "offer"
    ORDER = "order"
    GIFT = "gift"


@dataclass(frozen=True)
class SaidLine:
    """What is offered until `day`, ordered for it, or promised on it. A gift is of any product, in kilos."""

    side: Side
    day: date
    agent: str
    kind: str
    product: str
    unit: str
    unit_kg: Decimal
    family: str
    reference_price: Money | None
    quantity: Decimal


def said(ecopole: Ecopole, week: IsoWeek) -> list[SaidLine]:
    """Both sides of the week as they were said, the terms left out: to be looked at whole. One query."""
    product = ("product__name", "product__unit", "product__unit_kg", "product__family",
               "product__reference_price", "quantity")  # fmt: skip
    anything = (Value(""), Value(Unit.KG), Value(Decimal(1), QuantityField()), Value(""),
                Cast(Value(None), MoneyField()), "kg_min")  # fmt: skip
    no_day, no_weekday = Cast(Value(None), DateField()), Cast(Value(None), IntegerField())
    offers = Offer.objects.filter(ecopole=ecopole, week=str(week))
    orders = OrderLine.objects.filter(ecopole=ecopole, day__range=(week.monday, week.sunday))
    gifts = SolidarityPromise.objects.filter(ecopole=ecopole)
    told = (offers.order_by().values_list(
        Value(Side.OFFER), "last_day", no_weekday, "farm__name", "farm__kind", *product,
    ).union(
        orders.order_by().values_list(
            Value(Side.ORDER), "day", no_weekday, "customer__name", "customer__kind", *product,
        ),
        gifts.order_by().values_list(
            Value(Side.GIFT), no_day, "weekday", "grocery__name", "grocery__kind", *anything,
        ),
        all=True,
    ))  # fmt: skip
    return [
        SaidLine(Side(side), day or week.days[weekday - 1], *words) for side, day, weekday, *words in told
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


def ordered_by_week(ecopole: Ecopole, first: date, last: date, products: Collection[str]) -> list[WeekSum]:
    """What was asked of these products between two days, by kind of customer, product and week.

    One query, summed here, without sorting the lines as a database would. In whole numbers:
    millionths of a kilo, thousandths of a cent.
    """
    whole = BigIntegerField()
    rows = (
        OrderLine.objects.filter(ecopole=ecopole, day__range=(first, last), product__code__in=products)
        .order_by()
        .annotate(
            on=Cast("day", CharField()),  # as text: a date is made of each of a few hundred days, once
            micro=ExpressionWrapper(F("quantity") * F("product__unit_kg"), output_field=whole),
            milli=ExpressionWrapper(F("quantity") * F("price"), output_field=whole),
        )
        .values_list("customer__kind", "product", "product__code", "product__name", "on", "micro", "milli")
    )
    sums: dict[tuple[str, int, date], list[int]] = {}
    named = {}
    mondays: dict[str, date] = {}
    for kind, product, code, name, on, micro, milli in rows:
        monday = mondays.get(on) or mondays.setdefault(on, IsoWeek.of(date.fromisoformat(on)).monday)
        asked = sums.get((kind, product, monday))
        if asked is None:
            sums[kind, product, monday] = [micro, milli]
            named[product] = code, name
        else:
            asked[0] += micro
            asked[1] += milli
    return [
        WeekSum(
            kind,
            product,
            *named[product],
            IsoWeek.of(monday),
            Decimal(micro).scaleb(-6),
            Money(milli // 1000),
        )
        for (kind, product, monday), (micro, milli) in sorted(sums.items())
        if micro
    ]


def solidarity(ecopole: Ecopole) -> list[SolidarityLine]:
    """What is promised each week to the social groceries."""
    told = SolidarityPromise.objects.filter(ecopole=ecopole).values_list(
        "id", "grocery_id", "grocery__name", "weekday", "kg_min", "kg_max"
    )
    return [SolidarityLine(*row) for row in told]


@dataclass(frozen=True)
class VehicleLine:
    """A vehicle that may drive on a day: what it carries, costs and may work."""

    id: int
    name: str
    crates: int
    kilos: Decimal
    cold: bool
    per_day: Money
    per_km: Money
    per_hour: Money
    fuel: str
    litres_100km: Decimal
    shift_hours: Decimal
    available_from: time
    available_until: time


def vehicles(ecopole: Ecopole, day: date) -> list[VehicleLine]:
    """Those that drive on that day, by name. One query."""
    driving = Q(closed_on=None) | Q(closed_on__gt=day)
    told = Vehicle.objects.filter(driving, ecopole=ecopole).values_list(
        "id", "name", "crates", "kilos", "cold", "per_day", "per_km", "per_hour", "fuel", "litres_100km",
        "shift_hours", "available_from", "available_until",
    )  # fmt: skip
    return [VehicleLine(*row) for row in told]


def passed(ecopole: Ecopole, rounds: Collection[int]) -> set[tuple[int, int]]:
    """The stops, by round and rank, where one passed without a line to write. One query."""
    rows = StopNote.objects.filter(ecopole=ecopole, round__in=rounds, kind=StopKind.PASSED)
    return set(rows.order_by().values_list("round", "rank"))


def delivery_days(ecopole: Ecopole, first: date, last: date) -> list[date]:
    """The days on which the platform is to deliver or to fetch something, done or not. One query."""
    fetched = Q(receiver__kind=AgentKind.PLATFORM, from_place__isnull=False)
    promised = Commitment.objects.filter(
        Q(provider__kind=AgentKind.PLATFORM) | fetched,
        ecopole=ecopole,
        due_on__range=(first, last),
        action="transfer",
        lot=None,
    )
    return list(promised.order_by("due_on").values_list("due_on", flat=True).distinct())


@dataclass(frozen=True)
class Drop:
    """What the platform still owes a customer at a door on a day; or, `collected`, what it fetches there.

    `dock_id`: where it leaves from, or comes to. `receiver`: who is at the door, a farm where it is fetched.
    `windows`: the hours asked, line by line. `chilled_kg`: of the whole, what has a temperature to hold.
    """

    place_id: int
    place: str
    dock_id: int
    receiver_id: int
    receiver: str
    commitments: tuple[int, ...]
    kg: Decimal
    chilled_kg: Decimal
    windows: tuple[tuple[time | None, time | None], ...]
    collected: bool = False


def drops(ecopole: Ecopole, day: date) -> list[Drop]:
    """What is due on a day and not yet made, door by door: deliveries, and loads fetched. Two queries."""
    hours = _hours(ecopole, day)
    held = {kind for kind, limit in limits(day).items() if limit.most is not None}
    found: dict[tuple[bool, int, int], list[CommitmentLine]] = defaultdict(list)
    for line in commitments(ecopole, due=(day, day), states=(State.OPEN, State.PARTLY_MET)):
        c = line.commitment
        if c.action == "transfer" and c.to_place_id and c.from_place_id:
            if c.provider.kind == AgentKind.PLATFORM:
                found[False, c.to_place_id, c.receiver_id].append(line)
            elif c.receiver.kind == AgentKind.PLATFORM:
                found[True, c.from_place_id, c.provider_id].append(line)
    return [
        _drop(group, held, tuple(sorted(hours[collected, agent], key=str)), collected)
        for (collected, _, agent), group in sorted(found.items())
    ]


Hours = tuple[time | None, time | None]


def _hours(ecopole: Ecopole, day: date) -> dict[tuple[bool, int], set[Hours]]:
    """Those asked by each customer of the day, and by each farm whose goods are fetched. One query."""
    fetched = Offer.objects.filter(ecopole=ecopole, week=str(IsoWeek.of(day)), collected=True).order_by()
    asked = OrderLine.objects.filter(ecopole=ecopole, day=day).order_by()
    told = asked.values_list(Value(0), "customer_id", "window_start", "window_end").union(
        fetched.values_list(Value(1), "farm_id", "collect_after", "collect_before")
    )
    found: dict[tuple[bool, int], set[Hours]] = defaultdict(set)
    for collected, agent, after, before in told:
        if after or before:
            found[bool(collected), agent].add((after, before))
    return found


def _drop(
    lines: list[CommitmentLine], held: Collection[str], windows: tuple[Hours, ...], collected: bool
) -> Drop:
    first = lines[0].commitment
    place, dock = first.to_place, first.from_place
    if collected:
        place, dock = dock, place
    who = first.provider if collected else first.receiver
    weighed = [(line.commitment.product, line.remaining * line.commitment.product.unit_kg) for line in lines]
    chilled = [kg for product, kg in weighed if kind_of([product.family], OF_A_LOAD) in held]
    assert place is not None  # both chosen so
    assert dock is not None
    return Drop(
        place.pk, place.name, dock.pk, who.pk, who.name, tuple(line.commitment.pk for line in lines),
        sum((kg for _, kg in weighed), Decimal(0)), sum(chilled, Decimal(0)), windows, collected,
    )  # fmt: skip


def noted_at(ecopole: Ecopole, rounds: Collection[int]) -> dict[tuple[int, int], datetime]:
    """By round and rank of the stop, when it was first noted as done on the road. One query."""
    rows = StopNote.objects.filter(
        ecopole=ecopole, round__in=rounds, kind__in=(StopKind.DELIVERED, StopKind.PASSED)
    )
    found: dict[tuple[int, int], datetime] = {}
    for tour, rank, at in rows.order_by("occurred_at", "pk").values_list("round", "rank", "occurred_at"):
        found.setdefault((tour, rank), at)
    return found
