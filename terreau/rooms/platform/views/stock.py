"""The stock, by place and lot, and what is lost of it."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from terreau.ledger import proposals as ledger
from terreau.ledger.answers import AnswerRefused
from terreau.ledger.dueforms import form_key
from terreau.ledger.models import Commitment
from terreau.ledger.queries import StockLine, stock
from terreau.ledger.refusals import LedgerRefusal
from terreau.measures.french import format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.platform import actions
from terreau.rooms.platform.forms import read_quantity
from terreau.rooms.platform.store_forms import LossForm, ProposalForm
from terreau.rooms.platform.stores import fillings, platform_of, shelved, store_maps, stores_of
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.models import Agent, AgentKind, Ecopole

KITCHEN = AgentKind.KITCHEN
LOSSES = ("abîmé", "pourri", "dessèchement", "rongeurs", "casse", "erreur de pesée", "introuvable")


@needs("see_platform")
def stock_page(request: EcopoleRequest) -> HttpResponse:
    platform, places = stores_of(request.ecopole)
    lines = stock(request.ecopole, holder=platform)
    place, product = request.GET.get("lieu", ""), request.GET.get("produit", "")
    chosen = [
        line for line in lines if place in ("", str(line.place.pk)) and product in ("", line.product.code)
    ]
    context = {
        "stores": fillings(places, lines),
        "products": sorted({(line.product.code, line.product.name) for line in lines}, key=lambda p: p[1]),
        "place": place,
        "product": product,
        "anything": bool(lines),
        "lines": shelved(
            chosen,
            request.today,
            ledger.proposals(request.ecopole, KITCHEN, request.today),
            ledger.declined(request.ecopole, KITCHEN, request.today),
        ),
        "kitchen": kitchens(request.ecopole).first(),
    }
    return render(request, "platform/stock.html", context)


@needs("see_platform")
def store_map(request: EcopoleRequest) -> HttpResponse:
    """The stores as a picture: how full each is, and how old is what it holds."""
    platform, places = stores_of(request.ecopole)
    found = store_maps(places, stock(request.ecopole, holder=platform), request.today)
    return render(request, "platform/store_map.html", {"maps": found, "stores": [m.filling for m in found]})


def _line(request: EcopoleRequest, code: str, place: int) -> StockLine:
    for line in stock(request.ecopole, holder=platform_of(request.ecopole), place=place):
        if line.lot.code == code:
            return line
    raise Http404


def kitchens(ecopole: Ecopole) -> QuerySet[Agent]:
    return Agent.objects.filter(ecopole=ecopole, kind=KITCHEN).order_by("id")


@needs("run_platform")
def propose(request: EcopoleRequest, code: str, place: int) -> HttpResponse:
    """Proposed to the kitchen: it takes, or declines; until then, nothing moves."""
    line, kitchen = _line(request, code, place), kitchens(request.ecopole).first()
    if kitchen is None:
        raise Http404("kitchen")
    form = ProposalForm(line, request.today, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and (amount := read_quantity(form, "quantity", line.product)):
        try:
            ledger.propose(
                ecopole=request.ecopole, line=line, to=kitchen, quantity=amount,
                until=form.cleaned_data["until"], at=request.now, key=form_key(request.POST),
            )  # fmt: skip
        except ledger.ProposalRefused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, f"{line.product}\u202f: proposé à {kitchen}.")
            return redirect("platform:stock", request.ecopole.slug)
    elif form.is_bound and not form.errors:
        form.add_error("quantity", "Saisissez ce que vous proposez, au-dessus de zéro.")
    context = {"form": form, "line": line, "kitchen": kitchen}
    return render(request, "platform/propose.html", context, status=422 if form.errors else 200)


@require_POST
@needs("run_platform")
def propose_withdraw(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(
        Commitment, ledger.PROPOSED, ecopole=request.ecopole, pk=pk, receiver__kind=KITCHEN
    )
    key = form_key(request.POST)
    ledger.give_up(proposal=row, reason=ledger.WITHDRAWN, by=request.user, at=request.now, key=key)
    messages.success(request, "Ce n’est plus proposé.")
    return redirect("platform:stock", request.ecopole.slug)


@needs("run_platform")
def loss(request: EcopoleRequest, code: str, place: int) -> HttpResponse:
    """What was spoiled or broken leaves the stock, with its reason."""
    line = _line(request, code, place)
    form = LossForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        amount = read_quantity(form, "quantity", line.product)
        if amount is not None:
            try:
                key = form_key(request.POST)
                actions.lose(
                    ecopole=request.ecopole,
                    line=line,
                    quantity=amount,
                    reason=form.cleaned_data["reason"],
                    by=request.user,
                    at=request.now,
                    key=key,
                )
            except (AnswerRefused, LedgerRefusal) as refusal:
                form.add_error("quantity", str(refusal))
            else:
                lost = format_quantity(Quantity(amount, Unit(line.product.unit)))
                said = f"Perte enregistrée\u202f: {lost} de {line.product.name}, lot {line.lot.code}."
                messages.success(request, said, extra_tags=f"undo:{key}")
                return redirect("platform:stock", request.ecopole.slug)
    context = {"form": form, "line": line, "symbol": Unit(line.product.unit).symbol, "reasons": LOSSES}
    return render(request, "platform/loss.html", context, status=422 if form.errors else 200)
