"""The calendar, month or week; a gathering planned, repeated, changed."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from terreau.ledger.dueforms import form_key
from terreau.measures.french import format_month
from terreau.measures.periods import month_end, plus_months
from terreau.rooms.thirdplace import actions
from terreau.rooms.thirdplace.forms import GatheringForm, HouseForm, written
from terreau.rooms.thirdplace.post import announced, write_to
from terreau.rooms.thirdplace.queries.calendar import days
from terreau.rooms.thirdplace.views.asked import gathering_asked, house_of, kept
from terreau.rooms.thirdplace.views.public import house_feed
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import day_asked, month_asked, week_asked


@needs("see_place")
def home(request: EcopoleRequest) -> HttpResponse:
    house = house_of(request.ecopole)
    if house is None:
        return _settle(request, HouseForm(ecopole=request.ecopole))
    context: dict[str, Any] = {"house": house, "feed": house_feed(request)}
    if "semaine" in request.GET:
        week = week_asked(request)
        context |= {
            "weeks": days(request.ecopole, week.monday, week.sunday), "span": week.label, "by_week": True,
            "before": f"semaine={week - 1}", "after": f"semaine={week + 1}",
            "other": f"mois={week.monday:%Y-%m}",
        }  # fmt: skip
    else:
        first = month_asked(request)
        last = month_end(first)
        here = request.today if first <= request.today <= last else first
        year, week_number, _ = here.isocalendar()
        context |= {
            "weeks": days(request.ecopole, first, last, month=first.month),
            "span": format_month(first), "by_week": False,
            "before": f"mois={plus_months(first, -1):%Y-%m}", "after": f"mois={plus_months(first, 1):%Y-%m}",
            "other": f"semaine={year:04}-W{week_number:02}",
        }  # fmt: skip
    context["rows"] = [
        (day.on, one) for week in context["weeks"] for day in week if day.inside for one in day.gatherings
    ]
    return render(request, "thirdplace/home.html", context)


def _settle(request: EcopoleRequest, form: HouseForm) -> HttpResponse:
    return render(request, "thirdplace/settle.html", {"form": form}, status=422 if form.errors else 200)


@needs("run_place")
def settle(request: EcopoleRequest) -> HttpResponse:
    """Who keeps the place, and how its credit is called."""
    form = HouseForm(request.POST or None, ecopole=request.ecopole, house=house_of(request.ecopole))
    if request.method == "POST":
        form_key(request.POST)
        if written(form, lambda: actions.settle(ecopole=request.ecopole, **form.cleaned_data)):
            messages.success(request, "C’est noté.")
            return redirect("place:home", request.ecopole.slug)
    return _settle(request, form)


@needs("run_place")
def add(request: EcopoleRequest) -> HttpResponse:
    kept(request)
    form = GatheringForm(request.POST or None, ecopole=request.ecopole, day=day_asked(request))
    if request.method == "POST":
        key, made = form_key(request.POST), []

        def write() -> None:
            said = form.cleaned_data
            on = actions.repeated(
                said["day"],
                every_weeks=said["every_weeks"] or 1,
                until=said["until"],
                skipped=said["skipped"],
            )
            made.extend(
                actions.plan(
                    ecopole=request.ecopole, entry=form.entry(), days=on, things=form.things_chosen,
                    by=request.user, at=request.now, key=key,
                )
            )  # fmt: skip

        if written(form, write):
            dates = f" {len(made)} dates." if len(made) > 1 else ""
            messages.success(
                request, f"{made[0]}\u202f: c’est au calendrier.{dates} Annoncez-le quand il est prêt."
            )
            return redirect("place:gathering", request.ecopole.slug, made[0].pk)
    return render(request, "thirdplace/plan.html", {"form": form}, status=422 if form.errors else 200)


@needs("run_place")
def change(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = gathering_asked(request, pk)
    form = GatheringForm(request.POST or None, ecopole=request.ecopole, known=row)
    if request.method == "POST":
        form_key(request.POST)
        before = row.starts_at, row.ends_at, row.where
        seated: list[Any] = []
        if written(
            form,
            lambda: seated.extend(
                actions.change(
                    gathering=row, entry=form.entry(), day=form.cleaned_data["day"],
                    things=form.things_chosen, by=request.user, at=request.now,
                )
            ),
        ):  # fmt: skip
            _tell_change(request, row, seated, moved=before != (row.starts_at, row.ends_at, row.where))
            messages.success(request, f"{row}\u202f: c’est changé.")
            return redirect("place:gathering", request.ecopole.slug, pk)
    context = {"form": form, "gathering": row}
    return render(request, "thirdplace/plan.html", context, status=422 if form.errors else 200)


def _tell_change(request: EcopoleRequest, row: Any, seated: list[Any], *, moved: bool) -> None:
    """Who has a new seat is written to; all of them, if the hour or the place is another."""
    origin = request.build_absolute_uri("/")
    new = {one.pk for one in seated}
    for pk in new:
        write_to.enqueue(sign_up_id=pk, kind="promoted", origin=origin)
    if moved and row.announced_at:
        announced([row], request.now, origin)
        for pk in row.sign_ups.filter(left_at=None).exclude(pk__in=new).values_list("pk", flat=True):
            write_to.enqueue(sign_up_id=pk, kind="changed", origin=origin)
