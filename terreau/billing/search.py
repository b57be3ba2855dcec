"""What answers to a word sought in the whole house."""

from django.urls import reverse

from terreau.billing.models import Invoice
from terreau.billing.queries import own_invoices
from terreau.measures.french import format_date
from terreau.territory.access import EcopoleRequest, acting_for
from terreau.territory.search import MOST, Found, Sought


def found(request: EcopoleRequest, sought: Sought) -> list[Found]:
    """Invoices whose number holds what was typed, the last first; who is billed is not said. One query.

    Customers, farms and members find their own, as a paper.
    """
    everybody = "see_billing" in request.abilities
    own = "see_invoices_own" in request.abilities
    if not (everybody or own) or not any(letter.isdigit() for letter in sought.text):
        return []
    if everybody:
        rows, page = Invoice.objects.filter(ecopole=request.ecopole), "billing:invoice"
    else:
        rows = own_invoices(request.ecopole, acting_for(request, "see_invoices_own"))
        page = "billing:own_pdf"
    numbered = rows.filter(number__icontains=sought.text).order_by("-issued_on", "-pk")
    return [
        Found("Factures", number, reverse(page, args=[request.ecopole.slug, pk]), format_date(on))
        for pk, number, on in numbered.values_list("pk", "number", "issued_on")[: MOST + 1]
    ]
