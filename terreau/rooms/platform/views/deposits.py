"""What farms left and still own: noted when they come, taken back in one gesture, given to a kitchen."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from terreau.ledger.dueforms import form_key
from terreau.ledger.models import Event
from terreau.ledger.refusals import LedgerRefusal
from terreau.measures.french import format_decimal, format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.platform import actions, asks
from terreau.rooms.platform.deposits import Left, Rates, left, processors
from terreau.rooms.platform.forms import read_quantity
from terreau.rooms.platform.models import Purpose
from terreau.rooms.platform.store_forms import CommissionForm, DepositForm, HandOverForm
from terreau.rooms.platform.stores import platform_of
from terreau.territory.access import EcopoleRequest, acting_for, needs
from terreau.territory.models import Agent, AgentKind, Place


def farms_of(request: EcopoleRequest) -> list[Agent]:
    """Those who see the platform see every farm; a farm sees its own."""
    only = None if "see_platform" in request.abilities else acting_for(request, "see_goods_own")
    return asks.organisations(request.ecopole, (AgentKind.FARM,), only)


def _page(
    request: EcopoleRequest, form: DepositForm | None = None, terms: CommissionForm | None = None
) -> HttpResponse:
    farms = farms_of(request)
    if not farms:
        return render(request, "platform/nobody.html", {"kind": "ferme"})
    rates = Rates(request.ecopole, [farm.pk for farm in farms])
    agreed = [(farm, rates.on(farm.pk, request.today), rates.of(farm.pk)) for farm in farms]
    context: dict[str, Any] = {
        "farms": farms,
        "parts": left(request.ecopole, [farm.pk for farm in farms]),
        "agreed": [(farm, rate, lines) for farm, rate, lines in agreed if lines],
        "processors": processors(request.ecopole) if "run_platform" in request.abilities else [],
        "form": form or DepositForm(farms),
        "terms": terms or CommissionForm(farms, initial={"starts_on": request.today}),
    }
    return render(request, "platform/deposits.html", context, status=422 if form or terms else 200)


def _said(part: Left, amount: Any) -> str:
    product = part.deposit.lot.product
    return f"{format_quantity(Quantity(amount, Unit(product.unit)))} de {product.name.lower()}"


def _done(request: EcopoleRequest, said: str, key: str) -> HttpResponse:
    """Undone by who may undo: a farm asks the platform."""
    undo = f"undo:{key}" if "reverse_own" in request.abilities else ""
    messages.success(request, said, extra_tags=undo)
    return redirect("platform:deposits", request.ecopole.slug)


@needs("see_goods_own")
def deposits(request: EcopoleRequest) -> HttpResponse:
    return _page(request)


@needs("run_platform")
def leave(request: EcopoleRequest) -> HttpResponse:
    """A farm leaves goods that stay its own."""
    if request.method != "POST":
        return redirect("platform:deposits", request.ecopole.slug)
    key, form = form_key(request.POST), DepositForm(farms_of(request), request.POST)
    if not form.is_valid():
        return _page(request, form)
    said = form.cleaned_data
    try:
        deposit = actions.leave(
            ecopole=request.ecopole, platform=platform_of(request.ecopole), farm=said["farm"],
            product=said["product"], quantity=said["amount"], quality=said["quality"],
            purpose=said["purpose"], by=request.user, at=request.now, key=key,
        )  # fmt: skip
    except actions.DepositRefused as refusal:
        form.add_error(refusal.field, str(refusal))
        return _page(request, form)
    except LedgerRefusal as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form)
    what = format_quantity(Quantity(said["amount"], Unit(said["product"].unit)))
    purpose = Purpose(deposit.purpose).label
    return _done(
        request,
        f"{said['farm']}\u202f: {what} de {said['product'].name.lower()}, {purpose}, lot {deposit.lot.code}.",
        key,
    )


def _part(request: EcopoleRequest, pk: int, only: Callable[[Left], bool]) -> Left:
    """A part of a deposit of the farms one acts for."""
    for part in left(request.ecopole, [farm.pk for farm in farms_of(request)]):
        if part.id == pk and only(part):
            return part
    raise Http404("dépôt")


def _hand_over(request: EcopoleRequest, said: str, **asked: Any) -> HttpResponse:
    key = form_key(request.POST)
    try:
        done: list[Event] = actions.hand_over(
            ecopole=request.ecopole, by=request.user, at=request.now, key=key, **asked
        )
    except (actions.DepositRefused, LedgerRefusal) as refusal:
        messages.error(request, str(refusal))
        return redirect("platform:deposits", request.ecopole.slug)
    assert done
    return _done(request, said, key)


@needs("take_back_own")
def take_back(request: EcopoleRequest, pk: int) -> HttpResponse:
    """The farm goes home with all that is left of a deposit."""
    if request.method != "POST":
        return redirect("platform:deposits", request.ecopole.slug)
    part = _part(request, pk, lambda one: one.free)
    farm = part.deposit.lot.producer
    return _hand_over(request, f"{farm}\u202f: {_said(part, part.quantity)} repris.", part=part, taker=farm)


@needs("run_platform")
def hand_over(request: EcopoleRequest, pk: int) -> HttpResponse:
    """So much of a deposit goes to a kitchen, to be processed for its farm."""
    part = _part(request, pk, lambda one: one.free)
    product = part.deposit.lot.product
    takers = processors(request.ecopole)
    initial = {"quantity": format_decimal(part.quantity), "taker": takers[0].pk if len(takers) == 1 else None}
    form = HandOverForm(takers, request.POST if request.method == "POST" else None, initial)
    if form.is_bound and form.is_valid():
        amount = read_quantity(form, "quantity", product)
        if amount is not None and 0 < amount <= part.quantity:
            taker = form.cleaned_data["taker"]
            said = f"{taker}\u202f: {_said(part, amount)} à transformer pour {part.deposit.lot.producer}."
            return _hand_over(request, said, part=part, taker=taker, quantity=amount)
        if amount is not None:
            form.add_error("quantity", f"Il y a {_said(part, part.quantity)}\u202f: saisissez ce qui part.")
    context = {"part": part, "form": form, "symbol": Unit(product.unit).symbol}
    return render(request, "platform/hand_over.html", context, status=422 if form.errors else 200)


@needs("run_platform")
def bring_back(request: EcopoleRequest, pk: int) -> HttpResponse:
    """What a kitchen did not use comes back to the stores; it is still the farm's."""
    if request.method != "POST":
        return redirect("platform:deposits", request.ecopole.slug)
    part, platform = _part(request, pk, lambda one: one.away), platform_of(request.ecopole)
    kind = part.deposit.lot.product.storage
    store = Place.objects.filter(ecopole=request.ecopole, agent=platform, kind=kind).order_by("id")[0]
    said = f"{_said(part, part.quantity)} de retour, lot {part.deposit.lot.code}."
    return _hand_over(request, said, part=part, taker=platform, place=store)


@needs("agree_commission")
def agree_commission(request: EcopoleRequest) -> HttpResponse:
    """The rate agreed with a farm, from a day on."""
    if request.method != "POST":
        return redirect("platform:deposits", request.ecopole.slug)
    key, form = form_key(request.POST), CommissionForm(farms_of(request), request.POST)
    if not form.is_valid():
        return _page(request, terms=form)
    try:
        row = actions.agree_commission(
            ecopole=request.ecopole, **form.cleaned_data, by=request.user, at=request.now, key=key
        )
    except actions.DepositRefused as refusal:
        form.add_error(refusal.field, str(refusal))
        return _page(request, terms=form)
    said = f"{row.farm}\u202f: commission de {format_decimal(row.percent)}\u202f% notée."
    messages.success(request, said)
    return redirect("platform:deposits", request.ecopole.slug)
