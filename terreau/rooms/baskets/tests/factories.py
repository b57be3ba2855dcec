"""A platform that packs two sizes for two depots, on Monday 23 November 2026; Basile packs."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django.test import Client
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
from terreau.ledger.answers import Answer
from terreau.ledger.models import Commitment, Event, ProcessKind
from terreau.ledger.queries import commitments
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.baskets.actions import SizeTerms, add_size, pack, set_counts
from terreau.rooms.baskets.models import BasketSize, DepotCount
from terreau.territory.abilities import Role
from terreau.territory.models import Agent, AgentKind, Commune, Ecopole, Place, PlaceKind, Product, Quality
from terreau.territory.tests.factories import someone

CLOCK = "2026-11-23T10:00"
NOW = timezone.make_aware(datetime(2026, 11, 23, 10))
TODAY = date(2026, 11, 23)
WEEK = IsoWeek(2026, 48)
numbers = count(1)

PRODUCTS = (
    ("carotte", "Carotte", "kg", "vegetable", 200), ("poireau", "Poireau", "kg", "vegetable", 300),
    ("laitue", "Laitue", "piece", "vegetable", 120), ("petit", "Petit panier", "piece", "basket", None),
    ("grand", "Grand panier", "piece", "basket", None), ("geant", "Panier géant", "piece", "basket", None),
)  # fmt: skip


@dataclass
class Packing:
    ecopole: Ecopole
    platform: Agent
    store: Place
    dock: Place
    depots: list[Place]
    products: dict[str, Product]
    sizes: dict[str, BasketSize]

    def client(self, role: Role = Role.BASKETS) -> Client:
        client = Client()
        client.force_login(someone(f"{role}@{self.ecopole.slug}.example", self.platform, role))
        return client

    def url(self, end: str = "") -> str:
        return f"/e/{self.ecopole.slug}/paniers/{end}"

    def stored(self, product: str, amount: str) -> None:
        """What a farm brought yesterday."""
        number, born = next(numbers), NOW.replace(day=22)
        row = self.products[product]
        lot = new_lots(
            ecopole=self.ecopole, lots=[NewLot(row, self.platform.pk, Quality.ORGANIC, born, f"lot-{number}")]
        )[0]
        entry = Entry(
            "produce", self.platform.pk, self.platform.pk, row.pk, Decimal(amount), Unit(row.unit),
            key=f"stored-{number}", occurred_at=born, lot=lot, to_place_id=self.store.pk,
        )  # fmt: skip
        record(ecopole=self.ecopole, entries=[entry], recorded_by=None, recorded_at=NOW)

    def batch(self, size: str, number: int, day: date = TODAY, **contents: str) -> list[Commitment]:
        """The promises of a batch: the baskets, then their vegetables."""
        key = f"batch-{next(numbers)}"
        process = open_processes(
            ecopole=self.ecopole, processes=[NewProcess(kind=ProcessKind.PACKING, key=key, planned_for=day)]
        )[0]
        wanted = [
            ("produce", size, Decimal(number)),
            *(("consume", p, Decimal(a)) for p, a in contents.items()),
        ]
        return promise(
            ecopole=self.ecopole,
            promises=[
                Promise(
                    action, self.platform.pk, self.platform.pk, self.products[code].pk, amount,
                    Unit(self.products[code].unit), day, key=f"{key}:{n}", process_id=process.pk,
                    from_place_id=self.store.pk if action == "consume" else None,
                    to_place_id=self.dock.pk if action == "produce" else None,
                )
                for n, (action, code, amount) in enumerate(wanted)
            ],
        )  # fmt: skip

    def pack(self, promises: list[Commitment], *amounts: str, key: str = "") -> list[Event]:
        """Answer the promises, as planned unless amounts are given."""
        rows = [line.commitment for line in commitments(self.ecopole, keys=[c.key for c in promises])]
        given = [Decimal(a) for a in amounts] or [row.quantity for row in rows]
        return pack(
            ecopole=self.ecopole,
            platform=self.platform,
            packed=[Answer(row, amount) for row, amount in zip(rows, given, strict=True)],
            by=None,
            at=NOW,
            key=key or f"pack-{next(numbers)}",
        )

    def counts(self, week: IsoWeek, *lines: tuple[str, int, int, int]) -> None:
        """(size, rank of the depot, rank of the day, baskets)."""
        set_counts(
            ecopole=self.ecopole,
            week=week,
            counts=[
                DepotCount(size=self.sizes[size], depot=self.depots[d], day=week.days[day], count=number)
                for size, d, day, number in lines
            ],
        )


def terms(**more: Any) -> SizeTerms:
    given = {
        "target_value": Money(1000), "tolerance_percent": 5, "varieties_min": 2, "varieties_max": 7,
        "quality_min": 1,
    }  # fmt: skip
    return SizeTerms(**(given | more))


def make_packing(slug: str = "polder") -> Packing:
    commune, _ = Commune.objects.get_or_create(code="62057", name="Audruicq", departement="62")
    ecopole = Ecopole.objects.create(slug=slug, name=slug, commune=commune)
    platform = Agent.objects.create(ecopole=ecopole, kind=AgentKind.PLATFORM, name="Plateforme")
    products = {}
    for code, name, unit, family, cents in PRODUCTS:
        price = None if cents is None else Money(cents)
        given = {
            "name": name,
            "unit": unit,
            "family": family,
            "unit_kg": Decimal(1),
            "reference_price": price,
        }
        products[code], _ = Product.objects.get_or_create(code=code, defaults=given)

    def place(kind: str, name: str) -> Place:
        return Place.objects.create(ecopole=ecopole, agent=platform, kind=kind, name=name)

    packing = Packing(
        ecopole, platform, place(PlaceKind.COLD, "Chambre froide"), place(PlaceKind.DOCK, "Quai"),
        [place(PlaceKind.DEPOT, "Mairie"), place(PlaceKind.DEPOT, "Gare")], products, {},
    )  # fmt: skip
    for code in ("petit", "grand"):
        packing.sizes[code] = add_size(ecopole=ecopole, maker=platform, product=products[code], terms=terms())
    return packing
