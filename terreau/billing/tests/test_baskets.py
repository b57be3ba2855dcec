"""From an evening at a depot to the invoices of its members."""

from datetime import date

import pytest

from terreau.billing.actions import Judges, bill
from terreau.billing.models import Issuer
from terreau.billing.payers import baskets
from terreau.billing.queries import month
from terreau.billing.tests.factories import FACT, HOME, IBAN, PLATFORM
from terreau.ledger.tests.world import NOW
from terreau.measures.money import Money
from terreau.rooms.baskets.tests.members import make_members
from terreau.territory.hand import Hand
from terreau.territory.models import Place

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


@pytest.fixture
def members(db):
    made = make_members()
    Issuer.objects.create(
        ecopole=made.house.ecopole, agent=made.house.platform, name="Plateforme", siret=PLATFORM,
        vat_number="FR44732829320", email="compta@exemple.invalid", iban=IBAN, prefix="PP", key="i",
        **HOME, **FACT,
    )  # fmt: skip
    return made


def billed(ecopole, key="month"):
    with Judges(1) as judges:
        outcome = bill(
            ecopole=ecopole, first=FIRST, last=LAST, issued_on=LAST, hand=Hand(None, NOW, key),
            judges=judges, told=lambda: baskets(ecopole, FIRST, LAST),
        )  # fmt: skip
    assert outcome.refused == []
    return outcome


def test_members_are_billed_the_baskets_they_took_their_fee_and_nothing_they_skipped(members):
    members.join("Zoé")
    members.join("Anouk")
    members.bring(members.mairie, "petit", 2)
    members.hand(members.mairie, "taken", "Zoé")
    ecopole = members.house.ecopole
    (line,) = month(ecopole, FIRST).trades
    assert (line.label, line.payers, line.amount) == ("Paniers des membres", 2, Money(5000))
    outcome = billed(ecopole)
    found = {one.said.buyer.name: one for one in outcome.issued}
    assert {name: one.gross for name, one in found.items()} == {"Anouk": Money(2000), "Zoé": Money(3000)}
    assert found["Zoé"].said.buyer.address.street == "1 rue du Saule"
    assert month(ecopole, FIRST).left == 0


def test_who_keeps_the_depot_where_they_take_their_basket_is_billed_of_it_once(members):
    """The basket passes from a keeper to themselves, and is sold to them by who promised it."""
    zoe = members.join("Zoé")
    Place.objects.filter(pk=members.mairie.pk).update(agent=zoe.agent)
    depot = Place.objects.get(pk=members.mairie.pk)
    members.bring(depot, "petit", 1)
    (taken,) = members.hand(depot, "taken", "Zoé")
    assert (taken.event.provider, taken.event.receiver) == (zoe.agent, zoe.agent)
    ecopole = members.house.ecopole
    (line,) = month(ecopole, FIRST).trades
    assert (line.payers, line.lines, line.amount) == (1, 2, Money(3000))
    (one,) = billed(ecopole).issued
    assert (one.said.seller.name, one.said.buyer.name, one.gross) == ("Plateforme", "Zoé", Money(3000))
    assert one.lines.filter(event=taken.event).count() == 1
    assert billed(ecopole, "again").issued == []
    assert month(ecopole, FIRST).left == 0
