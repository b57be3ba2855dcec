"""Month-end for four hundred members: issued, debited, one returned, one credited; no cent is lost."""

from collections import defaultdict
from datetime import UTC, date, datetime

import pytest

from terreau.billing import debits, owed
from terreau.billing.actions import bill, credit_note
from terreau.billing.books import fec_of
from terreau.billing.models import Invoice, Issuer, Mandate
from terreau.billing.payers import baskets
from terreau.billing.settling import Writer, give_back, settle_open
from terreau.billing.tests.factories import FACT, HOME, IBAN, PLATFORM
from terreau.billing.tests.paying import ICS, MEMBER_IBAN
from terreau.formats.sepa.debits import schema_errors
from terreau.formats.tests.fec_reader import read_fec
from terreau.ledger.models import Agreement
from terreau.measures.money import Money
from terreau.rooms.baskets.models import Handover, Member, Subscription, SubscriptionTerms
from terreau.rooms.baskets.tests.members import NOW, START, make_members
from terreau.territory.hand import Hand
from terreau.territory.models import Agent

MEMBERS, BIG, DEBITED = 400, 100, 300
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
# A fee of 20 € each, a basket of 10 € or 15 €.
WHOLE = Money(MEMBERS * 3000 + BIG * 500)


def at(month: int, day: int) -> Writer:
    return Writer(None, datetime(2026, month, day, 18, tzinfo=UTC), f"on-{month}-{day}")


@pytest.fixture
def platform(db):
    """Four hundred households, three hundred of them under a mandate; one evening is handed over."""
    made = make_members(capacity=MEMBERS)
    house, ecopole = made.house, made.house.ecopole
    issuer = Issuer.objects.create(
        ecopole=ecopole, agent=house.platform, name="Plateforme", siret=PLATFORM, vat_number="FR44732829320",
        email="compta@exemple.invalid", iban=IBAN, prefix="PP", creditor_id=ICS, key="i", **HOME, **FACT,
    )  # fmt: skip
    agents = Agent.objects.bulk_create(
        Agent(ecopole=ecopole, kind="person", name=f"M-{n:04}") for n in range(MEMBERS)
    )
    sizes = [house.sizes["grand" if n < BIG else "petit"] for n in range(MEMBERS)]
    members = Member.objects.bulk_create(
        Member(
            ecopole=ecopole, agent=agent, name=f"Foyer {n:03}", email=f"foyer{n}@exemple.invalid",
            pay_by="debit" if n < DEBITED else "transfer", joined_on=START, key=f"{n}", **HOME,
        )
        for n, agent in enumerate(agents)
    )  # fmt: skip
    agreements = Agreement.objects.bulk_create(
        Agreement(
            ecopole=ecopole, kind="subscription", provider=house.platform, receiver=agent, per="week",
            product=size.product, starts_on=START, key=f"subscription:{agent.pk}",
        )
        for agent, size in zip(agents, sizes, strict=True)
    )  # fmt: skip
    held = Subscription.objects.bulk_create(
        Subscription(member=member, size=size, agreement=agreement, starts_on=START, key="s")
        for member, size, agreement in zip(members, sizes, agreements, strict=True)
    )
    SubscriptionTerms.objects.bulk_create(
        SubscriptionTerms(
            subscription=row, starts_on=START, depot=made.mairie, rhythm="weekly", recorded_at=NOW, key="t"
        )
        for row in held
    )  # fmt: skip
    Mandate.objects.bulk_create(
        Mandate(
            ecopole=ecopole, creditor=house.platform, debtor=agent, rum=f"PP-{agent.pk}", iban=MEMBER_IBAN,
            holder="Ana Martin", signed_on=START, recorded_at=NOW, key=f"m{agent.pk}", **HOME,
        )
        for agent in agents[:DEBITED]
    )  # fmt: skip
    made.bring(made.mairie, "grand", BIG)
    made.bring(made.mairie, "petit", MEMBERS - BIG)
    assert len(made.hand(made.mairie, "taken")) == MEMBERS
    return issuer


def test_four_hundred_members_are_issued_debited_one_returned_one_credited(platform):
    ecopole, seller = platform.ecopole, platform.agent
    outcome = bill(
        ecopole=ecopole, first=FIRST, last=LAST, issued_on=LAST, hand=Hand(None, at(11, 30).at, "month"),
        judges=None, told=lambda: baskets(ecopole, FIRST, LAST),
    )  # fmt: skip
    assert (len(outcome.issued), outcome.refused) == (MEMBERS, [])
    assert [row.rank for row in Invoice.objects.order_by("rank")] == [*range(1, MEMBERS + 1)]
    assert sum((row.gross for row in outcome.issued), Money(0)) == WHOLE
    delivered = sum((row.event.price for row in Handover.objects.select_related("event")), Money(0))
    assert delivered + Money(MEMBERS * 2000) == WHOLE, "what was handed over, and the fees"

    due_on, told = debits.next_day(seller.pk, date(2026, 12, 1))
    assert (due_on, told) == (date(2026, 12, 14), LAST)
    file = debits.prepare(issuer=platform, due_on=due_on, notified_on=told, writer=at(12, 1))
    assert (file.count, schema_errors(bytes(file.file))) == (DEBITED, [])
    paid = debits.collected(collection=file, on=due_on, writer=at(12, 14))
    back = paid[0]
    give_back(ecopole=ecopole, payment=back, returned_on=date(2026, 12, 16), reason="AM04", writer=at(12, 16))
    by_transfer = Invoice.objects.exclude(customer__in=[row.debtor_id for row in paid]).order_by("pk")
    note = credit_note(
        invoice=by_transfer[0], lines=None, reason="Panier abîmé", issued_on=date(2026, 12, 16),
        hand=Hand(None, at(12, 16).at, "note"), judges=None,
    )  # fmt: skip
    settle_open(ecopole=ecopole, creditor=seller, on=date(2026, 12, 16), writer=at(12, 17))

    left: defaultdict[int, Money] = defaultdict(lambda: Money(0))
    for item in owed.open_items(seller.pk, date(2026, 12, 31)):
        left[item.partner] += item.left
    assert left[back.debtor_id] == back.amount, "due again"
    assert note.customer_id not in left, "nothing is due any more"
    assert len(left) == MEMBERS - DEBITED + 1 - 1
    assert sum(left.values(), Money(0)) == WHOLE - file.total + back.amount - note.gross
    year = fec_of(seller, PLATFORM[:9], 2026)
    read = read_fec(year.name, year.data)
    assert read.problems == [], "balanced entry by entry"
    assert read.entries == MEMBERS + DEBITED + 1 + 1, "invoices, debits, what came back, the credit note"
