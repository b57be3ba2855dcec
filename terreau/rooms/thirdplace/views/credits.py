"""Credits for all: the terms in force, what they give right to, what waits to be handed over, the totals."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from terreau.ledger.dueforms import form_key, pressed
from terreau.rooms.thirdplace import actions, queries
from terreau.rooms.thirdplace.forms import BenefitForm, TermsForm, written
from terreau.rooms.thirdplace.models import Benefit, Spending, Terms
from terreau.rooms.thirdplace.queries.credits import to_hand_over
from terreau.rooms.thirdplace.views.asked import kept, one
from terreau.territory.access import EcopoleRequest, needs


def _page(request: EcopoleRequest, name: str = "", bound: forms.Form | None = None) -> HttpResponse:
    kept(request)
    shown: dict[str, forms.Form] = {"terms": TermsForm(), "benefit": BenefitForm(ecopole=request.ecopole)}
    context = {
        "told": queries.statement(request.ecopole, request.today),
        "waiting": to_hand_over(request.ecopole),
        "benefits": list(
            Benefit.objects.filter(ecopole=request.ecopole, closed_on=None).select_related("product", "giver")
        ),
        "all_terms": list(Terms.objects.filter(ecopole=request.ecopole)),
        "forms": shown | ({name: bound} if bound else {}), "name": name,
    }  # fmt: skip
    return render(request, "thirdplace/credits.html", context, status=422 if bound else 200)


@needs("see_place")
def credits(request: EcopoleRequest) -> HttpResponse:
    return _page(request)


@needs("run_place")
def set_terms(request: EcopoleRequest) -> HttpResponse:
    if request.method == "POST":
        key, form = form_key(request.POST), TermsForm(request.POST)
        if not written(
            form, lambda: actions.set_terms(ecopole=request.ecopole, key=key, **form.cleaned_data)
        ):
            return _page(request, "terms", form)
        messages.success(request, "La règle est datée\u202f: ce qui est déjà gagné ne change pas.")
    return redirect("place:credits", request.ecopole.slug)


@needs("run_place")
def save_benefit(request: EcopoleRequest) -> HttpResponse:
    if request.method == "POST":
        key, form = form_key(request.POST), BenefitForm(request.POST, ecopole=request.ecopole)
        if not written(
            form,
            lambda: actions.save_benefit(
                ecopole=request.ecopole, since=request.today, key=key, **form.cleaned_data
            ),
        ):
            return _page(request, "benefit", form)
        messages.success(request, f"{form.cleaned_data['name']}\u202f: c’est dans la liste.")
    return redirect("place:credits", request.ecopole.slug)


@needs("run_place")
def close_benefit(request: EcopoleRequest, pk: int) -> HttpResponse:
    if request.method == "POST":
        row = one(Benefit, request, pk)
        told = f"{row} n’est plus dans la liste."
        pressed(request, lambda: actions.close_benefit(benefit=row, on=request.today), told)
    return redirect("place:credits", request.ecopole.slug)


@needs("run_place")
def hand_over(request: EcopoleRequest, pk: int) -> HttpResponse:
    if request.method == "POST":
        row = one(
            Spending, request, pk, "member__ecopole", "member__ecopole", "benefit__product", "benefit__giver"
        )
        told = f"{row.benefit}\u202f: remis à {row.member}."
        pressed(request, lambda: actions.hand_over(spending=row, by=request.user, at=request.now), told)
    return redirect("place:credits", request.ecopole.slug)
