"""From priced facts to invoices: what is billed, once, of what, to the cent."""

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from terreau.billing.actions import BillingRefused, Judges, bill, credit_note, paper_of
from terreau.billing.lines import Baskets, Trade, bounds, to_bill
from terreau.billing.models import Invoice
from terreau.billing.tests.factories import FIRST, LAST, TODAY, make_house
from terreau.formats.invoice.cii import cii
from terreau.formats.invoice.page import attached
from terreau.formats.invoice.values import Kind
from terreau.ledger.actions import reverse
from terreau.ledger.tests.world import NOW
from terreau.measures.money import Money
from terreau.rooms.baskets.queries import DueLine, PaymentLine
from terreau.territory.hand import Hand


@pytest.fixture
def house(db):
    return make_house()


def issue(house, key="month", *, judges=None, payments=(), dues=(), day=TODAY, **more):
    hand = Hand(None, NOW, key)
    return bill(
        ecopole=house.ecopole, first=FIRST, last=LAST, issued_on=day, hand=hand, judges=judges,
        told=lambda: Baskets(payments, dues), **more,
    )  # fmt: skip


def take_back(invoice, key, *, lines=None, reason="abîmé", judges=None):
    return credit_note(
        invoice=invoice, lines=lines, reason=reason, issued_on=TODAY, hand=Hand(None, NOW, key), judges=judges
    )


def paid(event, member, payer, amount):
    day = event.occurred_at.date()
    return PaymentLine(event.pk, event.provider_id, member, day, "panier", "food", payer, amount)


def test_a_delivery_is_billed_once_at_the_price_of_the_ledger_and_of_the_rate_of_its_day(house):
    house.sold(2400)
    (invoice,) = issue(house).issued
    assert (invoice.number, invoice.kind) == ("PB-F2026-00001", Kind.INVOICE)
    assert (invoice.net, invoice.vat, invoice.gross) == (Money(2400), Money(132), Money(2532))
    assert invoice.due_on == TODAY + timedelta(days=30)
    said = invoice.said
    assert (said.service, said.commitment) == ("RESTAURATION", "BC-2026-118")
    (line,) = said.lines
    assert (line.name, str(line.quantity.amount), line.price) == ("carotte", "10.000", Decimal("2.4000"))
    assert issue(house, "again").issued == []


def test_what_is_rebuilt_from_the_database_is_what_was_issued(house):
    house.sold()
    (issued,) = issue(house).issued
    assert Invoice.objects.get().said == issued.said
    assert isinstance(Invoice.objects.get().said.kind, Kind)


def test_a_month_billed_again_bills_the_difference(house):
    house.sold(2400)
    issue(house)
    house.sold(1000)
    (second,) = issue(house, "again").issued
    assert (second.net, second.number) == (Money(1000), "PB-F2026-00002")


def test_a_delivery_corrected_after_its_invoice_is_taken_back_and_billed_again(house):
    wrong = house.sold(2400)
    issue(house)
    reverse(ecopole=house.ecopole, events=[wrong], by=None, at=NOW, key="undo")
    house.sold(2000)
    credit, invoice = issue(house, "again").issued
    assert (credit.number, credit.kind, credit.gross) == ("PB-A2026-00001", Kind.CREDIT_NOTE, Money(2532))
    assert credit.said.preceding[0].number == "PB-F2026-00001"
    assert invoice.net == Money(2000)
    assert issue(house, "third").issued == []


def test_a_line_credited_may_be_billed_again_and_the_rest_stays(house):
    one, _ = house.sold(2400), house.sold(1000)
    (invoice,) = issue(house).issued
    line = invoice.lines.get(event=one)
    credit = take_back(invoice, "credit", lines=[line.pk])
    assert (credit.net, credit.corrects, credit.reason) == (Money(2400), invoice, "abîmé")
    assert take_back(invoice, "credit") == credit
    (again,) = issue(house, "again").issued
    assert (again.net, again.lines.get().after.invoice) == (Money(2400), credit)
    rest = take_back(invoice, "rest")
    assert rest.net == Money(1000)
    with pytest.raises(BillingRefused, match="Il ne reste rien à créditer"):
        credit_note(
            invoice=invoice,
            lines=None,
            reason="encore",
            issued_on=TODAY,
            hand=Hand(None, NOW, "x"),
            judges=None,
        )


def test_a_credit_note_says_why_and_corrects_an_invoice(house):
    house.sold()
    (invoice,) = issue(house).issued
    with pytest.raises(BillingRefused, match="Dites pourquoi"):
        take_back(invoice, "credit", reason=" ")
    credit = take_back(invoice, "credit")
    with pytest.raises(BillingRefused, match="est un avoir"):
        take_back(credit, "other")


def test_a_farm_is_billed_in_its_name_under_its_mandate_without_vat(house):
    lot = house.harvested("poireau", "20", "ferme")
    house.add("transfer", "20", lot, "ferme", "plateforme", price=Money(3000))
    (invoice,) = issue(house).issued
    assert (invoice.kind, invoice.number) == (Kind.SELF_BILLED, "FC-F2026-00001")
    assert (invoice.vat, invoice.gross) == (Money(0), Money(3000))
    assert invoice.said.lines[0].vat.reason == "TVA non applicable, art. 293 B du CGI"
    assert invoice.customer == house.agents["plateforme"]


def test_goods_of_a_farm_sold_to_a_canteen_pass_through_the_platform(house):
    lot = house.harvested("poireau", "20", "ferme")
    house.add("transfer_custody", "20", lot, "ferme", "plateforme")
    house.add("transfer_rights", "20", lot, "ferme", "cantine", price=Money(4000))
    dues = {due.trade: due for due in to_bill(house.ecopole, FIRST, LAST, told=Baskets()).new}
    assert set(dues) == {Trade.CANTEENS, Trade.FARMS}
    assert dues[Trade.CANTEENS].seller_id == house.agents["plateforme"].pk
    assert dues[Trade.FARMS].payer_id == house.agents["plateforme"].pk
    assert len(issue(house).issued) == 2


def test_a_share_of_the_tours_is_billed_to_its_partner(house):
    house.agreement(1500)
    (invoice,) = issue(house).issued
    assert (invoice.customer, invoice.net, invoice.vat) == (house.agents["ferme"], Money(1500), Money(300))
    assert issue(house, "again").issued == []


def test_who_has_not_said_how_they_bill_is_named_and_the_others_are_billed(house):
    lot = house.harvested("laitue", "10")
    house.add("transfer", "10", lot, "jardin", "plateforme", price=Money(900))
    house.sold()
    assert to_bill(house.ecopole, FIRST, LAST, told=Baskets()).unsettled == (house.agents["jardin"].pk,)
    assert len(issue(house).issued) == 1


def test_a_refused_invoice_leaves_its_number_to_the_next_one(house):
    house.agents["cantine"].kind = "person"  # without an e-mail or a SIREN, nobody receives anything
    house.agreement(1500)
    house.sold()
    house.customer.delete()
    house.agents["cantine"].email = ""
    house.agents["cantine"].save()
    outcome = issue(house)
    assert [invoice.number for invoice in outcome.issued] == ["PB-F2026-00001"]
    assert outcome.refused[0][0] == "cantine"
    assert "il faut une adresse e-mail" in outcome.refused[0][1]


def test_numbers_follow_the_days(house):
    house.sold()
    issue(house)
    house.sold()
    with pytest.raises(BillingRefused, match="les numéros suivent les jours"):
        issue(house, "again", day=date(2026, 11, 29))


def test_a_basket_is_told_with_vat_and_paid_by_several_to_the_cent(house):
    event = house.sold(1201, agreement_id=house.subscription().pk)
    member, ccas = house.agents["cantine"], house.agents["jardin"]
    house.address(ccas)
    payments = [paid(event, member.pk, who.pk, Money(c)) for who, c in ((member, 401), (ccas, 800))]
    outcome = issue(house, payments=payments)
    assert {(one.customer, one.gross) for one in outcome.issued} == {(member, Money(401)), (ccas, Money(800))}
    # The scheme changes its mind: only the difference, by credit notes and new invoices.
    payments = [paid(event, member.pk, who.pk, Money(c)) for who, c in ((member, 301), (ccas, 900))]
    issue(house, "again", payments=payments)
    owed = {
        who: sum(one.signed.cents for one in Invoice.objects.filter(customer=who)) for who in (member, ccas)
    }
    assert owed == {member: 301, ccas: 900}


def test_a_document_is_judged_by_the_official_rules_and_kept_with_its_paper(house):
    house.sold()
    house.agreement()
    with Judges(1) as judges:
        outcome = issue(house, judges=judges)
        assert (len(outcome.issued), outcome.refused) == (2, [])
        paper = outcome.issued[0].paper
        assert attached(bytes(paper.pdf)) == bytes(paper.xml)
        assert "EN 16931" in paper.rules
        credit = take_back(outcome.issued[0], "credit", judges=judges)
    assert "Avoir" in PdfReader(BytesIO(bytes(paper_of(invoice=credit, at=NOW).pdf))).pages[0].extract_text()


def test_a_fee_is_billed_once_outside_vat_and_taken_back_when_it_is_no_longer_due(house):
    house.sold(1000, agreement_id=house.subscription().pk)
    member = house.agents["cantine"].pk
    fee = DueLine(
        "fee:1:2026-11-02", "fee", member, member, house.agents["plateforme"].pk, None, FIRST, Money(2000)
    )
    (invoice,) = issue(house, dues=[fee]).issued
    assert invoice.gross == Money(3000)
    assert issue(house, "again", dues=[fee]).issued == []
    (credit,) = issue(house, "third").issued
    assert (credit.gross, credit.vat) == (Money(2000), Money(0))
    assert credit.said.lines[0].name == "Adhésion à l’association"
    with Judges(1) as judges:  # what mixes a rate and an exemption is judged too
        assert not judges.all[0].breaches(cii(invoice.said))


def test_a_month_begins_and_ends_at_midnight_of_the_place():
    since, until = bounds(FIRST, LAST)
    assert (since.isoformat(), until.isoformat()) == (
        "2026-11-01T00:00:00+01:00",
        "2026-12-01T00:00:00+01:00",
    )
