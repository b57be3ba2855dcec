"""Money in and back, tied to what it pays; debits from the mandate to the bank; statements matched."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from terreau.billing import debits, owed, settling, statements
from terreau.billing.actions import BillingRefused, Judges
from terreau.billing.models import (
    Collection,
    Invoice,
    Issuer,
    MandateEnd,
    Payment,
    Return,
    Settlement,
    Statement,
    StatementEntry,
)
from terreau.billing.tests.factories import HOME, IBAN, TODAY, make_house
from terreau.billing.tests.paying import ICS, MEMBER_IBAN, billed, mandated, paid, writer
from terreau.billing.tests.test_issue import issue, take_back
from terreau.formats.sepa.debits import schema_errors
from terreau.measures.money import Money

ZERO = Money(0)
NOVEMBER = date(2026, 11, 2)
TOLD, DEBITED = date(2026, 11, 9), date(2026, 11, 23)


def refused(words: str):
    return pytest.raises(BillingRefused, match=words)


def euros(text: str) -> Money:
    return Money.from_euros(text)


@pytest.fixture
def house(db):
    house = make_house()
    Issuer.objects.filter(agent=house.agents["plateforme"]).update(creditor_id=ICS)
    house.issuers["plateforme"].refresh_from_db()
    return house


def who(house) -> dict:
    return {
        "ecopole": house.ecopole, "creditor": house.agents["plateforme"], "debtor": house.agents["cantine"],
    }  # fmt: skip


def owes(house, on: date = date(2026, 12, 31)) -> Money:
    return owed.balances(house.agents["plateforme"].pk, on).get(house.agents["cantine"].pk, ZERO)


def left(house) -> list[tuple[str, Money]]:
    found = owed.open_items(house.agents["plateforme"].pk, date(2026, 12, 31))
    return [(item.piece, item.left) for item in found]


# --- payments


def test_the_oldest_due_is_paid_first_and_the_rest_is_ahead_of_the_next_invoice(house):
    """40 € for 25 € and 10 € due: both are paid, 5 € wait for December's basket of 12 €."""
    billed(house, "10", due=date(2026, 11, 25))
    billed(house, "25", due=date(2026, 11, 10))
    payment = paid(house, "40", writer=writer(key="once"))
    assert paid(house, "40", writer=writer(key="once")) == payment
    first, second = Settlement.objects.order_by("pk")
    assert (first.amount, second.amount) == (euros("25"), euros("10"))
    assert left(house) == [("transfer", euros("-5"))]
    billed(house, "12", on=date(2026, 12, 1))
    assert settling.settle_open(**who(house), on=date(2026, 12, 1), writer=writer()) == 1
    assert left(house) == [("PB-F2026-00003", euros("7"))]
    assert (owes(house), owes(house, date(2026, 11, 5))) == (euros("7"), euros("35"))


def test_a_payment_that_comes_back_opens_the_debt_again(house):
    invoice = billed(house, "25")
    payment = paid(house, "25", NOVEMBER + timedelta(days=10), means="debit")
    back = {"ecopole": house.ecopole, "payment": payment, "reason": "AM04", "returned_on": date(2026, 11, 20)}
    for _ in range(2):
        settling.give_back(**back, writer=writer(date(2026, 11, 21)))
    assert Return.objects.get().why == "provision insuffisante"
    assert left(house) == [(invoice.number, euros("25"))]
    assert (owes(house, date(2026, 11, 15)), owes(house, date(2026, 11, 20))) == (ZERO, euros("25"))
    assert owed.unpaid(date(2026, 11, 15)).count() == 0, "it was paid, that day"
    with refused("ne revient pas avant"):
        other = paid(house, "1")
        settling.give_back(**back | {"payment": other, "returned_on": NOVEMBER}, writer=writer())
    lines = owed.account(payment.creditor_id, payment.debtor_id)
    after = [euros(told) for told in ("25", "0", "-1", "24")]
    assert [line.after for line in lines] == after


def test_a_credit_note_is_used_or_given_back_and_never_more(house):
    invoice = billed(house, "25")
    paid(house, "25")
    billed(house, "8", date(2026, 11, 21), credits=invoice)
    refund = {**who(house), "paid_on": date(2026, 11, 22), "means": "transfer"}
    with refused("il reste 8,00\u00a0€ en faveur"):
        settling.refund(**refund, amount=euros("8.01"), writer=writer(date(2026, 11, 22)))
    settling.refund(**refund, amount=euros("8"), writer=writer(date(2026, 11, 22)))
    assert (left(house), owes(house)) == ([], ZERO)
    with refused("Écrivez d’abord un avoir"):
        settling.refund(**refund, amount=euros("1"), writer=writer(date(2026, 11, 22)))


def test_a_tie_made_by_hand_reaches_neither_side_further_than_it_goes_and_is_untied(house):
    invoice, payment = billed(house, "25"), paid(house, "10")
    (tie,) = Settlement.objects.all()
    for _ in range(2):
        settling.unsettle(tie=tie, on=date(2026, 11, 22), writer=writer())
    assert dict(left(house)) == {invoice.number: euros("25"), "transfer": euros("-10")}
    by_hand = {"ecopole": house.ecopole, "invoice": invoice, "payment": payment, "on": date(2026, 11, 23)}
    with refused("Lettrez 10,00\u00a0€ au plus"):
        settling.settle(**by_hand, amount=euros("10.01"), writer=writer())
    settling.settle(**by_hand, amount=euros("4"), writer=writer())
    assert dict(left(house)) == {invoice.number: euros("21"), "transfer": euros("-6")}
    with refused("défait déjà"):
        settling.unsettle(tie=Settlement.objects.exclude(undoes=None).get(), on=NOVEMBER, writer=writer())
    with refused("à venir"):
        paid(house, "10", date(2027, 1, 1), writer=writer())


def test_cheques_go_to_the_bank_together_each_once(house):
    cheques = [paid(house, "10", means="cheque").pk, paid(house, "15", means="cheque").pk]
    slip = {
        "ecopole": house.ecopole, "creditor": house.agents["plateforme"], "number": "B-12",
        "deposited_on": date(2026, 11, 23), "cheques": cheques,
    }  # fmt: skip
    with refused("remettez-le après"):
        settling.deposit(**slip | {"deposited_on": date(2026, 11, 19)}, writer=writer())
    assert settling.deposit(**slip, writer=writer(key="d")) == settling.deposit(
        **slip, writer=writer(key="d")
    )
    with refused("Cochez au moins un chèque"):
        settling.deposit(**slip, writer=writer())
    unpaid = Payment.objects.get(pk=cheques[0])
    settling.give_back(
        ecopole=house.ecopole, payment=unpaid, returned_on=date(2026, 11, 23), reason="CHQ", writer=writer()
    )
    assert owes(house) == euros("-15")


GESTURES = st.lists(
    st.tuples(
        st.sampled_from(["bill", "pay", "credit", "back", "refund", "untie", "tie"]),
        st.integers(1, 3000),
        st.integers(0, 40),
    ),
    min_size=1,
    max_size=12,
)


def _live(house, gesture: str, cents: int, after: int) -> None:
    """One gesture, where it can be; what is refused changes nothing."""
    day, amount = NOVEMBER - timedelta(days=60) + timedelta(days=after), Money(cents)
    payment, tie = Payment.objects.order_by("-pk").first(), Settlement.objects.filter(undoes=None).first()
    invoice = Invoice.objects.filter(kind="380").order_by("-pk").first()
    on = {"writer": writer()}
    try:
        match gesture:
            case "bill":
                billed(house, f"{amount.euros}", day)
            case "pay":
                paid(house, f"{amount.euros}", day, **on)
            case "credit" if invoice:
                billed(house, f"{min(amount, invoice.gross).euros}", day, credits=invoice)
            case "back" if payment:
                settling.give_back(
                    ecopole=house.ecopole, payment=payment, returned_on=day, reason="ERR", **on
                )
            case "refund":
                settling.refund(**who(house), amount=amount, paid_on=day, means="transfer", **on)
            case "untie" if tie:
                settling.unsettle(tie=tie, on=day, **on)
            case _:
                settling.settle_open(**who(house), on=day, **on)
    except BillingRefused:
        pass


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(GESTURES)
@example([("bill", 1, 0), ("pay", 1, 0), ("back", 1, 11), ("pay", 1, 0)])
def test_whatever_is_done_no_side_is_exceeded_and_balances_are_invoices_less_payments(house, gestures):
    with transaction.atomic():
        for gesture in gestures:
            _live(house, *gesture)
        creditor, debtor = house.agents["plateforme"].pk, house.agents["cantine"].pk
        for day in (NOVEMBER - timedelta(days=50), NOVEMBER - timedelta(days=30), NOVEMBER):
            by_hand = sum(row.signed.cents for row in Invoice.objects.filter(issued_on__lte=day))
            by_hand += sum(row.signed.cents for row in Payment.objects.filter(paid_on__lte=day))
            by_hand -= sum(row.payment.signed.cents for row in Return.objects.filter(returned_on__lte=day))
            assert owed.balances(creditor, day).get(debtor, ZERO).cents == by_hand
            open_ = [item.left.cents for item in owed.open_items(creditor, day)]
            assert sum(open_) == by_hand, "what is open is what is owed"
        _within(Invoice.objects.filter(kind="380"), "invoice", "gross")
        _within(Invoice.objects.filter(kind="381"), "credit", "gross")
        _within(Payment.objects.filter(back=False), "payment", "amount")
        _within(Payment.objects.filter(back=True), "refund", "amount")
        transaction.set_rollback(True)


def _within(rows, side: str, amount: str) -> None:
    for row in rows:
        ties = Settlement.objects.filter(**{side: row})
        tied = sum(tie.amount.cents * (-1 if tie.undoes_id else 1) for tie in ties)
        assert 0 <= tied <= getattr(row, amount).cents


# --- mandates and debits


def _sign(house, **more):
    values = {
        "issuer": house.issuers["plateforme"], "debtor": house.agents["cantine"], "holder": "Ana Martin",
        "iban": "FR14 2004 1010 0505 0001 3M02 606", "bic": "", "signed_on": date(2026, 11, 1), **HOME,
    }  # fmt: skip
    return debits.sign_mandate(**values | {"writer": writer()} | more)


def test_a_mandate_is_checked_as_it_is_signed_and_replaces_the_former(house):
    with refused("n’est pas un IBAN"):
        _sign(house, iban="FR14 2004 1010 0505 0001 3M02 607")
    with refused("n’est pas un BIC"):
        _sign(house, bic="AGRI")
    with refused("à venir"):
        _sign(house, signed_on=date(2026, 12, 24))
    first = _sign(house, writer=writer(key="m"))
    assert _sign(house, writer=writer(key="m")) == first
    assert (first.iban, first.masked) == (MEMBER_IBAN, "FR14 •••• 2606")
    second = _sign(house, signed_on=date(2026, 11, 20))
    assert first.rum != second.rum
    assert MandateEnd.objects.get().mandate == first
    used = [debits.in_force(first.creditor_id, date(2026, 11, day)) for day in (19, 20)]
    assert [found[first.debtor_id] for found in used] == [first, second]
    assert debits.in_force(first.creditor_id, date(2026, 10, 31)) == {}, "not before it is signed"
    with refused("il ne finit pas avant"):
        debits.withdraw_mandate(mandate=second, ends_on=date(2026, 11, 1), reason="parti", writer=writer())
    house.issuers["plateforme"].creditor_id = "FR73ZZZ123456"
    with refused("identifiant de créancier"):
        _sign(house)


def _prepared(house, **more) -> Collection:
    values = {
        "issuer": house.issuers["plateforme"], "due_on": DEBITED, "notified_on": TOLD, "writer": writer(TOLD),
    }  # fmt: skip
    return debits.prepare(**values | more)


@pytest.mark.parametrize(
    ("wrong", "broken", "told"),
    [
        ({"due_on": date(2026, 11, 20)}, {}, "14 jours avant"),
        ({"due_on": date(2026, 11, 28)}, {}, "n’est pas ouvré"),
        ({"notified_on": date(2026, 11, 10)}, {}, "à venir"),
        ({}, {"iban": "FR0000"}, "n’est pas un IBAN"),
        ({}, {"iban": "BR1800360305000010009795493C1"}, "hors de l’espace SEPA"),
        ({}, {"bic": "AGRI"}, "n’est pas un BIC"),
        ({}, {"holder": "—"}, "le nom de qui est prélevé"),
        ({}, {"town": "."}, "sa commune et son pays"),
        ({}, {"rum": "MND É 1"}, "sans accent"),
        ({}, {"signed_on": date(2026, 11, 10)}, "rien à prélever"),
    ],
    ids=["notice", "sunday", "told", "key", "country", "bic", "name", "town", "rum", "unsigned"],
)  # fmt: skip
def test_a_file_the_bank_would_refuse_is_not_written(house, wrong, broken, told):
    billed(house, "25")
    mandated(house, **broken)
    with refused(told):
        _prepared(house, **wrong)
    assert not Collection.objects.exists()


def test_from_what_is_due_to_what_the_bank_collected_and_one_debit_that_came_back(house):
    """Two invoices of a member: one debit of 37 €, collected, refused by the bank, debited again."""
    billed(house, "25")
    billed(house, "12")
    mandated(house)
    collection = _prepared(house, writer=writer(TOLD, "c"))
    assert _prepared(house, writer=writer(TOLD, "c")) == collection
    assert (collection.count, collection.total, collection.message) == (1, euros("37"), "PB-20261123-1")
    xml = bytes(collection.file)
    assert schema_errors(xml) == []
    assert all(word in xml for word in (b"FRST", b">37.00<", b"PB-F2026-00001, PB-F2026-00002"))
    assert debits.to_debit(collection.creditor_id, DEBITED, TOLD) == [], "not twice"
    with refused("pas d’encaissement avant"):
        debits.collected(collection=collection, on=date(2026, 11, 20), writer=writer(DEBITED))
    for _ in range(2):
        debits.collected(collection=collection, on=DEBITED, writer=writer(DEBITED))
    payment = Payment.objects.get()
    assert (payment.amount, payment.end_to_end) == (euros("37"), collection.debits.first().end_to_end)
    assert (left(house), collection.end.collected) == ([], True)
    with refused("est encaissé"):
        debits.abandon(collection=collection, on=DEBITED, writer=writer())
    settling.give_back(
        ecopole=house.ecopole, payment=payment, returned_on=DEBITED, reason="AM04", writer=writer(DEBITED)
    )
    again = _prepared(house, due_on=date(2026, 12, 8), notified_on=DEBITED, writer=writer(DEBITED))
    assert (again.total, b"RCUR" in bytes(again.file)) == (euros("37"), True)
    debits.abandon(collection=again, on=DEBITED, writer=writer())
    with refused("abandonné"):
        debits.collected(collection=again, on=date(2026, 12, 8), writer=writer(date(2026, 12, 8)))


def test_advances_are_used_before_anything_is_debited(house):
    paid(house, "30", NOVEMBER)
    billed(house, "25")
    mandated(house)
    with refused("rien à prélever"):
        _prepared(house)


# --- statements

HEAD = "Date;Libellé;Montant\n"


def _read(house, rows: str, name: str = "novembre.csv"):
    return statements.import_statement(
        issuer=house.issuers["plateforme"], name=name, data=(HEAD + rows).encode(), writer=writer()
    )


def _proposed(house) -> list:
    issuer = house.issuers["plateforme"]
    entries = list(statements.waiting(issuer.agent_id).order_by("pk"))
    known = statements.known_of(issuer, entries, date(2026, 11, 30))
    return [(entry, statements.propose(entry, known)) for entry in entries]


def _accept(house, entry, proposal) -> str:
    return statements.accept(
        issuer=house.issuers["plateforme"], entry=entry, mark=proposal.mark, writer=writer(date(2026, 11, 30))
    )


def test_the_same_file_twice_is_read_once_and_an_overlap_brings_what_is_new(house):
    rows = "20/11/2026;VIR A;25,00\n21/11/2026;VIR B;10,00\n"
    assert _read(house, rows)[1] == 2
    assert _read(house, rows, "again.csv")[1] == 0
    assert _read(house, rows + "22/11/2026;VIR C;1,00\n")[1] == 1
    assert (Statement.objects.count(), StatementEntry.objects.count()) == (2, 3)
    with refused("Ligne 3"):
        _read(house, "20/11/2026;VIR A;25,00\n32/11/2026;VIR B;10,00\n")


def test_each_line_is_matched_by_what_it_says_and_accepted_in_one_tap(house):
    canteen = house.agents["cantine"].pk
    cited, exact, alone = billed(house, "25"), billed(house, "12"), billed(house, "7.50")
    _read(
        house,
        "20/11/2026;VIR SEPA pb f2026 00001 merci;20,00\n"
        "20/11/2026;VIR COMMUNE DE BOURG EXEMPLE;12,00\n"
        "20/11/2026;REMISE;7,50\n"
        "20/11/2026;SALAIRES;-1200,00\n",
    )
    found = _proposed(house)
    kinds = [proposal and (proposal.kind, proposal.partner, proposal.invoices) for _, proposal in found]
    assert kinds == [
        ("number", canteen, (cited.pk,)), ("payer", canteen, (exact.pk,)),
        ("amount", canteen, (alone.pk,)), None,
    ]  # fmt: skip
    for entry, proposal in found[:3]:
        _accept(house, entry, proposal)
        assert _accept(house, entry, proposal) == "Cette ligne a déjà sa réponse."
    statements.put_aside(issuer=house.issuers["plateforme"], entry=found[3][0], writer=writer())
    assert (left(house), _proposed(house)) == ([(cited.number, euros("5"))], [])


def test_a_proposal_that_changed_meanwhile_is_read_again(house):
    billed(house, "25")
    _read(house, "20/11/2026;REMISE;25,00\n")
    ((entry, proposal),) = _proposed(house)
    paid(house, "5", NOVEMBER)
    with refused("a changé entre-temps"):
        _accept(house, entry, proposal)


CAMT = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Acct><Id><IBAN>{iban}</IBAN></Id></Acct>
<Ntry><Amt Ccy="EUR">25.00</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2026-11-24</Dt></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>{ref}</EndToEndId></Refs>{more}
</TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>"""


def _camt(house, way: str, ref: str, more: str = "", iban: str = IBAN):
    data = CAMT.format(iban=iban, way=way, ref=ref, more=more).encode()
    return statements.import_statement(
        issuer=house.issuers["plateforme"], name="releve.xml", data=data, writer=writer()
    )


def test_the_bank_says_which_debits_it_collected_and_which_came_back(house):
    billed(house, "25")
    mandated(house)
    collection = _prepared(house)
    ref = collection.debits.get().end_to_end
    with refused("Ce relevé est du compte FR14…2606"):
        _camt(house, "CRDT", ref, iban=MEMBER_IBAN)
    _camt(house, "CRDT", ref)
    ((entry, proposal),) = _proposed(house)
    assert (proposal.kind, proposal.sure) == ("debit", True)
    _accept(house, entry, proposal)
    assert (left(house), collection.end.collected) == ([], True)
    _camt(house, "DBIT", ref, "<RtrInf><Rsn><Cd>MD06</Cd></Rsn></RtrInf>")
    ((entry, proposal),) = _proposed(house)
    assert (proposal.kind, proposal.said) == (
        "return", "Prélèvement rejeté\u202f: contesté par le débiteur, qui est remboursé",
    )  # fmt: skip
    _accept(house, entry, proposal)
    assert left(house) == [("PB-F2026-00001", euros("25"))]


def test_a_file_booked_in_one_sum_is_collected_whole(house):
    billed(house, "25")
    mandated(house)
    collection = _prepared(house)
    _read(house, f"24/11/2026;PRLV {collection.message};25,00\n")
    ((entry, proposal),) = _proposed(house)
    assert (proposal.kind, proposal.sure) == ("file", True)
    _accept(house, entry, proposal)
    assert (left(house), Payment.objects.get().entry) == ([], entry)


def test_an_invoice_under_a_mandate_is_the_notice_of_its_debit(house):
    """Issued on 30 November, it says « prélevé le 14 décembre », and the file is of that day."""
    platform = house.issuers["plateforme"]
    mandate = mandated(house)
    house.sold()
    with Judges(1) as judges:
        (invoice,) = issue(house, judges=judges).issued
        note = take_back(invoice, "note", judges=judges)
    said = invoice.said
    assert (invoice.due_on, said.payment.mandate) == (date(2026, 12, 14), mandate.rum)
    assert (said.payment.means, said.payment.creditor_id, said.payment.iban) == ("59", ICS, "")
    assert said.terms == "Sera prélevé le 14 déc. 2026 sur le compte FR14 •••• 2606."
    assert b"TypeCode>59<" in bytes(invoice.paper.xml)
    assert debits.next_day(platform.agent_id, date(2026, 12, 3)) == (date(2026, 12, 14), TODAY)
    assert debits.next_day(platform.agent_id, date(2026, 12, 15)) == (date(2026, 12, 29), date(2026, 12, 15))
    asked = {"due_on": date(2026, 12, 14), "notified_on": TODAY, "writer": writer(date(2026, 12, 3))}
    with refused("rien à prélever"):
        _prepared(house, issuer=platform, **asked)
    assert note.said.terms == "", "the credit note debits nothing, and takes from what is debited"
    house.sold(1000)
    (more,) = issue(house, "again").issued
    collection = _prepared(house, issuer=platform, **asked)
    assert (collection.count, collection.total) == (1, more.gross)
