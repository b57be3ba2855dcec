"""The inventory: a store counted lot by lot; only what differs is typed, with its reason."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from terreau.ledger.dueforms import FORM, form_key
from terreau.ledger.queries import stock
from terreau.ledger.refusals import LedgerRefusal
from terreau.rooms.platform import actions
from terreau.rooms.platform.inventory import counts, gaps, last_counted, read, rows
from terreau.rooms.platform.stores import stores_of
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.asked import row_asked
from terreau.territory.models import Agent, Place

REASONS = ("perdu", "mal pesé", "abîmé", "desséché", "trouvé", "rangé ailleurs")


def _asked(request: EcopoleRequest, typed: str) -> tuple[Agent, list[Place], Place]:
    """The platform, its stores, and the one that is counted: the first, unless said."""
    platform, places = stores_of(request.ecopole)
    if not places:
        raise Http404("lieu")
    if not typed:
        return platform, places, places[0]
    wanted = row_asked(typed)
    for place in places:
        if place.pk == wanted:
            return platform, places, place
    raise Http404("lieu")


def _page(
    request: EcopoleRequest,
    asked: tuple[Agent, list[Place], Place],
    errors: Mapping[int, str] | None = None,
) -> HttpResponse:
    platform, places, here = asked
    last = last_counted(request.ecopole)
    made = counts(request.ecopole, here)
    shown = rows(
        stock(request.ecopole, holder=platform, place=here), request.POST if errors else None, errors
    )
    elsewhere = set(errors or ()) - {row.line.lot.pk for row in shown}
    context: dict[str, Any] = {
        "stores": [(place, last.get(place.pk)) for place in places],
        "here": here,
        "rows": shown,
        "counts": made,
        "gaps": gaps(made[0]) if made else [],
        "reasons": REASONS,
        "problems": [(errors or {})[pk] for pk in sorted(elsewhere)],
    }
    return render(request, "platform/inventory.html", context, status=422 if errors else 200)


@needs("see_platform")
def inventory(request: EcopoleRequest) -> HttpResponse:
    return _page(request, _asked(request, request.GET.get("lieu", "")))


@needs("run_platform")
def count(request: EcopoleRequest) -> HttpResponse:
    """What was counted in a store; what was left empty is right."""
    if request.method != "POST":
        return redirect("platform:inventory", request.ecopole.slug)
    key, asked = form_key(request.POST), _asked(request, request.POST.get("lieu", ""))
    platform, _, here = asked
    counted, errors = read(request.ecopole, request.POST)
    if not counted and not errors:
        errors = {FORM: f"{here}\u202f: aucun lot à compter."}
    if errors:
        return _page(request, asked, errors)
    try:
        made = actions.count_store(
            ecopole=request.ecopole, platform=platform, place=here, counted=counted, by=request.user,
            at=request.now, key=key,
        )  # fmt: skip
    except actions.CountRefused as refusal:
        return _page(request, asked, refusal.errors)
    except LedgerRefusal as refusal:
        return _page(request, asked, {FORM: str(refusal)})
    lots = "un lot compté" if made.lines == 1 else f"{made.lines} lots comptés"
    told = {0: "tout est juste", 1: "un écart"}.get(made.differences, f"{made.differences} écarts")
    messages.success(
        request,
        f"{here}\u202f: {lots}, {told}.",
        extra_tags=f"undo:{key}" if made.differences else "",
    )
    return redirect(f"{reverse('platform:inventory', args=[request.ecopole.slug])}?lieu={here.pk}")
