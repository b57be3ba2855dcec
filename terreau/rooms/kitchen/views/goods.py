"""What comes into the kitchen: surplus of the week, ingredients bought; what it holds."""

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from terreau.ledger.dueforms import form_key
from terreau.ledger.models import Commitment
from terreau.ledger.proposals import DECLINED, PROPOSED, give_up
from terreau.measures.money import Money
from terreau.rooms.kitchen import actions
from terreau.rooms.kitchen.forms import BuyForm, DeclineForm, TakeForm, written
from terreau.rooms.kitchen.queries.batches import batch_of_lot
from terreau.rooms.kitchen.queries.goods import kitchen_of, surplus
from terreau.rooms.kitchen.queries.goods import shelves as held
from terreau.rooms.kitchen.views.batches import AHEAD, kitchen_asked
from terreau.territory.access import EcopoleRequest, needs


@needs("run_kitchen")
def take(request: EcopoleRequest, pk: int) -> HttpResponse:
    """What is proposed or given up, whole or in part: it is the kitchen's, and no longer for the compost."""
    kitchen = kitchen_asked(request)
    get_object_or_404(Commitment, ecopole=request.ecopole, pk=pk)
    lines = surplus(request.ecopole, (request.today, request.today + AHEAD))
    line = next((line for line in lines if line.commitment_id == pk), None)
    if request.method != "POST" or line is None:
        if line is None:
            messages.error(
                request, "Ce surplus n’est plus à prendre\u202f: il est parti, ou sa semaine a changé."
            )
        return redirect("kitchen:home", request.ecopole.slug)
    key, form = form_key(request.POST), TakeForm(request.POST)
    if written(
        form,
        lambda: actions.take_surplus(
            ecopole=request.ecopole, kitchen=kitchen, line=line, quantity=form.cleaned_data["quantity"],
            price=form.cleaned_data["price"] or Money(0), by=request.user, at=request.now, key=key,
        ),
    ):  # fmt: skip
        messages.success(
            request, f"{line.lot.product}\u202f: c’est à la conserverie.", extra_tags=f"undo:{key}"
        )
        return redirect("kitchen:home", request.ecopole.slug)
    return render(request, "kitchen/take.html", {"form": form, "line": line}, status=422)


@require_POST
@needs("run_kitchen")
def decline(request: EcopoleRequest, pk: int) -> HttpResponse:
    """What was proposed stays where it is, and is proposed no more; its holder reads so, and why if said."""
    kitchen_asked(request)
    row = get_object_or_404(Commitment, PROPOSED, ecopole=request.ecopole, pk=pk, receiver__kind="kitchen")
    key, form = form_key(request.POST), DeclineForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["why"][0]))
        return redirect("kitchen:home", request.ecopole.slug)
    reason = "\u202f: ".join(filter(None, (DECLINED, form.cleaned_data["why"])))
    give_up(proposal=row, reason=reason, by=request.user, at=request.now, key=key)
    messages.success(request, f"{row.product}\u202f: décliné, le lot reste à la plateforme.")
    return redirect("kitchen:home", request.ecopole.slug)


def _stock(request: EcopoleRequest, form: BuyForm | None = None) -> HttpResponse:
    kitchen = kitchen_of(request.ecopole)
    lines = held(request.ecopole, kitchen) if kitchen else []
    made = batch_of_lot(request.ecopole, [line.lot.pk for line in lines])
    soon = request.today + timedelta(days=7)
    context = {
        "lines": [
            (line, made.get(line.lot.pk), _tone(line.keeps_until, request.today, soon)) for line in lines
        ],
        "form": form or BuyForm(None, ecopole=request.ecopole),
        "kitchen": kitchen,
    }
    return render(request, "kitchen/stock.html", context, status=422 if form else 200)


def _tone(until: date | None, today: date, soon: date) -> str:
    if until is None or until > soon:
        return ""
    return "bad" if until < today else "warn"


@needs("see_kitchen")
def shelves(request: EcopoleRequest) -> HttpResponse:
    return _stock(request)


@needs("run_kitchen")
def buy(request: EcopoleRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect("kitchen:stock", request.ecopole.slug)
    kitchen, key = kitchen_asked(request), form_key(request.POST)
    form = BuyForm(request.POST, ecopole=request.ecopole)
    if not written(
        form,
        lambda: actions.buy(
            ecopole=request.ecopole, kitchen=kitchen, supplier=form.cleaned_data["supplier"],
            bought=[form.bought()], by=request.user, at=request.now, key=key,
        ),
    ):  # fmt: skip
        return _stock(request, form)
    messages.success(request, f"{form.cleaned_data['product']}\u202f: c’est entré.")
    return redirect("kitchen:stock", request.ecopole.slug)
