"""Standing orders: said once, taken up each week in two taps, skipped for one, stopped."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from terreau.measures.french import WEEKDAYS
from terreau.rooms.platform import actions, asks
from terreau.rooms.platform.forms import StandingForm
from terreau.rooms.platform.models import StandingOrder
from terreau.rooms.platform.standing import of
from terreau.rooms.platform.views.offers import spoken_for
from terreau.rooms.platform.views.orders import (
    address,
    customer_asked,
    entry_of,
    priced,
    taken_up,
    week_asked,
    written,
)
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import row_asked
from terreau.territory.models import Agent


def _page(request: EcopoleRequest, customer: Agent, customers: list[Agent], line: StandingOrder | None,
          form: StandingForm | None = None) -> HttpResponse:  # fmt: skip
    week = week_asked(request)
    context = {
        "customer": customer,
        "customers": customers,
        "week": week,
        "rows": [(WEEKDAYS[row.weekday - 1], row) for row in of(customer)],
        "form": form or StandingForm(week, request.today, line),
        "line": line,
        "here": _address(request, customer),
        "order": address(request, week, customer),
    }
    return render(request, "platform/standing.html", context, status=422 if form else 200)


def _address(request: EcopoleRequest, customer: Agent) -> str:
    return f"{reverse('platform:standing', args=[request.ecopole.slug])}?client={customer.pk}"


def _asked_line(request: EcopoleRequest, customer: Agent) -> StandingOrder | None:
    typed = request.GET.get("ligne", "")
    if not typed:
        return None
    rows = StandingOrder.objects.select_related("product").prefetch_related("substitutes")
    return get_object_or_404(rows, ecopole=request.ecopole, customer=customer, pk=row_asked(typed))


@needs("order_own")
def standing(request: EcopoleRequest) -> HttpResponse:
    """What a customer orders each week; a POST adds a line, or changes the one of the address."""
    customer, customers = customer_asked(request)
    if customer is None:
        return render(request, "platform/nobody.html", {"kind": "client"})
    line = _asked_line(request, customer)
    if request.method != "POST":
        return _page(request, customer, customers, line)
    form = StandingForm(week_asked(request), request.today, line, request.POST)
    price = priced(form, customer) if form.is_valid() else None
    if price is None:
        return _page(request, customer, customers, line, form)
    entry = entry_of(form, customer, price)
    actions.stand(ecopole=request.ecopole, entry=entry, until=form.cleaned_data["last_day"])
    weekday = WEEKDAYS[entry.day.weekday()]
    messages.success(request, f"{entry.product}\u202f: c’est dit, chaque {weekday}.")
    return redirect(_address(request, customer))


def _own(request: EcopoleRequest, pk: int) -> StandingOrder:
    customers = spoken_for(request, "order_own", asks.BUYERS)
    rows = StandingOrder.objects.select_related("customer", "product")
    return get_object_or_404(rows, ecopole=request.ecopole, customer__in=[c.pk for c in customers], pk=pk)


@needs("order_own")
@require_POST
def standing_stop(request: EcopoleRequest, pk: int) -> HttpResponse:
    line = _own(request, pk)
    actions.stop_standing(standing=line)
    messages.success(
        request,
        f"{line.product} ne reviendra plus. Ce qui est déjà commandé le reste\u202f: retirez-le si besoin.",
    )
    return redirect(_address(request, line.customer))


@needs("order_own")
@require_POST
def standing_skip(request: EcopoleRequest, pk: int) -> HttpResponse:
    line, week = _own(request, pk), week_asked(request)
    actions.skip_standing(standing=line, week=week)
    messages.success(request, f"{line.product}\u202f: pas pour la {week.label}.")
    return redirect(address(request, week, line.customer))


@needs("order_own")
@require_POST
def standing_take_up(request: EcopoleRequest) -> HttpResponse:
    """What comes back, ordered for the week: a customer's; those of all, for who may answer late orders."""
    week, said = week_asked(request), written(request)
    customer, _ = customer_asked(request)
    if customer is None:
        raise Http404
    for_all = bool(request.POST.get("tous")) and said["granted"]
    count, late = actions.take_up_standing(
        ecopole=request.ecopole,
        week=week,
        since=request.today,
        customer=None if for_all else customer,
        **said,
    )
    if count:
        messages.success(request, f"Commandes régulières\u202f: {taken_up(count, late)}")
    else:
        messages.info(request, f"Rien ne reste à reprendre pour la {week.label}.")
    return redirect(address(request, week, customer))
