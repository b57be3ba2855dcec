"""Pages of payments: what is due, what came, what each line of the bank pays, cheques, refunds, returns."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Count, Window
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from terreau.billing import owed, settling, statements
from terreau.billing.accounts import aged
from terreau.billing.actions import BillingRefused
from terreau.billing.documents import names
from terreau.billing.models import Invoice, Issuer, Payment, Return, Settlement, Statement, StatementEntry
from terreau.billing.models.payments import MISTAKE
from terreau.billing.payment_forms import (
    DepositForm,
    EntryForm,
    PaymentForm,
    RefundForm,
    ReturnForm,
    StatementForm,
)
from terreau.billing.queries import settled
from terreau.billing.settling import Writer
from terreau.billing.views import entry_page
from terreau.formats.sepa.statement import BYTES_MAX
from terreau.ledger.dueforms import form_key
from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.models import Agent

ZERO = Money(0)
LINES, PAST = 50, 20


def sellers(request: EcopoleRequest) -> list[Issuer]:
    """Who keeps accounts here: whoever sells and writes its own invoices. One query."""
    return [row for row in settled(request.ecopole, request.today) if not row.self_billed_by_id]


def seller_of(request: EcopoleRequest, found: list[Issuer]) -> Issuer | None:
    """`?vendeur=`, or the person’s own organisation, or the first."""
    asked = request.GET.get("vendeur", "")
    own = {membership.agent_id for membership in request.memberships}
    return next(
        (row for row in found if str(row.agent_id) == asked),
        next((row for row in found if row.agent_id in own), found[0] if found else None),
    )


def the_seller(request: EcopoleRequest) -> Issuer:
    seller = seller_of(request, sellers(request))
    if seller is None:
        raise Http404("vendeur")
    return seller


def issuer_of(request: EcopoleRequest, agent_id: int) -> Issuer:
    """How an organisation bills today."""
    found = [row for row in settled(request.ecopole, request.today) if row.agent_id == agent_id]
    if not found:
        raise Http404("vendeur")
    return found[0]


def page_of(request: EcopoleRequest, name: str, seller: Issuer, *args: object) -> str:
    return f"{reverse(f'billing:{name}', args=[request.ecopole.slug, *args])}?vendeur={seller.agent_id}"


def writer_of(request: EcopoleRequest) -> Writer:
    return Writer(request.user, request.now, form_key(request.POST))


def names_of(request: EcopoleRequest, agents: set[int]) -> dict[int, str]:
    """As they are billed. Two queries."""
    return names(request.ecopole, agents, request.today)


def partners(request: EcopoleRequest, seller: Issuer) -> list[tuple[str, str]]:
    """Whoever was billed by this seller, by name."""
    rows = Invoice.objects.filter(issuer=seller.agent_id).order_by().values_list("customer", flat=True)
    named = names_of(request, set(rows.distinct()))
    return sorted(((str(pk), name) for pk, name in named.items()), key=lambda one: one[1])


@needs("see_billing")
def payments(request: EcopoleRequest) -> HttpResponse:
    """What is due and what came; each line of the bank with what it seems to pay."""
    return _home(request)


def _home(request: EcopoleRequest, problem: str = "") -> HttpResponse:
    found = sellers(request)
    seller = seller_of(request, found)
    context: dict[str, Any] = {"sellers": found, "seller": seller, "problem": problem}
    if seller:
        context |= _told(request, seller)
    return render(request, "billing/payments.html", context, status=422 if problem else 200)


def _told(request: EcopoleRequest, seller: Issuer) -> dict[str, Any]:
    items = owed.open_items(seller.agent_id, request.today)
    rows = aged(items, request.today)
    waiting = statements.waiting(seller.agent_id)
    entries = list(waiting.annotate(in_all=Window(Count("pk")))[:LINES])
    paid = Payment.objects.filter(creditor=seller.agent_id).select_related("came_back")
    past = list(paid.annotate(cheques=settling.count_in_hand(seller.agent))[:PAST])
    back = Return.objects.filter(
        payment__creditor=seller.agent_id, returned_on__gte=date(request.today.year - 1, 1, 1)
    )
    returned = list(back.exclude(reason=MISTAKE).select_related("payment")[:PAST])
    people = {row.debtor_id for row in past} | {row.payment.debtor_id for row in returned}
    known = statements.known_of(seller, entries, request.today, items, people)
    proposed = [(entry, statements.propose(entry, known)) for entry in entries]
    return {
        "due": sum((row.coming + row.overdue for row in rows), ZERO),
        "overdue": sum((row.overdue for row in rows), ZERO),
        "late": sum(1 for row in rows if row.overdue),
        "ahead": sum((row.ahead for row in rows), ZERO),
        "usable": any(row.ahead and row.coming + row.overdue for row in rows),
        "waiting": entries[0].in_all if entries else 0,
        "proposed": [
            (entry, proposal, known.names.get(proposal.partner, "") if proposal else "")
            for entry, proposal in proposed
        ],
        "past": [(known.names.get(row.debtor_id, ""), row) for row in past],
        "returned": [(known.names.get(row.payment.debtor_id, ""), row) for row in returned],
        "cheques": past[0].cheques if past else 0,
        "statement": None if entries else Statement.objects.filter(creditor=seller.agent_id).first(),
    }  # fmt: skip


@needs("run_billing")
def add_payment(request: EcopoleRequest) -> HttpResponse:
    seller = the_seller(request)
    form = PaymentForm(
        request.POST or None, partners=partners(request, seller),
        initial={"paid_on": request.today, "debtor": request.GET.get("qui", "")},
    )  # fmt: skip

    def write() -> None:
        said = dict(form.cleaned_data)
        debtor = get_object_or_404(Agent, ecopole=request.ecopole, pk=said.pop("debtor"))
        made = settling.record_payment(
            ecopole=request.ecopole, creditor=seller.agent, debtor=debtor, writer=writer_of(request), **said
        )
        messages.success(request, f"{made.amount} notés\u202f: la plus ancienne échéance est payée d’abord.")

    return entry_page(
        request, form, write, title="Noter un règlement", button="Noter",
        back=page_of(request, "payments", seller),
        lede="Ce qui dépasse ce qui est dû reste en avance sur les factures à venir.",
    )  # fmt: skip


@needs("run_billing")
def add_statement(request: EcopoleRequest) -> HttpResponse:
    seller = the_seller(request)
    form = StatementForm(request.POST or None, request.FILES or None)

    def write() -> None:
        file = form.cleaned_data["file"]
        if file.size > BYTES_MAX:
            raise BillingRefused(
                f"Le relevé pèse plus de {BYTES_MAX // 1_000_000} Mo\u202f: découpez-le par mois.", "file"
            )
        row, new = statements.import_statement(
            issuer=seller, name=file.name, data=file.read(), writer=writer_of(request)
        )
        lines = f"{new} ligne{'s' * (new > 1)} à rapprocher" if new else "rien de nouveau, il était déjà lu"
        messages.success(request, f"{row.name}\u202f: {lines}.")

    return entry_page(
        request, form, write, title="Lire un relevé de banque", button="Lire",
        back=page_of(request, "payments", seller),
        lede="Le même relevé lu deux fois ne compte qu’une fois. S’il est faux, il est refusé entier.",
    )  # fmt: skip


def _entry(request: EcopoleRequest, pk: int) -> tuple[Issuer, StatementEntry]:
    entry = get_object_or_404(StatementEntry, statement__ecopole=request.ecopole, pk=pk)
    return issuer_of(request, entry.creditor_id), entry


@require_POST
@needs("run_billing")
def accept(request: EcopoleRequest, pk: int) -> HttpResponse:
    seller, entry = _entry(request, pk)
    try:
        told = statements.accept(
            issuer=seller, entry=entry, mark=request.POST.get("proposal", ""), writer=writer_of(request)
        )
    except BillingRefused as refusal:
        return _home(request, str(refusal))
    messages.success(request, told)
    return redirect(page_of(request, "payments", seller))


@require_POST
@needs("run_billing")
def aside(request: EcopoleRequest, pk: int) -> HttpResponse:
    seller, entry = _entry(request, pk)
    statements.put_aside(issuer=seller, entry=entry, writer=writer_of(request))
    messages.success(request, f"Mis de côté\u202f: {entry.amount}, {entry.label[:60]}.")
    return redirect(page_of(request, "payments", seller))


@needs("run_billing")
def entry(request: EcopoleRequest, pk: int) -> HttpResponse:
    """Whose payment a line is, said by hand."""
    seller, row = _entry(request, pk)
    form = EntryForm(request.POST or None, partners=partners(request, seller))

    def write() -> None:
        messages.success(
            request,
            statements.receive(
                issuer=seller, entry=row, partner=form.cleaned_data["partner"], writer=writer_of(request)
            ),
        )

    return entry_page(
        request, form, write, title=f"{row.amount} du {format_date(row.day)}", button="C’est son règlement",
        back=page_of(request, "payments", seller), lede=row.label,
    )  # fmt: skip


@require_POST
@needs("run_billing")
def settle_open(request: EcopoleRequest) -> HttpResponse:
    """Use what is ahead on what is due, the oldest first."""
    seller = the_seller(request)
    made = settling.settle_open(
        ecopole=request.ecopole, creditor=seller.agent, on=request.today, writer=writer_of(request)
    )
    messages.success(
        request, f"{made} lettrage{'s' * (made > 1)}." if made else "Il n’y avait rien à lettrer."
    )
    return redirect(page_of(request, "payments", seller))


@needs("run_billing")
def deposit(request: EcopoleRequest) -> HttpResponse:
    """Cheques in the drawer, taken to the bank together."""
    seller = the_seller(request)
    rows = list(settling.in_hand(seller.agent))
    named = names_of(request, {row.debtor_id for row in rows})
    choices = [
        (
            str(row.pk),
            f"{named.get(row.debtor_id, '')}, {row.amount}, {format_date(row.paid_on)} {row.reference}",
        )
        for row in rows
    ]
    initial = {"deposited_on": request.today, "cheques": [pk for pk, _ in choices]}
    form = DepositForm(request.POST or None, cheques=choices, initial=initial)

    def write() -> None:
        made = settling.deposit(
            ecopole=request.ecopole, creditor=seller.agent, writer=writer_of(request), **form.cleaned_data
        )
        messages.success(request, f"Remise {made.number} notée.")

    total = sum((row.amount for row in rows), ZERO)
    return entry_page(
        request, form, write, title="Remettre des chèques", button="Remis",
        back=page_of(request, "payments", seller),
        lede=f"{len(rows)} chèque{'s' * (len(rows) > 1)} en main, {total}.",
    )  # fmt: skip


def _payment(request: EcopoleRequest, pk: int) -> Payment:
    rows = Payment.objects.select_related("creditor", "debtor")
    return get_object_or_404(rows, ecopole=request.ecopole, pk=pk)


@needs("run_billing")
def came_back(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _payment(request, pk)
    seller = issuer_of(request, row.creditor_id)
    form = ReturnForm(request.POST or None, means=row.means, initial={"returned_on": request.today})

    def write() -> None:
        settling.give_back(
            ecopole=request.ecopole, payment=row, writer=writer_of(request), **form.cleaned_data
        )
        messages.success(request, f"{row.amount} rejetés\u202f: ce qu’ils payaient est dû de nouveau.")

    return entry_page(
        request, form, write, title=f"Règlement rejeté, {row.amount}", button="Noter",
        back=page_of(request, "account", seller, row.debtor_id),
        lede=f"{row.get_means_display().capitalize()} du {format_date(row.paid_on)}.",
    )  # fmt: skip


@needs("run_billing")
def refund(request: EcopoleRequest, pk: int) -> HttpResponse:
    """Give back what is left in favour of a partner."""
    seller, debtor = the_seller(request), get_object_or_404(Agent, ecopole=request.ecopole, pk=pk)
    items = owed.open_items(seller.agent_id, request.today, partners=[pk])
    ahead = sum((-item.left for item in items if item.left < ZERO), ZERO)
    form = RefundForm(request.POST or None, initial={"paid_on": request.today, "amount": ahead or None})

    def write() -> None:
        made = settling.refund(
            ecopole=request.ecopole, creditor=seller.agent, debtor=debtor, writer=writer_of(request),
            **form.cleaned_data,
        )  # fmt: skip
        messages.success(request, f"{made.amount} rendus.")

    return entry_page(
        request, form, write, button="Rendu",
        title=f"Rembourser {names_of(request, {pk}).get(pk, debtor.name)}",
        back=page_of(request, "account", seller, pk), lede=f"En sa faveur\u202f: {ahead}, avoirs et avances.",
    )  # fmt: skip


@require_POST
@needs("run_billing")
def unsettle(request: EcopoleRequest, pk: int) -> HttpResponse:
    rows = Settlement.objects.select_related("invoice", "refund")
    tie = get_object_or_404(rows, ecopole=request.ecopole, pk=pk)
    if tie.invoice:
        creditor, partner = tie.invoice.issuer_id, tie.invoice.customer_id
    else:
        assert tie.refund is not None  # one or the other: a constraint
        creditor, partner = tie.refund.creditor_id, tie.refund.debtor_id
    seller = issuer_of(request, creditor)
    try:
        settling.unsettle(tie=tie, on=request.today, writer=writer_of(request))
    except BillingRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Lettrage défait\u202f: les deux côtés sont ouverts de nouveau.")
    return redirect(page_of(request, "account", seller, partner))
