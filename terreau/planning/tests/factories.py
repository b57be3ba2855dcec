"""A small écopôle that lives one week: a garden, a farm, a canteen, a grocery, ten baskets at a depot.

Wednesday: ten baskets. Thursday: the canteen's carrots and leeks. Friday: five kilos for the grocery.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from terreau.ledger.actions import agree
from terreau.ledger.answers import Answer
from terreau.ledger.models import AgreementKind, Commitment
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.planning.actions import request_plan, solve_week
from terreau.planning.models import WeekPlan
from terreau.rooms.baskets.actions import set_counts
from terreau.rooms.baskets.models import BasketSize, DepotCount
from terreau.rooms.garden.actions import ForecastEntry, HarvestLine, harvest, set_forecast
from terreau.rooms.platform.actions import (
    Fetching,
    OfferEntry,
    OrderEntry,
    add_certificate,
    offer,
    order,
    receive,
)
from terreau.rooms.platform.models import SolidarityPromise
from terreau.territory.abilities import Role
from terreau.territory.models import Agent, Commune, Ecopole, Place, Product, User
from terreau.territory.tests.factories import someone

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
WEEK = IsoWeek.of(MONDAY)


@dataclass
class Village:
    ecopole: Ecopole
    agents: dict[str, Agent] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)

    def url(self, rest: str = "") -> str:
        return f"/e/{self.ecopole.slug}/semaine/{rest}"


def village(slug: str = "hameau") -> Village:
    """The écopôle, with one week said: forecasts, an offer, an order, baskets and a promise of solidarity."""
    commune, _ = Commune.objects.get_or_create(code="62000", name="Bourg-Exemple", departement="62")
    v = Village(Ecopole.objects.create(slug=slug, name="Écopôle du Hameau", commune=commune))
    _settle(v)
    v.users["alice"] = someone(f"alice@{slug}.example.org", v.agents["plateforme"], Role.COORDINATOR)
    v.users["daniel"] = someone(f"daniel@{slug}.example.org", v.agents["jardin"], Role.DIRECTOR)
    forecast(v, "carotte", "40", low="20")
    forecast(v, "poireau", "30")
    offered(v, "pomme-de-terre", "50")
    ordered(v, "carotte", "15")
    ordered(v, "poireau", "10")
    size = BasketSize.objects.create(
        ecopole=v.ecopole,
        maker=v.agents["plateforme"],
        product=v.products["panier"],
        rank=1,
        target_value=Money(600),
        tolerance_percent=20,
        varieties_min=2,
        varieties_max=3,
    )
    counts = [DepotCount(size=size, depot=v.places["depot"], day=WEEK.days[2], count=10)]
    set_counts(ecopole=v.ecopole, week=WEEK, counts=counts)
    SolidarityPromise.objects.create(
        ecopole=v.ecopole, grocery=v.agents["epicerie"], weekday=5, kg_min=Decimal(5), kg_max=Decimal(8)
    )
    for name in ("jardin", "ferme"):
        agree(
            ecopole=v.ecopole,
            kind=AgreementKind.SUPPLY,
            provider_id=v.agents[name].pk,
            receiver_id=v.agents["plateforme"].pk,
            per="season",
            starts_on=MONDAY,
            ends_on=MONDAY + timedelta(days=13),
            promised_value=Money(20000),
            key=f"season:{name}",
        )
    return v


def _settle(v: Village) -> None:
    for name, kind, label in (
        ("jardin", "garden", "Jardin du Hameau"),
        ("ferme", "farm", "Ferme des Saules"),
        ("plateforme", "platform", "Plateforme du Hameau"),
        ("cantine", "canteen", "Cantine du Hameau"),
        ("epicerie", "grocery", "Épicerie solidaire"),
        ("depot", "depot", "Dépôt de la mairie"),
    ):
        v.agents[name] = Agent.objects.create(ecopole=v.ecopole, kind=kind, name=label)
    for name, kind, owner in (
        ("planche", "bed", "jardin"),
        ("froid", "cold", "plateforme"),
        ("sec", "ambient", "plateforme"),
        ("quai", "dock", "plateforme"),
        ("cour", "door", "ferme"),
        ("cantine", "door", "cantine"),
        ("epicerie", "door", "epicerie"),
        ("depot", "depot", "depot"),
    ):
        v.places[name] = Place.objects.create(
            ecopole=v.ecopole,
            agent=v.agents[owner],
            kind=kind,
            name=name.capitalize(),
            capacity_kg=500 if kind in ("cold", "ambient") else None,
        )
    for code, name, family, portions, cents in (
        ("carotte", "Carotte", "vegetable", "0,5;1", 250),
        ("poireau", "Poireau", "vegetable", "0,5;1", 300),
        ("pomme-de-terre", "Pomme de terre", "vegetable", "1;2", 150),
        ("panier", "Panier du hameau", "basket", "", 600),
    ):
        v.products[code], _ = Product.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "family": family,
                "unit": Unit.PIECE if family == "basket" else Unit.KG,
                "unit_kg": Decimal(5 if family == "basket" else 1),
                "keeps_days": 10,
                "portions": portions,
                "reference_price": Money(cents),
            },
        )


def forecast(v: Village, code: str, likely: str, low: str | None = None) -> None:
    entry = ForecastEntry(
        product=v.products[code],
        place=v.places["planche"],
        low=Decimal(low or likely),
        likely=Decimal(likely),
        price=Money(150),
        first_day=WEEK.monday,
        last_day=WEEK.sunday + timedelta(days=7),
    )
    set_forecast(ecopole=v.ecopole, garden=v.agents["jardin"], week=WEEK, lines=[entry])


def certified(v: Village, farm: str, since: date, until: date) -> None:
    add_certificate(
        ecopole=v.ecopole, farm=v.agents[farm], body="FR-BIO-01", reference="62-1", valid_from=since,
        valid_until=until, by=None, at=NOW, key=f"certificat-{farm}-{since}",
    )  # fmt: skip


def offered(v: Village, code: str, quantity: str, farm: str = "ferme", how: Fetching | None = None) -> None:
    certified(v, farm, MONDAY - timedelta(days=90), MONDAY + timedelta(days=90))
    entry = OfferEntry(
        farm=v.agents[farm],
        product=v.products[code],
        quantity=Decimal(quantity),
        price=Money(90),
        first_day=WEEK.monday,
        last_day=WEEK.sunday,
        fetching=how,
    )
    offer(ecopole=v.ecopole, week=WEEK, entries=[entry])


def ordered(v: Village, code: str, quantity: str, customer: str = "cantine", weekday: int = 4) -> None:
    entry = OrderEntry(
        customer=v.agents[customer],
        day=WEEK.days[weekday - 1],
        product=v.products[code],
        quantity=Decimal(quantity),
        price=Money(280),
    )
    order(ecopole=v.ecopole, entries=[entry])


def more_of_everything(v: Village, times: int) -> None:
    """Other customers and other farms, to see whether a page asks more of the database when there is more."""
    for n in range(times):
        for name, kind in ((f"cantine-{n}", "canteen"), (f"ferme-{n}", "farm")):
            v.agents[name] = Agent.objects.create(ecopole=v.ecopole, kind=kind, name=name.capitalize())
            v.places[name] = Place.objects.create(
                ecopole=v.ecopole, agent=v.agents[name], kind="door", name=name.capitalize()
            )
        ordered(v, "carotte", "2", customer=f"cantine-{n}", weekday=3)
        offered(v, "poireau", "3", farm=f"ferme-{n}")


def asked(v: Village, key: str = "premier-plan", at: datetime = NOW, locks: tuple = ()) -> WeekPlan:
    """A plan asked for and not yet solved."""
    return request_plan(
        ecopole=v.ecopole, week=WEEK, today=at.date(), locks=locks, by=v.users["alice"], at=at, key=key
    )


def solved(v: Village, key: str = "premier-plan", at: datetime = NOW, locks: tuple = ()) -> WeekPlan:
    row = asked(v, key, at, locks)
    solve_week.func(plan_id=row.pk)
    row.refresh_from_db()
    return row


def harvested(v: Village, due: list[Commitment], at: datetime, key: str = "recolte") -> None:
    """The garden harvests what it promised, and brings it to the platform."""
    lines = [HarvestLine(c.product, c.to_place, c.quantity, commitment=c) for c in due]
    harvest(ecopole=v.ecopole, garden=v.agents["jardin"], lines=lines, on=at, by=None, at=at, key=key)


def received(v: Village, due: list[Commitment], at: datetime, key: str = "arrivee") -> None:
    done = [Answer(c, c.quantity) for c in due]
    receive(ecopole=v.ecopole, platform=v.agents["plateforme"], done=done, by=None, at=at, key=key)
