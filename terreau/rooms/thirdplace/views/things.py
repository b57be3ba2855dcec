"""Rooms, tools and machines: there, out of order, booked."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from terreau.ledger.dueforms import form_key, pressed
from terreau.rooms.thirdplace import actions, queries
from terreau.rooms.thirdplace.forms import (
    PAYERS,
    BookForm,
    ChargeForm,
    ReasonForm,
    TariffForm,
    ThingForm,
    written,
)
from terreau.rooms.thirdplace.models import Booking, Thing
from terreau.rooms.thirdplace.queries.calendar import bookings, tariffs, to_charge
from terreau.rooms.thirdplace.queries.calendar import things as thing_lines
from terreau.rooms.thirdplace.views.asked import kept, one
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.queries import agents

AHEAD, BEHIND = timedelta(days=60), timedelta(days=92)


def _known(request: EcopoleRequest) -> list[Thing]:
    return list(Thing.objects.filter(ecopole=request.ecopole, closed_on=None).select_related("ecopole"))


def _page(
    request: EcopoleRequest, *, form: ThingForm | None = None, book: BookForm | None = None,
    broken: tuple[int, ReasonForm] | None = None, tariff: TariffForm | None = None,
    charged: tuple[int, ChargeForm] | None = None,
) -> HttpResponse:  # fmt: skip
    kept(request)
    known = _known(request)
    waiting = to_charge(request.ecopole, request.today - BEHIND, request.now)
    context = {
        "things": thing_lines(request.ecopole, request.today),
        "bookings": bookings(request.ecopole, request.today, request.today + AHEAD),
        "form": form or ThingForm(), "book": book or BookForm(known=known, today=request.today),
        "tariffs": tariffs(request.ecopole, request.today),
        "tariff": tariff or TariffForm(known=known, today=request.today),
        "to_charge": waiting,
        "payers": list(agents(request.ecopole, PAYERS)) if waiting else [], "charged": charged,
        "reason": broken[1] if broken else ReasonForm(), "broken": broken[0] if broken else None,
        "room_hours": queries.room_hours(
            request.ecopole, request.today.replace(month=1, day=1), request.today
        ),
    }  # fmt: skip
    wrong = form or book or broken or tariff or charged
    return render(request, "thirdplace/things.html", context, status=422 if wrong else 200)


@needs("see_place")
def things(request: EcopoleRequest) -> HttpResponse:
    return _page(request)


@needs("run_place")
def save_thing(request: EcopoleRequest) -> HttpResponse:
    if request.method == "POST":
        key, form = form_key(request.POST), ThingForm(request.POST)
        if not written(
            form, lambda: actions.save_thing(ecopole=request.ecopole, key=key, **form.cleaned_data)
        ):
            return _page(request, form=form)
        messages.success(request, f"{form.cleaned_data['name']}\u202f: c’est noté.")
    return redirect("place:things", request.ecopole.slug)


@needs("run_place")
def repair(request: EcopoleRequest, pk: int) -> HttpResponse:
    if request.method == "POST":
        thing, key, form = (
            one(Thing, request, pk, "ecopole", "ecopole"),
            form_key(request.POST),
            ReasonForm(request.POST),
        )
        if not written(
            form, lambda: actions.out_of_order(thing=thing, since=request.today, key=key, **form.cleaned_data)
        ):
            return _page(request, broken=(pk, form))
        messages.success(request, f"{thing} est en réparation\u202f: rien ne s’y réserve.")
    return redirect("place:things", request.ecopole.slug)


@needs("run_place")
def repaired(request: EcopoleRequest, pk: int) -> HttpResponse:
    if request.method == "POST":
        thing = one(Thing, request, pk)
        told = f"{thing} est de nouveau en service."
        pressed(request, lambda: actions.back_in_order(thing=thing, on=request.today), told)
    return redirect("place:things", request.ecopole.slug)


@needs("run_place")
def close_thing(request: EcopoleRequest, pk: int) -> HttpResponse:
    if request.method == "POST":
        thing = one(Thing, request, pk, "ecopole", "ecopole")
        pressed(request, lambda: actions.close_thing(thing=thing, on=request.today), f"{thing} ne sert plus.")
    return redirect("place:things", request.ecopole.slug)


@needs("run_place")
def book(request: EcopoleRequest) -> HttpResponse:
    if request.method == "POST":
        key = form_key(request.POST)
        form = BookForm(request.POST, known=_known(request), today=request.today)
        if not written(form, lambda: actions.book(by=request.user, key=key, **form.cleaned_data)):
            return _page(request, book=form)
        messages.success(
            request, f"{form.cleaned_data['thing']} est réservé pour {form.cleaned_data['who']}."
        )
    return redirect("place:things", request.ecopole.slug)


@needs("run_place")
def tariff(request: EcopoleRequest) -> HttpResponse:
    if request.method == "POST":
        key = form_key(request.POST)
        form = TariffForm(request.POST, known=_known(request), today=request.today)
        if not written(form, lambda: actions.set_tariff(key=key, **form.cleaned_data)):
            return _page(request, tariff=form)
        messages.success(request, f"{form.cleaned_data['thing']}\u202f: le tarif est noté.")
    return redirect("place:things", request.ecopole.slug)


@needs("run_place")
def charge(request: EcopoleRequest, pk: int) -> HttpResponse:
    """What was used, to whom pays it: an event with its price."""
    if request.method == "POST":
        key = form_key(request.POST)
        row = one(Booking, request, pk, "thing__ecopole", "thing__ecopole")
        form = ChargeForm(request.POST, ecopole=request.ecopole)
        if not written(
            form,
            lambda: actions.charge(
                booking=row, payer=form.cleaned_data["payer"], by=request.user, at=request.now, key=key
            ),
        ):
            return _page(request, charged=(pk, form))
        messages.success(request, f"{row.thing}, {row.who}\u202f: c’est compté.")
    return redirect("place:things", request.ecopole.slug)


@needs("run_place")
def cancel_booking(request: EcopoleRequest, pk: int) -> HttpResponse:
    if request.method == "POST":
        row = one(Booking, request, pk, "thing__ecopole", "thing")
        told = f"{row.thing}\u202f: la réservation est annulée."
        pressed(request, lambda: actions.cancel_booking(booking=row, at=request.now), told)
    return redirect("place:things", request.ecopole.slug)
