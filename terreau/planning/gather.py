"""The week's problem, gathered from the rooms and the ledger: what is left to decide, on a given day.

What is already harvested, received, packed or delivered is subtracted: a plan made on Wednesday plans
from Wednesday on.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db.models import Sum

from terreau.engines.week.problem import (
    BasketBatch,
    Demand,
    Farm,
    Problem,
    Product,
    SolidarityOutlet,
    Store,
    Supply,
    Taste,
)
from terreau.ledger.models import Agreement, AgreementKind, Event
from terreau.ledger.queries import STANDING, StockLine, stock, taken_from
from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.baskets import queries as baskets
from terreau.rooms.garden import queries as garden
from terreau.rooms.platform import queries as platform
from terreau.territory import models as territory
from terreau.territory.clock import moment
from terreau.territory.models import AgentKind, Ecopole, PlaceKind

CHOICES = tomllib.loads((Path(__file__).parent / "week.toml").read_text())
STORES = (PlaceKind.COLD, PlaceKind.AMBIENT)
ZERO = Decimal(0)
STEP = {"kg": Decimal("0.1"), "piece": Decimal(1)}

Key = tuple[Any, ...]


def gather(ecopole: Ecopole, week: IsoWeek, today: date) -> Problem:
    """All that the week's engine must know, from today to Sunday (the whole week if it has not begun)."""
    days = tuple(d for d in week.days if d >= today)
    if not days:
        raise WeekIsOver(week)
    done = _Done(ecopole, week)
    holders = territory.Agent.objects.filter(ecopole=ecopole, kind__in=[AgentKind.PLATFORM, AgentKind.GARDEN])
    held = [line for holder in holders for line in stock(ecopole, holder=holder) if line.usable]
    lots = [line for line in held if line.own]
    forecasts = garden.forecasts(ecopole, week, today=today)
    supplies = [
        *_from_stores(lots, days),
        *_from_harvested(lots, days, forecasts),
        *_from_forecasts(forecasts, days, done),
        *_from_offers(platform.offers(ecopole, week), days, done),
        *_from_deposits(held, platform.sold_for_farms(ecopole, today), days),
    ]
    demands = _demands(platform.orders(ecopole, week), days, done)
    codes = {s.product for s in supplies} | {p for d in demands for p in d.products}
    return Problem(
        week=str(week),
        days=days,
        products=_products(codes),
        farms=_farms(ecopole, week, {int(s.farm) for s in supplies}),
        supplies=tuple(supplies),
        demands=tuple(demands),
        baskets=tuple(_baskets(ecopole, week, days, done)),
        solidarity=tuple(_solidarity(ecopole, days, done)),
        store=_store(ecopole, held),
        taste=Taste(novelty_weeks=CHOICES["novelty"]["weeks"]),
    )


class WeekIsOver(Exception):
    """The past is not planned."""

    def __init__(self, week: IsoWeek):
        super().__init__(
            f"La {week.label} est passée\u202f: choisissez la semaine en cours ou une semaine à venir."
        )


class _Done:
    """What the week has already seen, as sums of the ledger, net of what was reversed."""

    def __init__(self, ecopole: Ecopole, week: IsoWeek):
        start, end = moment(week.monday), moment((week + 1).monday)
        facts = Event.objects.filter(STANDING, ecopole=ecopole, occurred_at__gte=start, occurred_at__lt=end)
        self.harvested = _sums(
            facts.filter(action="produce", process__kind="harvest"), "product_id", "to_place_id"
        )
        self.brought = _sums(facts.filter(action="transfer"), "provider_id", "product_id", "lot__quality")
        self.packed = _sums(
            facts.filter(action="produce", process__kind="packing"), "product_id", "process__planned_for"
        )
        handed = ("transfer", "transfer_rights")
        delivered = facts.filter(action__in=handed, process__kind="delivery")
        self.delivered = _sums(
            delivered.exclude(price=Money(0)), "receiver_id", "product_id", "process__planned_for"
        )
        self.given = _sums(delivered.filter(price=Money(0)), "receiver_id")


def _sums(events: Any, *by: str) -> dict[Key, Decimal]:
    rows = events.order_by().values_list(*by).annotate(total=Sum("quantity"))
    return {tuple(row[:-1]): row[-1] for row in rows}


def _whole(quantity: Decimal, unit: str) -> Decimal:
    """What can be planned: whole pieces, and kilos by 100 g."""
    return max(ZERO, quantity - quantity % STEP.get(unit, STEP["kg"]))


def _from_stores(lots: Iterable[StockLine], days: tuple[date, ...]) -> list[Supply]:
    """What waits in the platform's stores: already paid for, hence free to use."""
    stored = (line for line in lots if line.place.kind in STORES)
    return [_lot(line, days, price_cents=0) for line in stored if _fresh(line, days)]


def _from_harvested(
    lots: Iterable[StockLine], days: tuple[date, ...], forecasts: Iterable[garden.ForecastLine]
) -> list[Supply]:
    """What the garden has harvested and still holds, at the price of its forecast."""
    prices = {(f.garden_id, f.product_id): f.price.cents for f in forecasts}
    return [
        _lot(line, days, price_cents=prices[line.holder.pk, line.product.pk])
        for line in lots
        if (line.holder.pk, line.product.pk) in prices and _fresh(line, days)
    ]


def _fresh(line: StockLine, days: tuple[date, ...]) -> bool:
    keeps = line.keeps_until is None or line.keeps_until >= days[0]
    return keeps and line.product.family not in ("basket", "crate")


def _lot(line: StockLine, days: tuple[date, ...], price_cents: int) -> Supply:
    return Supply(
        id=f"lot:{line.lot.pk}:{line.place.pk}",
        product=line.product.code,
        farm=str(line.lot.producer_id),
        quantity=line.quantity,
        quality=line.quality,
        first_day=days[0],
        last_day=line.keeps_until or date.max,
        price_cents=price_cents,
        kind="lot",
    )


def _from_forecasts(
    forecasts: Iterable[garden.ForecastLine], days: tuple[date, ...], done: _Done
) -> Iterable[Supply]:
    for f in forecasts:
        harvested = done.harvested.get((f.product_id, f.place_id), ZERO)
        likely = _whole(f.likely - harvested, f.unit)
        if likely > 0 and f.last_day >= days[0]:
            yield Supply(
                id=f"forecast:{f.id}",
                product=f.code,
                farm=str(f.garden_id),
                quantity=likely,
                low=min(likely, _whole(f.low - harvested, f.unit)),
                quality=f.quality,
                first_day=max(f.first_day, days[0]),
                last_day=f.last_day,
                price_cents=f.price.cents,
                kind="forecast",
            )


def _from_offers(
    offers: Iterable[platform.OfferLine], days: tuple[date, ...], done: _Done
) -> Iterable[Supply]:
    for o in offers:
        left = _whole(o.quantity - done.brought.get((o.farm_id, o.product_id, o.quality), ZERO), o.unit)
        if left > 0 and o.last_day >= days[0]:
            yield Supply(
                id=f"offer:{o.id}",
                product=o.code,
                farm=str(o.farm_id),
                quantity=left,
                quality=o.quality,
                first_day=max(o.first_day, days[0]),
                last_day=o.last_day,
                price_cents=o.price.cents,
                kind="offer",
            )


def _from_deposits(
    held: Iterable[StockLine], rates: Mapping[int, Decimal], days: tuple[date, ...]
) -> Iterable[Supply]:
    """What farms left to be sold: theirs until then, at what they should get of the reference price."""
    for line in held:
        if line.lot.pk in rates and line.place.kind in STORES and _fresh(line, days):
            price = line.product.reference_price or Money(0)
            cents = int(price.cents * (100 - rates[line.lot.pk]) / 100)
            yield replace(_lot(line, days, price_cents=cents), kind="offer", orders_only=True)


def _demands(orders: Iterable[platform.OrderedLine], days: tuple[date, ...], done: _Done) -> list[Demand]:
    demands = []
    for o in orders:
        served = done.delivered.get((o.customer_id, o.product_id, o.day), ZERO)
        left = _whole(o.quantity - served, o.unit)
        if left > 0 and o.day in days:
            demands.append(
                Demand(
                    id=f"order:{o.id}",
                    customer=o.customer,
                    product=o.code,
                    substitutes=o.substitutes,
                    quantity=left,
                    quantity_min=min(left, _whole(o.quantity_min - served, o.unit)),
                    price_cents=max(1, o.price.cents),
                    quality_min=o.quality_min,
                    day=o.day,
                )
            )
    return demands


def _baskets(ecopole: Ecopole, week: IsoWeek, days: tuple[date, ...], done: _Done) -> Iterable[BasketBatch]:
    """One batch for each size and day: all its baskets are alike, whoever pays for them."""
    wanted: dict[tuple[int, date], int] = defaultdict(int)
    for line in baskets.counts(ecopole, week):
        wanted[line.size_id, line.day] += line.count
    recent = baskets.recently_given(ecopole, week=week, weeks=CHOICES["novelty"]["weeks"])
    for size in baskets.sizes(ecopole):
        for day in days:
            count = wanted[size.id, day] - int(done.packed.get((size.product_id, day), 0))
            if count > 0:
                yield BasketBatch(
                    id=f"basket:{size.id}:{day.isoformat()}",
                    size=size.name,
                    day=day,
                    count=count,
                    target_cents=size.target_value.cents,
                    tolerance=size.tolerance,
                    varieties_min=size.varieties_min,
                    varieties_max=size.varieties_max,
                    recent=recent.get(size.product_id, {}),
                    quality_min=size.quality_min,
                )


def _solidarity(ecopole: Ecopole, days: tuple[date, ...], done: _Done) -> Iterable[SolidarityOutlet]:
    for line in platform.solidarity(ecopole):
        day = next((d for d in days if d.isoweekday() == line.weekday), None)
        given = done.given.get((line.grocery_id,), ZERO)
        if day is not None and line.kg_max > given:
            yield SolidarityOutlet(
                id=f"solidarity:{line.id}",
                name=line.grocery,
                day=day,
                quantity_min_kg=_whole(line.kg_min - given, "kg"),
                quantity_max_kg=_whole(line.kg_max - given, "kg"),
                worth_cents=CHOICES["solidarity"]["worth_cents"],
            )


def _products(codes: set[str]) -> tuple[Product, ...]:
    rows = territory.Product.objects.filter(code__in=codes).order_by("code")
    return tuple(
        Product(
            id=row.code,
            name=row.name,
            unit="kg" if row.unit == "kg" else "piece",
            unit_kg=row.unit_kg,
            value_cents=max(1, row.reference_price.cents if row.reference_price else 0),
            portions=row.portion_sizes if row.family in CHOICES["baskets"]["families"] else (),
            group=row.basket_group or None,
            keep_value=keep_value(row.keeps_days),
        )
        for row in rows
    )


def keep_value(keeps_days: int | None) -> Decimal:
    """The share of its value that a product kept a week still has; what never spoils loses nothing."""
    if keeps_days is None:
        return Decimal(1)
    return next(Decimal(share) for days, share in CHOICES["keep_value"]["steps"] if keeps_days >= days)


def _farms(ecopole: Ecopole, week: IsoWeek, ids: set[int]) -> tuple[Farm, ...]:
    """What each farm was promised for the season, pro rata of the days gone by Sunday, and what was taken."""
    running = Agreement.objects.filter(
        ecopole=ecopole,
        kind=AgreementKind.SUPPLY,
        starts_on__lte=week.sunday,
        provider_id__in=ids,
        ends_on__gte=week.monday,
        promised_value__isnull=False,
    ).values_list("provider_id", "starts_on", "ends_on", "promised_value")
    promised: dict[int, int] = defaultdict(int)
    since: dict[int, date] = {}
    for farm_id, starts_on, ends_on, value in running:
        if ends_on and value:
            gone, whole = (min(week.sunday, ends_on) - starts_on).days + 1, (ends_on - starts_on).days + 1
            promised[farm_id] += value.cents * gone // whole
        since[farm_id] = min(starts_on, since.get(farm_id, starts_on))
    taken = _taken_cents(ecopole, week, since)
    names = dict(territory.Agent.objects.filter(id__in=ids).values_list("id", "name"))
    return tuple(Farm(str(i), names[i], promised[i], taken.get(i, 0)) for i in sorted(ids))


def _taken_cents(ecopole: Ecopole, week: IsoWeek, since: dict[int, date]) -> dict[int, int]:
    """The value of what each farm has brought since the start of its agreement, net of what was reversed."""
    taken: dict[int, int] = {}
    for start in set(since.values()):
        ids = [farm_id for farm_id, begun in since.items() if begun == start]
        found = taken_from(ecopole, provider_ids=ids, since=moment(start), until=moment((week + 1).monday))
        taken |= {farm_id: line.price.cents for farm_id, line in found.items()}
    return taken


def _store(ecopole: Ecopole, lots: Iterable[StockLine]) -> Store:
    capacity = territory.Place.objects.filter(ecopole=ecopole, kind__in=STORES).aggregate(Sum("capacity_kg"))
    held = sum((line.quantity * line.product.unit_kg for line in lots if line.place.kind in STORES), ZERO)
    return Store(free_kg=max(ZERO, (capacity["capacity_kg__sum"] or ZERO) - held))
