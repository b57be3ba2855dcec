"""A small platform on Monday 23 November 2026: Alice coordinates, Lou runs it, Fanny farms, Charlie cooks."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils import timezone

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
from terreau.ledger.models import Commitment, Custody, Lot, ProcessKind
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.territory.abilities import Role
from terreau.territory.models import (
    Agent,
    AgentKind,
    Commune,
    Ecopole,
    Membership,
    Place,
    PlaceKind,
    Product,
    Quality,
    User,
)

TODAY = date(2026, 11, 23)
WEEK = IsoWeek.of(TODAY)
NOW = timezone.make_aware(datetime(2026, 11, 23, 10))
EARLIER = timezone.make_aware(datetime(2026, 11, 23, 6))
NUMBERS = count()


@dataclass
class Small:
    """One écopôle with all that a platform needs, and no more."""

    ecopole: Ecopole
    platform: Agent
    garden: Agent
    farm: Agent
    canteen: Agent
    shop: Agent
    cold: Place
    dry: Place
    dock: Place
    bed: Place
    carrot: Product
    lettuce: Product
    people: dict[str, User] = field(default_factory=dict)

    def door(self, agent: Agent) -> Place:
        return Place.objects.get(agent=agent)

    def url(self, path: str) -> str:
        return f"/e/{self.ecopole.slug}/plateforme/{path}"

    def arrival(self, quantity: str = "12", day: date = TODAY, **more: Any) -> Commitment:
        return self._promise(
            "transfer", self.farm, self.platform, quantity, day, to_place_id=self.cold.pk, **more
        )

    def order(
        self,
        quantity: str = "10",
        day: date = TODAY,
        customer: Agent | None = None,
        product: Product | None = None,
    ) -> tuple[Commitment, Commitment]:
        """The picking and the delivery of one line, under one process as a published plan writes them."""
        customer = customer or self.canteen
        process = open_processes(
            ecopole=self.ecopole,
            processes=[
                NewProcess(
                    kind=ProcessKind.DELIVERY,
                    key=f"delivery:{day}:{customer.pk}",
                    agent_id=customer.pk,
                    place_id=self.door(customer).pk,
                    planned_for=day,
                )
            ],
        )[0]
        shared: dict[str, Any] = {"process_id": process.pk, "product": product}
        pick = self._promise(
            "move", self.platform, self.platform, quantity, day,
            from_place_id=self.cold.pk, to_place_id=self.dock.pk, **shared,
        )  # fmt: skip
        delivery = self._promise(
            "transfer", self.platform, customer, quantity, day,
            from_place_id=self.dock.pk, to_place_id=self.door(customer).pk, price=Money(1000), **shared,
        )  # fmt: skip
        return pick, delivery

    def compost(self, lot: Lot, quantity: str = "3") -> Commitment:
        return self._promise(
            "lower", self.platform, self.platform, quantity, TODAY, lot_id=lot.pk, from_place_id=self.cold.pk
        )

    def _promise(
        self, action: str, giver: Agent, taker: Agent, quantity: str, day: date, *,
        product: Product | None = None, **more: Any,
    ) -> Commitment:  # fmt: skip
        product = product or self.carrot
        made = Promise(
            action, giver.pk, taker.pk, product.pk, Decimal(quantity), Unit(product.unit), day,
            key=f"promise-{next(NUMBERS)}", **more,
        )  # fmt: skip
        return promise(ecopole=self.ecopole, promises=[made])[0]

    def stocked(
        self,
        quantity: str,
        keeps_until: date | None = None,
        place: Place | None = None,
        quality: Quality = Quality.ORGANIC,
    ) -> Lot:
        """Carrots that the platform already holds."""
        number = next(NUMBERS)
        lot = new_lots(
            ecopole=self.ecopole,
            lots=[
                NewLot(
                    self.carrot,
                    self.farm.pk,
                    quality,
                    EARLIER,
                    f"lot-{number}",
                    keeps_until=keeps_until,
                )
            ],
        )[0]
        entry = Entry(
            "produce", self.platform.pk, self.platform.pk, self.carrot.pk, Decimal(quantity), Unit.KG,
            f"stock-{number}", EARLIER, lot=lot, to_place_id=(place or self.cold).pk,
        )  # fmt: skip
        record(ecopole=self.ecopole, entries=[entry], recorded_by=None, recorded_at=EARLIER)
        return lot

    def held(self, place: Place) -> Decimal:
        return sum((row.quantity for row in Custody.objects.filter(place=place)), Decimal(0))


def small(slug: str = "polder") -> Small:
    commune, _ = Commune.objects.get_or_create(
        code="62057", defaults={"name": "Audruicq", "departement": "62", "latitude": 50.88, "longitude": 2.08}
    )
    ecopole = Ecopole.objects.create(slug=slug, name=f"Écopôle {slug}", commune=commune)

    def agent(kind: str, name: str) -> Agent:
        return Agent.objects.create(
            ecopole=ecopole, kind=kind, name=name, commune=commune, phone="01 99 00 00 00"
        )

    def place(holder: Agent, kind: str, name: str, **more: Any) -> Place:
        return Place.objects.create(
            ecopole=ecopole, agent=holder, kind=kind, name=name, commune=commune, **more
        )

    def product(code: str, name: str, unit: Unit, unit_kg: str) -> Product:
        made, _ = Product.objects.get_or_create(
            code=code,
            defaults={
                "name": name, "unit": unit, "family": "vegetable", "unit_kg": Decimal(unit_kg),
                "keeps_days": 10, "reference_price": Money(200), "macantine_family": "FRUITS_ET_LEGUMES",
            },
        )  # fmt: skip
        return made

    platform, garden = agent(AgentKind.PLATFORM, "Plateforme"), agent(AgentKind.GARDEN, "Jardin")
    farm, canteen = agent(AgentKind.FARM, "Ferme des Saules"), agent(AgentKind.CANTEEN, "Cantine des Roseaux")
    shop = agent(AgentKind.SHOP, "Halle du Canal")
    here = {"latitude": 50.88, "longitude": 2.08}
    place(farm, PlaceKind.DOOR, "Cour")
    place(canteen, PlaceKind.DOOR, "Réception", latitude=50.98, longitude=2.08)
    place(shop, PlaceKind.DOOR, "Réception", latitude=50.90, longitude=2.08)
    world = Small(
        ecopole, platform, garden, farm, canteen, shop,
        place(platform, PlaceKind.COLD, "Chambre froide", capacity_kg=Decimal(1000), **here),
        place(platform, PlaceKind.AMBIENT, "Réserve sèche", **here),
        place(platform, PlaceKind.DOCK, "Quai", **here),
        place(garden, PlaceKind.BED, "Planche A1"),
        product("carotte", "Carotte", Unit.KG, "1"),
        product("laitue", "Laitue", Unit.PIECE, "0.35"),
    )  # fmt: skip
    for name, role, holder in (
        ("alice", Role.COORDINATOR, garden), ("daniel", Role.DIRECTOR, garden),
        ("lou", Role.PLATFORM, platform),
        ("fanny", Role.FARMER, farm), ("charlie", Role.BUYER, canteen),
    ):  # fmt: skip
        world.people[name] = User.objects.create_user(
            f"{name}@{slug}.example", "trois mots étonnants", name=name
        )
        Membership.objects.create(user=world.people[name], ecopole=ecopole, agent=holder, role=role)
    return world


def form(due: Iterable[Commitment], key: str = "cle-12345678", **more: str) -> dict[str, Any]:
    return {"key": key, "due": [str(c.pk) for c in due], **more}
