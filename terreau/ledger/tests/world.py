"""A tiny territory for the ledger: a garden, a farm, a platform, a canteen, and who works there."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from terreau.ledger.actions import (
    Entry,
    NewLot,
    NewProcess,
    Promise,
    new_lots,
    open_processes,
    promise,
    record,
)
from terreau.ledger.models import Commitment, Custody, Event, Lot, Process, Rights
from terreau.measures.quantity import Unit
from terreau.territory.models import Agent, Commune, Ecopole, Place, Product, Quality

MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class World:
    ecopole: Ecopole
    agents: dict[str, Agent] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    numbers: Any = field(default_factory=count)

    def agent(self, name: str, kind: str) -> None:
        agent = Agent.objects.create(
            ecopole=self.ecopole, kind=kind, name=name, contact="À l’accueil", phone="03 00 00 00 00"
        )
        self.agents[name] = agent
        self.places[name] = Place.objects.create(ecopole=self.ecopole, agent=agent, kind="cold", name=name)

    def product(self, code: str, unit: Unit, unit_kg: str) -> None:
        self.products[code], _ = Product.objects.get_or_create(
            code=code,
            defaults={"name": code, "unit": unit, "family": "vegetable", "unit_kg": Decimal(unit_kg)},
        )

    def lot(self, product: str, producer: str = "jardin", at: datetime = MORNING, **more: Any) -> Lot:
        key = f"lot-{next(self.numbers)}"
        new = NewLot(self.products[product], self.agents[producer].pk, Quality.ORGANIC, at, key, **more)
        return new_lots(ecopole=self.ecopole, lots=[new])[0]

    def process(self, kind: str = "batch") -> Process:
        return open_processes(
            ecopole=self.ecopole, processes=[NewProcess(kind=kind, key=f"process-{next(self.numbers)}")]
        )[0]

    def entry(
        self, action: str, amount: str, lot: Lot | None, giver: str, taker: str = "", **more: Any
    ) -> Entry:
        """An entry from one agent's place to another's, an hour after the lot was born."""
        taker = taker or giver
        product = lot.product if lot else self.products["travail"]
        values: dict[str, Any] = {
            "key": f"event-{next(self.numbers)}",
            "occurred_at": (lot.born_at if lot else MORNING) + timedelta(hours=1),
            "from_place_id": self.places[giver].pk,
            "to_place_id": self.places[taker].pk,
        }
        return Entry(
            action,
            self.agents[giver].pk,
            self.agents[taker].pk,
            product.pk,
            Decimal(amount),
            Unit(product.unit),
            lot=lot,
            **(values | more),
        )

    def record(self, *entries: Entry) -> list[Event]:
        return record(ecopole=self.ecopole, entries=entries, recorded_by=None, recorded_at=NOW)

    def add(
        self, action: str, amount: str, lot: Lot | None, giver: str, taker: str = "", **more: Any
    ) -> Event:
        return self.record(self.entry(action, amount, lot, giver, taker, **more))[0]

    def harvested(self, product: str, amount: str, producer: str = "jardin", **more: Any) -> Lot:
        lot = self.lot(product, producer, **more)
        self.add("produce", amount, lot, producer)
        return lot

    def promised(self, product: str, amount: str, giver: str, taker: str, **more: Any) -> Commitment:
        kept = Promise(
            "transfer",
            self.agents[giver].pk,
            self.agents[taker].pk,
            self.products[product].pk,
            Decimal(amount),
            Unit(self.products[product].unit),
            date(2026, 11, 24),
            key=f"promise-{next(self.numbers)}",
            **more,
        )
        return promise(ecopole=self.ecopole, promises=[kept])[0]

    def held(self, lot: Lot, holder: str) -> Decimal:
        rows = Custody.objects.filter(lot=lot, holder=self.agents[holder])
        return sum((row.quantity for row in rows), Decimal(0))

    def owned(self, lot: Lot, owner: str) -> Decimal:
        rows = Rights.objects.filter(lot=lot, owner=self.agents[owner])
        return sum((row.quantity for row in rows), Decimal(0))


def make_world(slug: str = "bourg") -> World:
    commune, _ = Commune.objects.get_or_create(code="62000", name="Bourg-Exemple", departement="62")
    world = World(Ecopole.objects.create(slug=slug, name=slug, commune=commune))
    for name, kind in (
        ("jardin", "garden"), ("ferme", "farm"), ("plateforme", "platform"), ("cantine", "canteen"),
    ):  # fmt: skip
        world.agent(name, kind)
    for code, unit, unit_kg in (
        ("carotte", Unit.KG, "1"), ("poireau", Unit.KG, "1"), ("soupe", Unit.LITRE, "1"),
        ("laitue", Unit.PIECE, "0.35"), ("travail", Unit.HOUR, "0"),
    ):  # fmt: skip
        world.product(code, unit, unit_kg)
    return world
