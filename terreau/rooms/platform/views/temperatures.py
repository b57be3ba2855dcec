"""The temperature log: one number and one tap, a correction beside, an answer to what is out of limit."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from terreau.ledger.dueforms import form_key
from terreau.rooms.platform import actions
from terreau.rooms.platform.models import Reading
from terreau.rooms.platform.store_forms import CorrectionForm, ReadingForm
from terreau.rooms.platform.stores import platform_of
from terreau.rooms.platform.temperatures import (
    Spot,
    alerts,
    celsius_said,
    curves,
    limits,
    readings,
    spots,
)
from terreau.territory.access import EcopoleRequest, needs

ANSWER_MAX = 300


def _page(
    request: EcopoleRequest, form: ReadingForm | None = None, wrong: dict[int, tuple[str, str]] | None = None
) -> HttpResponse:
    """`wrong`: by alert, what was typed and why it is refused."""
    known = limits(request.today)
    shown = readings(request.ecopole, request.now)
    waiting = [
        (row, known.get(row.kind), *(wrong or {}).get(row.pk, ("", ""))) for row in alerts(request.ecopole)
    ]
    context: dict[str, Any] = {"alerts": waiting, "readings": shown, "curves": curves(shown, request.today)}
    if "run_platform" in request.abilities:
        found = spots(request.ecopole, platform_of(request.ecopole), request.today)
        context["forms"] = [
            form if form and form.spot.key == spot.key else ReadingForm(spot, request.today) for spot in found
        ]
        context["limits"] = known
    return render(request, "platform/temperatures.html", context, status=422 if form or wrong else 200)


@needs("see_platform")
def log(request: EcopoleRequest) -> HttpResponse:
    """The last days, and what waits for an answer."""
    return _page(request)


@needs("run_platform")
def read(request: EcopoleRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect("platform:temperatures", request.ecopole.slug)
    key = form_key(request.POST)
    found = spots(request.ecopole, platform_of(request.ecopole), request.today)
    spot = next((one for one in found if one.key == request.POST.get("spot")), None)
    if spot is None:
        raise Http404("spot")
    form = ReadingForm(spot, request.today, request.POST)
    if not form.is_valid():
        return _page(request, form)
    said = form.cleaned_data
    hour = said["hour"]
    read_at = datetime.combine(request.today, hour, request.now.tzinfo) if hour else request.now
    return _written(request, form, key, spot=replace(spot, kind=said["kind"]), read_at=read_at) or _page(
        request, form
    )


def _written(
    request: EcopoleRequest, form: ReadingForm | CorrectionForm, key: str, **what: Any
) -> HttpResponse | None:
    """The reading is kept and said; or nothing, and the form says why."""
    try:
        row = actions.read_temperature(
            ecopole=request.ecopole,
            celsius=form.cleaned_data["celsius"],
            by=request.user,
            at=request.now,
            key=key,
            **what,
        )
    except actions.TemperatureRefused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None
    said = f"{row.where}\u202f: {celsius_said(row.celsius)}"
    if row.out_of_limit:
        messages.warning(
            request, f"{said}, hors limite. Dites ce qui a été fait\u202f: l’alerte reste jusque-là."
        )
    else:
        messages.success(request, f"{said}, c’est noté.")
    return redirect("platform:temperatures", request.ecopole.slug)


@needs("run_platform")
def correct(request: EcopoleRequest, pk: int) -> HttpResponse:
    """A reading that was wrong: the right one is written beside it, with the reason."""
    rows = Reading.objects.filter(ecopole=request.ecopole, superseded_by=None)
    wrong = get_object_or_404(rows.select_related("place", "farm", "vehicle"), pk=pk)
    form = CorrectionForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        key = form_key(request.POST)
        if form.is_valid():
            spot = Spot(wrong.where, wrong.kind, wrong.place, wrong.farm, wrong.vehicle)
            why = form.cleaned_data["reason"]
            done = _written(
                request, form, key, spot=spot, read_at=wrong.read_at, supersedes=wrong, reason=why
            )
            if done:
                return done
    context = {"wrong": wrong, "form": form}
    return render(request, "platform/temperature_correct.html", context, status=422 if form.errors else 200)


@needs("run_platform")
def answer(request: EcopoleRequest, pk: int) -> HttpResponse:
    """What was done about a reading out of limit."""
    reading = get_object_or_404(
        Reading.objects.select_related("ecopole", "place", "farm", "vehicle"),
        ecopole=request.ecopole, out_of_limit=True, pk=pk,
    )  # fmt: skip
    if request.method != "POST":
        return redirect("platform:temperatures", request.ecopole.slug)
    key, typed = form_key(request.POST), request.POST.get("done", "")
    if len(typed) > ANSWER_MAX:
        told = f"{len(typed)} caractères, {ANSWER_MAX} au plus\u202f: gardez l’essentiel."
        return _page(request, wrong={pk: (typed, told)})
    try:
        actions.answer_alert(reading=reading, done=typed, by=request.user, at=request.now, key=key)
    except actions.TemperatureRefused as refusal:
        return _page(request, wrong={pk: (typed, str(refusal))})
    messages.success(request, f"{reading.where}\u202f: réponse notée, l’alerte est close.")
    return redirect("platform:temperatures", request.ecopole.slug)
