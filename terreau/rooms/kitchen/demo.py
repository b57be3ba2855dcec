"""Two years of the kitchen in the demo: a batch every other week, of surplus and of what farms bring.

Every gesture is that of a cook: goods in, lots used, points read, bottles counted, held, released, sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from terreau.ledger.actions import Promise, promise
from terreau.ledger.effects import Action
from terreau.ledger.models import Commitment
from terreau.ledger.queries import stock
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.kitchen import actions
from terreau.rooms.kitchen.models import Batch, Equipment, Intake, RecipeVersion
from terreau.rooms.kitchen.queries.batches import Sheet, of_ecopole, sheets
from terreau.rooms.kitchen.queries.goods import COMPOST, surplus
from terreau.rooms.kitchen.queries.orders import Order
from terreau.rooms.kitchen.queries.recipes import proposed
from terreau.rooms.kitchen.recipes import kilos, scaled, stuffs, worth
from terreau.rooms.kitchen.trades import SERVICE
from terreau.territory.abilities import Role
from terreau.territory.clock import moment
from terreau.territory.demo import World
from terreau.territory.models import Agent, Place, PlaceKind, Quality

EVERY_WEEKS, OWN_EVERY, GAP_EVERY = 2, 8, 9
FRIDAY, CHECK_WEEK = 4, 21
SURPLUS_KG = Decimal(6)


@dataclass(frozen=True)
class Dish:
    """An invented recipe, in the manner of a small cannery: what goes in, and in which weeks."""

    product: str
    name: str
    schedule: str
    units: int
    inputs: tuple[tuple[str, str, bool], ...]
    water: str
    hours: str
    days: int
    weeks: range
    storage: str = "À l’abri de la lumière. Après ouverture, 3 jours au froid"
    core: tuple[str, str] | None = None
    cents: int = 52


DISHES = (
    Dish("soupe-potimarron", "Velouté de potimarron", "sterilised", 60,
         (("potimarron", "40", True), ("oignon", "5", False), ("sel", "0.5", False)), "19", "9", 540,
         range(36, 54)),
    Dish("soupe-legumes", "Soupe de poireaux et de céleri", "sterilised", 60,
         (("poireau", "22", True), ("pomme-de-terre", "12", False), ("celeri-rave", "8", True),
          ("sel", "0.5", False)), "26", "10", 540, range(1, 14)),
    Dish("confiture-rhubarbe", "Confiture de rhubarbe", "pasteurised", 120,
         (("rhubarbe", "26", True), ("sucre-canne", "18", False), ("jus-citron", "0.5", False)), "0", "8",
         720, range(14, 25), core=("85", "5")),
    Dish("coulis-tomate", "Coulis de tomate", "pasteurised", 90,
         (("tomate", "52", True), ("vinaigre-cidre", "0.8", False), ("sel", "0.4", False)), "0", "9", 540,
         range(25, 36), core=("90", "10")),
)  # fmt: skip
MACHINES = (
    ("autoclave", "Autoclave à vapeur"), ("kettle", "Marmite de 150 litres"), ("chiller", "Cellule rapide"),
    ("thermometer", "Sonde à cœur"), ("ph_meter", "pH-mètre"),
)  # fmt: skip
CHECKED = (("autoclave", "inspected"), ("thermometer", "calibrated"), ("ph_meter", "calibrated"))
PUREE = Dish(
    "puree-legumes", "Purée de carottes", "chilled", 20,
    (("carotte", "32", True), ("pomme-de-terre", "8", False), ("beurre", "4", False), ("sel", "0.3", False)),
    "2", "5", 3, range(0), storage="À conserver à +3 °C au plus", core=("75", "2"), cents=38,
)  # fmt: skip


def settle_in(world: World, first: IsoWeek) -> None:
    """Stores, machines and their checks, trained people, who answers, recipes, and what a farm pays."""
    start = first.monday - timedelta(days=30)
    by: dict[str, Any] = {"by": None, "at": moment(start, 9)}
    for kind, name in ((PlaceKind.AMBIENT, "Réserve"), (PlaceKind.COLD, "Chambre froide")):
        Place.objects.create(
            ecopole=world.ecopole, agent=world.kitchen, kind=kind, name=name, commune=world.kitchen.commune
        )
    machines = {
        kind: actions.add_equipment(
            ecopole=world.ecopole, kind=kind, name=name, since=start - timedelta(days=900), key=f"demo:{kind}"
        )
        for kind, name in MACHINES
    }
    for machine, fact in CHECKED:
        actions.note_fact(equipment=machines[machine], kind=fact, on=start, note="rapport au classeur",
                          key=f"demo:{start}", **by)  # fmt: skip
    for what in ("Autoclave", "Hygiène alimentaire"):
        actions.note_record(
            ecopole=world.ecopole, kind="training", what=what, on=start, until=start + timedelta(days=1826),
            person=world.users[Role.COOK], note="organisme agréé", key=f"demo:training:{what}", **by,
        )  # fmt: skip
    actions.say_operator(
        ecopole=world.ecopole, kitchen=world.kitchen, name=world.kitchen.name,
        address="2 chemin des Roseaux, 62162 Vieille-Église", organic_body="FR-BIO-01",
        organic_until=start + timedelta(days=1200), starts_on=start, key="demo:operator", **by,
    )  # fmt: skip
    for dish in (*DISHES, PUREE):
        _write(world, dish, machines, by)
    actions.agree_fee(
        ecopole=world.ecopole, kitchen=world.kitchen, farm=world.farms[0], per_batch=Money(6_000),
        per_unit=Money(55), starts_on=start, agreed="convention de façonnage", key="demo:fee",
        service=world.products[SERVICE], **by,
    )  # fmt: skip


def _write(world: World, dish: Dish, machines: dict[str, Equipment], by: dict[str, Any]) -> RecipeVersion:
    used = ["kettle", "autoclave" if dish.schedule == "sterilised" else "thermometer"]
    written = actions.Written(
        schedule=dish.schedule,
        lines=[actions.Line(world.products[code], Decimal(kg), named) for code, kg, named in dish.inputs],
        yield_low=Decimal(dish.units * 9 // 10), yield_likely=Decimal(dish.units),
        yield_high=Decimal(dish.units * 11 // 10), water_kg=Decimal(dish.water), hours=Decimal(dish.hours),
        packaging=Money(dish.cents), life_days=dish.days, storage=dish.storage,
        core_celsius=Decimal(dish.core[0]) if dish.core else None,
        core_minutes=Decimal(dish.core[1]) if dish.core else None,
        steps="Laver, éplucher, peser.\nCuire, mixer, goûter.\nRemplir chaud, fermer, étiqueter.",
        equipment=[machines[kind] for kind in used],
    )  # fmt: skip
    return actions.write_recipe(
        ecopole=world.ecopole, product=world.products[dish.product], name=dish.name, written=written,
        key=f"demo:{dish.product}", **by,
    )  # fmt: skip


def live_week(world: World, week: IsoWeek, due: Sequence[Commitment]) -> set[int]:
    """Cleaning each week; every other week, a batch on Friday, of `due` compost first.

    Returns the promises of compost that were wholly met otherwise.
    """
    day = week.days[FRIDAY]
    _clean(world, week, day)
    if week.week == CHECK_WEEK:
        _check_machines(world, day)
    return set() if week.week % EVERY_WEEKS else batch_on(world, day, due)


def batch_on(world: World, day: date, due: Sequence[Commitment]) -> set[int]:
    """What waits is released, and a batch of the season is cooked, of `due` compost first."""
    _release(world, day)
    week = IsoWeek.of(day)
    number = week.year * 100 + week.week
    dish = next((one for one in DISHES if week.week in one.weeks), DISHES[0])
    version = RecipeVersion.objects.select_related("recipe__product", "recipe__ecopole").get(
        recipe__ecopole=world.ecopole, recipe__name=dish.name
    )
    owner = world.farms[0] if number // EVERY_WEEKS % OWN_EVERY == 3 else None
    taken = set() if owner else _save(world, version, due, day)
    _bring(world, version, owner, day)
    _cook(world, version, owner, day, Random(number))
    return taken


def _check_machines(world: World, day: date) -> None:
    """Once a year, the inspector and the instruments' laboratory."""
    machines = {row.kind: row for row in Equipment.objects.filter(ecopole=world.ecopole)}
    for kind, fact in CHECKED:
        actions.note_fact(equipment=machines[kind], kind=fact, on=day, note="rapport au classeur", by=None,
                          at=moment(day, 14), key=f"demo:{day}")  # fmt: skip


def _clean(world: World, week: IsoWeek, day: date) -> None:
    tasks = ["Plans de travail et sols"]
    tasks += ["Chambre froide"] if week.week % 2 else []
    tasks += ["Hottes et filtres"] if week.week % 4 == 0 else []
    for what in tasks:
        actions.note_record(ecopole=world.ecopole, kind="cleaning", what=what, on=day, by=None,
                            at=moment(day, 16), key=f"demo:{day}:{what}")  # fmt: skip
    if week.week % 26 == GAP_EVERY:
        gap = actions.note_record(
            ecopole=world.ecopole, kind="nonconformity", what="Joint de la chambre froide abîmé", on=day,
            by=None, at=moment(day, 8), key=f"demo:{day}:gap",
        )  # fmt: skip
        actions.reply(
            record=gap, done="Joint changé, 3 °C relevés une heure après.", by=None, at=moment(day, 15)
        )


def _save(world: World, version: RecipeVersion, due: Sequence[Commitment], day: date) -> set[int]:
    """What this recipe can use of what would be composted, and no more than it needs."""
    wanted = {row.product_id: row.quantity for row in version.ingredients.all()}
    if not any(c.product_id in wanted for c in due):
        return set()
    whole = set()
    for line in surplus(world.ecopole, (day, day)):
        quantity = min(line.left, wanted.get(line.lot.product_id, Decimal(0)))
        if quantity <= 0:
            continue
        actions.take_surplus(
            ecopole=world.ecopole, kitchen=world.kitchen, line=line, quantity=quantity,
            price=worth(line.lot.product, day), by=None, at=moment(day, 7),
            key=f"demo:{day}:{line.commitment_id}",
        )  # fmt: skip
        wanted[line.lot.product_id] -= quantity
        if quantity == line.left:
            whole.add(line.commitment_id)
    return whole


def _bring(world: World, version: RecipeVersion, owner: Agent | None, day: date) -> None:
    """Farms bring what is missing: their second grade; and a farm, all the vegetables of its own batch."""
    here: dict[int, Decimal] = {}
    for line in stock(world.ecopole, holder=world.kitchen):
        here[line.product.pk] = here.get(line.product.pk, Decimal(0)) + (line.quantity if line.own else 0)
    own: list[actions.Bought] = []
    bought: list[actions.Bought] = []
    for n, row in enumerate(version.ingredients.select_related("product").order_by("id")):
        grown = row.product.family in ("vegetable", "fruit")
        kept = owner is not None and grown
        missing = row.quantity if kept else row.quantity - here.get(row.product_id, Decimal(0))
        if missing <= 0:
            continue
        # Sugar and salt are bought for a season, vegetables for the day.
        quantity = missing if grown else missing * 6
        (own if kept else bought).append(
            actions.Bought(
                row.product, quantity, Quality.ORGANIC, worth(row.product, day), f"{day:%y%m%d}-{n}",
                "france" if grown else "eu", kept=kept,
            )
        )  # fmt: skip
    for name, supplier, lines in (("own", owner, own), ("farm", world.farms[1], bought)):
        if supplier and lines:
            actions.buy(
                ecopole=world.ecopole, kitchen=world.kitchen, supplier=supplier, bought=lines, by=None,
                at=moment(day, 7, 30), key=f"demo:{day}:{name}",
            )  # fmt: skip


def _cook(world: World, version: RecipeVersion, owner: Agent | None, day: date, dice: Random) -> Batch:
    by: dict[str, Any] = {"by": None}
    batch = actions.plan_batch(
        ecopole=world.ecopole, kitchen=world.kitchen, version=version, planned=version.yield_likely, on=day,
        owner=owner, at=moment(day, 7, 45), key=f"demo:{day}", **by,
    )  # fmt: skip
    _put_in(world, batch, day)
    _points(batch, day, dice)
    _finish(batch, day, dice)
    return batch


def _put_in(world: World, batch: Batch, day: date) -> None:
    there = stock(world.ecopole, holder=world.kitchen)
    needed = {
        row.product: scaled(row.quantity, batch.planned, batch.version.yield_likely)
        for row in batch.version.ingredients.select_related("product").order_by("id")
    }
    filled = proposed(needed, there, batch.owner_id, day)
    lines = [(line, filled[at]) for line in there if (at := (line.lot.pk, line.place.pk)) in filled]
    actions.use(batch=batch, lines=lines, by=None, at=moment(day, 8, 30), key=f"demo:{day}:use")


def _points(batch: Batch, day: date, dice: Random) -> None:
    """Read as the work goes; now and then a cycle is too short, and done again."""
    version, key = batch.version, f"demo:{day}"
    if version.schedule == "sterilised":
        autoclave = version.equipment.get(kind="autoclave")
        short = dice.random() < 0.1
        for n, hold in enumerate([6, 16] if short else [16]):
            curve = [(0, "60"), (14, "116.5"), (14 + hold, "117"), (34 + hold, "70")]
            read = actions.Read(
                "f0", curve=[(Decimal(minute), Decimal(celsius)) for minute, celsius in curve],
                equipment=autoclave, note=f"cycle {day:%y%j}-{n + 1}",
            )  # fmt: skip
            control = actions.check(
                batch=batch, read=read, by=None, at=moment(day, 11 + n), key=f"{key}:f0:{n}"
            )
            if control.out:
                actions.reply(control=control, done="Vanne refermée, second cycle complet.", by=None,
                              at=moment(day, 11, 50))  # fmt: skip
        return
    celsius, minutes = version.core_celsius or Decimal(0), version.core_minutes or Decimal(0)
    core = actions.Read("core", value=celsius + dice.randint(0, 4), minutes=minutes + dice.randint(0, 3))
    actions.check(batch=batch, read=core, by=None, at=moment(day, 11), key=f"{key}:core")
    ph = actions.Read("ph", value=Decimal(dice.randint(33, 42)) / 10)
    actions.check(batch=batch, read=ph, by=None, at=moment(day, 11, 20), key=f"{key}:ph")


def _finish(batch: Batch, day: date, dice: Random) -> None:
    """Bottles counted; what is not in them was peeled off, or boiled away."""
    version, product = batch.version, batch.version.recipe.product
    made = batch.planned - dice.randint(2, 4)
    rows = version.ingredients.select_related("product")
    went = sum((kilos(row.product, row.quantity) for row in rows), version.water_kg)
    rest = went - kilos(product, made + 2)
    trimmings = (rest * Decimal("0.8")).quantize(Decimal("0.1"))
    out = actions.Out(
        made, version.hours + Decimal(dice.choice(("-0.5", "0", "0.5"))), samples=2,
        water_kg=version.water_kg,        trimmings_kg=max(trimmings, Decimal(0)),
        steam_kg=max((rest - trimmings).quantize(Decimal("0.1")), Decimal(0)),
        reason="" if rest >= 0 else "légumes plus lourds que d’habitude",
    )  # fmt: skip
    actions.finish(batch=batch, out=out, by=None, at=moment(day, 15), key=f"demo:{day}:finish")


def _release(world: World, day: date) -> None:
    """The oven is opened a week after: what held is released, and leaves for the shops, or for its farm."""
    since = day - timedelta(days=7 * EVERY_WEEKS + 1)
    rows = of_ecopole(world.ecopole).filter(on__gte=since, on__lt=day)
    for sheet in sheets(rows):
        if sheet.state == "held":
            _open_oven(sheet, day)
            _send(world, sheet, day)


def _open_oven(sheet: Sheet, day: date) -> None:
    read = actions.Read("incubation", value=Decimal(1), note="7 jours à 37 °C")
    actions.check(batch=sheet.batch, read=read, by=None, at=moment(day, 8), key=f"demo:{day}:oven")
    actions.release(batch=sheet.batch, by=None, at=moment(day, 8, 10), key=f"demo:{day}:release")


def _send(world: World, sheet: Sheet, day: date) -> None:
    """Two fifths leave for a shop, as many to the order of a canteen; the farm's own go back to it."""
    lot, owner = sheet.lot, sheet.batch.owner
    assert lot is not None
    part = (sheet.made * 2 // 5).quantize(Decimal(1))
    price = (sheet.recipe.product.reference_price or Money(0)).times(Decimal("0.8"))
    turn = day.toordinal() // 14
    actions.send(
        ecopole=world.ecopole, kitchen=world.kitchen, lot=lot, price=price, by=None, at=moment(day, 9),
        receiver=owner or world.shops[turn % len(world.shops)], quantity=sheet.made if owner else part,
        key=f"demo:{day}:send",
    )  # fmt: skip
    if owner is None:
        asked = actions.take_order(
            ecopole=world.ecopole, kitchen=world.kitchen, receiver=world.canteens[turn % len(world.canteens)],
            product=sheet.recipe.product, quantity=part, price=price, due_on=day, at=moment(day, 9),
            key=f"demo:{day}:kitchen:order",
        )  # fmt: skip
        actions.deliver(
            ecopole=world.ecopole, order=Order(asked, part), quantity=part, by=None, at=moment(day, 10),
            key=f"demo:{day}:kitchen:deliver",
        )  # fmt: skip


def _given_up(world: World, version: RecipeVersion, eve: date) -> None:
    """So much of a vegetable the platform holds is promised to the compost, as a plan does."""
    wanted = set(version.ingredients.values_list("product", flat=True))
    there = [line for line in stock(world.ecopole, holder=world.platform) if line.own]
    kept = [
        line for line in there if line.keeps_until and line.keeps_until >= eve + timedelta(days=3)
        and line.quantity >= SURPLUS_KG
    ]  # fmt: skip
    found = sorted(kept, key=lambda line: (line.product.pk not in wanted, -line.quantity, line.lot.pk))
    for line in [line for line in found if line.product.code in stuffs() and line.product.unit == Unit.KG][
        :1
    ]:
        lost = Promise(
            Action.LOWER, world.platform.pk, world.platform.pk, line.product.pk, SURPLUS_KG, Unit.KG,
            eve + timedelta(days=3), key=f"demo:surplus:{eve}", lot_id=line.lot.pk,
            from_place_id=line.place.pk, note=COMPOST,
        )  # fmt: skip
        promise(ecopole=world.ecopole, promises=[lost])


def of_the_moment(world: World, today: date) -> None:
    """A batch planned for today, with all it needs in store, and something to save from the compost."""
    version = RecipeVersion.objects.select_related("recipe__product", "recipe__ecopole").get(
        recipe__ecopole=world.ecopole, recipe__name=DISHES[0].name
    )
    eve = today - timedelta(days=1)
    _given_up(world, version, eve)
    if not Intake.objects.filter(ecopole=world.ecopole, key__startswith=f"demo:{eve}:").exists():
        _bring(world, version, None, eve)
    product = version.recipe.product
    actions.take_order(
        ecopole=world.ecopole, kitchen=world.kitchen, receiver=world.canteens[0], product=product,
        quantity=Decimal(24), price=product.reference_price or Money(0), due_on=today + timedelta(days=1),
        at=moment(eve, 15), key=f"demo:moment:{today}:order",
    )  # fmt: skip
    actions.plan_batch(
        ecopole=world.ecopole, kitchen=world.kitchen, version=version, planned=version.yield_likely, on=today,
        by=None, at=moment(eve, 16), key=f"demo:moment:{today}",
    )  # fmt: skip
