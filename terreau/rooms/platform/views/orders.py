"""A customer's weekly order: as last week in two taps, or line by line."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from terreau.ledger.dueforms import REASON_MAX, form_key
from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.platform import actions, asks
from terreau.rooms.platform.deadlines import deadline, week_to_order
from terreau.rooms.platform.forms import OrderForm, TermsForm
from terreau.rooms.platform.models import LateOrder, LateReply, OrderLine
from terreau.rooms.platform.standing import due
from terreau.rooms.platform.views.offers import chosen, spoken_for
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import row_asked, week_named
from terreau.territory.models import Agent

WAITS = "attend l’accord de la plateforme"


def week_asked(request: EcopoleRequest) -> IsoWeek:
    """The week of the address, or the first whose order is still open."""
    typed = request.GET.get("semaine", "")
    return week_named(typed) if typed else week_to_order(request.now)


def written(request: EcopoleRequest) -> dict[str, Any]:
    """Who writes, when, under which key; who may answer late orders waits for nobody's yes."""
    return {
        "granted": "answer_late_orders" in request.abilities,
        "by": request.user,
        "at": request.now,
        "key": form_key(request.POST),
    }


def customer_asked(request: EcopoleRequest) -> tuple[Agent | None, list[Agent]]:
    customers = spoken_for(request, "order_own", asks.BUYERS)
    return chosen(request, "client", customers), customers


def address(request: EcopoleRequest, week: IsoWeek, customer: Agent) -> str:
    return f"{reverse('platform:order', args=[request.ecopole.slug])}?semaine={week}&client={customer.pk}"


def _page(
    request: EcopoleRequest, form: OrderForm | None = None, line: OrderLine | None = None,
    asked: tuple[Agent | None, list[Agent]] | None = None,
) -> HttpResponse:  # fmt: skip
    week = week_asked(request)
    customer, customers = asked or customer_asked(request)
    if customer is None:
        return render(request, "platform/nobody.html", {"kind": "client"})
    promised = asks.promised_to(request.ecopole, customer, week)
    days = asks.ordered(customer, week, promised, request.today)
    grants = "answer_late_orders" in request.abilities
    standing = due(request.ecopole, week, request.today, None if grants else customer)
    values = [row.value for _, rows in days for row in rows]
    context = {
        "week": week,
        "former": week - 1,
        "next": week + 1,
        "open": week.sunday >= request.today,
        "customer": customer,
        "customers": customers,
        "days": days,
        "late": asks.late(customer, week),
        "deadline": deadline(week),
        "closed": request.now > deadline(week) and not grants,
        "waiting": asks.waiting(request.ecopole, request.today).count() if grants else 0,
        "standing": [line for line in standing if line.row.customer_id == customer.pk],
        "of_all": len(standing) if grants else 0,
        "count": len(values),
        "total": sum(values[1:], values[0]) if values else None,
        "promised": promised,
        "form": form or OrderForm(week, request.today, line),
        "line": line,
        "here": address(request, week, customer),
    }
    return render(request, "platform/orders.html", context, status=422 if form else 200)


def priced(form: TermsForm, customer: Agent) -> Money | None:
    """The price that is said, or the last one agreed; without any, it is asked."""
    said = form.cleaned_data
    price = said["price"] if said["price"] is not None else asks.last_price(customer, said["product"])
    if price is None:
        form.add_error(
            "price", f"{said['product']} n’a pas encore de prix\u202f: saisissez celui qui est convenu."
        )
    return price


def entry_of(form: TermsForm, customer: Agent, price: Money) -> actions.OrderEntry:
    said = form.cleaned_data
    return actions.OrderEntry(
        customer=customer,
        day=said["day"],
        product=said["product"],
        quantity=said["amount"],
        pieces=said["pieces"],
        price=price,
        quantity_min=said["least"],
        quality_min=said["quality_min"],
        window=(said["window_start"], said["window_end"]),
        substitutes=said["instead"],
    )


def _asked_line(request: EcopoleRequest, customer: Agent | None) -> OrderLine | None:
    typed = request.GET.get("ligne", "")
    if not typed:
        return None
    rows = OrderLine.objects.select_related("product").prefetch_related("substitutes")
    return get_object_or_404(
        rows, ecopole=request.ecopole, customer=customer, pk=row_asked(typed), day__gte=request.today
    )


@needs("order_own")
def order(request: EcopoleRequest) -> HttpResponse:
    """The week's order of a customer; a POST adds a line, or changes the one of the address."""
    asked = customer, _ = customer_asked(request)
    line = _asked_line(request, customer)
    if request.method != "POST" or customer is None:
        return _page(request, line=line, asked=asked)
    week, writes = week_asked(request), written(request)
    form = OrderForm(week, request.today, line, request.POST)
    if not form.is_valid():
        return _page(request, form, line)
    said = form.cleaned_data
    if (price := priced(form, customer)) is None:
        return _page(request, form, line)
    waits = actions.ask(
        ecopole=request.ecopole,
        **writes,
        entries=[entry_of(form, customer, price)],
    )
    what = WAITS if waits else f"commandé pour le {format_date(said['day'])}"
    messages.success(request, f"{said['product']}\u202f: {what}.")
    return redirect(address(request, week, customer))


def taken_up(count: int, late: int) -> str:
    lines = "une ligne reprise" if count == 1 else f"{count} lignes reprises"
    return f"{lines}, dont {late} en attente de l’accord de la plateforme." if late else f"{lines}."


@needs("order_own")
@require_POST
def order_again(request: EcopoleRequest) -> HttpResponse:
    """The same order as last week, for the days still to come."""
    week = week_asked(request)
    customer, _ = customer_asked(request)
    if customer is None:
        raise Http404
    count, late = actions.copy_orders(
        ecopole=request.ecopole, customer=customer, week=week, since=request.today, **written(request)
    )
    if count:
        messages.success(
            request, f"Comme la semaine dernière\u202f: {taken_up(count, late)} Corrigez ce qui a changé."
        )
    else:
        messages.info(
            request, f"Rien à reprendre de la {(week - 1).label}\u202f: ajoutez vos lignes ci-dessous."
        )
    return redirect(address(request, week, customer))


@needs("order_own")
@require_POST
def order_withdraw(request: EcopoleRequest, pk: int) -> HttpResponse:
    customer_ids = [customer.pk for customer in spoken_for(request, "order_own", asks.BUYERS)]
    line = get_object_or_404(
        OrderLine.objects.select_related("customer", "product"),
        ecopole=request.ecopole,
        customer__in=customer_ids,
        day__gte=request.today,
        pk=pk,
    )
    if actions.withdraw_order(line=line, **written(request)):
        messages.success(request, f"{line.product}\u202f: votre demande de retrait {WAITS}.")
    else:
        messages.success(request, f"{line.product} n’est plus commandé pour le {format_date(line.day)}.")
    return redirect(address(request, IsoWeek.of(line.day), line.customer))


@needs("order_own")
@require_POST
def late_withdraw(request: EcopoleRequest, pk: int) -> HttpResponse:
    """The customer takes back what was waiting: the order stays as it stands."""
    rows = LateOrder.objects.select_related("ecopole", "customer", "product")
    late = get_object_or_404(
        rows,
        ecopole=request.ecopole,
        customer__in=[customer.pk for customer in spoken_for(request, "order_own", asks.BUYERS)],
        pk=pk,
    )
    try:
        actions.answer_late(
            late=late, reply=LateReply.WITHDRAWN, by=request.user, at=request.now, key=form_key(request.POST)
        )
    except actions.OrderRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{late.product}\u202f: la demande est reprise, la commande ne change pas.")
    return redirect(address(request, IsoWeek.of(late.day), late.customer))


def _late_page(request: EcopoleRequest, wrong: dict[int, tuple[str, str]]) -> HttpResponse:
    rows = asks.to_answer(request.ecopole, request.today, wrong)
    shown = {waiting.row.pk for waiting in rows}
    context = {"rows": rows, "problems": [error for pk, (_, error) in wrong.items() if pk not in shown]}
    return render(request, "platform/late_orders.html", context, status=422 if wrong else 200)


@needs("answer_late_orders")
def late_orders(request: EcopoleRequest) -> HttpResponse:
    """What was ordered after its deadline and waits for a yes, or a no with its reason."""
    return _late_page(request, {})


@needs("answer_late_orders")
def late_answer(request: EcopoleRequest, pk: int) -> HttpResponse:
    late = get_object_or_404(
        LateOrder.objects.select_related("ecopole", "customer", "product"), ecopole=request.ecopole, pk=pk
    )
    if request.method != "POST":
        return redirect("platform:late_orders", request.ecopole.slug)
    reply = LateReply.ACCEPTED if request.POST.get("reply") == "accepted" else LateReply.DECLINED
    key, reason = form_key(request.POST), request.POST.get("reason", "")[:REASON_MAX]
    try:
        actions.answer_late(late=late, reply=reply, by=request.user, at=request.now, key=key, reason=reason)
    except actions.OrderRefused as refusal:
        return _late_page(request, {pk: (reason, str(refusal))})
    messages.success(request, f"{late.customer}, {late.product}\u202f: {reply.label}.")
    return redirect("platform:late_orders", request.ecopole.slug)
