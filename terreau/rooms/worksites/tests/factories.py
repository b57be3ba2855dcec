"""A garden that employs, a commune that owns two sites, on Friday 27 November 2026."""

import struct
import zlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.test import Client
from django.utils import timezone

from terreau.measures.money import Money
from terreau.rooms.worksites import actions
from terreau.rooms.worksites.models import Basis, Day, Order, Site, SiteKind
from terreau.rooms.worksites.trades import PRICED, SUPERVISION, TRADES
from terreau.territory.abilities import Role
from terreau.territory.models import Agent, AgentKind, Commune, Ecopole, Product
from terreau.territory.tests.factories import someone

CLOCK = "2026-11-27T18:00"
NOW = timezone.make_aware(datetime(2026, 11, 27, 18))
TODAY = date(2026, 11, 27)
numbers = count(1)


@dataclass
class Worksites:
    ecopole: Ecopole
    garden: Agent
    owner: Agent
    sites: list[Site]

    def client(self, role: Role = Role.GROWER) -> Client:
        client = Client()
        client.force_login(someone(f"{role}@{self.ecopole.slug}.example", self.garden, role))
        return client

    def url(self, end: str = "") -> str:
        return f"/e/{self.ecopole.slug}/chantiers/{end}"

    def ask(self, site: int = 0, **more: Any) -> Order:
        given = {
            "from_on": TODAY - timedelta(days=400), "to_on": TODAY + timedelta(days=60), "on": TODAY,
            "what": "Faucher la prairie", "key": f"order-{next(numbers)}",
        } | more  # fmt: skip
        trade = Product.objects.get(code=TRADES[0])
        return actions.ask(
            ecopole=self.ecopole, site=self.sites[site], provider=self.garden, trade=trade, by=None, at=NOW,
            **given,
        )  # fmt: skip

    def quoted(self, basis: Basis, cents: int, site: int = 0, hours: str = "60") -> Order:
        order = self.ask(site)
        terms = actions.Quote(basis, Money(cents), Decimal(hours))
        actions.quote(order=order, terms=terms, key="quote", **DATED)
        return order

    def accepted(self, basis: Basis, cents: int, site: int = 0) -> Order:
        order = self.quoted(basis, cents, site)
        actions.accept(order=order, key="accept", **DATED)
        return order


DATED: dict[str, Any] = {"on": TODAY, "by": None, "at": NOW}


def plan(order: Order, *days: date, key: str = "") -> list[Day]:
    return actions.plan_days(
        order=order, days=days or (TODAY,), people=6, hours_each=Decimal(5),
        key=key or f"plan-{next(numbers)}", **DATED,
    )  # fmt: skip


def work(day: Day, people: int = 6, hours_each: str = "5", key: str = "", **more: Any) -> list[Any]:
    worked = actions.Worked(people, Decimal(hours_each), supervision_hours=Decimal(5), **more)
    return actions.work_day(day=day, worked=worked, by=None, at=NOW, key=key or f"work-{next(numbers)}")


def make_worksites(slug: str = "polder") -> Worksites:
    commune, _ = Commune.objects.get_or_create(
        code="62057", defaults={"name": "Audruicq", "departement": "62", "latitude": 50.88, "longitude": 2.08}
    )
    ecopole = Ecopole.objects.create(slug=slug, name=slug, commune=commune)
    for code in (*TRADES, SUPERVISION, *PRICED.values()):
        unit = "piece" if code in PRICED.values() else "hour"
        given = {"name": code, "unit": unit, "family": "work", "unit_kg": Decimal(0)}
        Product.objects.get_or_create(code=code, defaults=given)
    garden = Agent.objects.create(ecopole=ecopole, kind=AgentKind.GARDEN, name="Jardin")
    owner = Agent.objects.create(ecopole=ecopole, kind=AgentKind.AUTHORITY, name="Commune", commune=commune)
    sites = [
        actions.save_site(
            ecopole=ecopole, site=None, key=f"site-{name}",
            entry=actions.SiteEntry(name, owner, commune, SiteKind.MEADOW, "fauche", 4, area_m2=2000,
                                    hazards="fossé profond"),
        )
        for name in ("Prairie", "Marais")
    ]  # fmt: skip
    return Worksites(ecopole, garden, owner, sites)


def png(*extra: bytes) -> bytes:
    """One grey point; `extra` is what a camera would have added."""
    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    parts = [
        (b"IHDR", head),
        *((b"tEXt", text) for text in extra),
        (b"IDAT", zlib.compress(b"\0\x80")),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
