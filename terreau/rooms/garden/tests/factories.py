"""A garden of four beds, on Monday 23 November 2026 at ten; Gaëlle grows, Daniel directs."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django.test import Client
from django.utils import timezone

from terreau.ledger.actions import Entry, NewProcess, Promise, open_processes, promise, record
from terreau.ledger.answers import Answer
from terreau.ledger.models import Commitment, Event, ProcessKind
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.actions import ForecastEntry, HarvestLine, harvest, set_forecast
from terreau.rooms.garden.crops import load_crops
from terreau.rooms.garden.models import Bed, Block, Plot, PlotStatus, Status
from terreau.rooms.garden.queries import BedLine, CropLine, beds, catalogue
from terreau.territory.abilities import Role
from terreau.territory.models import Agent, AgentKind, Commune, Ecopole, Place, PlaceKind, Product
from terreau.territory.products import load_products
from terreau.territory.tests.factories import someone

CLOCK = "2026-11-23T10:00"
NOW = timezone.make_aware(datetime(2026, 11, 23, 10))
TODAY = date(2026, 11, 23)
WEEK = IsoWeek(2026, 48)
numbers = count(1)


@dataclass
class Garden:
    ecopole: Ecopole
    agent: Agent
    beds: dict[str, Place]
    products: dict[str, Product]

    def client(self, role: Role = Role.GROWER) -> Client:
        client = Client()
        client.force_login(someone(f"{role}@{self.ecopole.slug}.example", self.agent, role))
        return client

    def url(self, end: str = "") -> str:
        return f"/e/{self.ecopole.slug}/jardin/{end}"

    def due(self, product: str, bed: str, amount: str, day: date = TODAY) -> Commitment:
        number = next(numbers)
        process = open_processes(
            ecopole=self.ecopole,
            processes=[
                NewProcess(
                    kind=ProcessKind.HARVEST, key=f"p-{number}", agent_id=self.agent.pk, planned_for=day
                )
            ],
        )[0]
        kept = Promise(
            "produce",
            self.agent.pk,
            self.agent.pk,
            self.products[product].pk,
            Decimal(amount),
            Unit(self.products[product].unit),
            day,
            key=f"c-{number}",
            to_place_id=self.beds[bed].pk,
            process_id=process.pk,
        )
        return promise(ecopole=self.ecopole, promises=[kept])[0]

    def line(self, product: str, bed: str, amount: str, **more: Any) -> HarvestLine:
        return HarvestLine(self.products[product], self.beds[bed], Decimal(amount), **more)

    def harvest(self, *lines: HarvestLine, key: str = "", on: datetime = NOW) -> list[Any]:
        return harvest(
            ecopole=self.ecopole,
            garden=self.agent,
            lines=lines,
            on=on,
            by=None,
            at=NOW,
            key=key or f"h-{next(numbers)}",
        )

    def entry(self, product: str, bed: str, low: str, likely: str, **more: Any) -> ForecastEntry:
        week = more.pop("week", WEEK)
        given = {"price": Money(150), "first_day": week.monday, "last_day": week.sunday} | more
        return ForecastEntry(self.products[product], self.beds[bed], Decimal(low), Decimal(likely), **given)

    def expects(self, product: str, bed: str, low: str, likely: str, week: IsoWeek = WEEK) -> None:
        set_forecast(
            ecopole=self.ecopole,
            garden=self.agent,
            week=week,
            lines=[self.entry(product, bed, low, likely, week=week)],
        )


def make_garden(slug: str = "polder") -> Garden:
    commune, _ = Commune.objects.get_or_create(code="62057", name="Audruicq", departement="62")
    ecopole = Ecopole.objects.create(slug=slug, name=slug, commune=commune)
    agent = Agent.objects.create(ecopole=ecopole, kind=AgentKind.GARDEN, name="Jardin du Polder")
    beds = {
        name: Place.objects.create(ecopole=ecopole, agent=agent, kind=PlaceKind.BED, name=f"Planche {name}")
        for name in ("A2", "A10", "B1", "B2")
    }
    products = {}
    for code, name, unit in (
        ("carotte", "Carotte", "kg"), ("poireau", "Poireau", "kg"), ("laitue", "Laitue", "piece"),
    ):  # fmt: skip
        products[code], _ = Product.objects.get_or_create(
            code=code, defaults={"name": name, "unit": unit, "family": "vegetable", "unit_kg": Decimal(1)}
        )
    return Garden(ecopole, agent, beds, products)


@dataclass
class Land:
    """Two blocks of three beds of 30 m × 0,8 m in one organic plot, and the whole catalogue."""

    ecopole: Ecopole
    agent: Agent
    crops: dict[str, CropLine]

    def bed(self, name: str) -> BedLine:
        return next(bed for bed in beds(self.ecopole) if bed.name == f"Planche {name}")

    def work(self, answer: Answer) -> list[Event]:
        promised = answer.commitment
        entry = Entry(
            action="work",
            provider_id=self.agent.pk,
            receiver_id=self.agent.pk,
            product_id=promised.product_id,
            quantity=answer.quantity,
            unit=Unit.HOUR,
            occurred_at=NOW,
            process_id=promised.process_id,
            fulfils_id=promised.pk,
            key=f"travail-{promised.pk}",
        )
        return record(ecopole=self.ecopole, entries=[entry], recorded_by=None, recorded_at=NOW)


def make_land(garden: Garden) -> Land:
    load_products()
    load_crops()
    plot = Plot.objects.create(ecopole=garden.ecopole, agent=garden.agent, name="Les Alouettes")
    PlotStatus.objects.create(plot=plot, status=Status.ORGANIC, since=date(2014, 3, 1), proof="FR-BIO-00")
    for letter in "AB":
        block = Block.objects.create(plot=plot, name=letter)
        for number in (1, 2, 3):
            place, _ = Place.objects.get_or_create(
                ecopole=garden.ecopole,
                agent=garden.agent,
                name=f"Planche {letter}{number}",
                defaults={"kind": PlaceKind.BED},
            )
            Bed.objects.create(
                place=place, block=block, number=number, length_m=Decimal(30), width_m=Decimal("0.8")
            )
    return Land(garden.ecopole, garden.agent, catalogue(garden.ecopole))
