"""One morning of a small platform: a school and a secondary school to the north, a depot to the south.

All on one meridian: a tenth of a degree is 11.1195 km as the crow flies, 14.456 km and 19 min 17 s by road.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from django.test import Client

from terreau.ledger.actions import NewProcess, Promise, open_processes, promise
from terreau.ledger.models import Commitment, ProcessKind
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.planning.models import RoundsPlan
from terreau.planning.rounds.actions import request_rounds, solve_rounds
from terreau.rooms.platform.actions import Fetching, OfferEntry, OrderEntry, offer, order, save_vehicle
from terreau.rooms.platform.models import Vehicle
from terreau.territory.abilities import Role
from terreau.territory.models import Agent, Commune, Ecopole, Place, Product, User
from terreau.territory.tests.factories import someone

DAY = date(2026, 11, 27)
# The evening before.
NOW = datetime(2026, 11, 26, 16, tzinfo=UTC)
TODAY = NOW.date()
LEG_M, LEG_S = 14_456, 1157


@dataclass
class Morning:
    ecopole: Ecopole
    agents: dict[str, Agent] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)

    def url(self, rest: str = "") -> str:
        return f"/e/{self.ecopole.slug}/plateforme/tournees/{rest}"

    def due(self, customer: str, kilos: str, *, product: str = "carotte", day: date = DAY) -> Commitment:
        """A delivery that a published week promised."""
        agent, door, thing = self.agents[customer], self.places[customer], self.products[product]
        process = open_processes(
            ecopole=self.ecopole,
            processes=[
                NewProcess(
                    kind=ProcessKind.DELIVERY, key=f"livraison:{day}:{customer}", agent_id=agent.pk,
                    place_id=door.pk, planned_for=day,
                )
            ],
        )[0]  # fmt: skip
        made = Promise(
            "transfer", self.agents["plateforme"].pk, agent.pk, thing.pk, Decimal(kilos), Unit.KG, day,
            key=f"{day}:{customer}:{product}:{Commitment.objects.count()}", process_id=process.pk,
            from_place_id=self.places["quai"].pk, to_place_id=door.pk,
        )  # fmt: skip
        return promise(ecopole=self.ecopole, promises=[made])[0]

    def fetched(self, farm: str, kilos: str, *, product: str = "carotte", day: date = DAY) -> Commitment:
        """What a published week has the platform's van fetch at a farm's gate."""
        giver, taker, thing = self.agents[farm], self.agents["plateforme"], self.products[product]
        made = Promise(
            "transfer", giver.pk, taker.pk, thing.pk, Decimal(kilos), Unit.KG, day,
            key=f"{day}:{farm}:{product}:{Commitment.objects.count()}", price=Money(1000),
            from_place_id=self.places[farm].pk, to_place_id=self.places["quai"].pk,
        )  # fmt: skip
        return promise(ecopole=self.ecopole, promises=[made])[0]

    def farm(self, name: str, label: str, latitude: float, after: time, before: time) -> None:
        """One that has its goods fetched between two hours."""
        self.door(name, "farm", label, latitude)
        entry = OfferEntry(
            self.agents[name], self.products["carotte"], Decimal(500), Money(90), DAY, DAY,
            fetching=Fetching(True, after, before),
        )  # fmt: skip
        offer(ecopole=self.ecopole, week=IsoWeek.of(DAY), entries=[entry])

    def hours(self, customer: str, after: time, before: time, product: str = "carotte") -> None:
        entry = OrderEntry(
            self.agents[customer], DAY, self.products[product], Decimal(1), Money(200), window=(after, before)
        )
        order(ecopole=self.ecopole, entries=[entry])

    def van(self, name: str = "Fourgon", **changes: Any) -> Vehicle:
        """The prices of domain: 45 € a day, 0.30 €/km, 24 €/h."""
        said: dict[str, Any] = {
            "name": name, "crates": 40, "kilos": Decimal(800), "cold": False, "per_day": Money(4500),
            "per_km": Money(30), "per_hour": Money(2400), "fuel": "diesel", "litres_100km": Decimal(8),
            "shift_hours": Decimal(7), "available_from": time(6), "available_until": time(14),
        }  # fmt: skip
        return save_vehicle(
            ecopole=self.ecopole, vehicle=None, key=f"vehicule:{self.ecopole.slug}:{name}", **said | changes
        )

    def door(self, name: str, kind: str, label: str, latitude: float | None) -> None:
        agent = Agent.objects.create(ecopole=self.ecopole, kind=kind, name=label)
        self.agents[name] = agent
        self.places[name] = Place.objects.create(
            ecopole=self.ecopole, agent=agent, kind="door", name="Porte", latitude=latitude, longitude=2.0
        )


def morning(slug: str = "matin") -> Morning:
    """Ten crates for the school, four for the secondary school, six for the depot; one van."""
    commune, _ = Commune.objects.get_or_create(code="62000", name="Bourg-Exemple", departement="62")
    m = Morning(Ecopole.objects.create(slug=slug, name="Écopôle du Matin", commune=commune))
    m.door("plateforme", "platform", "Plateforme du Matin", 50.0)
    m.places["quai"] = Place.objects.create(
        ecopole=m.ecopole,
        agent=m.agents["plateforme"],
        kind="dock",
        name="Quai",
        latitude=50.0,
        longitude=2.0,
    )
    m.door("ecole", "canteen", "Cantine de l’école", 50.1)
    m.door("college", "canteen", "Cantine du collège", 50.2)
    m.door("depot", "depot", "Dépôt de la gare", 49.9)
    for code, name, family in (("carotte", "Carotte", "vegetable"), ("yaourt", "Yaourt", "dairy")):
        m.products[code], _ = Product.objects.get_or_create(
            code=code, defaults={"name": name, "family": family, "unit": Unit.KG, "unit_kg": Decimal(1)}
        )
    for name, role in (
        ("alice", Role.COORDINATOR), ("lou", Role.PLATFORM), ("daniel", Role.DIRECTOR),
        ("charlie", Role.BUYER),
    ):  # fmt: skip
        m.users[name] = someone(f"{name}@{slug}.example.org", m.agents["plateforme"], role)
    for customer, kilos in (("ecole", "200"), ("college", "80"), ("depot", "120")):
        m.due(customer, kilos)
    m.van()
    return m


def asked(m: Morning, key: str = "premier-plan", at: datetime = NOW) -> RoundsPlan:
    return request_rounds(ecopole=m.ecopole, day=DAY, today=at.date(), by=m.users["alice"], at=at, key=key)


# What the solver answered, by all that it was told.
ANSWERED: dict[str, dict[str, Any]] = {}


def solved(m: Morning, key: str = "premier-plan", at: datetime = NOW) -> RoundsPlan:
    """Solved in little time: three stops need no more. A morning that comes back was solved already."""
    row = asked(m, key, at)
    row.seconds_max = 1
    row.save()
    told = json.dumps([row.problem, row.locks, row.rest, row.previous_id], sort_keys=True, default=str)
    if told not in ANSWERED:
        solve_rounds.func(plan_id=row.pk)
        row.refresh_from_db()
        ANSWERED[told] = {name: getattr(row, name) for name in ("state", "plan", "progress", "message")}
    RoundsPlan.objects.filter(pk=row.pk).update(**ANSWERED[told])
    row.refresh_from_db()
    return row


def visitor(m: Morning, name: str = "alice") -> Client:
    client = Client()
    client.force_login(m.users[name])
    return client
