"""Invoices of the tiny house, issued as `issue` writes them, and money that comes in for them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from terreau.billing.models import Invoice, Mandate, Payment
from terreau.billing.settling import Writer, record_payment
from terreau.billing.tests.factories import HOME, IBAN, House, written
from terreau.formats.address import Address
from terreau.formats.invoice.values import Invoice as Said
from terreau.formats.invoice.values import Kind, Line, Nature, Party, Vat, totals
from terreau.ledger.tests.world import NOW
from terreau.measures.money import Money
from terreau.measures.quantity import Quantity, Unit

keys = count(1)
# Two examples published with the standard of IBANs and creditor identifiers.
MEMBER_IBAN, ICS = "FR1420041010050500013M02606", "FR72ZZZ123456"


def writer(day: date | None = None, key: str = "") -> Writer:
    at = NOW if day is None else datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    return Writer(None, at, key or f"key-{next(keys)}")


def billed(
    house: House, euros: str = "25.32", on: date = date(2026, 11, 2), due: date | None = None, *,
    nature: Nature = Nature.GOODS, percent: str = "0", credits: Invoice | None = None,
    delivered: date | None = None, **more: Any,
) -> Invoice:  # fmt: skip
    """An invoice of the platform to the canteen, told whole; `credits`: a credit note of it."""
    rank = Invoice.objects.count() + 1
    party = Party("x", Address("", "62370", "Bourg-Exemple"))
    kind = Kind.CREDIT_NOTE if credits else Kind.INVOICE
    vat = Vat("S", Decimal(percent))
    line = Line("Panier", Quantity(1, Unit.PIECE), Money.from_euros(euros).euros, vat)
    said = Said(
        f"PB-F2026-{rank:05}", on, due or on, party, party, (line,), kind, nature, period=(on, on)
    )  # fmt: skip
    sums = totals(said)
    row = written(
        house, rank, number=said.number, kind=kind.value, issued_on=on, due_on=due or on,
        first=delivered or on, last=delivered or on, net=sums.net, vat=sums.tax, gross=sums.gross,
        values=said.to_json(), corrects=credits,
        reason="abîmé" if credits else "", recorded_at=writer(on).at, **more,
    )  # fmt: skip
    row.save()
    return row


def paid(
    house: House, euros: str, on: date = date(2026, 11, 20), means: str = "transfer", **more: Any
) -> Payment:
    return record_payment(
        ecopole=house.ecopole, creditor=house.agents["plateforme"], debtor=house.agents["cantine"],
        amount=Money.from_euros(euros), paid_on=on, means=means,
        writer=more.pop("writer", None) or writer(on), **more,
    )  # fmt: skip


def mandated(house: House, **more: Any) -> Mandate:
    values: dict[str, Any] = {
        "ecopole": house.ecopole, "creditor": house.agents["plateforme"], "debtor": house.agents["cantine"],
        "rum": f"PB-{next(keys)}", "holder": "Ana Martin", "iban": MEMBER_IBAN, "signed_on": date(2026, 9, 1),
        "recorded_at": NOW, "key": f"mandate-{next(keys)}", **HOME,
    }  # fmt: skip
    return Mandate.objects.create(**values | more)


__all__ = ["IBAN", "ICS", "MEMBER_IBAN", "billed", "mandated", "paid", "writer"]
