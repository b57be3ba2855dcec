"""The tiny territory of the ledger, whose platform, farm and canteen know how to bill one another."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from terreau.billing.models import Customer, Invoice, InvoiceLine, Issuer, Series
from terreau.ledger.actions import agree
from terreau.ledger.models import Agreement, Event
from terreau.ledger.tests.world import NOW, World, make_world
from terreau.measures.money import Money
from terreau.territory.models import Agent

FIRST, LAST, TODAY = date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 30)
FACT = {"since": date(2026, 1, 1), "recorded_at": NOW}
HOME = {"street": "1 rue du Jardin", "postcode": "62370", "town": "Bourg-Exemple"}
# Of nobody, or published as examples: their last digit is right.
PLATFORM, FARM, CANTEEN = "73282932000074", "00000001800002", "21750001600019"
IBAN = "FR7630006000011234567890189"


@dataclass
class House:
    world: World
    issuers: dict[str, Issuer]
    customer: Customer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.world, name)

    def sold(self, price: int | None = 2400, **more: Any) -> Event:
        """Ten kilos of the platform's carrots, brought to the canteen."""
        lot = self.world.harvested("carotte", "10", "plateforme")
        return self.world.add(
            "transfer", "10", lot, "plateforme", "cantine",
            price=None if price is None else Money(price), **more,
        )  # fmt: skip

    def agreement(self, cents: int = 1500, key: str = "share") -> Agreement:
        """What the farm agreed to pay the platform of the month's tours."""
        return agree(
            ecopole=self.world.ecopole, kind="sharing", provider_id=self.world.agents["ferme"].pk,
            receiver_id=self.world.agents["plateforme"].pk, promised_value=Money(cents), per="month",
            starts_on=FIRST, ends_on=LAST, key=key,
        )  # fmt: skip

    def subscription(self) -> Agreement:
        """Of baskets: its price is told with VAT."""
        return agree(
            ecopole=self.world.ecopole, kind="subscription", provider_id=self.world.agents["plateforme"].pk,
            receiver_id=self.world.agents["cantine"].pk, per="week", starts_on=FIRST, key="subscription",
        )  # fmt: skip

    def address(self, agent: Agent) -> Customer:
        return Customer.objects.create(
            ecopole=self.world.ecopole, agent=agent, name=f"{agent}", email="payeur@exemple.invalid",
            key=f"customer-{agent.pk}", **HOME, **FACT,
        )  # fmt: skip


def make_house(slug: str = "bourg") -> House:
    world = make_world(slug)
    world.agents["cantine"].email = "cantine@exemple.invalid"
    world.agents["cantine"].save()
    ecopole = world.ecopole
    platform = Issuer.objects.create(
        ecopole=ecopole, agent=world.agents["plateforme"], name="Plateforme de Bourg", siret=PLATFORM,
        vat_number="FR44732829320", email="compta@exemple.invalid", phone="03 00 00 00 00", iban=IBAN,
        bic="AGRIFRPP", prefix="PB", key="plateforme", **HOME, **FACT,
    )  # fmt: skip
    farm = Issuer.objects.create(
        ecopole=ecopole, agent=world.agents["ferme"], name="Ferme du Clos", siret=FARM, exemption="franchise",
        email="ferme@exemple.invalid", iban=IBAN, prefix="FC", self_billed_by=world.agents["plateforme"],
        mandate_on=date(2026, 1, 1), key="ferme", **HOME, **FACT,
    )  # fmt: skip
    customer = Customer.objects.create(
        ecopole=ecopole, agent=world.agents["cantine"], name="Commune de Bourg-Exemple", siret=CANTEEN,
        public=True, service="RESTAURATION", commitment="BC-2026-118", email="mairie@exemple.invalid",
        key="cantine", **HOME, **FACT,
    )  # fmt: skip
    return House(world, {"plateforme": platform, "ferme": farm}, customer)


def written(house: House, rank: int = 1, **more: Any) -> Invoice:
    """A row as `issue` writes it, to be broken by the tests of the constraints."""
    platform = house.agents["plateforme"]
    series, _ = Series.objects.get_or_create(ecopole=house.ecopole, issuer=platform, prefix="PB-F", year=2026)
    values: dict[str, Any] = {
        "ecopole": house.ecopole, "kind": "380", "series": series, "rank": rank,
        "number": series.number(rank), "issuer": platform, "customer": house.agents["cantine"],
        "issued_on": TODAY, "due_on": date(2026, 12, 30), "first": FIRST, "last": LAST,
        "net": Money(2400), "vat": Money(132), "rounding": Money(0), "gross": Money(2532), "values": {},
        "recorded_at": NOW, "key": f"invoice-{rank}",
    }  # fmt: skip
    return Invoice(**values | more)


def line(house: House, invoice: Invoice, event: Event, **more: Any) -> InvoiceLine:
    values = {"invoice": invoice, "event": event, "payer": house.agents["cantine"], "amount": Money(2400)}
    return InvoiceLine(**values | more)
