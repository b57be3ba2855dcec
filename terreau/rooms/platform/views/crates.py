"""Returnable crates: who holds how many; left and taken back in two taps."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from terreau.ledger.dueforms import form_key
from terreau.ledger.refusals import LedgerRefusal
from terreau.rooms.platform import actions
from terreau.rooms.platform.crates import Held, Pool, kinds, partners, pool, said
from terreau.rooms.platform.store_forms import CratesForm, NewCratesForm
from terreau.rooms.platform.stores import platform_of
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.models import Agent


@dataclass(frozen=True)
class Line:
    """What a partner holds, and the form that changes it."""

    held: Held
    form: CratesForm


def lines(among: list[Agent], there: Pool, form: CratesForm | None = None) -> dict[int, Line]:
    """By partner; `form` comes back with what was typed in it."""
    found = {}
    for partner in among:
        held = there.held(partner)
        mine = form if form and form.partner.pk == partner.pk else CratesForm(held, there.kinds)
        found[partner.pk] = Line(held, mine)
    return found


def _page(
    request: EcopoleRequest, form: CratesForm | None = None, new: NewCratesForm | None = None
) -> HttpResponse:
    there, platform = pool(request.ecopole), platform_of(request.ecopole)
    found = sorted(lines(partners(request.ecopole), there, form).values(), key=lambda line: -line.held.total)
    context: dict[str, Any] = {
        "pool": there,
        "holders": [line for line in found if line.held.total],
        "others": [line for line in found if not line.held.total],
        "wrong": form,
        "here": there.held(platform).total,
        "away": sum(line.held.total for line in found),
        "new": new or NewCratesForm(kinds()),
    }
    return render(request, "platform/crates.html", context, status=422 if form or new else 200)


@needs("see_platform")
def crates(request: EcopoleRequest) -> HttpResponse:
    return _page(request)


@needs("run_platform")
def move(request: EcopoleRequest) -> HttpResponse:
    """Left with a partner, taken back, or both."""
    if request.method != "POST":
        return redirect("platform:crates", request.ecopole.slug)
    key, there = form_key(request.POST), pool(request.ecopole)
    partner = next(
        (one for one in partners(request.ecopole) if str(one.pk) == request.POST.get("partner")), None
    )
    if partner is None:
        raise Http404("partner")
    form = CratesForm(there.held(partner), there.kinds, request.POST)
    if not form.is_valid():
        return _page(request, form)
    given, back = form.cleaned_data["given"] or 0, form.cleaned_data["back"] or 0
    try:
        actions.move_crates(
            ecopole=request.ecopole, platform=platform_of(request.ecopole), partner=partner,
            product=form.cleaned_data["product"], given=given, back=back, by=request.user, at=request.now,
            key=key,
        )  # fmt: skip
    except actions.CratesRefused as refusal:
        form.add_error(refusal.field, str(refusal))
        return _page(request, form)
    except LedgerRefusal as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form)
    now = pool(request.ecopole).held(partner)
    messages.success(request, f"{now.said[:1].upper()}{now.said[1:]}.", extra_tags=f"undo:{key}")
    back_to = "platform:deliveries" if request.POST.get("from") == "deliveries" else "platform:crates"
    return redirect(back_to, request.ecopole.slug)


@needs("run_platform")
def add(request: EcopoleRequest) -> HttpResponse:
    """Crates bought, or found again."""
    if request.method != "POST":
        return redirect("platform:crates", request.ecopole.slug)
    key, form = form_key(request.POST), NewCratesForm(kinds(), request.POST)
    if not form.is_valid():
        return _page(request, new=form)
    count = form.cleaned_data["count"]
    try:
        actions.add_crates(
            ecopole=request.ecopole, platform=platform_of(request.ecopole),
            product=form.cleaned_data["product"], count=count, by=request.user, at=request.now, key=key,
        )  # fmt: skip
    except (actions.CratesRefused, LedgerRefusal) as refusal:
        form.add_error("count", str(refusal))
        return _page(request, new=form)
    messages.success(request, f"Au parc\u202f: {said(count)} de plus.", extra_tags=f"undo:{key}")
    return redirect("platform:crates", request.ecopole.slug)
