"""One gathering: announced, cancelled, printed; who has a seat, who waits, who came."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from terreau.ledger.dueforms import form_key
from terreau.rooms.thirdplace import actions, papers
from terreau.rooms.thirdplace.forms import (
    CancelForm,
    ComerForm,
    HoursForm,
    TestimonyForm,
    WalkInForm,
    written,
)
from terreau.rooms.thirdplace.models import Gathering, Presence, SignUp
from terreau.rooms.thirdplace.post import announced, write_to
from terreau.rooms.thirdplace.queries.calendar import line
from terreau.rooms.thirdplace.queries.fees import present, signed_up, total
from terreau.rooms.thirdplace.views.asked import gathering_asked, kept
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.queries import communes_around


def public_url(request: EcopoleRequest, row: Gathering) -> str:
    return request.build_absolute_uri(reverse("place_gathering", args=[request.ecopole.slug, row.pk]))


def _page(
    request: EcopoleRequest, row: Gathering, name: str = "", bound: forms.Form | None = None
) -> HttpResponse:
    """The sheet of a gathering; `bound` is the form that comes back, under its name."""
    signed, there = signed_up(row), present(row)
    told = line(row, [one for one, _ in signed], [one for one, _ in there])
    came = {one.sign_up_id: paid for one, paid in there if one.sign_up_id}
    begun = told.day <= request.today and not row.cancelled_at
    shown: dict[str, Any] = {"cancel": CancelForm()}
    if begun:
        shown |= {
            "walk_in": WalkInForm(), "comer": ComerForm(around=communes_around(request.ecopole)),
            "hours": HoursForm(ecopole=request.ecopole, today=told.day), "testimony": TestimonyForm(),
        }  # fmt: skip
    later = Gathering.objects.filter(series=row.series, cancelled_at=None, starts_at__gt=row.starts_at)
    context = {
        "gathering": row, "line": told, "begun": begun, "over": row.ends_at <= request.now,
        "seated": [
            (one, one.pk in came, due and came.get(one.pk, due))
            for one, due in signed
            if one.seated_at
        ],
        "received": total(paid for _, paid in there),
        "waiting": [one for one, _ in signed if one.seated_at is None],
        "walk_ins": [one for one, _ in there if one.sign_up_id is None],
        "bookings": list(row.bookings.filter(cancelled_at=None).select_related("thing")),
        "gave": list(row.contributions.filter(refused_at=None).select_related("member", "trade")),
        "later": later.count() if row.series else 0, "public": public_url(request, row),
        "forms": shown | ({name: bound} if bound else {}), "name": name,
    }  # fmt: skip
    return render(request, "thirdplace/gathering.html", context, status=422 if bound else 200)


@needs("see_place")
def gathering(request: EcopoleRequest, pk: int) -> HttpResponse:
    return _page(request, gathering_asked(request, pk))


Write = Callable[[Gathering, str], object]


def _gesture(
    request: EcopoleRequest, pk: int, name: str, form: forms.Form, write: Write, told: str, at: str = ""
) -> HttpResponse:
    if request.method != "POST":
        return redirect("place:gathering", request.ecopole.slug, pk)
    row, key = gathering_asked(request, pk), form_key(request.POST)
    if not written(form, lambda: write(row, key)):
        return _page(request, row, name, form)
    if told:
        messages.success(request, told)
    return redirect(reverse("place:gathering", args=[request.ecopole.slug, pk]) + at)


@needs("run_place")
def announce(request: EcopoleRequest, pk: int) -> HttpResponse:
    def write(row: Gathering, key: str) -> None:
        announced(
            actions.announce(gathering=row, at=request.now), request.now, request.build_absolute_uri("/")
        )

    told = "C’est annoncé\u202f: la page publique prend les inscriptions."
    return _gesture(request, pk, "announce", forms.Form(request.POST), write, told)


@needs("run_place")
def cancel(request: EcopoleRequest, pk: int) -> HttpResponse:
    form = CancelForm(request.POST)

    def write(row: Gathering, key: str) -> None:
        gone = actions.cancel_gathering(gathering=row, at=request.now, **form.cleaned_data)
        origin = request.build_absolute_uri("/")
        for sign_up in SignUp.objects.filter(gathering__in=gone, left_at=None):
            write_to.enqueue(sign_up_id=sign_up.pk, kind="cancelled", origin=origin)

    return _gesture(request, pk, "cancel", form, write, "C’est annulé\u202f: les inscrits sont prévenus.")


@needs("see_place")
def poster(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = gathering_asked(request, pk)
    return papers.poster(row, kept(request), public_url(request, row))


@needs("run_place")
def presence(request: EcopoleRequest, pk: int) -> HttpResponse:
    """One tap: who signed up is there; another takes it back."""
    rows = SignUp.objects.select_related("gathering__ecopole")
    row = get_object_or_404(rows, gathering__ecopole=request.ecopole, pk=pk)
    if request.method == "POST":
        key = form_key(request.POST)
        there = Presence.objects.filter(sign_up=row, withdrawn_at=None).first()
        try:
            if there and request.POST.get("out"):
                actions.check_out(presence=there, by=request.user, at=request.now)
            else:
                actions.check_in(sign_up=row, by=request.user, at=request.now, key=key)
        except actions.PlaceRefused as refusal:
            messages.error(request, str(refusal))
    return redirect(reverse("place:gathering", args=[request.ecopole.slug, row.gathering_id]) + "#presence")


@needs("run_place")
def walk_out(request: EcopoleRequest, pk: int) -> HttpResponse:
    """People without sign-up, counted by mistake."""
    rows = Presence.objects.select_related("gathering__ecopole").filter(sign_up=None)
    row = get_object_or_404(rows, gathering__ecopole=request.ecopole, pk=pk)
    if request.method == "POST":
        form_key(request.POST)
        actions.check_out(presence=row, by=request.user, at=request.now)
    return redirect(reverse("place:gathering", args=[request.ecopole.slug, row.gathering_id]) + "#presence")


@needs("run_place")
def leave(request: EcopoleRequest, pk: int) -> HttpResponse:
    """Somebody called to give their place up."""
    rows = SignUp.objects.select_related("gathering__ecopole")
    row = get_object_or_404(rows, gathering__ecopole=request.ecopole, pk=pk)
    if request.method == "POST":
        form_key(request.POST)
        try:
            seated = actions.leave(sign_up=row, at=request.now)
        except actions.PlaceRefused as refusal:
            messages.error(request, str(refusal))
        else:
            for one in seated:
                write_to.enqueue(sign_up_id=one.pk, kind="promoted", origin=request.build_absolute_uri("/"))
            next_ = f" {', '.join(map(str, seated))} a maintenant sa place." if seated else ""
            messages.success(request, f"{row}\u202f: la place est libérée.{next_}")
    return redirect("place:gathering", request.ecopole.slug, row.gathering_id)


@needs("run_place")
def walk_in(request: EcopoleRequest, pk: int) -> HttpResponse:
    form = WalkInForm(request.POST)

    def write(row: Gathering, key: str) -> None:
        actions.walk_in(gathering=row, by=request.user, at=request.now, key=key, **form.cleaned_data)

    return _gesture(request, pk, "walk_in", form, write, "C’est compté.", "#presence")


@needs("run_place")
def comer(request: EcopoleRequest, pk: int) -> HttpResponse:
    form = ComerForm(request.POST, around=communes_around(request.ecopole))

    def write(row: Gathering, key: str) -> None:
        actions.note_comer(gathering=row, at=request.now, key=key, **form.said)

    return _gesture(request, pk, "comer", form, write, "Réponse comptée, sans nom.", "#qui")


@needs("run_place")
def hours(request: EcopoleRequest, pk: int) -> HttpResponse:
    form = HoursForm(request.POST, ecopole=request.ecopole, today=request.today)

    def write(row: Gathering, key: str) -> None:
        actions.contribute(gathering=row, by=request.user, at=request.now, key=key, **form.cleaned_data)

    return _gesture(
        request, pk, "hours", form, write, "Heures notées\u202f: il reste à les valider.", "#heures"
    )


@needs("run_place")
def testimony(request: EcopoleRequest, pk: int) -> HttpResponse:
    form = TestimonyForm(request.POST)

    def write(row: Gathering, key: str) -> None:
        actions.testify(
            ecopole=request.ecopole,
            gathering=row,
            on=request.today,
            by=request.user,
            key=key,
            **form.cleaned_data,
        )

    return _gesture(request, pk, "testimony", form, write, "Témoignage gardé, avec son accord.", "#dire")
