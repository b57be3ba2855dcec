"""What a member has just paid ahead, or is given back, invoiced at once, sent on by the baskets’ page."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from terreau.billing.actions import BillingRefused, Judges
from terreau.billing.packs import settle_ahead
from terreau.ledger.dueforms import hand_of
from terreau.rooms.baskets.queries import agent_of
from terreau.territory.access import EcopoleRequest, acting_for, needs

LATER = "La facture suivra, avec celles du mois."


@require_POST
@needs("sell_packs")
def bill_ahead(request: EcopoleRequest, pk: int) -> HttpResponse:
    """Of a member of the baskets, by number."""
    payer = agent_of(request.ecopole, pk)
    if payer is None:
        raise Http404("membre")
    _settle(request, payer)
    return redirect("baskets:member", request.ecopole.slug, pk)


@require_POST
@needs("see_basket_own")
def bill_own_ahead(request: EcopoleRequest) -> HttpResponse:
    for payer in acting_for(request, "see_basket_own"):
        _settle(request, payer)
    return redirect("baskets:own_packs", request.ecopole.slug)


def _settle(request: EcopoleRequest, payer: int) -> None:
    """What cannot be invoiced now is by the month that closes: nothing is lost, and it is said."""
    hand = hand_of(request)
    try:
        with Judges(1) as judges:
            told = settle_ahead(ecopole=request.ecopole, payer=payer, hand=hand, judges=judges)
    except BillingRefused:
        messages.info(request, LATER)
        return
    for one in told.issued:
        what = "Avoir" if one.is_credit else "Facture"
        messages.success(request, f"{what} {one.number}\u202f: {one.gross}.")
    if told.refused:
        messages.info(request, LATER)
