"""Members of two depots, Mairie on Wednesday and Gare on Friday, seen on Monday 23 November 2026 at 10."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.test import Client
from django.utils import timezone

from terreau.ledger.actions import Entry, NewLot, new_lots, record
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.rooms.baskets import actions
from terreau.rooms.baskets.models import Handover, Member, Subscription
from terreau.rooms.baskets.tests.factories import Packing, make_packing
from terreau.territory.abilities import Role
from terreau.territory.models import Agent, AgentKind, Place, Quality
from terreau.territory.tests.factories import someone

CLOCK = "2026-11-23T10:00"
NOW = timezone.make_aware(datetime(2026, 11, 23, 10))
TODAY = date(2026, 11, 23)
# The first baskets that may still change: the Mairie opens on Wednesday at 16 h, 48 hours before are left.
WEDNESDAY, FRIDAY = date(2026, 11, 25), date(2026, 11, 27)
EVENING = timezone.make_aware(datetime(2026, 11, 25, 18))
START = date(2026, 11, 2)
numbers = count(1)


def key() -> str:
    return f"key-{next(numbers)}-00"


def terms_entry(house: "Packing", solidarity: Agent, **more: Any) -> actions.TermsEntry:
    given: dict[str, Any] = {
        "starts_on": date(2026, 1, 1), "seller": house.platform, "solidarity": solidarity, "fee": Money(2000),
        "weeks_a_year": 48, "cutoff_hours": 48, "skip_rule": "credited", "pause_rule": "credited",
        "pause_weeks_max": 4, "offer_days": 7, "source": "conseil du 12/12/2025",
    }  # fmt: skip
    return actions.TermsEntry(**(given | more))


@dataclass
class Members:
    house: Packing
    grocery: Agent
    known: dict[str, Member] = field(default_factory=dict)

    @property
    def mairie(self) -> Place:
        return self.house.depots[0]

    @property
    def gare(self) -> Place:
        return self.house.depots[1]

    def person(self, name: str) -> actions.Person:
        return actions.Person(
            name,
            f"{name.lower()}@exemple.invalid",
            "01 99 00 00 01",
            "1 rue du Saule",
            "62370",
            "Audruicq",
            "debit",
        )

    def wish(self, size: str = "petit", depot: Place | None = None, **more: Any) -> actions.Wish:
        given: dict[str, Any] = {"rhythm": "weekly", "starts_on": START} | more
        return actions.Wish(self.house.sizes[size], depot or self.mairie, **given)

    def join(self, name: str, *, at: datetime | None = None, **wish: Any) -> Member:
        """Joined three weeks ago, unless told."""
        wished = self.wish(**wish)
        at = at or timezone.make_aware(datetime.combine(wished.starts_on, time(9)))
        self.known[name] = actions.join(
            ecopole=self.house.ecopole, person=self.person(name), wish=wished, at=at, key=key()
        )
        return self.known[name]

    def held(self, name: str) -> Subscription:
        return Subscription.objects.select_related("member__ecopole", "size__product").get(
            member=self.known[name]
        )

    def change(self, name: str, kind: str, day: date = WEDNESDAY, at: datetime = NOW, **more: Any) -> Any:
        return actions.change_delivery(
            subscription=self.held(name), day=day, kind=kind, by=None, at=at, key=key(), **more
        )

    def bring(self, depot: Place, size: str, number: int, at: datetime | None = None) -> None:
        """What the platform has delivered to a depot."""
        at = at or EVENING - timedelta(hours=6)
        product = self.house.products[size]
        lot = new_lots(
            ecopole=self.house.ecopole,
            lots=[NewLot(product, self.house.platform.pk, Quality.ORGANIC, at, key())],
        )[0]
        entry = Entry(
            "produce", depot.agent_id, depot.agent_id, product.pk, Decimal(number), Unit.PIECE, key=key(),
            occurred_at=at, lot=lot, to_place_id=depot.pk,
        )  # fmt: skip
        record(ecopole=self.house.ecopole, entries=[entry], recorded_by=None, recorded_at=at)

    def hand(self, depot: Place, outcome: str, *names: str, day: date = WEDNESDAY) -> list[Handover]:
        return actions.hand_over(
            ecopole=self.house.ecopole, depot=depot, day=day, outcome=outcome,
            subscriptions=[self.held(name).pk for name in names] if names else None, by=None, at=EVENING,
            key=key(),
        )  # fmt: skip

    def client(self, role: Role = Role.BASKETS) -> Client:
        return self.house.client(role)

    def as_member(self, name: str) -> Client:
        client = Client()
        client.force_login(someone(f"{name.lower()}@exemple.invalid", self.known[name].agent, Role.MEMBER))
        return client


def make_members(slug: str = "polder", capacity: int = 4, **rules: Any) -> Members:
    house = make_packing(slug)
    grocery = Agent.objects.create(ecopole=house.ecopole, kind=AgentKind.GROCERY, name="Épicerie solidaire")
    for depot, weekday in zip(house.depots, (2, 4), strict=True):
        keeper = Agent.objects.create(ecopole=house.ecopole, kind=AgentKind.DEPOT, name=f"Dépôt {depot.name}")
        Place.objects.filter(pk=depot.pk).update(agent=keeper, latitude=50.88, longitude=2.08)
        depot.refresh_from_db()
        serving = actions.DepotEntry(
            date(2026, 1, 1), weekday, time(16), time(19), capacity, Money(150 if weekday == 4 else 0)
        )
        actions.set_depot(depot=depot, entry=serving, at=NOW, key="depot-1")
    for size, cents in (("petit", 1000), ("grand", 1500)):
        actions.set_price(size=house.sizes[size], starts_on=date(2026, 1, 1), price=Money(cents), today=TODAY)
    actions.set_terms(
        ecopole=house.ecopole, entry=terms_entry(house, grocery, **rules), at=NOW, key="terms-1"
    )
    return Members(house, grocery)
