"""A member's own page: their book of credits, their hours, what they learn. Nobody else's, ever."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from terreau.ledger.dueforms import form_key, pressed
from terreau.rooms.thirdplace import actions
from terreau.rooms.thirdplace.forms import GiveForm, HoursForm, written
from terreau.rooms.thirdplace.models import Benefit, Member, Path, SignUp, Spending
from terreau.rooms.thirdplace.queries.credits import book
from terreau.rooms.thirdplace.queries.today import member_of
from terreau.rooms.thirdplace.views.asked import kept
from terreau.rooms.thirdplace.views.members import certificate_of
from terreau.rooms.thirdplace.views.public import member_feed
from terreau.territory.access import EcopoleRequest, needs


def me(request: EcopoleRequest) -> Member:
    """The member who reads; a role given for an organisation opens no book."""
    if (row := member_of(request)) is None:
        raise Http404("membre")
    return row


def _page(
    request: EcopoleRequest, row: Member, name: str = "", bound: forms.Form | None = None
) -> HttpResponse:
    shown: dict[str, Any] = {
        "hours": HoursForm(ecopole=request.ecopole, today=request.today, own=True), "give": GiveForm(),
    }  # fmt: skip
    open_ = Q(closed_on=None) | Q(closed_on__gt=request.today)
    paths = Path.objects.filter(ecopole=request.ecopole).annotate(
        count=Count("skills", distinct=True),
        held=Count("skills__marks", filter=Q(skills__marks__member=row), distinct=True),
    )
    mine = book(row, request.today)
    coming = SignUp.objects.filter(
        gathering__ecopole=request.ecopole, left_at=None, email=row.email, gathering__ends_at__gt=request.now
    ).exclude(email="")
    context = {
        "member": row, "house": kept(request), "book": mine, "feed": member_feed(request, row),
        "benefits": [
            (one, one.cost <= mine.total)
            for one in Benefit.objects.filter(open_, ecopole=request.ecopole, since__lte=request.today)
        ],
        "waiting": list(
            row.spendings.filter(handed_at=None, given_back_at=None).select_related("benefit").order_by("at")
        ),
        "gave": list(row.contributions.select_related("trade", "gathering").order_by("-on", "-id")[:12]),
        "coming": list(coming.select_related("gathering").order_by("gathering__starts_at")),
        "paths": list(paths.order_by("name")),
        "forms": shown | ({name: bound} if bound else {}), "name": name,
    }  # fmt: skip
    return render(request, "thirdplace/own.html", context, status=422 if bound else 200)


@needs("see_credits_own")
def own(request: EcopoleRequest) -> HttpResponse:
    return _page(request, me(request))


@needs("see_credits_own")
def hours(request: EcopoleRequest) -> HttpResponse:
    row = me(request)
    if request.method == "POST":
        key = form_key(request.POST)
        form = HoursForm(request.POST, ecopole=request.ecopole, today=request.today, own=True)
        if not written(
            form,
            lambda: actions.contribute(
                member=row, gathering=None, by=request.user, at=request.now, key=key, **form.cleaned_data
            ),
        ):
            return _page(request, row, "hours", form)
        messages.success(request, "Merci\u202f! Ces heures attendent d’être validées.")
    return redirect("place:own", request.ecopole.slug)


@needs("see_credits_own")
def spend(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = me(request)
    if request.method == "POST":
        key = form_key(request.POST)
        benefit = get_object_or_404(Benefit, ecopole=request.ecopole, pk=pk)
        pressed(
            request, lambda: actions.spend(member=row, benefit=benefit, at=request.now, key=key),
            f"{benefit}\u202f: montrez cette page à l’accueil.",
        )  # fmt: skip
    return redirect("place:own", request.ecopole.slug)


@needs("see_credits_own")
def give_back(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = me(request)
    if request.method == "POST":
        spending = get_object_or_404(
            Spending.objects.select_related("member__ecopole", "benefit"), member=row, pk=pk
        )
        told = f"{spending.benefit}\u202f: c’est rendu, rien n’est perdu."
        pressed(request, lambda: actions.give_back(spending=spending, at=request.now), told)
    return redirect("place:own", request.ecopole.slug)


@needs("see_credits_own")
def give(request: EcopoleRequest) -> HttpResponse:
    row = me(request)
    if request.method == "POST":
        key, form = form_key(request.POST), GiveForm(request.POST)
        if not written(form, lambda: actions.give(member=row, at=request.now, key=key, **form.cleaned_data)):
            return _page(request, row, "give", form)
        messages.success(request, "C’est donné.")
    return redirect("place:own", request.ecopole.slug)


@needs("see_credits_own")
def certificate(request: EcopoleRequest, path: int) -> HttpResponse:
    return certificate_of(request, me(request), path)
