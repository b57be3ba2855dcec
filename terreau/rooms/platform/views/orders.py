"""A customer's weekly order: as last week in two taps, or line by line."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from terreau.measures.french import format_date
from terreau.measures.week import IsoWeek
from terreau.rooms.platform import actions, asks
from terreau.rooms.platform.forms import OrderForm
from terreau.rooms.platform.models import OrderLine
from terreau.rooms.platform.views.offers import chosen, spoken_for, week_asked
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import row_asked
from terreau.territory.models import Agent


def _customer(request: EcopoleRequest) -> tuple[Agent | None, list[Agent]]:
    customers = spoken_for(request, "order_own", asks.BUYERS)
    return chosen(request, "client", customers), customers


def _address(request: EcopoleRequest, week: IsoWeek, customer: Agent) -> str:
    return f"{reverse('platform:order', args=[request.ecopole.slug])}?semaine={week}&client={customer.pk}"


def _page(
    request: EcopoleRequest, form: OrderForm | None = None, line: OrderLine | None = None
) -> HttpResponse:
    week = week_asked(request)
    customer, customers = _customer(request)
    if customer is None:
        return render(request, "platform/nobody.html", {"kind": "client"})
    promised = asks.promised_to(request.ecopole, customer, week)
    days = asks.ordered(customer, week, promised, request.today)
    values = [row.value for _, rows in days for row in rows]
    context = {
        "week": week,
        "former": week - 1,
        "next": week + 1,
        "open": week.sunday >= request.today,
        "customer": customer,
        "customers": customers,
        "days": days,
        "count": len(values),
        "total": sum(values[1:], values[0]) if values else None,
        "promised": promised,
        "form": form or OrderForm(week, request.today, line),
        "line": line,
        "here": _address(request, week, customer),
    }
    return render(request, "platform/orders.html", context, status=422 if form else 200)


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
    customer, _ = _customer(request)
    line = _asked_line(request, customer)
    if request.method != "POST" or customer is None:
        return _page(request, line=line)
    week = week_asked(request)
    form = OrderForm(week, request.today, line, request.POST)
    if not form.is_valid():
        return _page(request, form, line)
    said = form.cleaned_data
    price = said["price"] if said["price"] is not None else asks.last_price(customer, said["product"])
    if price is None:
        form.add_error(
            "price", f"{said['product']} n’a pas encore de prix\u202f: saisissez celui qui est convenu."
        )
        return _page(request, form, line)
    actions.order(
        ecopole=request.ecopole,
        entries=[
            actions.OrderEntry(
                customer=customer,
                day=said["day"],
                product=said["product"],
                quantity=said["amount"],
                price=price,
                quantity_min=said["least"],
                quality_min=said["quality_min"],
                window=(said["window_start"], said["window_end"]),
                substitutes=tuple(said["substitutes"]),
            )
        ],
    )
    messages.success(request, f"{said['product']}\u202f: commandé pour le {format_date(said['day'])}.")
    return redirect(_address(request, week, customer))


@needs("order_own")
@require_POST
def order_again(request: EcopoleRequest) -> HttpResponse:
    """The same order as last week, for the days still to come."""
    week = week_asked(request)
    customer, _ = _customer(request)
    if customer is None:
        raise Http404
    count = actions.copy_orders(ecopole=request.ecopole, customer=customer, week=week, since=request.today)
    if count:
        lines = "une ligne reprise" if count == 1 else f"{count} lignes reprises"
        messages.success(request, f"Comme la semaine dernière\u202f: {lines}. Corrigez ce qui a changé.")
    else:
        messages.info(
            request, f"Rien à reprendre de la {(week - 1).label}\u202f: ajoutez vos lignes ci-dessous."
        )
    return redirect(_address(request, week, customer))


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
    actions.withdraw_order(line=line)
    messages.success(request, f"{line.product} n’est plus commandé pour le {format_date(line.day)}.")
    return redirect(_address(request, IsoWeek.of(line.day), line.customer))
