"""What no form would send of money: the database refuses it, by name; facts stay as they were written."""

from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from terreau.billing.models import (
    ChequeDeposit,
    Collection,
    CollectionEnd,
    Debit,
    DepositedCheque,
    EntryAside,
    MandateEnd,
    Payment,
    Return,
    Settlement,
    Statement,
    StatementEntry,
)
from terreau.billing.tests.factories import make_house
from terreau.billing.tests.paying import billed, mandated, paid
from terreau.billing.tests.test_constraints import _another
from terreau.ledger.tests.world import NOW
from terreau.measures.money import Money

DAY, LATER = date(2026, 11, 2), date(2026, 11, 20)


@pytest.fixture
def lived(db):
    """One of each fact."""
    house = make_house()
    said = {"ecopole": house.ecopole, "recorded_at": NOW}
    platform = house.agents["plateforme"]
    mandate, invoice = mandated(house), billed(house)
    collection = Collection(
        creditor=platform, message="PB-1", due_on=LATER, notified_on=DAY, count=1, total=Money(100),
        file=b"x", key="c", **said,
    )  # fmt: skip
    statement = Statement(
        creditor=platform, digest="d", name="novembre.xml", first=DAY, last=LATER, key="s", **said
    )
    entry = StatementEntry(
        statement=statement, creditor=platform, day=LATER, amount=Money(100), label="VIR", fingerprint="f"
    )
    slip = ChequeDeposit(creditor=platform, deposited_on=LATER, number="B1", key="d", **said)
    for row in (collection, statement):
        row.save()
    entry.statement = statement
    for row in (entry, slip):
        row.save()
    payment = paid(house, "10")
    rows = {
        "mandate": mandate,
        "mandateend": MandateEnd(mandate=mandate, ends_on=LATER, reason="parti", key="e", **said),
        "collection": collection,
        "debit": Debit(
            collection=collection, mandate=mandate, invoice=invoice, amount=Money(100), end_to_end="PB-1-1"
        ),
        "collectionend": CollectionEnd(
            collection=collection, ended_on=LATER, collected=True, key="ce", **said
        ),
        "statement": statement,
        "statemententry": entry,
        "entryaside": EntryAside(entry=entry, key="a", **said),
        "payment": payment,
        "return": Return(payment=payment, returned_on=LATER, reason="AM04", key="r", **said),
        "settlement": Settlement.objects.get(),
        "chequedeposit": slip,
        "depositedcheque": DepositedCheque(deposit=slip, payment=payment),
    }
    for row in rows.values():
        if row.pk is None:
            row.save()
    return house, rows


def test_the_database_refuses_what_no_form_would_send_of_money(lived):
    house, rows = lived
    owner, settlement = house.agents["plateforme"].pk, rows["settlement"]
    second = _another(rows["collection"], key="second", message="PB-second")
    line = _another(rows["statemententry"], fingerprint="second")
    second.save()
    line.save()
    for name, broken in {
        "mandate_key_once": _another(rows["mandate"], rum="other"),
        "mandate_rum_once": _another(rows["mandate"], key="b"),
        "mandate_is_whole": _another(rows["mandate"], key="b", rum="other", iban=""),
        "mandate_between_two": _another(rows["mandate"], key="b", rum="other", debtor_id=owner),
        "mandate_notice_within_the_rule": _another(rows["mandate"], key="b", rum="other", notice_days=15),
        "mandate_end_key_once": _another(rows["mandateend"], mandate_id=mandated(house).pk),
        "mandate_end_says_why": _another(
            rows["mandateend"], mandate_id=mandated(house).pk, key="b", reason=""
        ),
        "collection_key_once": _another(rows["collection"], message="PB-2"),
        "collection_message_once": _another(rows["collection"], key="b"),
        "collection_of_something": _another(rows["collection"], key="b", message="PB-2", total=Money(0)),
        "collection_told_before_due": _another(
            rows["collection"], key="b", message="PB-2", notified_on=LATER
        ),
        "collection_end_key_once": _another(rows["collectionend"], collection_id=second.pk),
        "debit_invoice_once_a_file": _another(rows["debit"]),
        "debit_of_something": _another(rows["debit"], invoice_id=billed(house).pk, amount=Money(0)),
        "statement_key_once": _another(rows["statement"], digest="e"),
        "statement_read_once": _another(rows["statement"], key="b"),
        "statement_in_order": _another(rows["statement"], key="b", digest="e", last=date(2026, 1, 1)),
        "statement_entry_once": _another(rows["statemententry"]),
        "statement_entry_of_something": _another(rows["statemententry"], fingerprint="g", amount=Money(0)),
        "entry_aside_key_once": _another(rows["entryaside"], entry_id=line.pk),
        "payment_key_once": _another(rows["payment"]),
        "payment_of_something": _another(rows["payment"], key="b", amount=Money(0)),
        "payment_between_two": _another(rows["payment"], key="b", debtor_id=owner),
        "payment_means_known": _another(rows["payment"], key="b", means="gold"),
        "payment_collected_is_a_debit": _another(
            rows["payment"], key="b", collection_id=rows["collection"].pk
        ),
        "return_key_once": _another(rows["return"], payment_id=paid(house, "1").pk),
        "return_says_why": _another(rows["return"], payment_id=paid(house, "1").pk, key="b", reason=""),
        "settlement_key_once": _another(settlement),
        "settlement_of_something": _another(settlement, key="b", amount=Money(0)),
        "settlement_takes_once": _another(settlement, key="b", refund_id=settlement.payment_id),
        "settlement_gives_once": _another(settlement, key="b", payment_id=None),
        "cheque_deposit_key_once": _another(rows["chequedeposit"]),
        "cheque_deposit_has_a_slip": _another(rows["chequedeposit"], key="b", number=""),
    }.items():
        # SQLite names a unique constraint by its columns: the row is refused whoever reads it.
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            broken.save(force_insert=True)
        told = str(refusal.value)
        assert name in told or "UNIQUE" in told, (name, told)


def test_what_was_paid_is_neither_changed_nor_erased(lived):
    _, rows = lived
    for name in rows.keys() - {"mandate"}:
        for statement in (f"UPDATE billing_{name} SET id = id", f"DELETE FROM billing_{name}"):
            with (
                pytest.raises(DatabaseError, match=f"billing_{name} : un fait écrit ne se modifie pas"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)
    assert Payment.objects.exists()
