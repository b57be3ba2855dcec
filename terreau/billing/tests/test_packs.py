"""From baskets paid ahead to their invoice, their VAT, the accounts that owe them, and what is given back."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from terreau.billing.accounts import Billed, Books, Delivered, Taxed, Tie, rule
from terreau.billing.actions import GIVEN_BACK, Judges, bill
from terreau.billing.books import books, fec_of, taxed
from terreau.billing.journal import journal
from terreau.billing.models import Invoice, InvoiceLine, Issuer
from terreau.billing.packs import settle_ahead
from terreau.billing.payers import baskets
from terreau.billing.queries import month
from terreau.billing.settling import Writer, record_payment
from terreau.billing.tests.factories import PLATFORM
from terreau.billing.tests.test_baskets import FIRST, LAST, members
from terreau.billing.vat import vat_summary
from terreau.formats.tests.fec_reader import read_fec
from terreau.measures.money import Money
from terreau.rooms.baskets import actions
from terreau.rooms.baskets.tests.members import EVENING, NOW, WEDNESDAY, Members, key
from terreau.territory.abilities import Role
from terreau.territory.hand import Hand

__all__ = ["members"]
YEAR = (date(2026, 1, 1), date(2026, 12, 31))
ZERO = Money(0)


def bought(members: Members, name: str = "Anna", number: int = 10, price: int = 9500) -> Any:
    """On Monday 23 November."""
    members.join(name)
    entry = actions.OfferEntry(
        members.house.sizes["petit"], date(2026, 1, 1), number, Money(price), 6, "repaid", 1, "conseil"
    )
    offer = actions.set_offer(ecopole=members.house.ecopole, entry=entry, at=NOW, key=key())
    return actions.buy_pack(member=members.known[name], offer=offer, by=None, at=NOW, key=key())


def settled(members: Members, pack: Any, at: Any = NOW, judges: Judges | None = None) -> list[Invoice]:
    told = settle_ahead(
        ecopole=members.house.ecopole, payer=pack.member.agent_id, hand=Hand(None, at, key()), judges=judges
    )
    assert told.refused == []
    return told.issued


def closed(members: Members, first: date, last: date) -> list[Invoice]:
    ecopole = members.house.ecopole
    return bill(
        ecopole=ecopole, first=first, last=last, issued_on=last, judges=None,
        hand=Hand(None, NOW, key()), told=lambda: baskets(ecopole, first, last),
    ).issued  # fmt: skip


def account(members: Members, *numbers: str) -> list[Money]:
    file = fec_of(members.house.platform, PLATFORM[:9], 2026)
    read = read_fec(file.name, file.data)
    assert read.problems == []
    assert read.debit == read.credit
    return [Money.from_euros(read.balances.get(number, Decimal(0))) for number in numbers]


def test_a_pack_is_invoiced_when_bought_by_the_official_rules_and_the_month_bills_nothing_of_it(members):
    pack = bought(members)
    with Judges(1) as judges:
        (invoice,) = settled(members, pack, judges=judges)
    assert (invoice.gross, invoice.vat, invoice.lines.count()) == (Money(9500), Money(495), 10)
    assert [(line.name, line.quantity.amount) for line in invoice.said.lines] == [
        ("Petit panier, d’avance", 10)
    ]
    assert "TVA est due à l’encaissement (CGI, art. 269, 2, a)" in invoice.said.terms
    assert settled(members, pack) == [], "once"
    members.bring(members.mairie, "petit", 4)
    members.hand(members.mairie, "taken", "Anna")
    (fee,) = closed(members, FIRST, LAST)
    assert fee.gross == Money(2000), "the fee alone: the basket was paid"
    assert month(members.house.ecopole, FIRST).left == 0
    line = invoice.lines.first()
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        InvoiceLine.objects.create(
            invoice=fee, reference=line.reference, payer=line.payer, amount=line.amount
        )
    assert "reference_billed_once" in str(error.value) or "invoiceline.reference" in str(error.value)


def test_a_pack_nobody_invoiced_is_invoiced_apart_by_the_month(members):
    bought(members)
    assert [one.gross for one in closed(members, FIRST, LAST)] == [Money(2000), Money(9500)]


def test_the_advance_is_owed_until_baskets_are_handed_over_and_its_vat_is_due_when_paid(members):
    pack, platform = bought(members), members.house.platform
    settled(members, pack)
    assert account(members, "411000", "419100", "445870", "445710", "707000") == [
        Money(9500), Money(-9005), Money(-495), ZERO, ZERO,
    ]  # fmt: skip
    members.bring(members.mairie, "petit", 4)
    members.hand(members.mairie, "taken", "Anna")
    # One tenth delivered, nothing paid: the VAT of that one.
    assert account(members, "419100", "445710", "707000") == [Money(-8104), Money(-50), Money(-901)]
    paid_on = WEDNESDAY + timedelta(days=2)
    record_payment(
        ecopole=members.house.ecopole, creditor=platform, debtor=pack.member.agent, amount=Money(9500),
        paid_on=paid_on, means="transfer", writer=Writer(None, EVENING + timedelta(days=2), key()),
    )  # fmt: skip
    assert account(members, "411000", "419100", "445870", "445710") == [ZERO, Money(-8104), ZERO, Money(-495)]
    (row,) = vat_summary(taxed(platform, FIRST, LAST), FIRST, LAST)
    assert (row.percent, row.due, row.base, row.vat) == (
        Decimal("5.5"), "payment", Money(9005), Money(495),
    )  # fmt: skip
    assert vat_summary(books(platform, FIRST, LAST), FIRST, LAST) == [row]


def test_what_is_given_back_is_credited_and_the_advance_comes_to_nothing(members):
    pack = bought(members)
    (invoice,) = settled(members, pack)
    members.bring(members.mairie, "petit", 4)
    members.hand(members.mairie, "taken", "Anna")
    assert actions.give_back(pack=pack, at=EVENING) == 9
    (note,) = closed(members, date(2026, 12, 1), date(2026, 12, 31))
    assert (note.is_credit, note.corrects, note.gross, note.reason) == (
        True,
        invoice,
        Money(8550),
        GIVEN_BACK,
    )
    assert account(members, "411000", "419100", "445870", "445710", "707000") == [
        Money(950), ZERO, ZERO, Money(-49), Money(-901),
    ]  # fmt: skip
    assert settled(members, pack, at=NOW + timedelta(days=40)) == []


def test_a_basket_withdrawn_after_its_month_is_owed_again(members):
    pack = bought(members)
    settled(members, pack)
    members.bring(members.mairie, "petit", 4)
    (row,) = members.hand(members.mairie, "taken", "Anna")
    actions.withdraw(handover=row, by=None, at=EVENING + timedelta(days=1))
    assert account(members, "419100", "445710", "707000") == [Money(-9005), ZERO, ZERO]


def test_of_three_baskets_of_which_two_were_paid_ahead_the_month_bills_one(members):
    pack = bought(members, number=2, price=1900)
    settled(members, pack)
    members.bring(members.mairie, "petit", 9)
    members.change("Anna", "extra", count=3)
    members.hand(members.mairie, "taken", "Anna")
    (invoice,) = closed(members, FIRST, LAST)
    assert [(line.name, line.quantity.amount) for line in invoice.said.lines] == [
        ("Petit panier", 1), ("Adhésion à l’association", 1),
    ]  # fmt: skip
    assert invoice.gross == Money(3000)


def text(response: Any) -> str:
    return response.content.decode()


def test_a_member_buys_on_a_phone_in_two_taps_and_the_invoice_is_there(members):
    pack = bought(members, "Zoé")
    members.join("Anna")
    client, url = members.as_member("Anna"), members.house.url("moi/avance/")
    page = text(client.get(url))
    assert "10 × Petit panier" in page
    assert "ceux qui restent alors sont rendus" in page
    sent = {"key": "11111111-aaaa", "offer": str(pack.offer_id)}
    page = text(client.post(url, sent, follow=True))
    assert "Facture PP-F2026-00001" in page
    assert "Il vous reste <b>10 paniers</b>" in page
    again = client.post(url, sent, follow=True)
    assert "Il vous reste <b>10 paniers</b>" in text(again)
    assert [one.gross for one in Invoice.objects.all()] == [Money(9500)]
    page = text(client.get(members.house.url("moi/")))
    assert "il vous en restera 9" in page
    assert "vos paniers d’avance restent entiers" in page
    told = text(client.get(members.house.url("moi/donnees/fichier")))
    assert '"paniers d’avance"' in told
    assert client.post(url, {"key": "22222222-aaaa", "offer": "999"}).status_code == 422


def test_the_garden_sells_and_gives_back_and_each_has_its_paper(members):
    pack = bought(members, "Zoé")
    settled(members, pack)
    client = members.client()
    page = text(client.get(members.house.url("avance/")))
    assert "reste 10" in page
    member = members.house.url(f"membres/{pack.member_id}/")
    page = text(
        client.post(f"{member}avance/", {"key": "33333333-aaaa", "offer": str(pack.offer_id)}, follow=True)
    )
    assert "Facture PP-F2026-00002" in page
    sent = {"key": "44444444-aaaa"}
    page = text(client.post(members.house.url(f"avance/{pack.pk}/rendre/"), sent, follow=True))
    assert "Avoir PP-A2026-00001" in page
    assert "10 rendus" in page
    other = members.client(Role.COORDINATOR)
    assert "Paniers d’avance" not in text(other.get(member)), "read by who sells"
    assert other.get(members.house.url("avance/")).status_code == 403


def test_a_seller_who_has_said_nothing_invoices_later_and_nothing_is_lost(members):
    pack = bought(members, "Zoé")
    Issuer.objects.all().update(since=date(2027, 1, 1))
    client, url = members.as_member("Zoé"), members.house.url("moi/avance/")
    page = text(client.post(url, {"key": "55555555-aaaa", "offer": str(pack.offer_id)}, follow=True))
    assert "Il vous reste <b>20 paniers</b>" in page
    Issuer.objects.all().update(since=date(2026, 1, 1))
    assert sorted(one.gross for one in closed(members, FIRST, LAST)) == [Money(2000), Money(19000)]


def test_before_2023_an_advance_on_goods_owed_its_vat_at_the_delivery():
    assert rule("vat_of_ahead", date(2022, 12, 31))["due"] == "delivery"
    assert rule("vat_of_ahead", date(2023, 1, 1))["due"] == "payment"
    assert rule("advances", date(2026, 1, 1))["number"] == "419100"
    for day, vat in ((date(2022, 11, 1), []), (date(2026, 11, 1), [Money(495)])):
        paid = Tie(("invoice", 1), ("payment", 1), day, Money(9500), day)
        told = Books([_invoice(day)], ties=[paid])
        assert [row.vat for row in vat_summary(told, day, day + timedelta(days=29))] == vat


def _invoice(day: date, **more: Any) -> Billed:
    rates = (Taxed(Decimal("5.5"), Money(9005), Money(495)),)
    made = Billed(1, 7, "F1", day, day, "B", False, True, rates, ZERO, Money(9500), day, ahead=True)
    return replace(made, **more)


@settings(max_examples=200, deadline=None)
@given(
    drawn=st.lists(st.integers(0, 40), max_size=10), paid=st.lists(st.integers(1, 9500), max_size=3),
    credited=st.booleans(), data=st.data(),
)  # fmt: skip
def test_each_entry_is_balanced_and_the_advance_is_what_is_not_delivered(drawn, paid, credited, data):
    """Whatever comes first; delivered or taken back whole, nothing is left of the advance nor of its VAT."""
    day, left = date(2026, 1, 5), 9500
    delivered = [Delivered(1, day + timedelta(days=n), Money(950), day + timedelta(days=n)) for n in drawn]
    ties = []
    for rank, cents in enumerate(paid):
        part = min(cents, left)
        left -= part
        when = day + timedelta(days=data.draw(st.integers(0, 40)))
        if part:
            ties.append(Tie(("invoice", 1), ("payment", rank + 1), when, Money(part), when))
    bills, after = [_invoice(day)], day + timedelta(days=50)
    rest = Money(9500 - 950 * len(drawn))
    if credited and rest:
        base = rest.times(Decimal(1) / Decimal("1.055"))
        rates = (Taxed(Decimal("5.5"), base, rest - base),)
        bills.append(
            _invoice(
                after, pk=2, number="A1", credit=True, rates=rates, gross=rest, corrects=1, written=after
            )
        )
    told = Books(bills, ties=ties, delivered=delivered)
    sums: dict[str, int] = {}
    for entry in journal(told, day, date(2026, 12, 31)):
        assert sum(one.debit.cents - one.credit.cents for one in entry.postings) == 0
        for one in entry.postings:
            sums[one.account] = sums.get(one.account, 0) + one.debit.cents - one.credit.cents
    whole = not rest or credited
    expected = -9005 * rest.cents / 9500
    assert sums["419100"] == 0 if whole else abs(sums["419100"] - expected) <= 1
    assert not whole or sums["445870"] == 0
    vat = sum(row.vat.cents for row in vat_summary(told, day, date(2026, 12, 31)))
    assert -sums.get("445710", 0) == vat, "the journal and the summary agree"
