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


def test_members_are_billed_the_baskets_they_took_their_fee_and_nothing_they_skipped(members):
    members.join("Zoé")
    members.join("Anouk")
    members.bring(members.mairie, "petit", 2)
    members.hand(members.mairie, "taken", "Zoé")
    ecopole = members.house.ecopole
    (line,) = month(ecopole, FIRST).trades
    assert (line.label, line.payers, line.amount) == ("Paniers des membres", 2, Money(5000))
    with Judges(1) as judges:
        outcome = bill(
            ecopole=ecopole, first=FIRST, last=LAST, issued_on=LAST, hand=Hand(None, NOW, "month"),
            judges=judges, told=lambda: baskets(ecopole, FIRST, LAST),
        )  # fmt: skip
    assert outcome.refused == []
    found = {one.said.buyer.name: one for one in outcome.issued}
    assert {name: one.gross for name, one in found.items()} == {"Anouk": Money(2000), "Zoé": Money(3000)}
    assert found["Zoé"].said.buyer.address.street == "1 rue du Saule"
    assert month(ecopole, FIRST).left == 0
