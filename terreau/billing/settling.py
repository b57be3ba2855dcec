"""Money in and back, tied to what it pays: each action takes its turn in its écopôle, once a key."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Count, Subquery
from django.db.models.functions import Coalesce
from django.utils.timezone import localtime

from terreau.billing import owed
from terreau.billing.actions import BillingRefused
from terreau.billing.models import (
    ChequeDeposit,
    DepositedCheque,
    Invoice,
    Means,
    Payment,
    Return,
    Settlement,
    StatementEntry,
)
from terreau.billing.models.payments import UNPAID_CHEQUE
from terreau.formats.sepa.statement import without_accounts
from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.territory.hand import Hand
from terreau.territory.models import Agent, Ecopole

ZERO = Money(0)


class Writer(Hand):
    """Who writes, as the columns of a fact say it."""

    def said(self, ecopole_id: int, rank: object = "") -> dict[str, Any]:
        key = f"{self.key}:{rank}" if rank != "" else self.key
        return {"ecopole_id": ecopole_id, "recorded_by": self.by, "recorded_at": self.at, "key": key}

    @property
    def today(self) -> date:
        return localtime(self.at).date()


def not_ahead(day: date, writer: Writer, field: str) -> None:
    if day > writer.today:
        raise BillingRefused(
            f"Le {format_date(day)} est à venir\u202f: on note ce qui est fait. Corrigez la date.", field
        )


@transaction.atomic
def record_payment(
    *, ecopole: Ecopole, creditor: Agent, debtor: Agent, amount: Money, paid_on: date, means: str,
    writer: Writer, reference: str = "", entry: StatementEntry | None = None,
    invoices: Collection[int] | None = None,
) -> Payment:  # fmt: skip
    """Money came. It pays these invoices, or the oldest due (C. civ., art. 1342-10); the rest is ahead."""
    ecopole.take_turns()
    if known := Payment.objects.filter(ecopole=ecopole, key=writer.key).first():
        return known
    not_ahead(paid_on, writer, "paid_on")
    if amount <= ZERO:
        raise BillingRefused(f"Le montant, {amount}, doit dépasser zéro.", "amount")
    payment = Payment.objects.create(
        creditor=creditor, debtor=debtor, amount=amount, paid_on=paid_on, means=means,
        reference=without_accounts(reference), entry=entry, **writer.said(ecopole.pk),
    )  # fmt: skip
    open_ = owed.unpaid(issuer=creditor, customer=debtor)
    if invoices is not None:
        open_ = open_.filter(pk__in=invoices)
    _tie_in_order(_open("invoice", open_), [("payment", payment, amount, paid_on)], paid_on, writer)
    return payment


# What is tied: its name, itself, what is left of it, since when it is open.
Side = tuple[str, Any, Money, date]


def _open(name: str, rows: Iterable[Any]) -> list[Side]:
    return [(name, row, row.left, row.open_since) for row in rows]


def _pairs(takes: Iterable[Side], gives: Iterable[Side]) -> Iterator[tuple[Side, Side, Money]]:
    """Each in its order, as far as both reach."""
    waiting, rest = list(gives), ZERO
    for take in takes:
        left = take[2]
        while left and waiting:
            give = waiting[0]
            rest = rest or give[2]
            part = min(left, rest)
            yield take, give, part
            left, rest = left - part, rest - part
            if not rest:
                waiting.pop(0)


def _tie_in_order(takes: Iterable[Side], gives: Iterable[Side], on: date, writer: Writer) -> list[Settlement]:
    """No tie is older than what it ties, nor than the return that opened it again."""
    return Settlement.objects.bulk_create(
        Settlement(
            settled_on=max(on, take[3], give[3]), amount=part, **{take[0]: take[1], give[0]: give[1]},
            **writer.said(take[1].ecopole_id, f"{take[0]}{take[1].pk}-{give[0]}{give[1].pk}"),
        )
        for take, give, part in _pairs(takes, gives)
    )  # fmt: skip


@transaction.atomic
def settle_open(
    *, ecopole: Ecopole, creditor: Agent, on: date, writer: Writer, debtor: Agent | None = None
) -> int:
    """Use credit notes, then what was paid ahead, on what is due, the oldest first. Answers how many ties."""
    ecopole.take_turns()
    if Settlement.objects.filter(ecopole=ecopole, key__startswith=f"{writer.key}:").exists():
        return 0
    invoiced: dict[str, Any] = {"issuer": creditor} | ({"customer": debtor} if debtor else {})
    paid: dict[str, Any] = {"creditor": creditor} | ({"debtor": debtor} if debtor else {})
    gives: dict[int, list[Side]] = {}
    for side in _open("credit", owed.credits_left(**invoiced)):
        gives.setdefault(side[1].customer_id, []).append(side)
    for side in _open("payment", owed.advances(**paid)):
        gives.setdefault(side[1].debtor_id, []).append(side)
    takes: dict[int, list[Side]] = {}
    for side in _open("invoice", owed.unpaid(**invoiced, customer__in=gives)):
        takes.setdefault(side[1].customer_id, []).append(side)
    return sum(len(_tie_in_order(due, gives[who], on, writer)) for who, due in takes.items())


@transaction.atomic
def settle(
    *, ecopole: Ecopole, invoice: Invoice, payment: Payment, amount: Money, on: date, writer: Writer
) -> Settlement:
    """Tie a payment to an invoice by hand: never more than is left of either."""
    ecopole.take_turns()
    if known := Settlement.objects.filter(ecopole=ecopole, key=writer.key).first():
        return known
    if (invoice.issuer_id, invoice.customer_id) != (payment.creditor_id, payment.debtor_id):
        raise BillingRefused(f"Ce règlement n’est pas de qui doit {invoice.number}.", "invoice")
    due = owed.unpaid(pk=invoice.pk).first()
    have = owed.advances(pk=payment.pk).first()
    most = min(due.left if due else ZERO, have.left if have else ZERO)
    if not ZERO < amount <= most:
        raise BillingRefused(
            f"{amount} demandés\u202f: il reste {due.left if due else ZERO} à payer de {invoice.number} et "
            f"{have.left if have else ZERO} de ce règlement. Lettrez {most} au plus.", "amount",
        )  # fmt: skip
    return Settlement.objects.create(
        invoice=invoice, payment=payment, amount=amount,
        settled_on=max(on, *(row.open_since for row in (due, have) if row)),
        **writer.said(ecopole.pk),
    )  # fmt: skip


def _untie(ties: Iterable[Settlement], on: date, writer: Writer) -> None:
    Settlement.objects.bulk_create(
        Settlement(
            settled_on=max(on, tie.settled_on), amount=tie.amount, invoice_id=tie.invoice_id,
            refund_id=tie.refund_id, payment_id=tie.payment_id, credit_id=tie.credit_id, undoes=tie,
            **writer.said(tie.ecopole_id, f"-{tie.pk}"),
        )
        for tie in ties
    )  # fmt: skip


@transaction.atomic
def unsettle(*, tie: Settlement, on: date, writer: Writer) -> None:
    """What was tied is open again on both sides."""
    tie.ecopole.take_turns()
    if tie.undoes_id:
        raise BillingRefused("Cette ligne défait déjà un lettrage\u202f: lettrez de nouveau à la place.")
    if not Settlement.objects.filter(undoes=tie).exists():
        _untie([tie], on, writer)


@transaction.atomic
def give_back(
    *, ecopole: Ecopole, payment: Payment, returned_on: date, reason: str, writer: Writer,
    entry: StatementEntry | None = None,
) -> Return:  # fmt: skip
    """The money went back: its ties are undone and the debt is open again."""
    ecopole.take_turns()
    if known := Return.objects.filter(payment=payment).first():
        return known
    not_ahead(returned_on, writer, "returned_on")
    if returned_on < payment.paid_on:
        raise BillingRefused(
            f"Ce règlement est du {format_date(payment.paid_on)}\u202f: il ne revient pas avant.",
            "returned_on",
        )
    if payment.means != Means.CHEQUE and reason == UNPAID_CHEQUE:
        raise BillingRefused("Ce règlement n’est pas un chèque\u202f: choisissez un autre motif.", "reason")
    row = Return.objects.create(
        payment=payment,
        returned_on=returned_on,
        reason=reason,
        entry=entry,
        **writer.said(ecopole.pk, "back"),
    )
    side = "refund" if payment.back else "payment"
    _untie(Settlement.objects.filter(undoes=None, undone_by=None, **{side: payment}), returned_on, writer)
    return row


@transaction.atomic
def refund(
    *, ecopole: Ecopole, creditor: Agent, debtor: Agent, amount: Money, paid_on: date, means: str,
    writer: Writer, reference: str = "", entry: StatementEntry | None = None,
) -> Payment:  # fmt: skip
    """Give a credit back: never more than is left in favour of who gets it."""
    ecopole.take_turns()
    if known := Payment.objects.filter(ecopole=ecopole, key=writer.key).first():
        return known
    not_ahead(paid_on, writer, "paid_on")
    gives = _open("credit", owed.credits_left(issuer=creditor, customer=debtor))
    gives += _open("payment", owed.advances(creditor=creditor, debtor=debtor))
    most = sum((left for _, _, left, _ in gives), ZERO)
    if not ZERO < amount <= most:
        raise BillingRefused(
            f"{amount} à rembourser\u202f: il reste {most} en faveur de {debtor}, avoirs et avances. "
            + ("Remboursez ce montant au plus." if most else "Écrivez d’abord un avoir."), "amount",
        )  # fmt: skip
    payment = Payment.objects.create(
        creditor=creditor, debtor=debtor, amount=amount, back=True, paid_on=paid_on, means=means,
        reference=without_accounts(reference), entry=entry, **writer.said(ecopole.pk),
    )  # fmt: skip
    _tie_in_order([("refund", payment, amount, paid_on)], gives, paid_on, writer)
    return payment


@transaction.atomic
def deposit(
    *, ecopole: Ecopole, creditor: Agent, cheques: Collection[int], number: str, deposited_on: date,
    writer: Writer,
) -> ChequeDeposit:  # fmt: skip
    """Cheques taken to the bank together, each once."""
    ecopole.take_turns()
    if known := ChequeDeposit.objects.filter(ecopole=ecopole, key=writer.key).first():
        return known
    not_ahead(deposited_on, writer, "deposited_on")
    rows = list(in_hand(creditor).filter(pk__in=cheques))
    if not cheques or len(rows) < len(set(cheques)):
        raise BillingRefused(
            "Cochez au moins un chèque ni remis, ni rejeté\u202f: la liste a pu changer, relisez-la.",
            "cheques",
        )  # fmt: skip
    if late := [row for row in rows if row.paid_on > deposited_on]:
        raise BillingRefused(
            f"Le chèque de {late[0].amount} est du {format_date(late[0].paid_on)}\u202f: remettez-le après.",
            "deposited_on",
        )  # fmt: skip
    row = ChequeDeposit.objects.create(
        creditor=creditor, number=number, deposited_on=deposited_on, **writer.said(ecopole.pk)
    )
    DepositedCheque.objects.bulk_create(DepositedCheque(deposit=row, payment=cheque) for cheque in rows)
    return row


def in_hand(creditor: Agent) -> Any:
    """Cheques received and not yet at the bank."""
    return Payment.objects.filter(
        creditor=creditor, means=Means.CHEQUE, back=False, deposited=None, came_back=None
    ).order_by("paid_on", "pk")


def count_in_hand(creditor: Agent) -> Any:
    """How many, beside each row of another question."""
    rows = in_hand(creditor).order_by().values("creditor").annotate(n=Count("pk"))
    return Coalesce(Subquery(rows.values("n")), 0)
