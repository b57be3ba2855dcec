"""Pages of accounts: who owes what at a date, for how long, VAT, receipts of the ACI, accountant’s files."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render

from terreau.billing import owed
from terreau.billing.accounts import aged, rule
from terreau.billing.books import books, fec_of, taxed, turnover
from terreau.billing.closing import month_end, month_of
from terreau.billing.journal import journal
from terreau.billing.models import Issuer, Settlement
from terreau.billing.payment_views import names_of, seller_of, sellers, the_seller
from terreau.billing.vat import vat_summary
from terreau.formats.fec.write import NotWritten
from terreau.measures.french import format_decimal
from terreau.measures.money import Money
from terreau.rooms.insertion.queries import charges
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import YEARS, day_asked
from terreau.territory.models import Agent
from terreau.territory.papers import sent, spreadsheet

ZERO, ROWS = Money(0), 50
COLUMNS = ("Non échu", "1 à 30 jours", "31 à 60 jours", "61 à 90 jours", "Plus de 90 jours")
# A cell that a spreadsheet would take for a formula.


@needs("see_billing")
def home(request: EcopoleRequest) -> HttpResponse:
    """The accounts of an organisation at a date."""
    return _home(request)


def _home(request: EcopoleRequest, problem: str = "") -> HttpResponse:
    found, on = sellers(request), day_asked(request)
    seller = seller_of(request, found)
    context: dict[str, Any] = {"sellers": found, "seller": seller, "on": on, "problem": problem}
    if seller:
        context |= _told(request, seller, on)
    return render(request, "billing/accounts.html", context, status=422 if problem else 200)


def _told(request: EcopoleRequest, seller: Issuer, on: date) -> dict[str, Any]:
    rows, owing = (aged(items, on) for items in owed.open_both(seller.agent_id, on))
    columns = [row.coming for row in rows], *([row.late[n] for row in rows] for n in range(4))
    sums = [Money(sum(amount.cents for amount in column)) for column in columns]
    first = on.replace(day=1)
    told = taxed(seller.agent, first, month_end(first))
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    names = names_of(request, {row.partner for row in (*page, *owing)})
    return {
        "page": page, "rows": [(names.get(row.partner, ""), row) for row in page],
        "owing": [(names.get(row.partner, ""), row) for row in owing],
        "sums": list(zip(COLUMNS, sums, strict=True)),
        "chart": [(name, amount.euros) for name, amount in zip(COLUMNS, sums, strict=True)],
        "ahead": Money(sum(row.ahead.cents for row in rows)),
        "total": Money(sum(row.total.cents for row in rows)),
        "owed": sum((row.total for row in owing), ZERO),
        "month": first, "vat": vat_summary(told, first, month_end(first)),
        "deductible": vat_summary(told, first, month_end(first), sold=False),
        "vat_rules": [rule(f"vat_of_{nature}", on) for nature in "BSM"],
        "receipts": _receipts(request, seller, on), "years": [on.year, on.year - 1],
    }  # fmt: skip


def _receipts(request: EcopoleRequest, seller: Issuer, on: date) -> dict[str, Any] | None:
    """What the ACI billed beside the charges of its activity, as its direction said them last."""
    said = charges(request.ecopole, on.year)
    if said is None or seller.agent_id not in said.sellers:
        return None
    billed = turnover(said.sellers, date(on.year, 1, 1), said.until)
    return {
        "said": said, "billed": billed, "ratio": said.ratio(billed), "warnings": said.warnings(billed),
    }  # fmt: skip


@needs("see_billing")
def account(request: EcopoleRequest, pk: int) -> HttpResponse:
    """All that happened with a partner, what is open, what is tied with what."""
    seller, partner = the_seller(request), get_object_or_404(Agent, ecopole=request.ecopole, pk=pk)
    ties = Settlement.objects.filter(undoes=None, undone_by=None).select_related(
        "invoice", "payment", "credit", "refund"
    )  # fmt: skip
    of_sales = ties.filter(invoice__issuer=seller.agent_id, invoice__customer=pk)
    of_refunds = ties.filter(refund__creditor=seller.agent_id, refund__debtor=pk)
    lines = owed.account(seller.agent_id, pk)
    items = owed.open_items(seller.agent_id, request.today, partners=[pk])
    context = {
        "seller": seller, "partner": partner, "name": names_of(request, {pk}).get(pk, partner.name),
        "lines": list(reversed(lines)), "balance": lines[-1].after if lines else ZERO, "items": items,
        "month": month_of(request.today),
        "ties": [*of_sales, *of_refunds], "ahead": any(item.left < ZERO for item in items),
    }  # fmt: skip
    return render(request, "billing/account.html", context)


def _year(year: int) -> tuple[date, date]:
    if year not in YEARS:
        raise Http404("année")
    return date(year, 1, 1), date(year, 12, 31)


@needs("see_billing")
def fec(request: EcopoleRequest, year: int) -> HttpResponse:
    seller = the_seller(request)
    _year(year)
    try:
        file = fec_of(seller.agent, seller.siret[:9], year)
    except NotWritten as refused:
        return _home(request, f"Le FEC de {year} n’est pas écrit. {' '.join(refused.problems[:20])}")
    return sent(file.data, "text/plain; charset=iso-8859-15", file.name)


@needs("see_billing")
def journal_csv(request: EcopoleRequest, year: int) -> HttpResponse:
    """The same entries, as a French spreadsheet reads them."""
    seller, (first, last) = the_seller(request), _year(year)
    heads = ["journal", "date", "pièce", "compte", "tiers", "libellé", "débit", "crédit", "lettre"]
    rows = (
        [entry.journal, f"{entry.day:%d/%m/%Y}", entry.piece, posting.account, posting.partner_label,
         entry.label, _euros(posting.debit), _euros(posting.credit), posting.letter]
        for entry in journal(books(seller.agent, first, last), first, last)
        for posting in entry.postings
    )  # fmt: skip
    return spreadsheet([heads, *rows], f"journal-{seller.prefix}-{year}")


def _euros(amount: Money) -> str:
    return format_decimal(amount.euros, places=2) if amount else ""
