"""A garden and its project of greenhouses, on Friday 27 November 2026."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.test import Client
from django.utils import timezone

from terreau.funding import actions
from terreau.funding.actions import Terms
from terreau.funding.models import ClaimKind, Cofunding, Piece, Project, Share, StepKind
from terreau.ledger.actions import Entry, record
from terreau.ledger.effects import Action
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.territory.abilities import Role
from terreau.territory.hand import Hand
from terreau.territory.models import Agent, AgentKind, Commune, Ecopole, Product
from terreau.territory.tests.factories import someone

CLOCK = "2026-11-27T18:00"
NOW = timezone.make_aware(datetime(2026, 11, 27, 18))
TODAY = date(2026, 11, 27)
numbers = count(1)


def hand(key: str = "") -> Hand:
    return Hand(None, NOW, key or f"test-hand-{next(numbers)}")


def euros(amount: int | str) -> Money:
    return Money.from_euros(amount)


@dataclass
class House:
    ecopole: Ecopole
    garden: Agent
    owner: Agent

    def client(self, role: Role = Role.DIRECTOR) -> Client:
        client = Client()
        client.force_login(someone(f"{role}@{self.ecopole.slug}.example", self.garden, role))
        return client

    def url(self, end: str = "") -> str:
        return f"/e/{self.ecopole.slug}/financements/{end}"

    def project(self, title: str = "Serres froides", **more: Any) -> Project:
        """Greenhouses for 10 000 € without tax, 2 000 € of VAT, which the garden does not recover."""
        given = {
            "holder": self.garden, "title": title, "what": "Deux serres froides",
            "starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31), "recovers_vat": False,
            "public_ceiling": Decimal(80), "ceiling_source": "règlement de l’appel",
        } | more  # fmt: skip
        project = actions.open_project(ecopole=self.ecopole, hand=hand(), **given)
        actions.add_line(
            project=project, label="Serres", destination="investment", net=euros(10_000), vat=euros(2_000),
            eligible=Decimal(100), hand=hand(),
        )  # fmt: skip
        return project

    def funder(self, project: Project, amount: int, **more: Any) -> Cofunding:
        given = {
            "funder": "Région", "nature": "public", "scheme": "", "aid": None, "theme": "circuits-courts",
            "rate_max": Decimal(60),
        } | more  # fmt: skip
        return actions.add_cofunding(project=project, planned=euros(amount), hand=hand(), **given)

    def balanced(self, title: str = "Serres froides", **more: Any) -> Cofunding:
        """6 000 € of the Region, 6 000 € of own funds."""
        project = self.project(title, **more)
        self.funder(project, 6_000, funder="Jardin", nature="own", rate_max=None, theme="")
        return self.funder(project, 6_000)

    def requested(self, title: str = "Serres froides", **more: Any) -> Cofunding:
        row = self.balanced(title, **more)
        step(row, StepKind.PREPARING, reference="Direction", due_on=date(2026, 2, 1))
        step(
            row,
            StepKind.REQUESTED,
            amount=euros(6_000),
            base=euros(12_000),
            rate=Decimal(50),
            reference="R-12",
        )
        return row

    def obtained(self, title: str = "Serres froides", **more: Any) -> Cofunding:
        row = self.requested(title, **more)
        step(
            row, StepKind.OBTAINED, amount=euros(6_000), from_on=date(2026, 1, 1), to_on=date(2026, 12, 31),
            reference="2026-118", due_on=date(2027, 1, 31),
        )  # fmt: skip
        return row

    def invoice(
        self, number: str = "F-1", net: int | str = 1_000, vat: int | str = 200, **more: Any
    ) -> Piece:
        given = {"supplier": "Serres du Nord", "what": "arceaux", "on": date(2026, 6, 1)} | more
        return actions.add_invoice(
            ecopole=self.ecopole, number=number, net=euros(net), vat=euros(vat), recovers_vat=False,
            hand=hand(), **given,
        )  # fmt: skip

    def work(self, hours: str, on: date, code: str = "chantier-encadrement") -> None:
        """Hours written in the ledger."""
        given = {"name": code, "unit": "hour", "family": "work", "unit_kg": Decimal(0)}
        product, _ = Product.objects.get_or_create(code=code, defaults=given)
        at = timezone.make_aware(datetime.combine(on, datetime.min.time())) + timedelta(hours=10)
        entry = Entry(
            Action.WORK, self.garden.pk, self.owner.pk, product.pk, Decimal(hours), Unit.HOUR,
            key=f"hours-{next(numbers)}", occurred_at=at,
        )  # fmt: skip
        record(ecopole=self.ecopole, entries=[entry], recorded_by=None, recorded_at=NOW)


def step(row: Cofunding, kind: StepKind, on: date = TODAY, **said: Any) -> Any:
    return actions.note_step(cofunding=row, kind=kind, on=on, terms=Terms(**said), hand=hand())


def pay_for(piece: Piece, row: Cofunding, percent: int | str = 50) -> Share:
    line = row.project.lines.order_by("id").first()
    assert line
    return actions.share(piece=piece, cofunding=row, line=line, percent=Decimal(percent), hand=hand())


def claim(row: Cofunding, kind: ClaimKind = ClaimKind.INSTALMENT, advance: Money | None = None) -> Any:
    return actions.send_claim(cofunding=row, kind=kind, advance=advance, on=TODAY, hand=hand())


def make_house(slug: str = "polder") -> House:
    commune, _ = Commune.objects.get_or_create(
        code="62057",
        defaults={"name": "Audruicq", "departement": "62", "epci_name": "CC de la Région d’Audruicq",
                  "population": 5_300, "latitude": 50.88, "longitude": 2.08},
    )  # fmt: skip
    ecopole = Ecopole.objects.create(slug=slug, name=slug, commune=commune)
    garden = Agent.objects.create(ecopole=ecopole, kind=AgentKind.GARDEN, name="Jardin", commune=commune)
    owner = Agent.objects.create(ecopole=ecopole, kind=AgentKind.AUTHORITY, name="Commune", commune=commune)
    return House(ecopole, garden, owner)
