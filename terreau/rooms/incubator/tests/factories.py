"""Couveuse La Butte on Friday 27 November 2026: a test under contract, two beds of the garden, a shop."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.test import Client
from django.utils import timezone

from terreau.measures.money import Money
from terreau.rooms.incubator import actions
from terreau.rooms.incubator.models import Contract, EquipmentKind, Loan, Project
from terreau.rooms.incubator.products import ADVICE, CLOSING, COMMITMENT, FEE, HOURS, MACHINE, TRAINING, WATER
from terreau.rooms.incubator.rules.contracts import clauses
from terreau.territory.abilities import Role
from terreau.territory.hand import Hand
from terreau.territory.models import Agent, AgentKind, Commune, Ecopole, Place, PlaceKind, Product, User
from terreau.territory.tests.factories import someone

CLOCK = "2026-11-27T18:00"
NOW = timezone.make_aware(datetime(2026, 11, 27, 18))
TODAY = date(2026, 11, 27)
START = date(2026, 3, 1)
# Of nobody: no establishment's number begins with so many zeros.
SIRET, OWN_SIRET = "00000000000018", "00000000000026"
ALL_CLAUSES = {code: f"{clause['label']}\u202f: convenu." for code, clause in clauses(TODAY).items()}
numbers = count(1)


def hand(key: str = "", by: User | None = None, at: datetime = NOW) -> Hand:
    return Hand(by, at, key or f"gesture-{next(numbers)}")


@dataclass
class Couveuse:
    ecopole: Ecopole
    agent: Agent
    garden: Agent
    shop: Agent
    beds: list[Place]
    tutor: User
    carrot: Product

    def client(self, user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def url(self, end: str = "") -> str:
        return f"/e/{self.ecopole.slug}/couveuse/{end}"

    def candidate(self, title: str = "La Menthe", **more: Any) -> Project:
        given = {
            "name": "Inès Durand", "email": f"{title.lower().replace(' ', '')}@exemple.invalid", "phone": "",
            "born_on": date(1994, 5, 2), "full_time": False, "title": title, "what": "Maraîchage diversifié",
            "region": "hauts-de-france",
        } | more  # fmt: skip
        return actions.apply(
            ecopole=self.ecopole, incubator=self.agent, application=actions.Application(**given),
            on=START - timedelta(days=60), hand=hand(),
        )  # fmt: skip

    def accepted(self, title: str = "La Menthe", prefix: str = "MEN", **more: Any) -> Project:
        project = self.candidate(title, **more)
        on = START - timedelta(days=30)
        actions.accept(project=project, prefix=prefix, tutor=self.tutor, on=on, hand=hand())
        return project

    def under_contract(self, title: str = "La Menthe", prefix: str = "MEN", **more: Any) -> Project:
        project = self.accepted(title, prefix)
        sign(draft(project, **more))
        return project

    def tester(self, project: Project) -> User:
        assert project.agent
        return someone(f"tester-{project.pk}@{self.ecopole.slug}.example", project.agent, Role.TESTER)

    def lend(self, project: Project, bed: int = 0, **more: Any) -> Loan:
        given = {"starts_on": START, "ends_on": date(2026, 12, 31), "area_m2": 60, "quality": 2} | more
        return actions.lend(project=project, place=self.beds[bed], hand=hand(), **given)

    def tap(self, cents: int = 45) -> Any:
        return actions.save_equipment(
            ecopole=self.ecopole, owner=self.garden, kind=EquipmentKind.WATER, name="Borne du fond",
            price=Money(cents), since=START, hand=hand(),
        )  # fmt: skip

    def lived(self, project: Project, loan: Loan) -> None:
        """A harvest of 30 kg, 12 kg of it sold for 24 €, 6 hours on it and 1 on all, seeds for 15 €."""
        on = date(2026, 7, 6)
        line = actions.HarvestLine(loan, self.carrot, Decimal(30), on)
        actions.harvest(project=project, lines=[line], hand=hand())
        sale = actions.SaleLine(self.shop, self.carrot, Decimal(12), Money(2_400), on)
        actions.sell(project=project, lines=[sale], hand=hand())
        hours = [actions.HourLine(Decimal(6), on, self.carrot), actions.HourLine(Decimal(1), on)]
        actions.work(project=project, lines=hours, hand=hand())
        actions.commit(
            project=project, supplier="Grainetier", what="graines", amount=Money(1_500), on=on, hand=hand(),
            crop=self.carrot,
        )  # fmt: skip


def terms(**more: Any) -> actions.Terms:
    given = {
        "status": "cape", "starts_on": START, "ends_on": date(2027, 2, 28), "clauses": dict(ALL_CLAUSES),
        "ceiling": Money(100_000), "fee_percent": Decimal(10), "accounting_months": 3,
    } | more  # fmt: skip
    return actions.Terms(**given)


def draft(project: Project, **more: Any) -> Contract:
    return actions.draft(project=project, terms=terms(**more), hand=hand())


def sign(contract: Contract) -> Contract:
    return actions.sign(contract=contract, on=min(contract.starts_on, TODAY), hand=hand())


UNITS = {FEE: "piece", COMMITMENT: "eur", CLOSING: "eur", WATER: "litre"}


def make_couveuse(slug: str = "butte") -> Couveuse:
    commune, _ = Commune.objects.get_or_create(
        code="62057", defaults={"name": "Audruicq", "departement": "62", "latitude": 50.88, "longitude": 2.08}
    )
    ecopole = Ecopole.objects.create(slug=slug, name=slug, commune=commune)
    for code in (HOURS, ADVICE, TRAINING, FEE, COMMITMENT, CLOSING, WATER, MACHINE):
        given = {"name": code, "unit": UNITS.get(code, "hour"), "family": "work", "unit_kg": Decimal(0)}
        Product.objects.get_or_create(code=code, defaults=given)
    carrot, _ = Product.objects.get_or_create(
        code="carotte",
        defaults={"name": "Carotte", "unit": "kg", "family": "vegetable", "unit_kg": 1},
    )
    agents = {
        kind: Agent.objects.create(ecopole=ecopole, kind=kind, name=name, commune=commune)
        for kind, name in (
            (AgentKind.ASSOCIATION, "Couveuse La Butte"),
            (AgentKind.GARDEN, "Jardin"),
            (AgentKind.SHOP, "Halle"),
        )
    }  # fmt: skip
    couveuse, garden, shop = agents.values()
    couveuse.siret = SIRET
    couveuse.save()
    for agent in (couveuse, shop):
        Place.objects.create(ecopole=ecopole, agent=agent, kind=PlaceKind.DOOR, name="Entrée")
    beds = [
        Place.objects.create(ecopole=ecopole, agent=garden, kind=PlaceKind.BED, name=f"Planche A{n}")
        for n in (1, 2)
    ]
    tutor = someone(f"tutor@{slug}.example", couveuse, Role.TUTOR)
    return Couveuse(ecopole, couveuse, garden, shop, beds, tutor, carrot)
