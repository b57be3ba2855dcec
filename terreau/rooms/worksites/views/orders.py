"""Orders: what awaits, then one of them from its demand to its end, with its photographs side by side."""

from collections.abc import Callable
from datetime import timedelta
from itertools import zip_longest
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from terreau.formats.photo import media_type
from terreau.ledger.dueforms import form_key
from terreau.ledger.offline import picture as shown_picture
from terreau.rooms.worksites import actions, queries
from terreau.rooms.worksites.forms import OrderForm, PictureForm, PlanForm, QuoteForm, ReasonForm, written
from terreau.rooms.worksites.models import Order, Picture, Side, StepKind
from terreau.rooms.worksites.queries.orders import RECENT_DAYS, days_of
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import row_asked

ALIVE = (StepKind.ASKED, StepKind.QUOTED, StepKind.ACCEPTED, StepKind.PLANNED)
MONTHS_ASKED = timedelta(days=90)
SETTLED_SHOWN = 20


@needs("see_worksites")
def home(request: EcopoleRequest) -> HttpResponse:
    days = queries.days(request.ecopole, request.today)
    orders = queries.orders(request.ecopole)
    waiting = [day for day in days if day.open]
    context = {
        "waiting": waiting,
        "settled": [day for day in reversed(days) if not day.open],
        "recent_days": RECENT_DAYS,
        # One main action on the screen: the first day that can be entered.
        "first": next((day.pk for day in waiting if day.on <= request.today), None),
        "alive": [(state, [o for o in orders if o.state == state]) for state in ALIVE],
        "count_alive": sum(order.state in ALIVE for order in orders),
        "ended": [order for order in orders if order.state not in ALIVE][:SETTLED_SHOWN],
        "has_sites": bool(orders) or bool(queries.sites(request.ecopole)),
    }
    return render(request, "worksites/home.html", context)


@needs("run_worksites")
def ask(request: EcopoleRequest) -> HttpResponse:
    initial: dict[str, Any] = {"from_on": request.today, "to_on": request.today + MONTHS_ASKED}
    if asked := request.GET.get("site"):
        initial["site"] = row_asked(asked)
    form = OrderForm(request.POST or None, ecopole=request.ecopole, initial=initial)
    if request.method == "POST":
        key, made = form_key(request.POST), []
        if written(
            form,
            lambda: made.append(
                actions.ask(
                    ecopole=request.ecopole, on=request.today, by=request.user, at=request.now, key=key,
                    **form.cleaned_data,
                )
            ),
        ):  # fmt: skip
            messages.success(request, f"{made[0]}\u202f: demande notée. Donnez maintenant le prix.")
            return redirect("worksites:order", request.ecopole.slug, made[0].pk)
    return render(request, "worksites/ask.html", {"form": form}, status=422 if form.errors else 200)


def order_asked(request: EcopoleRequest, pk: int) -> Order:
    rows = Order.objects.select_related("ecopole", "site__place__agent", "client", "provider", "trade")
    return get_object_or_404(rows, ecopole=request.ecopole, pk=pk)


def _page(
    request: EcopoleRequest, row: Order, name: str = "", bound: forms.Form | None = None
) -> HttpResponse:
    """The order and what may be done next; `bound` is the form that comes back, under its name."""
    steps = list(row.steps.select_related("recorded_by").order_by("id"))
    state, days = StepKind(steps[-1].kind), days_of(row)
    quoted = next((step for step in reversed(steps) if step.kind == StepKind.QUOTED), None)
    shown: dict[str, Any] = {
        "quote": QuoteForm(initial=vars(quoted) if quoted else {"basis": "hour"}),
        "plan": PlanForm(initial={"day": max(request.today, row.from_on)}),
        "drop": ReasonForm(prefix="drop"),
        "picture": PictureForm(today=request.today),
    }
    context = {
        "order": row, "state": state, "steps": steps, "quoted": quoted, "days": days,
        "waiting": [day for day in days if day.open], "done": [day for day in days if day.done],
        "pairs": pairs(row), "name": name, "forms": shown | ({name: bound} if bound else {}),
        "awaits_quote": state in (StepKind.ASKED, StepKind.QUOTED), "quotable": state == StepKind.QUOTED,
        "plannable": state in (StepKind.ACCEPTED, StepKind.PLANNED), "finishable": state == StepKind.PLANNED,
    }  # fmt: skip
    return render(request, "worksites/order.html", context, status=422 if bound else 200)


Pairs = list[tuple[Picture | None, Picture | None]]


def pairs(order: Order) -> Pairs:
    """Each picture before beside the one after, in the order they were taken."""
    rows = list(order.pictures.filter(withdrawn_at=None).defer("photo"))
    before = [row for row in rows if row.side == Side.BEFORE]
    return list(zip_longest(before, [row for row in rows if row.side == Side.AFTER]))


@needs("see_worksites")
def order(request: EcopoleRequest, pk: int) -> HttpResponse:
    return _page(request, order_asked(request, pk))


Write = Callable[[Order, Any, dict[str, Any]], object]


def _gesture(
    request: EcopoleRequest, pk: int, name: str, write: Write, told: str, form: forms.Form | None = None
) -> HttpResponse:
    """One step of an order: written once, or the page again with what is wrong."""
    if request.method != "POST":
        return redirect("worksites:order", request.ecopole.slug, pk)
    row = order_asked(request, pk)
    common = {"by": request.user, "at": request.now, "key": form_key(request.POST)}
    typed = form or forms.Form(request.POST)
    if not written(typed, lambda: write(row, typed, common)):
        return _page(request, row, name, typed)
    messages.success(request, f"{row.site}\u202f: {told}")
    return redirect("worksites:order", request.ecopole.slug, pk)


@needs("run_worksites")
def quote(request: EcopoleRequest, pk: int) -> HttpResponse:
    def write(row: Order, form: QuoteForm, common: dict[str, Any]) -> None:
        actions.quote(order=row, terms=form.terms(), on=request.today, **common)

    told = "le devis est noté. Il vaut jusqu’à la réponse du client."
    return _gesture(request, pk, "quote", write, told, QuoteForm(request.POST))


@needs("run_worksites")
def accept(request: EcopoleRequest, pk: int) -> HttpResponse:
    def write(row: Order, form: forms.Form, common: dict[str, Any]) -> None:
        actions.accept(order=row, on=request.today, **common)

    return _gesture(request, pk, "accept", write, "le devis est accepté. Planifiez les journées.")


@needs("run_worksites")
def drop(request: EcopoleRequest, pk: int) -> HttpResponse:
    def write(row: Order, form: ReasonForm, common: dict[str, Any]) -> None:
        actions.drop(order=row, note=form.cleaned_data["reason"], on=request.today, **common)

    form = ReasonForm(request.POST, prefix="drop")
    return _gesture(request, pk, "drop", write, "la commande reste sans suite.", form)


@needs("run_worksites")
def plan(request: EcopoleRequest, pk: int) -> HttpResponse:
    def write(row: Order, form: PlanForm, common: dict[str, Any]) -> None:
        crew = {name: form.cleaned_data[name] for name in ("people", "hours_each")}
        actions.plan_days(order=row, days=form.days(), on=request.today, **crew, **common)

    told = "c’est planifié. La feuille du jour attend qui encadre."
    return _gesture(request, pk, "plan", write, told, PlanForm(request.POST))


@needs("run_worksites")
def finish(request: EcopoleRequest, pk: int) -> HttpResponse:
    def write(row: Order, form: forms.Form, common: dict[str, Any]) -> None:
        actions.finish(order=row, on=request.today, **common)

    return _gesture(request, pk, "finish", write, "la commande est terminée. Son bilan est prêt.")


@needs("run_worksites")
def add_picture(request: EcopoleRequest, pk: int) -> HttpResponse:
    def write(row: Order, form: PictureForm, common: dict[str, Any]) -> None:
        said = form.cleaned_data | {"photo": form.cleaned_data["photo"].read()}
        actions.add_picture(order=row, **said, **common)

    form = PictureForm(request.POST, request.FILES, today=request.today)
    return _gesture(request, pk, "picture", write, "la photo est gardée.", form)


@needs("run_worksites")
def withdraw_picture(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Picture.objects.defer("photo"), order__ecopole=request.ecopole, pk=pk)
    if request.method == "POST":
        form_key(request.POST)
        actions.withdraw_picture(picture=row, at=request.now)
        messages.success(request, "La photo est effacée.")
    return redirect("worksites:order", request.ecopole.slug, row.order_id)


@needs("see_worksites")
def photo(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Picture, order__ecopole=request.ecopole, withdrawn_at=None, pk=pk)
    if not row.photo:
        raise Http404
    kept = bytes(row.photo)
    response = shown_picture(kept, media_type(kept))
    # Withdrawn, it must not be shown again from a cache.
    response["Cache-Control"] = "private, no-cache"
    return response
