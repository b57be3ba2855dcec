"""A depot's evening on the phone: who comes, one tap each, and what becomes of the baskets left."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from terreau.ledger.actions import LedgerRefusal
from terreau.ledger.dueforms import form_key
from terreau.measures.french import format_date, format_date_long
from terreau.measures.week import IsoWeek
from terreau.rooms.baskets import actions
from terreau.rooms.baskets.member_forms import KeepForm, written
from terreau.rooms.baskets.models import DepotCount, DepotTerms, Handover, Outcome
from terreau.rooms.baskets.queries.deliveries import Delivery, deliveries
from terreau.rooms.baskets.queries.keeping import keeping
from terreau.rooms.baskets.queries.rounds import in_round_order
from terreau.rooms.baskets.queries.today import evenings as evenings_of
from terreau.rooms.baskets.refusals import BasketsRefused
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import day_asked, row_asked
from terreau.territory.models import Place, PlaceKind, User
from terreau.territory.papers import printed

# As typed, and as said on its button.
USUAL = (("1", "1 h"), ("1,5", "1 h 30"), ("2", "2 h"), ("3", "3 h"))


def asked_day(request: Any, depot: Place, terms: DepotTerms) -> date:
    """The day named, or the last one the depot was served."""
    if "jour" in request.GET:
        return day_asked(request)
    today: date = request.today
    return today - timedelta(days=(today.weekday() - terms.weekday) % 7)


def evening_page(request: Any, depot: Place, day: date, hours: KeepForm | None = None) -> dict[str, Any]:
    """Each basket with what is noted of it; one that is not to leave is not there. All noted, the hours."""
    rows = Handover.objects.filter(depot=depot, day=day, withdrawn_at=None)
    noted = {row.subscription_id: row for row in rows}
    lines = [
        (one, noted.get(one.subscription_id)) for one in deliveries(depot.ecopole, day, day, depot=depot)
    ]
    lines = [(one, row) for one, row in lines if one.count or row]
    sizes: dict[str, int] = {}
    for one, _ in lines:
        sizes[one.size] = sizes.get(one.size, 0) + one.count
    return {
        "depot": depot, "day": day, "lines": lines, "sizes": sizes.items(),
        "left": sum(row is None for _, row in lines), "begun": day <= request.today,
        "outcomes": [(o.value, o.label) for o in Outcome if o != Outcome.TAKEN],
        "kept": keeping(depot, day), "hours": hours or KeepForm(), "usual": USUAL,
    }  # fmt: skip


def note(request: Any, depot: Place, day: date, by: User | None) -> KeepForm | None:
    """A basket, or all those left, became that; hours were given; or what was noted is taken back.

    Returns the hours as they were typed, if they cannot be written.
    """
    key = form_key(request.POST)
    if "hours" in request.POST:
        form = KeepForm(request.POST)
        given = written(
            form,
            lambda: actions.keep_depot(
                depot=depot, day=day, hours=form.cleaned_data["hours"], by=by, at=request.now, key=key
            ),
        )
        return None if given else form
    if "hours_back" in request.POST:
        actions.take_back_hours(depot=depot, day=day, by=by, at=request.now)
        return None
    if back := request.POST.get("back"):
        rows = Handover.objects.select_related("subscription__member__ecopole")
        row = get_object_or_404(rows, depot=depot, day=day, pk=row_asked(back))
        actions.withdraw(handover=row, by=by, at=request.now)
        return None
    outcome = request.POST.get("outcome", "")
    if outcome not in Outcome.values:
        raise Http404("outcome")
    only = request.POST.get("only", "")
    actions.hand_over(
        ecopole=depot.ecopole, depot=depot, day=day, outcome=outcome,
        subscriptions=[row_asked(only)] if only else None, by=by, at=request.now, key=key,
    )  # fmt: skip
    return None


@needs("run_baskets")
def evenings(request: EcopoleRequest) -> HttpResponse:
    """The depots of the week behind us, and what is not noted yet."""
    return render(request, "baskets/evenings.html", {"evenings": evenings_of(request)[::-1]})


@needs("run_baskets")
def evening(request: EcopoleRequest, pk: int) -> HttpResponse:
    rows = Place.objects.select_related("ecopole", "agent")
    depot = get_object_or_404(rows, ecopole=request.ecopole, kind=PlaceKind.DEPOT, pk=pk)
    day = day_asked(request)
    if request.method == "POST":
        try:
            typed = note(request, depot, day, request.user)
        except (BasketsRefused, LedgerRefusal) as refusal:
            messages.error(request, str(refusal))
            typed = None
        if typed:
            context = evening_page(request, depot, day, typed)
            return render(request, "baskets/evening.html", context, status=422)
        return redirect(f"{reverse('baskets:evening', args=[request.ecopole.slug, pk])}?jour={day}")
    return render(request, "baskets/evening.html", evening_page(request, depot, day))


# --- on paper -------------------------------------------------------------------------------------------


def _by_depot(request: EcopoleRequest, day: date) -> list[tuple[str, list[Delivery]]]:
    """The baskets of a day, depot after depot in the order of the round, names in theirs."""
    found = [one for one in deliveries(request.ecopole, day, day) if one.count]
    told: dict[int, list[Delivery]] = {}
    for one in found:
        told.setdefault(one.depot_id, []).append(one)
    order = in_round_order(request.ecopole, day, {pk: rows[0].depot for pk, rows in told.items()})
    return [(told[pk][0].depot, told[pk]) for pk in order]


@needs("run_baskets")
def lists(request: EcopoleRequest) -> HttpResponse:
    """A page for each depot: names to tick. All lines alike, whoever pays."""
    day = day_asked(request)
    data = {
        "day": format_date_long(day).capitalize(), "footer": request.ecopole.name,
        "depots": [
            {
                "name": name, "count": sum(one.count for one in rows),
                "lines": [[one.receiver, one.size, str(one.count)] for one in rows],
            }
            for name, rows in _by_depot(request, day)
        ],
    }  # fmt: skip
    return printed("baskets/lists.typ", data, f"listes-{day}")


@needs("run_baskets")
def labels(request: EcopoleRequest) -> HttpResponse:
    """A label for each basket, in the order of the round."""
    day = day_asked(request)
    told = [
        {"who": one.receiver, "size": one.size, "depot": name, "day": format_date(day)}
        for name, rows in _by_depot(request, day)
        for one in rows
        for _ in range(one.count)
    ]
    return printed(
        "baskets/labels.typ", {"labels": told, "footer": request.ecopole.name}, f"etiquettes-{day}"
    )


@needs("see_baskets")
def loading(request: EcopoleRequest) -> HttpResponse:
    """What to load for each depot, in the order of the round: the baskets counted there, groups' too."""
    day = day_asked(request)
    counts = DepotCount.objects.filter(size__ecopole=request.ecopole, day=day).order_by("size__rank")
    sizes: dict[int, list[tuple[str, int]]] = {}
    names: dict[int, str] = {}
    for pk, name, size, count in counts.values_list("depot", "depot__name", "size__product__name", "count"):
        names[pk] = name
        sizes.setdefault(pk, []).append((size, count))
    rows = [
        (names[pk], sizes[pk], sum(count for _, count in sizes[pk]))
        for pk in in_round_order(request.ecopole, day, names)
    ]
    context = {"day": day, "week": IsoWeek.of(day), "rows": rows, "total": sum(row[2] for row in rows)}
    return render(request, "baskets/loading.html", context)
