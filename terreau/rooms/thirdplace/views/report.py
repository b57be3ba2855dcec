"""The year of the place: who came, hours given, rooms lent, credits, and what people say of it."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from terreau.ledger.dueforms import form_key
from terreau.measures.french import MONTHS_SHORT
from terreau.rooms.thirdplace import actions, queries
from terreau.rooms.thirdplace.models import Testimony
from terreau.rooms.thirdplace.queries.fees import FREE
from terreau.rooms.thirdplace.views.asked import kept, one
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import row_asked


@needs("see_place")
def report(request: EcopoleRequest) -> HttpResponse:
    house = kept(request)
    known = queries.years(request.ecopole, request.today)
    year = row_asked(request.GET.get("annee", str(known[0])))
    if year not in known:
        raise Http404("annee")
    first, last = date(year, 1, 1), min(date(year, 12, 31), request.today)
    attendance = queries.attendance(request.ecopole, first, last)
    hours = queries.volunteer_hours(request.ecopole, first, last)
    by_month: defaultdict[int, Decimal] = defaultdict(Decimal)
    for one_ in hours:
        by_month[one_.month.month] += one_.hours
    months = range(1, last.month + 1)
    context = {
        "years": known, "year": year, "attendance": attendance, "hours": hours,
        "came": sum(row.came for row in attendance), "held": sum(row.held for row in attendance),
        "given": sum(by_month.values(), Decimal(0)),
        "columns": [(MONTHS_SHORT[n - 1], by_month[n]) for n in months],
        "who": queries.who_came(request.ecopole, first, last),
        "paid": sum((row.received for row in attendance), FREE),
        "rooms": queries.room_hours(request.ecopole, first, last),
        "told": queries.statement(request.ecopole, request.today, house),
        "testimonies": queries.testimonies(request.ecopole),
    }  # fmt: skip
    return render(request, "thirdplace/report.html", context)


@needs("run_place")
def withdraw(request: EcopoleRequest, pk: int) -> HttpResponse:
    if request.method == "POST":
        form_key(request.POST)
        actions.withdraw_testimony(testimony=one(Testimony, request, pk), at=request.now)
        messages.success(request, "Le témoignage est effacé.")
    return redirect("place:report", request.ecopole.slug)
