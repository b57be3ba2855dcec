"""The platform's part of the demo: what farms offer, what customers order, what comes and goes."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils import timezone

from terreau.ledger.actions import agree
from terreau.ledger.answers import Answer
from terreau.ledger.models import AgreementKind, Commitment
from terreau.ledger.queries import on_hand, stock
from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.platform.actions import (
    STORES,
    Fetching,
    OfferEntry,
    OrderEntry,
    add_certificate,
    add_crates,
    agree_commission,
    answer_alert,
    ask,
    count_store,
    deliver,
    hand_over,
    leave,
    move_crates,
    offer,
    order,
    pick,
    put_back,
    read_temperature,
    receive,
    save_vehicle,
    set_aside,
    stand,
    take_up_standing,
)
from terreau.rooms.platform.deposits import given, left
from terreau.rooms.platform.inventory import Counted
from terreau.rooms.platform.models import Purpose, SolidarityPromise
from terreau.rooms.platform.pieces import piece_kg
from terreau.rooms.platform.temperatures import Spot
from terreau.territory.clock import moment
from terreau.territory.demo import World
from terreau.territory.models import Agent, AgentKind, Place, PlaceKind, Product, Quality

# What each farm brings, with the units of a full week.
GROWS: tuple[dict[str, int], ...] = (
    {"carotte": 120, "poireau": 90, "celeri-rave": 50, "panais": 40, "betterave": 60},
    {"pomme-de-terre": 250, "oignon": 110, "echalote": 30, "ail": 12},
    {"chou-fleur": 90, "chou-milan": 60, "brocoli": 50, "romanesco": 60, "chou-bruxelles": 35},
    {"endive": 90, "chicoree": 70, "laitue": 120, "mache": 10},
    {"tomate": 160, "concombre": 130, "aubergine": 50, "poivron": 45, "epinard": 30, "mesclun": 8},
    {"potimarron": 100, "butternut": 80, "courgette": 110, "patate-douce": 40},
    {"pomme": 260, "poire": 120, "jus-pomme": 60, "prune": 50, "cerise": 25},
    {"fraise": 35, "framboise": 60, "rhubarbe": 40, "groseille": 15, "cassis": 15},
    {"pomme-de-terre": 180, "pomme-de-terre-primeur": 90, "haricot-vert": 40, "petit-pois": 25},
    {"navet": 60, "rutabaga": 40, "topinambour": 40, "radis-noir": 25, "chou-rouge": 60},
    {"lentille": 25, "farine": 60, "huile-colza": 20, "lingot": 20},
    {"fromage-frais": 80, "yaourt": 200, "tomme": 12},
    {"oeufs-6": 190, "miel": 15},
    {"pain-levain": 90, "pain-complet": 60},
    {"carotte": 90, "chou-cabus": 70, "poireau": 70, "fenouil": 35, "blette": 40},
)
GARDEN_SEASON_CENTS = 5_200_000
FARM_SHARE = Decimal("0.66")  # of the reference price
BUYER_SHARE = Decimal("0.9")
# Monday is for planning, Tuesday and Thursday for harvests and arrivals; customers are served the day after.
ORDER_DAYS = (3, 5)
ENDS_SOON = 0  # the farm whose certificate is to be renewed: the one that signs in
# School is out: canteens order nothing (weeks of the year, rounded).
HOLIDAYS = frozenset({1, 8, 9, 16, 17, 28, 29, 30, 31, 32, 33, 34, 35, 43, 44, 52, 53})
COUNTED = frozenset({"pomme", "potimarron", "butternut", "fenouil"})  # by canteens
CRATES = 600
WARM = 0.04  # of the readings of the cold store
# Who leaves what to be sold, each week in turn.
DEPOSITS = {5: ("potimarron", 70), 1: ("echalote", 40), 6: ("pomme", 90)}
REFUSALS = ("trop abîmé", "température trop haute à l’arrivée", "lot non étiqueté")


def settle_in(world: World, since: IsoWeek, seasons: int) -> None:
    """Season agreements with farms, commissions with some, and the kilos promised to social groceries."""
    for season in range(seasons):
        start = since.monday + timedelta(weeks=52 * season)
        for farm, grows in zip((*world.farms, world.garden), (*GROWS, {}), strict=True):
            weekly = sum(world.products[code].reference_price.cents * full for code, full in grows.items())
            agree(
                ecopole=world.ecopole,
                kind=AgreementKind.SUPPLY,
                provider_id=farm.id,
                receiver_id=world.platform.id,
                per="season",
                promised_value=Money(weekly * 11 if grows else GARDEN_SEASON_CENTS),
                starts_on=start,
                ends_on=start + timedelta(weeks=52, days=-1),
                key=f"demo:supply:{farm.id}:{season}",
            )
    for farm in (world.farms[number] for number in DEPOSITS):
        agree_commission(
            ecopole=world.ecopole, farm=farm, percent=Decimal(15), starts_on=since.monday,
            agreed="convention de dépôt-vente", by=None, key=f"demo:commission:{farm.pk}",
            at=moment(since.monday, 8),
        )  # fmt: skip
    # Where goods may be handed over to be processed for their farm: beside the platform.
    kitchen = Agent.objects.get(ecopole=world.ecopole, kind=AgentKind.KITCHEN)
    store = Place.objects.filter(agent=world.platform).order_by("id")[0]
    Place.objects.create(
        ecopole=world.ecopole, agent=kitchen, kind=PlaceKind.DOOR, name="Réception",
        commune_id=kitchen.commune_id, latitude=store.latitude, longitude=store.longitude,
    )  # fmt: skip
    for grocery, weekday, kilos in zip(world.groceries, ORDER_DAYS, (70, 50), strict=True):
        SolidarityPromise.objects.create(
            ecopole=world.ecopole, grocery=grocery, weekday=weekday, kg_min=kilos, kg_max=kilos * 3
        )


def stand_orders(world: World, since: IsoWeek) -> None:
    """Bread for two canteens, the one that signs in first, and eggs for a shop, week after week."""
    for customer, weekday, code, count in (
        (world.canteens[0], ORDER_DAYS[0], "pain-levain", 6),
        (world.canteens[3], ORDER_DAYS[1], "pain-complet", 8),
        (world.shops[0], ORDER_DAYS[0], "oeufs-6", 12),
    ):
        product = world.products[code]
        entry = OrderEntry(
            customer=customer,
            day=since.days[weekday - 1],
            product=product,
            quantity=Decimal(count),
            price=Money(round(product.reference_price.cents * BUYER_SHARE)),
            quality_min=Quality.CONVERSION,
        )
        stand(ecopole=world.ecopole, entry=entry, until=None)


def take_up(world: World, week: IsoWeek) -> None:
    """On Thursday morning before the week, the coordinator takes up what comes back."""
    at = moment((week - 1).days[3], 9)
    take_up_standing(
        ecopole=world.ecopole, week=week, since=week.monday, granted=True, by=None, at=at,
        key=f"demo:{week}:standing",
    )  # fmt: skip


def certify(world: World, since: IsoWeek, today: date) -> None:
    """Every farm has its papers; those of one end soon, and it will be asked for the next ones."""
    for number, farm in enumerate(world.farms):
        left = 19 if number == ENDS_SOON else 90 + 41 * number % 600
        add_certificate(
            ecopole=world.ecopole,
            farm=farm,
            body=f"FR-BIO-{(1, 10, 13)[number % 3]:02}",
            reference=f"{since.year}/62-{1000 + 37 * number}",
            valid_from=since.monday - timedelta(days=30),
            valid_until=today + timedelta(days=left),
            by=None,
            at=moment(since.monday, 8),
            key=f"demo:certificate:{farm.pk}",
        )


def lend_crates(world: World, since: IsoWeek) -> None:
    """A pool of crates, of which every customer, and every farm, already has some."""
    at = moment(since.monday, 8, 30)
    crate = world.products["caisse-consignee"]
    shared: dict[str, Any] = {
        "ecopole": world.ecopole, "platform": world.platform, "product": crate, "by": None, "at": at,
    }  # fmt: skip
    add_crates(count=CRATES, key="demo:crates", **shared)
    for number, partner in enumerate((*world.canteens, *world.shops, *world.groceries, *world.farms)):
        given = 4 + 5 * number % 13
        move_crates(partner=partner, given=given, back=0, key=f"demo:crates:{partner.pk}", **shared)


# name, crates, kilos, cold, litres: the prices are those of a van of 3,5 t (45 € a day, 0,30 €/km, 24 €/h).
VEHICLES = (
    ("Fourgon froid", 60, 1100, True, "9.5"),
    ("Grand fourgon", 90, 1300, False, "9"),
    ("Petit fourgon", 35, 600, False, "7"),
)


def settle_vehicles(world: World) -> None:
    for name, crates, kilos, cold, litres in VEHICLES:
        save_vehicle(
            ecopole=world.ecopole, vehicle=None, key=f"demo:vehicle:{name}", name=name, crates=crates,
            kilos=Decimal(kilos), cold=cold, per_day=Money(4500), per_km=Money(30), per_hour=Money(2400),
            fuel="diesel", litres_100km=Decimal(litres), shift_hours=Decimal(7), available_from=time(5, 30),
            available_until=time(14, 0),
        )  # fmt: skip


def in_store(product: Product, week: int) -> bool:
    """A farm still sells from its own barn what keeps: the season goes on as long as the product does."""
    weeks_kept = min(30, (product.keeps_days or 365) // 7 - 2) if (product.keeps_days or 365) >= 60 else 0
    return any((week - back - 1) % 52 + 1 in product.harvest_weeks for back in range(weeks_kept + 1))


def offers(world: World, week: IsoWeek) -> None:
    entries = []
    for farm, grows in zip(world.farms, GROWS, strict=True):
        for code, full in grows.items():
            product = world.products[code]
            if in_store(product, week.week) and world.dice.random() > 0.04:
                quantity = round(full * world.dice.uniform(0.7, 1.1))
                entries.append(
                    OfferEntry(
                        farm=farm,
                        product=product,
                        quantity=Decimal(quantity),
                        price=Money(round(product.reference_price.cents * FARM_SHARE)),
                        first_day=week.monday,
                        last_day=week.sunday,
                        # One farm is in its second year of conversion.
                        quality=Quality.CONVERSION if farm == world.farms[8] else Quality.ORGANIC,
                        # One has no van: the platform's comes by in the morning.
                        fetching=Fetching(True, time(7), time(12)) if farm == world.farms[2] else Fetching(),
                    )
                )
    offer(ecopole=world.ecopole, week=week, entries=entries)


def orders(world: World, week: IsoWeek) -> None:
    """Canteens on school weeks, shops always, social groceries a little of everything."""
    seasonal = [
        p
        for p in world.products.values()
        if p.family in ("vegetable", "fruit") and in_store(p, week.week) and _grown(p.code)
    ]
    shelf = [
        p
        for p in world.products.values()
        if p.family in ("egg", "dairy", "bread", "grocery") and _grown(p.code)
    ]
    entries: list[OrderEntry] = []
    if week.week not in HOLIDAYS:
        for n, canteen in enumerate(world.canteens):
            meals = 60 + 37 * n % 240
            chosen = [*_chosen(world, seasonal, 5), *_chosen(world, shelf, 1)]
            entries += _lines(world, canteen, week, ORDER_DAYS[n % 2], chosen, meals * 0.07, 0.5)
    for n, shop in enumerate(world.shops):
        chosen = [*_chosen(world, seasonal, 9), *_chosen(world, shelf, 3)]
        entries += _lines(world, shop, week, ORDER_DAYS[n % 2], chosen, 11, 0)
    for grocery in world.groceries:
        chosen = [*_chosen(world, seasonal, 4), *_chosen(world, shelf, 1)]
        entries += _lines(world, grocery, week, ORDER_DAYS[1], chosen, 9, 0)
    order(ecopole=world.ecopole, entries=entries)


def ask_late(world: World, today: date) -> None:
    """The canteen that signs in forgot its leeks: the coordinator is asked for a yes."""
    days = (today + timedelta(days=ahead) for ahead in range(7))
    leek = world.products["poireau"]
    entry = OrderEntry(
        customer=world.canteens[0],
        day=next(day for day in days if day.isoweekday() in ORDER_DAYS),
        product=leek,
        quantity=Decimal(8),
        price=Money(round(leek.reference_price.cents * BUYER_SHARE)),
        quality_min=Quality.CONVERSION,
    )
    at = moment(today, 6, 40)
    ask(ecopole=world.ecopole, entries=[entry], granted=False, by=None, at=at, key="demo:late")


@cache
def _grown(code: str) -> int:
    """What all farms give of a product in a full week."""
    return sum(grows.get(code, 0) for grows in GROWS)


def _chosen(world: World, pool: list[Product], count: int) -> list[Product]:
    """Products drawn without putting back, the abundant ones more often: buyers know their region."""
    weight = {p.code: _grown(p.code) * float(p.unit_kg) for p in pool}
    return sorted(pool, key=lambda p: -(world.dice.random() ** (1 / weight[p.code])))[:count]


def _lines(
    world: World,
    customer: Agent,
    week: IsoWeek,
    weekday: int,
    chosen: list[Product],
    kilos: float,
    least: float,
) -> list[OrderEntry]:
    lines = []
    for product in chosen:
        wanted = kilos * world.dice.uniform(0.7, 1.3) / float(product.unit_kg)
        units = max(1, round(min(wanted, _grown(product.code) * 0.14)))
        lines.append(
            OrderEntry(
                customer=customer,
                day=week.days[weekday - 1],
                product=product,
                quantity=Decimal(units),
                pieces=_counted(customer, product, units, week.monday),
                quantity_min=Decimal(int(units * least)),
                price=Money(round(product.reference_price.cents * BUYER_SHARE)),
                quality_min=Quality.CONVERSION,
                window=(time(7, 30), time(10, 30)),
            )
        )
    return lines


def _counted(customer: Agent, product: Product, kilos: int, on: date) -> int | None:
    """Cooks count some things by the piece, when whole kilos make whole pieces: 60 apples for 60 pupils."""
    weight = piece_kg(product.code, on) if product.code in COUNTED else None
    if customer.kind != AgentKind.CANTEEN or weight is None or kilos % weight:
        return None
    return int(kilos / weight)


def live_arrivals(world: World, due: list[Commitment], day: date) -> None:
    """Most loads are as said; some are light, a few are refused. The garden brings what it harvested."""
    if not due:
        return
    prefetch_related_objects(due, "provider")
    harvested = on_hand(world.ecopole, holder=world.garden, place_kinds=[PlaceKind.BED], on=day)
    answers = []
    for c in due:
        if c.provider_id == world.garden.id:
            answers.append(Answer(c, _some(harvested, c.product_id, c.quantity)))
        elif world.dice.random() < 0.012:
            answers.append(Answer(c, c.quantity, refused=world.dice.choice(REFUSALS)))
        else:
            answers.append(Answer(c, _about(world, c)))
    _do(receive, world, answers, day, time(15, 0), "receive")


def _to_sell(world: World, day: date) -> dict[Any, Decimal]:
    """What farms left to be sold, and still keeps."""
    found: dict[Any, Decimal] = defaultdict(Decimal)
    for part in left(world.ecopole, [world.farms[number].pk for number in DEPOSITS]):
        lot = part.deposit.lot
        if part.free and lot.quality >= Quality.CONVERSION and (lot.keeps_until or day) >= day:
            found[lot.product_id] += part.quantity
    return found


def live_deposits(world: World, week: IsoWeek) -> None:
    """On Monday a farm leaves goods to be sold for it; another takes last week's back, and leaves more."""
    number, (code, kilos) = list(DEPOSITS.items())[week.week % len(DEPOSITS)]
    at = moment(week.monday, 8, 15)
    shared: dict[str, Any] = {
        "ecopole": world.ecopole, "platform": world.platform, "quality": Quality.ORGANIC, "by": None,
    }  # fmt: skip
    leave(
        farm=world.farms[number], product=world.products[code], quantity=Decimal(kilos), purpose=Purpose.SALE,
        at=at, key=f"demo:{week}:deposit", **shared,
    )  # fmt: skip
    store = world.farms[0]  # the one that signs in
    leave(
        farm=store, product=world.products["carotte"], quantity=Decimal(120), purpose=Purpose.KEPT, at=at,
        key=f"demo:{week}:kept", **shared,
    )  # fmt: skip
    for number, part in enumerate(left(world.ecopole, [store.pk])):
        if timezone.localtime(part.deposit.lot.born_at).date() < week.monday:
            hand_over(
                ecopole=world.ecopole,
                part=part,
                taker=store,
                by=None,
                at=at,
                key=f"demo:{week}:back:{number}",
            )


def _some(there: dict[Any, Decimal], key: Any, wanted: Decimal) -> Decimal:
    """What is wanted, or what there is; counted down."""
    quantity = min(wanted, there.get(key, Decimal(0)))
    there[key] = there.get(key, Decimal(0)) - quantity
    return quantity


def live_out(world: World, due: list[Commitment], day: date) -> None:
    """Pick what there is, deliver what was picked."""
    if not due:
        return
    picks = [c for c in due if c.action == "move"]
    deliveries = [c for c in due if c.action == "transfer"]
    stored = on_hand(
        world.ecopole, holder=world.platform, place_kinds=STORES, quality_min=Quality.CONVERSION, on=day
    )
    to_sell = _to_sell(world, day)
    gifts = given(picks)
    picked: dict[Any, Decimal] = defaultdict(Decimal)
    answers = []
    # Gifts first: they have the platform's own, and nothing else.
    for c in sorted(picks, key=lambda c: (c.process_id, c.product_id) not in gifts):
        quantity = _some(stored, c.product_id, c.quantity)
        if (c.process_id, c.product_id) not in gifts:
            quantity += _some(to_sell, c.product_id, c.quantity - quantity)
        picked[c.process_id, c.product_id] += quantity
        answers.append(Answer(c, quantity, refused="il en manque" if quantity < c.quantity else ""))
    _do(pick, world, answers, day, time(6, 30), "pick")
    baskets = on_hand(world.ecopole, holder=world.platform, place_kinds=[PlaceKind.DOCK], on=day)
    outgoing = []
    for c in deliveries:
        if c.product.family == "basket":
            quantity = _some(baskets, c.product_id, c.quantity)
        else:
            quantity = _some(picked, (c.process_id, c.product_id), c.quantity)
            if quantity > 5 and world.dice.random() < 0.04:
                # The cook had counted too much: a part comes back, and goes back to the store.
                quantity = (quantity * Decimal("0.8")).quantize(Decimal(1))
        outgoing.append(Answer(c, quantity))
    _do(deliver, world, outgoing, day, time(10, 0), "deliver")


def live_friday(world: World, due: list[Commitment], day: date) -> None:
    """Compost what will not keep, and put back what stayed on the dock."""
    if due:
        prefetch_related_objects(due, "lot")
        there: dict[tuple[int | None, int | None], Decimal] = {
            (line.lot.pk, line.place.pk): line.quantity
            for line in stock(world.ecopole, holder=world.platform)
        }
        left = (there.get((c.lot_id, c.from_place_id), Decimal(0)) for c in due)
        answers = [Answer(c, min(c.quantity, quantity)) for c, quantity in zip(due, left, strict=True)]
        _do(set_aside, world, answers, day, time(16, 30), "compost")
    at = moment(day, 16, 45)
    put_back(ecopole=world.ecopole, platform=world.platform, by=None, at=at, key=f"demo:{day}:back")
    if day.day <= 7:
        _count(world, at + timedelta(minutes=15))


def _count(world: World, at: datetime) -> None:
    """The cold store is counted on the first Friday of the month, and found right."""
    store = Place.objects.get(agent=world.platform, kind=PlaceKind.COLD)
    there = stock(world.ecopole, holder=world.platform, place=store)
    if there:
        count_store(
            ecopole=world.ecopole, platform=world.platform, place=store, by=None, at=at,
            counted=[Counted(line.lot, line.quantity, line.quantity) for line in there],
            key=f"demo:{at.date()}:count",
        )  # fmt: skip


def live_cold(world: World, day: date) -> None:
    """The store is read morning and evening; now and then its door stays open, and somebody says so."""
    store = Place.objects.get(agent=world.platform, kind=PlaceKind.COLD)
    dice = Random(day.toordinal())  # of its own: the rest of the demo does not depend on it
    for hour in (time(7, 0), time(17, 0)):
        at = moment(day, hour)
        warm = dice.random() < WARM
        celsius = Decimal(str(round(dice.uniform(5, 7) if warm else dice.uniform(2.2, 3.8), 1)))
        key = f"demo:{day}:cold:{hour.hour}"
        read = read_temperature(
            ecopole=world.ecopole, spot=Spot(store.name, "very_perishable", place=store), celsius=celsius,
            read_at=at, by=None, at=at, key=key,
        )  # fmt: skip
        if read.out_of_limit:
            answer_alert(
                reading=read, done="Porte mal fermée\u202f: refermée, 3,4\u00a0°C une heure après.", by=None,
                at=at + timedelta(hours=1), key=f"{key}:answer",
            )  # fmt: skip


def _do(
    gesture: Callable[..., Any], world: World, answers: list[Answer], day: date, hour: time, name: str
) -> None:
    if not answers:
        return
    at = moment(day, hour)
    gesture(
        ecopole=world.ecopole, platform=world.platform, done=answers, by=None, at=at, key=f"demo:{day}:{name}"
    )


def _about(world: World, c: Commitment) -> Decimal:
    """What a farm really brings: often exactly, sometimes a little less."""
    if c.product.unit != "kg" or world.dice.random() < 0.6:
        return c.quantity
    return (c.quantity * Decimal(str(round(world.dice.uniform(0.94, 1.0), 3)))).quantize(Decimal("0.1"))
