"""A kitchen, a farm, a platform with carrots nobody takes, on Friday 27 November 2026."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.test import Client
from django.utils import timezone

from terreau.ledger.actions import Entry, NewLot, Promise, new_lots, promise, record
from terreau.ledger.models import Event, Lot
from terreau.ledger.queries import StockLine, stock
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.rooms.kitchen import actions
from terreau.rooms.kitchen.models import Batch, Control, Equipment, Fee, RecipeVersion
from terreau.rooms.kitchen.trades import SERVICE, WORK
from terreau.territory.abilities import Role
from terreau.territory.models import Agent, AgentKind, Commune, Ecopole, Place, Product, User
from terreau.territory.tests.factories import someone

CLOCK = "2026-11-27T10:00"
NOW = timezone.make_aware(datetime(2026, 11, 27, 10))
TODAY = date(2026, 11, 27)
WRITTEN: dict[str, Any] = {"by": None, "at": NOW}
numbers = count(1)
PRODUCTS = {
    "carotte": ("Carotte", "kg", "1", "vegetable", "2.00", "cold"),
    "celeri-rave": ("Céleri-rave", "piece", "0.7", "vegetable", "2.50", "cold"),
    "sel": ("Sel marin", "kg", "1", "grocery", "0.90", "ambient"),
    "vinaigre-cidre": ("Vinaigre de cidre", "litre", "1.01", "grocery", "3.60", "ambient"),
    "soupe-legumes": ("Soupe de légumes", "piece", "1", "preserve", "4.80", "ambient"),
    "puree-legumes": ("Purée de légumes", "piece", "2", "preserve", "11.00", "cold"),
    WORK: ("Travail en conserverie", "hour", "0", "work", "0", "ambient"),
    SERVICE: ("Fournée à façon", "piece", "0", "work", "0", "ambient"),
}


@dataclass
class House:
    ecopole: Ecopole
    agents: dict[str, Agent]
    places: dict[str, Place]
    products: dict[str, Product]
    machines: dict[str, Equipment] = field(default_factory=dict)

    @property
    def kitchen(self) -> Agent:
        return self.agents["cuisine"]

    def client(self, role: Role = Role.COOK, agent: str = "cuisine") -> Client:
        client = Client()
        email = f"{role}-{self.agents[agent].pk}@{self.ecopole.slug}.example"
        known = User.objects.filter(email=email).first()
        client.force_login(known or someone(email, self.agents[agent], role))
        return client

    def url(self, end: str = "") -> str:
        return f"/e/{self.ecopole.slug}/transformation/{end}"

    def lot(
        self, product: str, quantity: str, owner: str = "cuisine", holder: str = "cuisine", **more: Any
    ) -> Lot:
        """So much of a product, which is somebody's and which somebody holds, since yesterday."""
        row, n = self.products[product], next(numbers)
        at = more.pop("at", NOW - timedelta(days=1))
        lot = new_lots(
            ecopole=self.ecopole,
            lots=[NewLot(row, self.agents[owner].pk, more.pop("quality", 2), at, f"lot-{n}", **more)],
        )[0]  # fmt: skip
        giver, taker = self.agents[owner].pk, self.agents[holder].pk
        place = self.places[holder].pk
        amount, unit = Decimal(quantity), Unit(row.unit)
        gate = self.places[owner].pk
        born = f"born-{n}"
        entries = [Entry("produce", giver, giver, row.pk, amount, unit, born, at, lot=lot, to_place_id=gate)]
        if giver != taker:
            entries.append(
                Entry("transfer_custody", giver, taker, row.pk, amount, unit, f"held-{n}", at, lot=lot,
                      from_place_id=gate, to_place_id=place)
            )  # fmt: skip
        record(ecopole=self.ecopole, entries=entries, recorded_by=None, recorded_at=NOW)
        return lot

    def surplus(self, quantity: str = "40", due: date = TODAY) -> Lot:
        """Carrots of the platform, which its plan sends to the compost."""
        lot = self.lot("carotte", quantity, "plateforme", "plateforme", keeps_until=due + timedelta(days=1))
        platform = self.agents["plateforme"].pk
        lost = Promise("lower", platform, platform, lot.product_id, Decimal(quantity), Unit.KG, due,
                       key=f"compost-{lot.pk}", lot_id=lot.pk, from_place_id=self.places["plateforme"].pk,
                       plan="week:2026-W48:p1", note="compost")  # fmt: skip
        promise(ecopole=self.ecopole, promises=[lost])
        return lot

    def held(self, agent: str = "cuisine") -> dict[str, Decimal]:
        return {line.lot.code: line.quantity for line in stock(self.ecopole, holder=self.agents[agent])}

    def line(self, lot: Lot) -> StockLine:
        return next(line for line in stock(self.ecopole, holder=self.kitchen) if line.lot.pk == lot.pk)

    def recipe(self, schedule: str = "sterilised", **more: Any) -> RecipeVersion:
        """Ten bottles: 8 kg of carrots, 0,1 kg of salt, and a litre of water or so."""
        chilled = schedule == "chilled"
        code, units = ("puree-legumes", 5) if chilled else ("soupe-legumes", 10)
        given: dict[str, Any] = {
            "schedule": schedule,
            "lines": [actions.Line(self.products["carotte"], Decimal(8), named=True),
                      actions.Line(self.products["sel"], Decimal("0.1"))],
            "yield_low": Decimal(units - 1), "yield_likely": Decimal(units), "yield_high": Decimal(units + 1),
            "hours": Decimal(4), "water_kg": Decimal("2.5"), "packaging": Money(45),
            "life_days": 3 if chilled else 540, "steps": "Laver, éplucher, cuire, mixer, remplir.",
            "storage": "À conserver à +3 °C au plus" if chilled else "À l’abri de la lumière",
            "core_celsius": None if schedule == "sterilised" else Decimal(75),
            "core_minutes": None if schedule == "sterilised" else Decimal(2),
            "equipment": [self.machines["autoclave"]] if schedule == "sterilised" else [],
        } | more  # fmt: skip
        return actions.write_recipe(
            ecopole=self.ecopole, product=self.products[code], name=f"Carottes {schedule}",
            written=actions.Written(**given), key=f"recipe-{next(numbers)}", **WRITTEN,
        )  # fmt: skip

    def plan(self, version: RecipeVersion, planned: str = "10", **more: Any) -> Batch:
        given: dict[str, Any] = {"on": TODAY, "owner": None, "key": f"batch-{next(numbers)}"} | WRITTEN | more
        return actions.plan_batch(
            ecopole=self.ecopole, kitchen=self.kitchen, version=version, planned=Decimal(planned), **given
        )

    def use(self, batch: Batch, *lines: tuple[Lot, str], key: str = "") -> list[Event]:
        taken = [(self.line(lot), Decimal(quantity)) for lot, quantity in lines]
        return actions.use(batch=batch, lines=taken, key=key or f"use-{next(numbers)}", **WRITTEN)

    def check(self, batch: Batch, point: str, value: str = "", **more: Any) -> Control:
        given: dict[str, Any] = {"value": Decimal(value) if value else None} | more
        read = actions.Read(point, **given)
        return actions.check(batch=batch, read=read, key=f"check-{next(numbers)}", **WRITTEN)

    def cycle(self, batch: Batch, minutes: str = "15") -> Control:
        """So many minutes at 118 °C in the autoclave."""
        curve = [(Decimal(0), Decimal(118)), (Decimal(minutes), Decimal(118))]
        return self.check(batch, "f0", curve=curve, equipment=self.machines["autoclave"], note="cycle 412")

    def finish(self, batch: Batch, made: str = "10", key: str = "", **more: Any) -> list[Event]:
        given: dict[str, Any] = {
            "hours": Decimal(4), "water_kg": Decimal("2.5"), "trimmings_kg": Decimal("0.6"),
        } | more  # fmt: skip
        out = actions.Out(Decimal(made), **given)
        return actions.finish(batch=batch, out=out, key=key or f"finish-{next(numbers)}", **WRITTEN)

    def cooked(self, owner: str = "", schedule: str = "sterilised") -> Batch:
        """A batch of ten bottles, finished and held."""
        carrots = self.lot("carotte", "8", owner or "cuisine")
        salt = self.lot("sel", "1")
        batch = self.plan(self.recipe(schedule), owner=self.agents[owner] if owner else None)
        self.use(batch, (carrots, "8"), (salt, "0.1"))
        self.finish(batch)
        return batch

    def fee(self, per_batch: int = 4_000, per_unit: int = 60, **more: Any) -> Fee:
        given: dict[str, Any] = {
            "agreed": "convention du 2 novembre",
            "key": f"fee-{next(numbers)}",
            "starts_on": TODAY,
        }
        return actions.agree_fee(
            ecopole=self.ecopole, kitchen=self.kitchen, farm=self.agents["ferme"], per_batch=Money(per_batch),
            per_unit=Money(per_unit), service=self.products[SERVICE], **(given | WRITTEN | more),
        )  # fmt: skip


def make_house(slug: str = "polder") -> House:
    commune, _ = Commune.objects.get_or_create(
        code="62057", defaults={"name": "Audruicq", "departement": "62", "latitude": 50.88, "longitude": 2.08}
    )
    ecopole = Ecopole.objects.create(slug=slug, name=slug, commune=commune)
    products = {}
    for code, (name, unit, weight, family, price, storage) in PRODUCTS.items():
        given = {"name": name, "unit": unit, "unit_kg": Decimal(weight), "family": family, "storage": storage,
                 "reference_price": Money.from_euros(price)}  # fmt: skip
        products[code], _ = Product.objects.get_or_create(code=code, defaults=given)
    agents, places = {}, {}
    for name, kind in (
        ("cuisine", AgentKind.KITCHEN), ("ferme", AgentKind.FARM), ("autre ferme", AgentKind.FARM),
        ("plateforme", AgentKind.PLATFORM), ("cantine", AgentKind.CANTEEN),
    ):  # fmt: skip
        agents[name] = Agent.objects.create(
            ecopole=ecopole, kind=kind, name=name.capitalize(), commune=commune
        )
        places[name] = Place.objects.create(
            ecopole=ecopole, agent=agents[name], kind="ambient", name=f"Réserve {name}"
        )
    house = House(ecopole, agents, places, products)
    for kind, name in (("autoclave", "Autoclave A"), ("thermometer", "Sonde 1")):
        house.machines[kind] = actions.add_equipment(
            ecopole=ecopole, kind=kind, name=name, since=TODAY - timedelta(days=400), key=f"machine-{name}"
        )
    actions.note_record(
        ecopole=ecopole, kind="training", what="Autoclave", on=TODAY - timedelta(days=100),
        person=someone("cook@example.org", agents["cuisine"], Role.COOK), key="training", **WRITTEN,
    )  # fmt: skip
    actions.say_operator(
        ecopole=ecopole, kitchen=agents["cuisine"], name="Cuisine du polder",
        address="1 rue du Marais, 62370 Audruicq", organic_body="FR-BIO-01",
        organic_until=TODAY + timedelta(days=90), starts_on=TODAY - timedelta(days=300), key="operator",
        **WRITTEN,
    )  # fmt: skip
    return house
