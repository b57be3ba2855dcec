"""Orders: noted for a customer, delivered in one tap from the room's first page, or given up."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from terreau.ledger.dueforms import form_key
from terreau.ledger.models import Commitment
from terreau.measures.money import Money
from terreau.rooms.kitchen import actions
from terreau.rooms.kitchen.forms import DeliverForm, OrderForm, ReasonForm, written
from terreau.rooms.kitchen.queries.orders import ORDERED, Order
from terreau.rooms.kitchen.queries.orders import orders as still_due
from terreau.rooms.kitchen.views.batches import kitchen_asked
from terreau.territory.access import EcopoleRequest, needs


@needs("run_kitchen")
def order(request: EcopoleRequest) -> HttpResponse:
    kitchen = kitchen_asked(request)
    form = OrderForm(request.POST or None, ecopole=request.ecopole, today=request.today)
    if request.method == "POST":
        key = form_key(request.POST)
        if written(
            form,
            lambda: actions.take_order(
                ecopole=request.ecopole, kitchen=kitchen, at=request.now, key=key,
                **(form.cleaned_data | {"price": form.cleaned_data["price"] or Money(0)}),
            ),
        ):  # fmt: skip
            said = form.cleaned_data
            messages.success(request, f"{said['product']} pour {said['receiver']}\u202f: c’est commandé.")
            return redirect("kitchen:home", request.ecopole.slug)
    return render(request, "kitchen/order.html", {"form": form}, status=422 if form.errors else 200)


def _asked(request: EcopoleRequest, pk: int) -> Order | None:
    """None if it is delivered or given up meanwhile: the same tap twice, or two people at once."""
    kitchen = kitchen_asked(request)
    get_object_or_404(Commitment, ecopole=request.ecopole, provider=kitchen, note=ORDERED, pk=pk)
    found = still_due(request.ecopole, kitchen)
    return next((one for one in found if one.commitment.pk == pk), None)


def _settled(request: EcopoleRequest) -> HttpResponse:
    messages.info(request, "Cette commande est déjà livrée, ou abandonnée.")
    return redirect("kitchen:home", request.ecopole.slug)


@needs("run_kitchen")
def due(request: EcopoleRequest, pk: int) -> HttpResponse:
    """An order, to deliver a part of it or give it up; as asked, it is one tap of the first page."""
    if (one := _asked(request, pk)) is None:
        return _settled(request)
    form = DeliverForm(request.POST or None, initial={"quantity": one.left})
    if request.method == "POST":
        key = form_key(request.POST)
        if written(
            form,
            lambda: actions.deliver(
                ecopole=request.ecopole, order=one, quantity=form.cleaned_data["quantity"], by=request.user,
                at=request.now, key=key,
            ),
        ):  # fmt: skip
            messages.success(
                request, f"{one.commitment.receiver}\u202f: c’est livré.", extra_tags=f"undo:{key}"
            )
            return redirect("kitchen:home", request.ecopole.slug)
    context = {"order": one, "form": form, "stop": ReasonForm(prefix="stop")}
    return render(request, "kitchen/order_due.html", context, status=422 if form.errors else 200)


@needs("run_kitchen")
def give_up(request: EcopoleRequest, pk: int) -> HttpResponse:
    if (one := _asked(request, pk)) is None:
        return _settled(request)
    if request.method != "POST":
        return redirect("kitchen:order_due", request.ecopole.slug, pk)
    key, form = form_key(request.POST), ReasonForm(request.POST, prefix="stop")
    if not written(
        form,
        lambda: actions.give_up_order(
            order=one, reason=form.cleaned_data["reason"], by=request.user, at=request.now, key=key
        ),
    ):
        context = {"order": one, "form": DeliverForm(initial={"quantity": one.left}), "stop": form}
        return render(request, "kitchen/order_due.html", context, status=422)
    messages.success(request, f"{one.commitment.receiver}\u202f: la commande est abandonnée.")
    return redirect("kitchen:home", request.ecopole.slug)
