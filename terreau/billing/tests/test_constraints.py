"""What no form would send: the database refuses it, by name. What is issued stays as it was issued."""

from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from terreau.billing.models import Closing, Invoice, InvoiceLine, Paper, Series
from terreau.billing.tests.factories import FIRST, line, make_house, written
from terreau.ledger.tests.world import NOW
from terreau.measures.money import Money


def _another(row, **fields):
    """Another row alike, but for what breaks it."""
    values = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if not f.primary_key}
    return type(row)(**values | fields)


@pytest.fixture
def house(db):
    return make_house()


def test_the_database_refuses_what_no_form_would_send(house):
    issuer, customer = house.issuers["plateforme"], house.customer
    invoice = written(house)
    invoice.save()
    series, event, other = invoice.series, house.sold(), house.sold()
    billed = line(house, invoice, event)
    billed.save()
    credit = written(house, 2, kind="381", corrects=invoice, reason="abîmé")
    credit.save()
    undone = line(house, credit, event, undoes=billed)
    undone.save()
    line(house, invoice, event, after=undone).save()
    share = house.agreement()
    line(house, invoice, None, agreement=share).save()
    line(house, invoice, None, reference="fee:1").save()
    platform = house.agents["plateforme"].pk
    closing = Closing(ecopole=house.ecopole, key="m", month=FIRST, problem={}, seconds_max=60, created_at=NOW)
    closing.save()
    for name, broken in {
        "issuer_key_once": _another(issuer),
        "issuer_vat_number_unless_exempt": _another(issuer, key="b", vat_number=""),
        "issuer_is_known": _another(issuer, key="b", prefix=""),
        "issuer_terms_within_law": _another(issuer, key="b", terms_days=61),
        "issuer_self_billed_under_mandate": _another(house.issuers["ferme"], key="b", mandate_on=None),
        "issuer_self_billed_by_another": _another(
            issuer, key="b", self_billed_by_id=platform, mandate_on=FIRST
        ),
        "customer_key_once": _another(customer),
        "customer_public_has_a_siret": _another(customer, key="b", siret=""),
        "series_once": _another(series),
        "series_has_a_prefix": _another(series, prefix=""),
        "invoice_key_once": written(house, 3, key=invoice.key),
        "invoice_rank_once": written(house, 1, key="b", number="PB-9"),
        "invoice_number_once": written(house, 3, number=invoice.number),
        "invoice_rank_from_one": written(house, 0),
        "invoice_kind_known": written(house, 3, kind="999"),
        "invoice_due_once_issued": written(house, 3, due_on=date(2026, 1, 1)),
        "invoice_period_in_order": written(house, 3, last=date(2026, 1, 1)),
        "invoice_between_two": written(house, 3, customer_id=platform),
        "invoice_not_negative": written(house, 3, gross=Money(-1), net=Money(-133)),
        "invoice_adds_up": written(house, 3, gross=Money(2533)),
        "invoice_credit_says_what_and_why": written(house, 3, kind="381", corrects=invoice),
        "invoice_line_event_billed_once": line(house, invoice, event),
        "invoice_line_agreement_billed_once": line(house, invoice, None, agreement=share),
        "invoice_line_reference_billed_once": line(house, invoice, None, reference="fee:1"),
        "invoice_line_undone_once": line(house, credit, event, undoes=billed),
        "invoice_line_billed_again_once": line(house, invoice, event, after=undone),
        "invoice_line_bills_or_undoes": line(house, invoice, other, undoes=billed, after=undone),
        "invoice_line_of_one_thing": line(house, invoice, None),
        "paper_says_its_rules": Paper(invoice=invoice, xml=b"x", pdf=b"p", rules="", validated_at=NOW),
        "closing_key_once": _another(closing),
        "closing_state_known": _another(closing, key="b", state="lost"),
        "closing_progress_percent": _another(closing, key="b", progress=101),
    }.items():
        # SQLite names a unique constraint by its columns: the row is refused whoever reads it.
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            broken.save(force_insert=True)
        told = str(refusal.value)
        assert name in told or "UNIQUE" in told, (name, told)


@pytest.mark.parametrize("model", [Series, Invoice, InvoiceLine, Paper], ids=lambda model: model.__name__)
def test_what_is_issued_is_neither_changed_nor_erased(house, model):
    invoice = written(house)
    invoice.save()
    line(house, invoice, house.sold()).save()
    Paper.objects.create(invoice=invoice, xml=b"x", pdf=b"p", rules="EN 16931", validated_at=NOW)
    table = model._meta.db_table
    refusal = f"{table} : un fait écrit ne se modifie pas"
    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
        with (
            pytest.raises(DatabaseError, match=refusal),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    assert model.objects.count() == 1
