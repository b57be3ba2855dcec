"""Mandates and files of direct debits: SEPA Core, told fourteen days before (EPC016-06), used once signed."""

from collections import defaultdict
from collections.abc import Collection as Some
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from stdnum import bic as bic_code
from stdnum import iban as iban_code
from stdnum.eu import at_02

from terreau.billing import owed
from terreau.billing.actions import BillingRefused
from terreau.billing.mandates import first_day, in_force, kept
from terreau.billing.models import (
    Collection,
    CollectionEnd,
    Debit,
    Issuer,
    Mandate,
    MandateEnd,
    Means,
    Payment,
    Settlement,
    StatementEntry,
)
from terreau.billing.models.payments import NOTICE_DAYS
from terreau.billing.settling import Writer, not_ahead, settle_open
from terreau.formats.invoice.values import Means as By
from terreau.formats.sepa.debits import Debit as Line
from terreau.formats.sepa.debits import NotWritten, Order, Sequence, account_problems, pain008
from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.territory.models import Agent

ZERO = Money(0)


def issuer_on(agent: Agent, on: date) -> Issuer | None:
    return Issuer.objects.filter(agent=agent, since__lte=on).order_by("since", "pk").last()


def next_rum(issuer: Issuer, debtor_id: int) -> str:
    """Unique for this creditor: whose, and the how manieth."""
    rank = Mandate.objects.filter(creditor=issuer.agent_id, debtor=debtor_id).count() + 1
    return f"{issuer.prefix}-{debtor_id:06}-{rank}"


@transaction.atomic
def sign_mandate(
    *, issuer: Issuer, debtor: Agent, holder: str, iban: str, bic: str, street: str, postcode: str, town: str,
    signed_on: date, writer: Writer, once: bool = False,
) -> Mandate:  # fmt: skip
    """The account is checked by its key; a former mandate ends the day this one is signed."""
    issuer.ecopole.take_turns()
    if known := Mandate.objects.filter(ecopole=issuer.ecopole_id, key=writer.key).first():
        return known
    if not at_02.is_valid(issuer.creditor_id):
        raise BillingRefused(
            f"{issuer.name} n’a pas d’identifiant de créancier SEPA (ICS) valable\u202f: demandez-le à la "
            "banque et écrivez-le dans les coordonnées de facturation."
        )
    not_ahead(signed_on, writer, "signed_on")
    if problems := list(account_problems(iban, bic)):
        raise BillingRefused(" ".join(problem[0].upper() + problem[1:] for problem in problems), "iban")
    former = in_force(issuer.agent_id, signed_on).get(debtor.pk)
    mandate = Mandate.objects.create(
        creditor_id=issuer.agent_id, debtor=debtor, rum=next_rum(issuer, debtor.pk), holder=holder,
        iban=iban_code.compact(iban), bic=bic_code.compact(bic) if bic else "", street=street,
        postcode=postcode, town=town, once=once, signed_on=signed_on, **writer.said(issuer.ecopole_id),
    )  # fmt: skip
    if former and not MandateEnd.objects.filter(mandate=former).exists():
        MandateEnd.objects.create(
            mandate=former, ends_on=signed_on, reason=f"Remplacé par {mandate.rum}",
            **writer.said(issuer.ecopole_id, "former"),
        )  # fmt: skip
    return mandate


@transaction.atomic
def withdraw_mandate(*, mandate: Mandate, ends_on: date, reason: str, writer: Writer) -> MandateEnd:
    mandate.ecopole.take_turns()
    if known := MandateEnd.objects.filter(mandate=mandate).first():
        return known
    if ends_on < mandate.signed_on:
        raise BillingRefused(
            f"{mandate} est signé le {format_date(mandate.signed_on)}\u202f: il ne finit pas avant.",
            "ends_on",
        )
    return MandateEnd.objects.create(
        mandate=mandate, ends_on=ends_on, reason=reason, **writer.said(mandate.ecopole_id)
    )


@dataclass(frozen=True, slots=True)
class ToDebit:
    """What one debtor will be debited of."""

    mandate: Mandate
    invoices: tuple[Any, ...]

    @property
    def amount(self) -> Money:
        return sum((row.left for row in self.invoices), ZERO)


def to_debit(creditor_id: int, due_by: date, on: date) -> list[ToDebit]:
    """What is due by a day, under a mandate on the day of the file, in no file on its way. Three queries."""
    mandates = in_force(creditor_id, on)
    waiting = Debit.objects.filter(collection__end=None).values("invoice")
    rows = owed.unpaid(issuer=creditor_id, customer__in=mandates, due_on__lte=due_by)
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows.exclude(pk__in=waiting).defer("values"):
        found[row.customer_id].append(row)
    return [ToDebit(mandates[who], tuple(found[who])) for who in sorted(found)]


def next_day(creditor_id: int, today: date) -> tuple[date, date]:
    """The next day that invoices under a mandate announced, and the last day one of them said so.

    None did: the first day that leaves the notice from today.
    """
    mandates = in_force(creditor_id, today)
    rows = owed.unpaid(issuer=creditor_id, customer__in=mandates, due_on__gt=today)
    told = list(rows.filter(values__payment__means=By.DIRECT_DEBIT.value).only("issued_on", "due_on"))
    if not told:
        return first_day(today, NOTICE_DAYS), today
    day = told[0].due_on
    return day, max(row.issued_on for row in told if row.due_on == day)


@transaction.atomic
def prepare(
    *, issuer: Issuer, due_on: date, notified_on: date, writer: Writer, debtors: Some[int] | None = None
) -> Collection:
    """The file for the bank, or nothing: every problem is said. Credit notes and advances are used first."""
    ecopole = issuer.ecopole
    ecopole.take_turns()
    if known := Collection.objects.filter(ecopole=ecopole, key=writer.key).first():
        return known
    not_ahead(notified_on, writer, "notified_on")
    settle_open(ecopole=ecopole, creditor=issuer.agent, on=writer.today, writer=writer)
    todo = to_debit(issuer.agent_id, due_on, writer.today)
    todo = [one for one in todo if debtors is None or one.mandate.debtor_id in debtors]
    rank = Collection.objects.filter(creditor=issuer.agent_id).count() + 1
    message = f"{issuer.prefix}-{due_on:%Y%m%d}-{rank}"
    seen = set(
        Debit.objects.filter(
            kept("collection__"), mandate__in=[one.mandate for one in todo]
        ).values_list("mandate", flat=True)
    )  # fmt: skip
    try:
        file = pain008(_order(issuer, message, due_on, notified_on, writer, todo, seen))
    except NotWritten as refused:
        raise BillingRefused(" ".join(refused.problems), "due_on") from None
    collection = Collection.objects.create(
        creditor_id=issuer.agent_id, message=message, due_on=due_on, notified_on=notified_on, count=len(todo),
        total=sum((one.amount for one in todo), ZERO), file=file, **writer.said(ecopole.pk),
    )  # fmt: skip
    Debit.objects.bulk_create(
        Debit(
            collection=collection, mandate=one.mandate, invoice=row, amount=row.left,
            end_to_end=_reference(message, one),
        )
        for one in todo for row in one.invoices
    )  # fmt: skip
    return collection


def _reference(message: str, one: ToDebit) -> str:
    return f"{message}-{one.mandate.debtor_id}"


def _order(
    issuer: Issuer, message: str, due_on: date, notified_on: date, writer: Writer, todo: list[ToDebit],
    seen: set[int],
) -> Order:  # fmt: skip
    """One debit a debtor, of all its invoices; the longest notice of its mandates holds for the file."""

    def sequence(mandate: Mandate) -> Sequence:
        if mandate.once:
            return Sequence.ONCE
        return Sequence.RECURRENT if mandate.pk in seen else Sequence.FIRST

    return Order(
        message=message, made_at=writer.at, collected=due_on, creditor=issuer.name,
        creditor_id=issuer.creditor_id, address=issuer.party.address, iban=issuer.iban, bic=issuer.bic,
        notice_days=max((one.mandate.notice_days for one in todo), default=0),
        debits=tuple(
            Line(
                _reference(message, one), one.amount, one.mandate.holder, one.mandate.address,
                one.mandate.iban, one.mandate.rum, one.mandate.signed_on, notified_on,
                ", ".join(row.number for row in one.invoices), sequence(one.mandate), one.mandate.bic,
            )
            for one in todo
        ),
    )  # fmt: skip


@transaction.atomic
def collected(
    *, collection: Collection, on: date, writer: Writer, entry: StatementEntry | None = None,
    references: Some[str] | None = None,
) -> list[Payment]:  # fmt: skip
    """The bank collected a file, or some of its debits: one payment a debtor, tied to its invoices."""
    collection.ecopole.take_turns()
    end = CollectionEnd.objects.filter(collection=collection).first()
    if end and not end.collected:
        raise BillingRefused(f"Le fichier {collection} est abandonné\u202f: préparez-en un autre.")
    not_ahead(on, writer, "on")
    if on < collection.due_on:
        raise BillingRefused(
            f"{collection} se prélève le {format_date(collection.due_on)}\u202f: pas d’encaissement avant.",
            "on",
        )
    known = set(Payment.objects.filter(collection=collection).values_list("end_to_end", flat=True))
    by_reference: dict[str, list[Debit]] = defaultdict(list)
    for debit in collection.debits.select_related("mandate").order_by("pk"):
        by_reference[debit.end_to_end].append(debit)
    asked = by_reference.keys() if references is None else by_reference.keys() & set(references)
    wanted = [ref for ref in by_reference if ref in asked - known]
    payments = Payment.objects.bulk_create(
        Payment(
            creditor_id=collection.creditor_id, debtor_id=by_reference[ref][0].mandate.debtor_id,
            amount=sum((debit.amount for debit in by_reference[ref]), ZERO), paid_on=on, means=Means.DEBIT,
            reference=collection.message, end_to_end=ref, entry=entry, collection=collection,
            **writer.said(collection.ecopole_id, ref),
        )
        for ref in wanted
    )  # fmt: skip
    _tie_debits({row.end_to_end: row for row in payments}, by_reference, on, writer)
    if not end and known | set(wanted) == set(by_reference):
        CollectionEnd.objects.create(
            collection=collection, ended_on=on, collected=True, **writer.said(collection.ecopole_id, "end")
        )
    return payments


def _tie_debits(
    payments: dict[str, Payment], debits: dict[str, list[Debit]], on: date, writer: Writer
) -> None:
    """Each to the invoice it was for, as far as that one is still due: the rest is ahead."""
    invoices = [debit.invoice_id for ref in payments for debit in debits[ref]]
    told = owed.unpaid(pk__in=invoices).values_list("pk", "left", "open_since")
    due = {pk: (left, since) for pk, left, since in told}
    Settlement.objects.bulk_create(
        Settlement(
            settled_on=max(on, since), invoice_id=debit.invoice_id, payment=payment,
            amount=min(debit.amount, left), **writer.said(payment.ecopole_id, f"tie{debit.pk}"),
        )
        for ref, payment in payments.items() for debit in debits[ref]
        if debit.invoice_id in due
        for left, since in [due[debit.invoice_id]]
    )  # fmt: skip


@transaction.atomic
def abandon(*, collection: Collection, on: date, writer: Writer) -> CollectionEnd:
    """A file that was never sent: what it held is due again."""
    collection.ecopole.take_turns()
    if known := CollectionEnd.objects.filter(collection=collection).first():
        if known.collected:
            raise BillingRefused(
                f"Le fichier {collection} est encaissé\u202f: notez plutôt les prélèvements rejetés."
            )
        return known
    if Payment.objects.filter(collection=collection).exists():
        raise BillingRefused(f"{collection} est déjà encaissé en partie\u202f: notez ce qui a été rejeté.")
    return CollectionEnd.objects.create(
        collection=collection, ended_on=on, collected=False, **writer.said(collection.ecopole_id)
    )
