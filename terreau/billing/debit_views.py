"""Pages of direct debits: mandates, the file for the bank, what became of it; a member’s own mandate."""

from typing import Any

from django.contrib import messages
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from stdnum import iban as iban_code
from stdnum.eu import at_02

from terreau.billing import debits, forgetting, owed
from terreau.billing.actions import BillingRefused
from terreau.billing.documents import buyers
from terreau.billing.models import Collection, Invoice, Issuer, Mandate
from terreau.billing.models.payments import NOTICE_DAYS
from terreau.billing.payment_forms import (
    CollectionForm,
    DayForm,
    PaperMandateForm,
    SignForm,
    WithdrawForm,
)
from terreau.billing.payment_views import (
    issuer_of,
    names_of,
    page_of,
    partners,
    seller_of,
    sellers,
    the_seller,
    writer_of,
)
from terreau.billing.views import entry_page
from terreau.formats.sepa.debits import account_problems
from terreau.ledger.dueforms import pressed
from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.territory.access import EcopoleRequest, acting_for, needs
from terreau.territory.models import Agent
from terreau.territory.papers import sent

ZERO = Money(0)
ROWS = 50


@needs("see_billing")
def home(request: EcopoleRequest) -> HttpResponse:
    found = sellers(request)
    seller = seller_of(request, found)
    context: dict[str, Any] = {"sellers": found, "seller": seller}
    if seller:
        first, _ = debits.next_day(seller.agent_id, request.today)
        todo = debits.to_debit(seller.agent_id, first, request.today)
        mandates = sorted(debits.in_force(seller.agent_id, request.today).values(), key=lambda one: one.rum)
        people = {one.mandate.debtor_id for one in todo} | {one.debtor_id for one in mandates}
        names = names_of(request, people)
        context |= {
            "todo": [(names.get(one.mandate.debtor_id, ""), one) for one in todo], "first": first,
            "mandates": [(names.get(one.debtor_id, ""), one) for one in mandates],
            "total": sum((one.amount for one in todo), ZERO), "ready": at_02.is_valid(seller.creditor_id),
            "collections": list(
                Collection.objects.filter(creditor=seller.agent_id).defer("file").select_related("end")
                .annotate(emptied=ExpressionWrapper(Q(file=b""), BooleanField()))[:ROWS]
            ),
            "kept_months": forgetting.months("account", request.today),
        }  # fmt: skip
    return render(request, "billing/debits.html", context)


@needs("run_billing")
def prepare(request: EcopoleRequest) -> HttpResponse:
    seller = the_seller(request)
    first, told = debits.next_day(seller.agent_id, request.today)
    form = CollectionForm(request.POST or None, initial={"due_on": first, "notified_on": told})

    def write() -> None:
        made = debits.prepare(issuer=seller, writer=writer_of(request), **form.cleaned_data)
        messages.success(
            request, f"{made}\u202f: {made.count} prélèvements, {made.total}. À déposer à la banque."
        )

    return entry_page(
        request, form, write, title="Préparer un fichier de prélèvements", button="Préparer le fichier",
        back=page_of(request, "debits", seller),
        lede=f"Tout ce qui est dû ce jour-là, sous mandat, annoncé {NOTICE_DAYS} jours avant. "
        "Les factures de ce jour l’ont annoncé\u202f; rappelez le reste à qui le doit. "
        "Les avoirs et les avances sont utilisés d’abord.",
    )  # fmt: skip


def _collection(request: EcopoleRequest, pk: int) -> Collection:
    return get_object_or_404(Collection, ecopole=request.ecopole, pk=pk)


@needs("run_billing")
def file(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _collection(request, pk)
    if not row.file:
        raise Http404("oublié")
    return sent(bytes(row.file), "application/xml", f"{row.message}.xml")


@needs("run_billing")
def collected(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _collection(request, pk)
    seller = issuer_of(request, row.creditor_id)
    form = DayForm(request.POST or None, initial={"on": max(row.due_on, request.today)})

    def write() -> None:
        made = debits.collected(collection=row, writer=writer_of(request), **form.cleaned_data)
        messages.success(request, f"{len(made)} prélèvements encaissés.")

    return entry_page(
        request, form, write, title=f"Encaissé\u202f: {row}", button="Encaissé",
        back=page_of(request, "debits", seller),
        lede=f"{row.count} prélèvements, {row.total}. Ceux qui reviendront se noteront un à un.",
    )  # fmt: skip


@require_POST
@needs("run_billing")
def abandon(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _collection(request, pk)
    seller = issuer_of(request, row.creditor_id)
    pressed(
        request, lambda: debits.abandon(collection=row, on=request.today, writer=writer_of(request)),
        f"{row} ne sera pas envoyé\u202f: ses factures peuvent l’être de nouveau.",
    )  # fmt: skip
    return redirect(page_of(request, "debits", seller))


@needs("run_billing")
def add_mandate(request: EcopoleRequest) -> HttpResponse:
    """A mandate signed on paper."""
    seller = the_seller(request)
    form = PaperMandateForm(
        request.POST or None, partners=partners(request, seller), initial={"signed_on": request.today}
    )

    def write() -> None:
        said = dict(form.cleaned_data)
        debtor = get_object_or_404(Agent, ecopole=request.ecopole, pk=said.pop("debtor"))
        made = debits.sign_mandate(issuer=seller, debtor=debtor, writer=writer_of(request), **said)
        messages.success(request, f"Mandat {made.rum} noté, compte {made.masked}.")

    return entry_page(
        request, form, write, title="Mandat signé sur papier", button="Noter",
        back=page_of(request, "debits", seller),
        lede="Gardez le papier\u202f: il fait foi. Le mandat sert à partir de sa signature.",
    )  # fmt: skip


@needs("run_billing")
def withdraw(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Mandate, ecopole=request.ecopole, pk=pk, forgotten_at=None)
    seller = issuer_of(request, row.creditor_id)
    form = WithdrawForm(request.POST or None, initial={"ends_on": request.today})
    kept = forgetting.account_kept_until(row, request.today)

    def write() -> None:
        debits.withdraw_mandate(mandate=row, writer=writer_of(request), **form.cleaned_data)
        messages.success(request, f"Le mandat {row.rum} ne servira plus.")

    return entry_page(
        request, form, write, title=f"Retirer le mandat {row.rum}", button="Retirer",
        back=page_of(request, "debits", seller),
        lede=f"Retiré aujourd’hui, il est oublié après le {format_date(kept)}, titulaire et compte\u202f: "
        "jusque-là, le dernier prélèvement peut être contesté.",
    )  # fmt: skip


# --- a person’s own


def _own(request: EcopoleRequest) -> Agent:
    """The organisation, or the member, for whom the person reads: `?qui=`, or the first."""
    own = acting_for(request, "see_invoices_own")
    rows = list(Agent.objects.filter(ecopole=request.ecopole, pk__in=own).order_by("pk"))
    asked = request.GET.get("qui", "")
    found = next((row for row in rows if str(row.pk) == asked), rows[0] if rows else None)
    if found is None:
        raise Http404("qui")
    return found


def _creditor(request: EcopoleRequest, debtor: Agent) -> Issuer | None:
    """Who may debit them: a seller with a creditor identifier, first one that billed them."""
    able = [row for row in sellers(request) if at_02.is_valid(row.creditor_id) and row.agent_id != debtor.pk]
    billed = set(
        Invoice.objects.filter(customer=debtor).order_by().values_list("issuer", flat=True).distinct()
    )
    return next((row for row in able if row.agent_id in billed), able[0] if able else None)


@needs("see_invoices_own")
def mandate(request: EcopoleRequest) -> HttpResponse:
    """« Comment payer »: one’s balance, what is due, one’s mandate, and a new one to sign."""
    debtor = _own(request)
    issuer = _creditor(request, debtor)
    party = buyers(request.ecopole, {debtor.pk}, request.today)[debtor.pk].party
    address = party.address
    form = SignForm(request.POST or None, initial={
        "holder": party.name[:70], "street": address.street[:70], "postcode": address.postcode,
        "town": address.town[:35],
    })  # fmt: skip
    if request.method == "POST" and issuer and _signed(request, form, issuer, debtor):
        return redirect(f"{request.path}?qui={debtor.pk}")
    due = list(
        owed.unpaid(customer=debtor, issuer__ecopole=request.ecopole).select_related("issuer").defer("values")
    )
    context: dict[str, Any] = {
        "debtor": debtor, "issuer": issuer, "form": form, "due": due, "notice_days": NOTICE_DAYS,
        "kept_months": forgetting.months("account", request.today),
        "total": sum((row.left for row in due), ZERO),
        "ahead": sum((row.left for row in owed.advances(debtor=debtor)), ZERO)
        + sum((row.left for row in owed.credits_left(customer=debtor)), ZERO),
    }  # fmt: skip
    if issuer:
        context |= {
            "rum": debits.next_rum(issuer, debtor.pk),
            "iban": iban_code.format(issuer.iban),
            "mandate": debits.in_force(issuer.agent_id, request.today).get(debtor.pk),
        }
    return render(request, "billing/mandate.html", context, status=422 if form.errors else 200)


def _signed(request: EcopoleRequest, form: SignForm, issuer: Issuer, debtor: Agent) -> bool:
    writer = writer_of(request)
    if not form.is_valid():
        return False
    said = {name: value for name, value in form.cleaned_data.items() if name != "agreed"}
    try:
        made = debits.sign_mandate(
            issuer=issuer, debtor=debtor, signed_on=request.today, writer=writer, **said
        )
    except BillingRefused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return False
    messages.success(
        request, f"Mandat {made.rum} signé le {format_date(made.signed_on)}, compte {made.masked}."
    )
    return True


@require_POST
@needs("see_invoices_own")
def check_iban(request: EcopoleRequest) -> HttpResponse:
    """As it is typed: whether its key holds. Sent in the body, so that no log keeps it."""
    typed = request.POST.get("iban", "")[:60]
    if not typed.strip():
        return HttpResponse("")
    problem = next(account_problems(typed), "")
    if problem:
        return HttpResponse(format_html('<p class="error">{}</p>', problem))
    return HttpResponse("<p>Cet IBAN est bien formé.</p>")
