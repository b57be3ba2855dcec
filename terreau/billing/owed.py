"""What is owed, paid and left on a day, between who sells and who owes: a few queries, whatever the rows."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from terreau.billing.accounts import Open
from terreau.billing.models import Invoice, Payment, Return, Settlement
from terreau.billing.models.invoices import CREDITS
from terreau.measures.money import Money
from terreau.territory.fields import MoneyField

ZERO = Money(0)
NOTHING = Value(ZERO, MoneyField())
LAST_DAY = date.max


def _tied(side: str, until: date) -> Any:
    """What ties take of a row on a day: those made less those undone by then."""
    rows = Settlement.objects.filter(**{side: OuterRef("pk")}, settled_on__lte=until)
    made, undone = (Coalesce(Sum("amount", filter=Q(undoes__isnull=done)), NOTHING) for done in (True, False))
    summed = rows.order_by().values(side).annotate(total=made - undone).values("total")
    return Coalesce(Subquery(summed, output_field=MoneyField()), NOTHING)


def _left(rows: QuerySet[Any], amount: str, day: str, side: str, until: date) -> QuerySet[Any]:
    """What is `left`, and `open_since`: its own day, or the last one that untied something of it."""
    undone = Settlement.objects.filter(**{side: OuterRef("pk")}, undoes__isnull=False).order_by()
    again = undone.values(side).annotate(last=Max("settled_on")).values("last")
    return rows.annotate(
        left=F(amount) - _tied(side, until), open_since=Coalesce(Subquery(again), F(day))
    ).filter(left__gt=NOTHING)  # fmt: skip


def unpaid(until: date = LAST_DAY, **of: Any) -> QuerySet[Any]:
    """Invoices of which something is left to pay, the oldest due first; `left` says how much."""
    rows = Invoice.objects.filter(issued_on__lte=until, **of).exclude(kind__in=CREDITS)
    return _left(rows, "gross", "issued_on", "invoice", until).order_by("due_on", "pk")


def credits_left(until: date = LAST_DAY, **of: Any) -> QuerySet[Any]:
    """Credit notes not yet used nor given back."""
    rows = Invoice.objects.filter(issued_on__lte=until, kind__in=CREDITS, **of)
    return _left(rows, "gross", "issued_on", "credit", until).order_by("issued_on", "pk")


def _standing(until: date, **of: Any) -> QuerySet[Payment]:
    return Payment.objects.filter(
        Q(came_back=None) | Q(came_back__returned_on__gt=until), paid_on__lte=until, **of
    )


def advances(until: date = LAST_DAY, **of: Any) -> QuerySet[Any]:
    """Payments of which something pays no invoice yet: what members pay ahead."""
    rows = _standing(until, back=False, **of)
    return _left(rows, "amount", "paid_on", "payment", until).order_by("paid_on", "pk")


def refunds_left(until: date = LAST_DAY, **of: Any) -> QuerySet[Any]:
    """Refunds not tied to what they give back."""
    rows = _standing(until, back=True, **of)
    return _left(rows, "amount", "paid_on", "refund", until).order_by("paid_on", "pk")


def open_items(
    agent: int, until: date, *, sold: bool = True, partners: Collection[int] | None = None
) -> list[Open]:
    """All that is open on the accounts of an organisation, with its customers, or with who sells to it.

    One query.
    """
    return _read(_sides(agent, until, sold, partners))[sold]


def open_both(agent: int, until: date) -> tuple[list[Open], list[Open]]:
    """With its customers, then with who sells to it. One query."""
    found = _read([*_sides(agent, until, True), *_sides(agent, until, False)])
    return found[True], found[False]


def _sides(
    agent: int, until: date, sold: bool, partners: Collection[int] | None = None
) -> Iterator[QuerySet[Any]]:
    mine, theirs = ("issuer", "customer") if sold else ("customer", "issuer")
    side, other = ("creditor", "debtor") if sold else ("debtor", "creditor")
    of_invoice: dict[str, Any] = {mine: agent}
    of_payment: dict[str, Any] = {side: agent}
    if partners is not None:
        of_invoice[f"{theirs}__in"] = of_payment[f"{other}__in"] = partners
    documents = (theirs, "due_on", "left", "number", "pk")
    payments = (other, "paid_on", "left", "means", "none")
    sides = (
        (unpaid(until, **of_invoice), documents, 1), (refunds_left(until, **of_payment), payments, 1),
        (credits_left(until, **of_invoice), documents, -1), (advances(until, **of_payment), payments, -1),
    )  # fmt: skip
    for rows, columns, way in sides:
        told = rows.order_by().annotate(way=_number(way), sold=_number(sold), none=_number(0))
        yield told.values_list(*columns, "way", "sold")


def _number(value: int) -> Value:
    return Value(int(value), IntegerField())


def _read(sides: Iterable[QuerySet[Any]]) -> dict[bool, list[Open]]:
    first, *others = sides
    found: dict[bool, list[Open]] = {True: [], False: []}
    for partner, day, left, piece, document, way, sold in first.union(*others, all=True):
        found[bool(sold)].append(Open(partner, day, left if way > 0 else -left, piece, document))
    return found


def balances(agent: int, until: date, *, sold: bool = True) -> dict[int, Money]:
    """By partner: invoices less credit notes, less payments, plus what came back. Three queries."""
    mine, theirs = ("issuer", "customer") if sold else ("customer", "issuer")
    side, other = ("creditor", "debtor") if sold else ("debtor", "creditor")
    found: dict[int, Money] = defaultdict(lambda: ZERO)
    billed = Invoice.objects.filter(issued_on__lte=until, **{mine: agent}).order_by()
    for partner, kind, total in billed.values_list(theirs, "kind").annotate(Sum("gross")):
        found[partner] += -total if kind in CREDITS else total
    paid = Payment.objects.filter(paid_on__lte=until, **{side: agent}).order_by()
    for partner, back, total in paid.values_list(other, "back").annotate(Sum("amount")):
        found[partner] += total if back else -total
    returned = Return.objects.filter(returned_on__lte=until, **{f"payment__{side}": agent}).order_by()
    columns = (f"payment__{other}", "payment__back")
    for partner, back, total in returned.values_list(*columns).annotate(Sum("payment__amount")):
        found[partner] += -total if back else total
    return {partner: owed for partner, owed in found.items() if owed}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an account, and what was owed after it."""

    day: date
    what: str
    amount: Money
    after: Money
    payment: Payment | None = None
    invoice: Invoice | None = None


def account(creditor: int, debtor: int) -> list[Line]:
    """All that happened between two, in the order of days. Three queries."""
    facts: list[tuple[date, int, str, Money, Payment | None, Invoice | None]] = []
    for invoice in Invoice.objects.filter(issuer=creditor, customer=debtor):
        what = f"{invoice.get_kind_display().capitalize()} {invoice.number}"
        facts.append((invoice.issued_on, 0, what, invoice.signed, None, invoice))
    paid = Payment.objects.filter(creditor=creditor, debtor=debtor)
    for payment in paid.select_related("came_back"):
        what = "Remboursement" if payment.back else payment.get_means_display().capitalize()
        facts.append(
            (payment.paid_on, 1, f"{what} {payment.reference}".strip(), payment.signed, payment, None)
        )
    back = Return.objects.filter(payment__creditor=creditor, payment__debtor=debtor)
    for row in back.select_related("payment"):
        what = f"{row.payment.get_means_display().capitalize()} rejeté\u202f: {row.why}"
        facts.append((row.returned_on, 2, what, -row.payment.signed, None, None))
    owed, lines = ZERO, []
    for day, _, what, amount, payment_, billed in sorted(facts, key=lambda fact: fact[:2]):
        owed += amount
        lines.append(Line(day, what, amount, owed, payment_, billed))
    return lines
