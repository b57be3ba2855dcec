"""What an ACI sold in a year, added up from the ledger: what was undone counts for nothing."""

from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from terreau.ledger.actions import Entry, record, reverse
from terreau.ledger.effects import Action
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.rooms.insertion.dialogue import sales
from terreau.rooms.insertion.models import Team, YearSaid
from terreau.rooms.insertion.tests.factories import NOW, written
from terreau.territory.models import Agent, Product


def test_sales_are_all_that_was_sold_less_what_was_undone(world):
    """200 € and 150 € in the year, these undone later; the other workshop’s only sale is undone too."""
    here = {"ecopole": world.ecopole}
    shop = Agent.objects.create(**here, kind="shop", name="Épicerie d’essai")
    fields = Agent.objects.create(**here, kind="garden", name="Chantier d’essai")
    Team.objects.create(**written(**here, workshop=fields, name="Chantier"))
    product = Product.objects.create(code="taille", name="Taille", family="work", unit=Unit.HOUR, unit_kg=0)

    def sold(key: str, seller: Agent, euros: int, day: date) -> None:
        at = timezone.make_aware(datetime(day.year, day.month, day.day, 10))
        entry = Entry(
            Action.WORK, seller.pk, shop.pk, product.pk, Decimal(2), Unit.HOUR, key=key, occurred_at=at,
            price=Money(euros * 100),
        )  # fmt: skip
        record(**here, entries=[entry], recorded_by=None, recorded_at=at)

    sold("vente-1", world.garden, 200, date(2026, 3, 2))
    sold("vente-2", world.garden, 150, date(2026, 10, 31))
    sold("vente-3", world.garden, 90, date(2025, 12, 31))
    sold("vente-4", world.garden, 70, date(2026, 11, 1))
    sold("vente-5", fields, 40, date(2026, 4, 1))
    said = YearSaid(
        year=2026, until=date(2026, 10, 31), charges=Money(100000), charges_to_come=Money(0),
        receipts_apart=Money(5000), receipts_to_come=Money(0),
    )  # fmt: skip
    both = (("Chantier d’essai", Money(4000)), ("Jardin d’essai", Money(35000)))
    assert sales(world.ecopole, world.garden.pk, said).by_workshop == both
    # Undone after the day of the accounts: it was never sold.
    reverse(**here, keys=["vente-2", "vente-5"], by=None, at=NOW, key="annule")
    told = sales(world.ecopole, world.garden.pk, said)
    assert told.by_workshop == (("Jardin d’essai", Money(20000)),)
    assert told.year.receipts == Money(25000)
