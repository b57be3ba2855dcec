"""The facts of an organisation, read for its accounts: what it sold and bought, what was paid of both."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.utils.timezone import localtime

from terreau.billing.accounts import Billed, Books, Delivered, Deposited, Paid, Returned, Taxed, Tie
from terreau.billing.journal import journal
from terreau.billing.lines import AHEAD
from terreau.billing.models import ChequeDeposit, Invoice, InvoiceLine, Payment, Return, Settlement
from terreau.billing.models.invoices import CREDITS
from terreau.formats.fec import File, Year, fec
from terreau.formats.invoice.values import Allowance, Line, Vat, VatRow, vat_rows
from terreau.measures.money import Money, added
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.baskets.queries import drawn_ahead
from terreau.territory.models import Agent


def books(agent: Agent, first: date, last: date) -> Books:
    """Whatever moves these accounts in the period, and what it pays. Ten queries, whatever the rows.

    What was invoiced and paid before counts in letters alone: it is not read whole; but what was paid ahead
    is delivered any day.
    """
    ties, ahead = list(_ties(agent, last)), _paid_ahead(agent, last)
    invoices = {*ahead.values()}
    moved = {pk for tie in ties if tie.day >= first for kind, pk in (tie.take, tie.give) if kind == "invoice"}
    mine = Invoice.objects.filter(Q(issuer=agent) | Q(customer=agent), issued_on__lte=last)
    wanted = mine.filter(
        Q(issued_on__gte=first) | Q(last__gte=first) | Q(pk__in=moved | invoices)
        | Q(corrects__in=invoices)
    )  # fmt: skip
    billed = list(_billed(wanted.order_by("issued_on", "pk"), agent.pk, invoices))
    known = {bill.pk for bill in billed}
    tied = {pk for tie in ties for kind, pk in (tie.take, tie.give) if kind == "invoice"} - known
    billed += _billed(mine.filter(pk__in=tied), agent.pk, whole=False)
    payments = Payment.objects.filter(Q(creditor=agent) | Q(debtor=agent), paid_on__lte=last)
    paid = list(_paid(payments, agent.pk))
    partners = {bill.partner for bill in billed} | {row.partner for row in paid}
    return Books(
        billed, paid, list(_returned(agent, last)), list(_deposited(agent, last)), ties,
        _delivered(agent, last, ahead),
        dict(Agent.objects.filter(pk__in=partners).values_list("pk", "name")),
    )  # fmt: skip


def taxed(agent: Agent, first: date, last: date) -> Books:
    """What a period owes VAT of: delivered in it, whenever invoiced, or paid in it. Four queries."""
    ahead = _paid_ahead(agent, last)
    invoices = {*ahead.values()}
    tied = Settlement.objects.filter(settled_on__range=(first, last)).order_by()
    paid = Q(pk__in=tied.values("invoice")) | Q(pk__in=tied.values("credit"))
    mine = Invoice.objects.filter(Q(issuer=agent) | Q(customer=agent))
    wanted = Q(last__range=(first, last)) | paid | Q(pk__in=invoices) | Q(corrects__in=invoices)
    billed = list(_billed(mine.filter(wanted), agent.pk, invoices))
    return Books(
        billed, ties=list(_ties(agent, last, of=[bill.pk for bill in billed])),
        delivered=_delivered(agent, last, ahead),
    )  # fmt: skip


def _paid_ahead(agent: Agent, last: date) -> dict[str, int]:
    """By basket paid ahead that these accounts sold, its last invoice. One query."""
    lines = InvoiceLine.objects.filter(
        reference__startswith=AHEAD, undoes=None, invoice__issuer=agent, invoice__issued_on__lte=last
    )
    return dict(lines.order_by("pk").values_list("reference", "invoice"))


def _delivered(agent: Agent, last: date, ahead: Mapping[str, int]) -> list[Delivered]:
    """None is asked of who sells nothing ahead."""
    if not ahead:
        return []
    return [
        Delivered(ahead[one.reference], one.day, one.amount, one.written)
        for one in drawn_ahead(agent.ecopole_id, last)
        if one.reference in ahead
    ]


def _rates(values: dict[str, Any], net: Money, tax: Money) -> tuple[Taxed, ...]:
    """The rates of an invoice as it was issued, without reading the rest of it: a year has thousands.

    Of one rate alone, as most are, they are its sums.
    """
    told = {
        (one["vat"]["category"], one["vat"]["percent"]) for one in (*values["lines"], *values["allowances"])
    }
    if len(told) == 1:
        ((_, percent),) = told
        return (Taxed(Decimal(percent), net, tax),)
    return tuple(Taxed(one.vat.percent, one.base, one.amount) for one in _vat_rows(values))


def _vat_rows(values: dict[str, Any]) -> tuple[VatRow, ...]:
    def vat(told: dict[str, str]) -> Vat:
        return Vat(told["category"], Decimal(told["percent"]))

    lines = [
        Line(
            "", Quantity(line["quantity"]["amount"], Unit(line["quantity"]["unit"])), Decimal(line["price"]),
            vat(line["vat"]), allowance=Money(line["allowance"]["cents"]),
        )
        for line in values["lines"]
    ]  # fmt: skip
    less = [
        Allowance(Money(one["amount"]["cents"]), vat(one["vat"]), "") for one in values["allowances"]
    ]  # fmt: skip
    return vat_rows(lines, less)


COLUMNS = (
    "pk", "issuer", "customer", "number", "issued_on", "last", "kind", "net", "vat", "rounding", "gross",
    "recorded_at", "corrects",
)  # fmt: skip


def _billed(
    rows: QuerySet[Invoice], agent: int, ahead: Collection[int] = (), *, whole: bool = True
) -> Iterator[Billed]:
    """`ahead`: the invoices paid ahead. Not `whole`: what they come to, without their lines."""
    told = rows.values_list(*COLUMNS, *(["values"] if whole else []))
    for pk, issuer, customer, number, day, last, kind, net, vat, rounding, gross, at, of, *said in told:
        sold = issuer == agent
        nature, rates = (said[0]["nature"], _rates(said[0], net, vat)) if said else ("B", ())
        yield Billed(
            pk, customer if sold else issuer, number, day, last, nature, kind in CREDITS, sold, rates,
            rounding, gross, localtime(at).date(), sold and (of or pk) in ahead, of or 0,
        )  # fmt: skip


def _paid(rows: QuerySet[Payment], agent: int) -> Iterator[Paid]:
    columns = (
        "pk", "creditor", "debtor", "paid_on", "amount", "back", "means", "reference", "recorded_at",
        "deposited",
    )  # fmt: skip
    for pk, creditor, debtor, day, amount, back, means, reference, at, banked in rows.values_list(*columns):
        sold = creditor == agent
        yield Paid(
            pk,
            debtor if sold else creditor,
            day,
            amount,
            back,
            means,
            reference,
            sold,
            localtime(at).date(),
            bool(banked),
        )


def _returned(agent: Agent, last: date) -> Iterator[Returned]:
    rows = Return.objects.filter(Q(payment__creditor=agent) | Q(payment__debtor=agent), returned_on__lte=last)
    for row in rows.order_by("pk"):
        yield Returned(row.payment_id, row.returned_on, row.why, localtime(row.recorded_at).date())


def _deposited(agent: Agent, last: date) -> Iterator[Deposited]:
    slips = ChequeDeposit.objects.filter(creditor=agent, deposited_on__lte=last)
    for row in slips.annotate(total=Sum("cheques__payment__amount")).order_by("pk"):
        yield Deposited(
            row.number, row.deposited_on, row.total or Money(0), localtime(row.recorded_at).date()
        )


def _ties(agent: Agent, last: date, of: Collection[int] | None = None) -> Iterator[Tie]:
    """`of`: of these invoices and credit notes."""
    rows = Settlement.objects.filter(
        Q(invoice__issuer=agent) | Q(invoice__customer=agent)
        | Q(refund__creditor=agent) | Q(refund__debtor=agent),
        settled_on__lte=last,
    ).order_by("pk")  # fmt: skip
    if of is not None:
        rows = rows.filter(Q(invoice__in=of) | Q(credit__in=of))
    columns = ("invoice", "refund", "payment", "credit", "settled_on", "amount", "undoes", "recorded_at")
    for invoice, refund, payment, credit, day, amount, undoes, at in rows.values_list(*columns):
        yield Tie(
            ("invoice", invoice) if invoice else ("payment", refund),
            ("payment", payment) if payment else ("invoice", credit),
            day, -amount if undoes else amount, localtime(at).date(),
        )  # fmt: skip


def fec_of(agent: Agent, siren: str, year: int) -> File:
    """The accounts of a calendar year, as the tax office reads them, from these facts alone."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    return fec(Year(siren, first, last, journal(books(agent, first, last), first, last)))


def turnover(agents: Iterable[int], first: date, last: date) -> Money:
    """Sales billed without VAT in a period, less credit notes."""
    rows = Invoice.objects.filter(issuer__in=list(agents), issued_on__range=(first, last))
    sums = dict(rows.order_by().values_list("kind").annotate(total=Sum(F("net"))))
    return added(-net if kind in CREDITS else net for kind, net in sums.items())
