"""Baskets paid ahead: what the garden offers and who comes to the end of theirs; a member buys on a phone."""

from collections import defaultdict
from datetime import date

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from terreau.ledger.dueforms import form_key
from terreau.measures.money import Money
from terreau.rooms.baskets import actions
from terreau.rooms.baskets.actions.packs import priced_apart
from terreau.rooms.baskets.member_forms import written
from terreau.rooms.baskets.models import Member, Pack, PackOffer, Price, Subscription
from terreau.rooms.baskets.pack_forms import BuyForm, OfferForm
from terreau.rooms.baskets.queries.packs import offers, packs, running
from terreau.rooms.baskets.queries.solidarity import Ways
from terreau.rooms.baskets.rules import in_force
from terreau.rooms.baskets.views.own import me
from terreau.territory.access import EcopoleRequest, needs

SHOWN = 100


def _home(request: EcopoleRequest, form: forms.Form | None = None) -> HttpResponse:
    found = list(running(request.ecopole).order_by("left", "member__name", "id")[: SHOWN + 1])
    context = {
        "offers": offers(request.ecopole, request.today), "packs": found[:SHOWN], "more": len(found) > SHOWN,
        "form": form or OfferForm(ecopole=request.ecopole, today=request.today),
    }  # fmt: skip
    return render(request, "baskets/packs.html", context, status=422 if form else 200)


@needs("sell_packs")
def home(request: EcopoleRequest) -> HttpResponse:
    """What is offered, from a day on; the packs running, those that end first."""
    return _home(request)


@needs("sell_packs")
def set_offer(request: EcopoleRequest) -> HttpResponse:
    if request.method == "POST":
        key = form_key(request.POST)
        form = OfferForm(request.POST, ecopole=request.ecopole, today=request.today)
        if not written(
            form,
            lambda: actions.set_offer(ecopole=request.ecopole, entry=form.entry(), at=request.now, key=key),
        ):
            return _home(request, form)
        messages.success(request, "L’offre est enregistrée.")
    return redirect("baskets:packs", request.ecopole.slug)


@needs("sell_packs")
def sell(request: EcopoleRequest, pk: int) -> HttpResponse:
    """For a member who asks; the same form then has it invoiced."""
    rows = Member.objects.select_related("agent", "ecopole")
    row = get_object_or_404(rows, ecopole=request.ecopole, pk=pk)
    form = BuyForm(request.POST or None, sold=offers(request.ecopole, request.today))
    if request.method == "POST":
        key = form_key(request.POST)
        if written(form, lambda: _buy(request, row, form, key)):
            messages.success(request, f"{form.chosen()} d’avance\u202f: c’est noté.")
            return redirect("billing:bill_ahead", request.ecopole.slug, pk, preserve_request=True)
    context = {
        "form": form, "title": f"{row}, d’avance", "button": "Vendre",
        "lede": "La facture est faite aussitôt.",
        "back": reverse("baskets:member", args=[request.ecopole.slug, pk]),
    }  # fmt: skip
    return render(request, "web/form.html", context, status=422 if form.errors else 200)


def _buy(request: EcopoleRequest, row: Member, form: BuyForm, key: str) -> Pack:
    return actions.buy_pack(member=row, offer=form.chosen(), by=request.user, at=request.now, key=key)


@require_POST
@needs("sell_packs")
def give_back(request: EcopoleRequest, pk: int) -> HttpResponse:
    """What is left of a pack goes back to its member; the same form then has it credited."""
    form_key(request.POST)
    rows = Pack.objects.select_related("member__ecopole")
    pack = get_object_or_404(rows, member__ecopole=request.ecopole, pk=pk)
    if count := actions.give_back(pack=pack, at=request.now):
        messages.success(
            request, f"{count} panier{'s' if count > 1 else ''} d’avance à rembourser\u202f: c’est noté."
        )
    return redirect("billing:bill_ahead", request.ecopole.slug, pack.member_id, preserve_request=True)


def _sold(request: EcopoleRequest, row: Member) -> tuple[list[tuple[PackOffer, Money | None]], bool]:
    """What a member may buy, with the price of one such basket; whether some of theirs are priced apart."""
    today, ways = request.today, Ways(request.ecopole, member=row)
    held = Subscription.objects.filter(Q(ends_on=None) | Q(ends_on__gte=today), member=row)
    sizes = {one.size_id: one for one in held}
    prices: dict[int, list[tuple[date, Money]]] = defaultdict(list)
    for price in Price.objects.filter(size__in=sizes):
        prices[price.size_id].append((price.starts_on, price.price))
    offered = [one for one in offers(request.ecopole, today) if one.size_id in sizes]
    apart = {pk for pk, one in sizes.items() if priced_apart(row, one, today, ways)}
    sold = [(one, in_force(prices[one.size_id], today)) for one in offered if one.size_id not in apart]
    return sold, bool(apart)


@needs("see_basket_own")
def own(request: EcopoleRequest) -> HttpResponse:
    """What is left, what may be paid ahead, what becomes of it: said before the tap."""
    row = me(request)
    sold, apart = _sold(request, row)
    form = BuyForm(request.POST or None, sold=[one for one, _ in sold])
    if request.method == "POST":
        key = form_key(request.POST)
        if written(form, lambda: _buy(request, row, form, key)):
            messages.success(request, f"{form.chosen()} d’avance\u202f: c’est noté. Merci\u202f!")
            return redirect("billing:bill_own_ahead", request.ecopole.slug, preserve_request=True)
    mine = list(packs(request.ecopole).filter(member=row).order_by("-bought_on", "-id"))
    context = {
        "packs": mine, "left": sum(one.left for one in mine), "offers": sold, "apart": apart, "form": form,
    }  # fmt: skip
    return render(request, "baskets/own_packs.html", context, status=422 if form.errors else 200)
