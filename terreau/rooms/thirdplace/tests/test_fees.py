"""A gathering with a price: said first, paid by who comes, in euros or with credits, never both."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import override_settings

from terreau.ledger.audit import differences
from terreau.ledger.models import Event
from terreau.measures.money import Money
from terreau.rooms.thirdplace import actions
from terreau.rooms.thirdplace.models import Admission, Benefit, Fee, Spending
from terreau.rooms.thirdplace.queries import attendance, statement
from terreau.rooms.thirdplace.queries.credits import book
from terreau.rooms.thirdplace.queries.fees import Paid, present
from terreau.rooms.thirdplace.tests.factories import CLOCK, NOW, TODAY, entry, sign_up
from terreau.rooms.thirdplace.trades import ENTRY, PUBLIC
from terreau.territory.models import Agent
from terreau.territory.queries import agents

pytestmark = pytest.mark.django_db
YESTERDAY = NOW - timedelta(days=1)


@pytest.fixture
def workshop(place) -> Benefit:
    return actions.save_benefit(
        ecopole=place.ecopole, kind="workshop", name="Un atelier", cost=Decimal(4), product=None, giver=None,
        since=TODAY - timedelta(days=9), key="benefit",
    )  # fmt: skip


@pytest.fixture
def held(place, workshop):
    """8,00 € a person, or four credits: announced yesterday, this evening."""
    return place.plan(capacity=9, at=YESTERDAY, price=Money(800), benefit=workshop)


def sold(place) -> list[tuple[Decimal, Money | None]]:
    rows = Event.objects.filter(product__code=ENTRY, reverses=None, reversed_by=None).order_by("pk")
    assert {row.receiver.name for row in rows} <= {PUBLIC}
    return [(row.quantity, row.price) for row in rows]


def received_in_all(place) -> Money:
    (workshops,) = attendance(place.ecopole, TODAY, TODAY)
    return workshops.received


def test_who_comes_pays_and_the_ledger_adds_it_up_without_a_name(place, held):
    """Three people sign up, two come without: 24,00 € and 16,00 €, in one operation; a tap takes one back."""
    ana = sign_up(held, "Ana", adults=2, children=1, at=YESTERDAY)
    for _ in range(2):
        here = actions.check_in(sign_up=ana, by=None, at=NOW, key="tap-1")
        actions.walk_in(gathering=held, people=2, by=None, at=NOW, key="walk-1")
    assert sold(place) == [(3, Money(2_400)), (2, Money(1_600))]
    assert Event.objects.filter(product__code=ENTRY).values("process").distinct().count() == 1
    assert received_in_all(place) == Money(4_000)
    for _ in range(2):
        actions.check_out(presence=here, by=None, at=NOW)
    assert sold(place) == [(2, Money(1_600))]
    actions.check_in(sign_up=ana, by=None, at=NOW, key="tap-2")
    assert received_in_all(place) == Money(4_000)
    public = Agent.objects.get(name=PUBLIC)
    assert public not in agents(place.ecopole), "in no list, on no map"
    assert not list(differences(place.ecopole))


def test_a_member_comes_with_credits_and_no_euro_is_written_for_them(place, held, workshop):
    """Mona took a workshop with four credits; her friend pays 8,00 €. Taken back, her credits wait again."""
    place.earn(place.mona, "3")
    mona = sign_up(held, "Mona", adults=2, at=YESTERDAY)
    spending = actions.spend(member=place.mona, benefit=workshop, at=NOW, key="spend")
    here = actions.check_in(sign_up=mona, by=None, at=NOW, key="tap-1")
    assert present(held) == [(here, Paid(Money(800), 1))]
    spending.refresh_from_db()
    assert spending.handed_at == NOW
    with pytest.raises(actions.PlaceRefused, match="déjà remis"):
        actions.give_back(spending=spending, at=NOW)
    actions.check_out(presence=here, by=None, at=NOW)
    spending.refresh_from_db()
    assert (spending.handed_at, Admission.objects.count(), sold(place)) == (None, 0, [])
    actions.give_back(spending=spending, at=NOW)
    actions.check_in(sign_up=mona, by=None, at=NOW, key="tap-2")
    assert sold(place) == [(2, Money(1_600))], "credits given back to the book are not spent: both pay"
    assert book(place.mona, TODAY).total == 6
    told = statement(place.ecopole, TODAY)
    assert (told.issued, told.spent, told.outstanding) == (6, 0, 6)


def test_a_price_said_to_somebody_is_kept(place, held, workshop):
    change = {"gathering": held, "day": TODAY, "things": [], "by": None, "at": NOW}
    actions.change(entry=entry(price=Money(500), capacity=9), **change)
    assert Fee.objects.get().price == Money(500)
    sign_up(held, "Ana")
    with pytest.raises(actions.PlaceRefused, match="1 inscription est faite à 5,00"):
        actions.change(entry=entry(capacity=9), **change)
    actions.change(entry=entry(price=Money(500), capacity=5), **change)
    with pytest.raises(actions.PlaceRefused, match="dites un prix"):
        place.plan(benefit=workshop)
    assert not Spending.objects.exists()


def test_the_price_is_read_before_signing_up_and_on_the_sheet(place, held, client):
    with override_settings(CLOCK=CLOCK):
        public = client.get(f"/tiers-lieu/{place.ecopole.slug}/{held.pk}/").content.decode()
        assert "par personne, ou 4 crédits pour un membre" in public
        ana = sign_up(held, "Ana", adults=2, at=YESTERDAY)
        host = place.client()
        assert "16,00" in host.get(place.url(f"agenda/{held.pk}/")).content.decode()
        host.post(place.url(f"presences/{ana.pk}/"), {"key": "tap-one-1"})
        assert "reçus" in host.get(place.url(f"agenda/{held.pk}/")).content.decode()
        host.post(place.url(f"agenda/{held.pk}/venus/"), {"key": "walk-one-1", "people": "3"})
        assert "40,00" in host.get(place.url("bilan/")).content.decode()
        walked = held.presences.get(sign_up=None)
        host.post(place.url(f"venus/{walked.pk}/retirer/"), {"key": "walk-out-1"})
    assert sold(place) == [(2, Money(1_600))]
