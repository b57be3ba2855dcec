"""Pages of invoices: the month to bill, the list, an invoice and its paper, a credit note, who bills whom."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from terreau.billing import actions, letters, queries
from terreau.billing.actions import BillingRefused, Judges
from terreau.billing.closing import month_end, month_of, request_closing
from terreau.billing.forms import CreditForm, CustomerForm, IssuerForm, written
from terreau.billing.models import Closing, Customer, Invoice, Issuer, Paper
from terreau.billing.models.invoices import KINDS
from terreau.formats.invoice.values import totals
from terreau.ledger.dueforms import form_key, hand_of
from terreau.measures.french import format_date
from terreau.planning.models import RUNNING
from terreau.planning.views import ask_and_wait
from terreau.territory.access import EcopoleRequest, acting_for, needs
from terreau.territory.asked import YEARS, row_asked
from terreau.territory.papers import sent

ROWS, PAYERS = 50, 100


def _month(typed: str | None, today: date) -> date:
    """« 2026-11 », or the month being billed."""
    try:
        first = date.fromisoformat(f"{typed}-01") if typed else month_of(today)
    except ValueError:
        raise Http404("mois") from None
    if first.year not in YEARS:
        raise Http404("mois")
    return first


def _beside(first: date) -> tuple[str, str]:
    return f"{first - date.resolution:%Y-%m}", f"{month_end(first) + date.resolution:%Y-%m}"


@needs("see_billing")
def home(request: EcopoleRequest) -> HttpResponse:
    """The month to bill: what is left, one button."""
    first = _month(request.GET.get("mois"), request.today)
    before, after = _beside(first)
    found = queries.closings(request.ecopole, first)
    context = {
        "month": queries.month(request.ecopole, first),
        "before": before,
        "after": after if month_end(first) < request.today else "",
        "closings": found,
        "running": next((row for row in found if _waits(row, request)), None),
        "open_month": month_end(first) >= request.today,
    }
    return render(request, "billing/home.html", context)


def _waits(row: Closing, request: EcopoleRequest) -> bool:
    return row.state in RUNNING and not row.interrupted(request.now)


@require_POST
@needs("run_billing")
def close(request: EcopoleRequest, month: str) -> HttpResponse:
    return ask_and_wait(request, "billing:closing", request_closing, month=_month(month, request.today))


@needs("run_billing")
def choose(request: EcopoleRequest, month: str) -> HttpResponse:
    """Who owes what of a month: those found by name or heading are ticked, and stay so on other pages."""
    first, asked = _month(month, request.today), request.POST or request.GET
    # In one field: a form holds fewer fields than an écopôle has members.
    elsewhere = request.POST.get("elsewhere", "").split()
    chosen = {row_asked(one) for one in (*request.POST.getlist("customers"), *elsewhere)}
    billing = request.method == "POST" and not {"look", "page"} & asked.keys()
    if billing and chosen:
        # Whoever is no customer of this écopôle has nothing to be billed of.
        return ask_and_wait(request, "billing:closing", request_closing, month=first, customers=chosen)
    everybody, text = queries.payers(request.ecopole, first), asked.get("q", "").strip()[:80]
    who = request.GET.get("qui", "")
    found = [row for row in everybody if row.answers(text) and who in ("", str(row.pk))]
    if (text and "page" not in asked) or who:
        chosen |= {row.pk for row in found}
    page = Paginator(found, PAYERS).get_page(asked.get("page"))
    shown = {row.pk for row in page}
    context = {
        "month": first, "page": page, "text": text, "who": who, "chosen": chosen, "unticked": billing,
        "elsewhere": [row for row in everybody if row.pk in chosen - shown],
    }  # fmt: skip
    return render(request, "billing/choose.html", context, status=422 if billing else 200)


@needs("see_billing")
def closing(request: EcopoleRequest, key: str) -> HttpResponse:
    """A month being billed, then what it became."""
    row = get_object_or_404(Closing.objects.select_related("created_by"), ecopole=request.ecopole, key=key)
    context = {"row": row, "waiting": _waits(row, request), "interrupted": row.interrupted(request.now)}
    return render(request, "billing/closing.html", context)


@needs("see_billing")
def invoices(request: EcopoleRequest) -> HttpResponse:
    asked = request.GET
    month = _month(asked["mois"], request.today) if asked.get("mois") else None
    kind = asked.get("nature", "")
    rows = queries.invoices(request.ecopole, text=asked.get("q", "").strip()[:80], kind=kind, month=month)
    page = Paginator(rows, ROWS).get_page(asked.get("page"))
    context = {"page": page, "kinds": [("", "toutes"), *KINDS], "kind": kind, "month": month}
    return render(request, "billing/invoices.html", context)


@needs("see_invoices_own")
def own(request: EcopoleRequest) -> HttpResponse:
    """What the person’s organisations owe, and what was billed in their name."""
    rows = queries.own_invoices(request.ecopole, acting_for(request, "see_invoices_own"))
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    return render(request, "billing/own.html", {"page": page})


def _invoice(request: EcopoleRequest, pk: int) -> Invoice:
    rows = Invoice.objects.select_related("customer", "issuer", "corrects", "recorded_by", "ecopole")
    return get_object_or_404(rows, ecopole=request.ecopole, pk=pk)


def _own_invoice(request: EcopoleRequest, pk: int) -> Invoice:
    rows = queries.own_invoices(request.ecopole, acting_for(request, "see_invoices_own"))
    return get_object_or_404(rows.select_related("ecopole"), pk=pk)


@needs("see_billing")
def invoice(request: EcopoleRequest, pk: int) -> HttpResponse:
    return _page(request, _invoice(request, pk))


def _page(request: EcopoleRequest, row: Invoice, problem: str = "") -> HttpResponse:
    said = row.said
    context = {
        "row": row, "said": said, "sums": totals(said), "credits": list(row.credits.defer("values")),
        "problem": problem, "paper": Paper.objects.filter(invoice=row).defer("xml", "pdf").first(),
        "letter": letters.sorted_out(row.ecopole, [row], request.now),
    }  # fmt: skip
    return render(request, "billing/invoice.html", context, status=422 if problem else 200)


@needs("see_billing")
def pdf(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _invoice(request, pk)
    return _paper(request, row, "pdf", lambda problem: _page(request, row, problem))


@needs("see_billing")
def xml(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _invoice(request, pk)
    return _paper(request, row, "xml", lambda problem: _page(request, row, problem))


@needs("see_invoices_own")
def own_pdf(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _own_invoice(request, pk)

    def refused(problem: str) -> HttpResponse:
        messages.error(request, problem)
        return redirect("billing:own", request.ecopole.slug)

    return _paper(request, row, "pdf", refused)


def _paper(
    request: EcopoleRequest, row: Invoice, kind: str, refused: Callable[[str], HttpResponse]
) -> HttpResponse:
    """The paper as it was judged; made now if it was not yet."""
    try:
        paper = actions.paper_of(invoice=row, at=request.now)
    except BillingRefused as refusal:
        return refused(f"Ce papier n’est pas délivré. {refusal}")
    return sent(bytes(getattr(paper, kind)), f"application/{kind}", f"{row.number}.{kind}", how="inline")


@needs("run_billing")
def credit(request: EcopoleRequest, pk: int) -> HttpResponse:
    """A credit note: the whole, or the lines left ticked, and why."""
    row = _invoice(request, pk)
    back = reverse("billing:invoice", args=[request.ecopole.slug, pk])
    lines = [line for line in queries.billed_lines(row) if not line.taken_back]
    if row.is_credit or not lines:
        messages.info(request, f"Il ne reste rien à reprendre de {row.number}.")
        return redirect(back)
    choices = [(str(line.pk), _line_told(line)) for line in lines]
    form = CreditForm(
        request.POST or None, choices=choices, initial={"lines": [value for value, _ in choices]}
    )

    def write() -> None:
        with Judges(1) as judges:
            made = actions.credit_note(
                invoice=row, lines=[int(one) for one in form.cleaned_data["lines"]],
                reason=form.cleaned_data["reason"], issued_on=request.today, hand=hand_of(request),
                judges=judges,
            )  # fmt: skip
        messages.success(request, f"Avoir {made.number} émis\u202f: {made.gross}.")

    return entry_page(
        request, form, write, title=f"Avoir sur {row.number}", button="Émettre l’avoir", back=back,
        lede=f"{row.customer}, {row.gross}. Ce qui est repris pourra être facturé de nouveau.",
    )  # fmt: skip


@require_POST
@needs("run_billing")
def send(request: EcopoleRequest, pk: int) -> HttpResponse:
    """One invoice to its customer, by e-mail."""
    row = _invoice(request, pk)
    try:
        (made,) = letters.ask(ecopole=request.ecopole, invoices=[row], hand=hand_of(request))
    except BillingRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{row.number} part vers {made.address}.")
    return redirect("billing:invoice", request.ecopole.slug, pk)


@needs("run_billing")
def post(request: EcopoleRequest, month: str) -> HttpResponse:
    """All that a month issued, to its customers: what goes, what cannot, what has gone."""
    first = _month(month, request.today)
    rows = queries.invoices(request.ecopole, month=first).order_by("number")
    if request.method == "POST":
        try:
            made = letters.ask(ecopole=request.ecopole, invoices=rows, hand=hand_of(request))
        except BillingRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{len(made)} facture{'s' * (len(made) > 1)} en route.")
        return redirect("billing:post", request.ecopole.slug, f"{first:%Y-%m}")
    found = letters.sorted_out(request.ecopole, rows, request.now)
    return render(request, "billing/post.html", {"month": first, "post": found})


def _line_told(line: queries.BilledLine) -> str:
    day = f", {format_date(line.day)}" if line.day else ""
    return f"{line.name}{day} · {line.amount}"


def entry_page(
    request: EcopoleRequest, form: forms.Form, write: Callable[[], Any], *, title: str, button: str,
    back: str, lede: str = "",
) -> HttpResponse:  # fmt: skip
    """A page to type on: written, then back; or shown again with what is wrong and all that was typed."""
    if request.method == "POST":
        form_key(request.POST)
        if written(form, write):
            return redirect(back)
    context = {"form": form, "title": title, "button": button, "back": back, "lede": lede}
    return render(request, "billing/entry.html", context, status=422 if form.errors else 200)


@needs("see_billing")
def settings(request: EcopoleRequest) -> HttpResponse:
    context = {
        "issuers": queries.settled(request.ecopole, request.today),
        "customers": queries.customers(request.ecopole, request.today),
    }
    return render(request, "billing/settings.html", context)


def _initial(row: Issuer | Customer | None, today: date) -> dict[str, Any]:
    """What was last said, to be corrected from today on."""
    if row is None:
        return {"since": today}
    return {field.name: field.value_from_object(row) for field in row._meta.concrete_fields} | {
        "since": today
    }


@needs("run_billing")
def say_issuer(request: EcopoleRequest) -> HttpResponse:
    known = {str(row.agent_id): row for row in queries.settled(request.ecopole, request.today)}
    form = IssuerForm(
        request.POST or None, ecopole=request.ecopole,
        initial=_initial(known.get(request.GET.get("qui", "")), request.today),
    )  # fmt: skip

    def write() -> None:
        row = actions.say_issuer(ecopole=request.ecopole, hand=hand_of(request), **form.cleaned_data)
        messages.success(request, f"{row.name} facture ainsi à partir du {format_date(row.since)}.")

    return entry_page(
        request, form, write, title="Qui vend, et comment", button="Noter",
        back=reverse("billing:settings", args=[request.ecopole.slug]),
        lede="Les factures déjà émises gardent ce qu’elles disaient.",
    )  # fmt: skip


@needs("run_billing")
def say_customer(request: EcopoleRequest) -> HttpResponse:
    known = {str(row.agent_id): row for row in queries.customers(request.ecopole, request.today)}
    form = CustomerForm(
        request.POST or None, ecopole=request.ecopole,
        initial=_initial(known.get(request.GET.get("qui", "")), request.today),
    )  # fmt: skip

    def write() -> None:
        row = actions.say_customer(ecopole=request.ecopole, hand=hand_of(request), **form.cleaned_data)
        messages.success(request, f"{row.agent} est facturé ainsi à partir du {format_date(row.since)}.")

    return entry_page(
        request, form, write, title="Qui est facturé, et comment", button="Noter",
        back=reverse("billing:settings", args=[request.ecopole.slug]),
    )  # fmt: skip
