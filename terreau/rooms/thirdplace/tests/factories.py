"""A third place with a room, a saw and two members, on Friday 27 November 2026."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.test import Client
from django.utils import timezone

from terreau.rooms.thirdplace import actions
from terreau.rooms.thirdplace.models import Contribution, Gathering, House, Member, SignUp, Thing
from terreau.rooms.thirdplace.trades import CREDIT, ENTRY, RENTAL, TRADES
from terreau.territory.abilities import Role
from terreau.territory.models import Agent, AgentKind, Commune, Ecopole, Membership, Product, User
from terreau.territory.tests.factories import someone

CLOCK = "2026-11-27T15:00"
NOW = timezone.make_aware(datetime(2026, 11, 27, 15))
TODAY = date(2026, 11, 27)
numbers = count(1)


@dataclass
class ThirdPlace:
    ecopole: Ecopole
    agent: Agent
    house: House
    room: Thing
    saw: Thing
    mona: Member
    noe: Member
    host: User = field(init=False)

    def __post_init__(self) -> None:
        self.host = someone(f"host@{self.ecopole.slug}.example", self.agent, Role.HOST)

    def client(self, user: User | None = None) -> Client:
        client = Client()
        client.force_login(user or self.host)
        return client

    def account(self, member: Member) -> User:
        return someone(f"{member.name.lower()}@{self.ecopole.slug}.example", member.agent, Role.MEMBER)

    def url(self, end: str = "") -> str:
        return f"/e/{self.ecopole.slug}/tiers-lieu/{end}"

    def plan(self, day: date = TODAY, *, things: list[Thing] | None = None, **more: Any) -> Gathering:
        return self.plan_all([day], things=things, **more)[0]

    def plan_all(
        self, days: list[date], *, things: list[Thing] | None = None, announced: bool = True,
        at: datetime = NOW, **more: Any,
    ) -> list[Gathering]:  # fmt: skip
        made = actions.plan(
            ecopole=self.ecopole, entry=entry(**more), days=days, things=things or [], by=None, at=at,
            key=f"plan-{next(numbers)}",
        )  # fmt: skip
        if announced and made[0].ends_at > at:
            actions.announce(gathering=made[0], at=at)
            for one in made:
                one.refresh_from_db()
        return made

    def contribute(self, member: Member, hours: str, on: date = TODAY, **more: Any) -> Contribution:
        given: dict[str, Any] = {"gathering": None, "by": None, "at": NOW, "key": f"gave-{next(numbers)}"}
        return actions.contribute(
            member=member,
            trade=Product.objects.get(code=TRADES[0]),
            hours=Decimal(hours),
            on=on,
            **given | more,
        )

    def validate(self, *waiting: Contribution, at: datetime = NOW, **more: Any) -> list[Any]:
        given: dict[str, Any] = {"by": self.host, "key": f"validate-{next(numbers)}"}
        return actions.validate(ecopole=self.ecopole, contributions=waiting, at=at, **given | more)

    def earn(self, member: Member, hours: str, on: date = TODAY, at: datetime = NOW) -> None:
        self.validate(self.contribute(member, hours, on, at=at), at=at)


def entry(**more: Any) -> actions.GatheringEntry:
    given: dict[str, Any] = {
        "kind": "workshop", "title": "Pain au levain", "about": "On pétrit ensemble.",
        "where": "Grande salle", "capacity": 4, "start": time(17), "end": time(19),
    }  # fmt: skip
    return actions.GatheringEntry(**given | more)


def sign_up(
    gathering: Gathering, name: str, *, adults: int = 1, children: int = 0, at: datetime = NOW
) -> SignUp:
    return actions.sign_up(
        gathering=gathering, name=name, email=f"{name.lower()}@exemple.invalid", adults=adults,
        children=children, at=at + timedelta(seconds=next(numbers)), key=f"sign-up-{next(numbers)}",
    )  # fmt: skip


def products() -> None:
    for code in TRADES:
        given = {"name": code, "unit": "hour", "family": "work", "unit_kg": Decimal(0)}
        Product.objects.get_or_create(code=code, defaults=given)
    entry = {"name": "Entrée", "unit": "piece", "family": "work", "unit_kg": Decimal(0)}
    Product.objects.get_or_create(code=ENTRY, defaults=entry)
    rental = {"name": "Location", "unit": "hour", "family": "work", "unit_kg": Decimal(0)}
    Product.objects.get_or_create(code=RENTAL, defaults=rental)
    given = {"name": "Crédit", "unit": "credit", "family": "credit", "unit_kg": Decimal(0)}
    Product.objects.get_or_create(code=CREDIT, defaults=given)


def make_place(slug: str = "polder") -> ThirdPlace:
    commune, _ = Commune.objects.get_or_create(
        code="62057", defaults={"name": "Audruicq", "departement": "62"}
    )
    ecopole = Ecopole.objects.create(slug=slug, name=slug.capitalize(), commune=commune)
    products()
    agent = Agent.objects.create(ecopole=ecopole, kind=AgentKind.ASSOCIATION, name="Tiers-lieu")
    house = actions.settle(ecopole=ecopole, agent=agent, unit="manne")
    room = actions.save_thing(ecopole=ecopole, kind="room", name="Grande salle", seats=20, key="thing-room")
    saw = actions.save_thing(ecopole=ecopole, kind="tool", name="Scie à ruban", seats=None, key="thing-saw")
    mona, noe = (
        actions.join(
            ecopole=ecopole, member=None, name=name, email=f"{name.lower()}@exemple.invalid",
            charter_on=date(2024, 1, 1), key=f"member-{name}",
        )
        for name in ("Mona", "Noé")
    )  # fmt: skip
    # 2 credits an hour, 30 at most in a book, good for twelve months.
    actions.set_terms(
        ecopole=ecopole, since=date(2024, 1, 1), per_hour=Decimal(2), cap=Decimal(30), months=12,
        source="assemblée du 1/1/2024", key="terms-1",
    )  # fmt: skip
    return ThirdPlace(ecopole, agent, house, room, saw, mona, noe)


def in_a_pathway(place: ThirdPlace, user: User) -> None:
    """Employed here in a pathway: a role that another room gives."""
    agent = Agent.objects.create(ecopole=place.ecopole, kind=AgentKind.PERSON, name="P-7K3D")
    Membership.objects.create(user=user, ecopole=place.ecopole, agent=agent, role=Role.PARTICIPANT)
