"""Organic certificates: a farm says its own, the platform those of all."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from terreau.ledger.dueforms import REASON_MAX, form_key
from terreau.measures.french import format_date
from terreau.rooms.platform import actions, asks
from terreau.rooms.platform.certificates import STANDING, FarmValidity, held, validities
from terreau.rooms.platform.models import Certificate
from terreau.rooms.platform.store_forms import CertificateForm
from terreau.territory.access import EcopoleRequest, acting_for, needs
from terreau.territory.models import Agent, AgentKind


def _farms(request: EcopoleRequest) -> list[Agent]:
    """Those who run the platform hold the papers of all farms; a farm holds its own."""
    only = None if "run_platform" in request.abilities else acting_for(request, "certify_own")
    return asks.organisations(request.ecopole, (AgentKind.FARM,), only)


def _page(request: EcopoleRequest, farms: list[Agent], form: CertificateForm | None = None) -> HttpResponse:
    if not farms:
        return render(request, "platform/nobody.html", {"kind": "ferme"})
    ids = [farm.pk for farm in farms]
    known = validities(request.ecopole, ids, request.today)
    context: dict[str, Any] = {
        "farms": farms,
        "rows": held(request.ecopole, ids, request.today),
        "lacking": [FarmValidity(farm, known[farm.pk]) for farm in farms if known[farm.pk].warned],
        "form": form or CertificateForm(farms),
    }
    return render(request, "platform/certificates.html", context, status=422 if form else 200)


@needs("certify_own")
def certificates(request: EcopoleRequest) -> HttpResponse:
    """Every certificate, and a POST adds one."""
    farms = _farms(request)
    if request.method != "POST" or not farms:
        return _page(request, farms)
    key = form_key(request.POST)
    form = CertificateForm(farms, request.POST)
    if not form.is_valid():
        return _page(request, farms, form)
    said = form.cleaned_data
    try:
        actions.add_certificate(ecopole=request.ecopole, **said, by=request.user, at=request.now, key=key)
    except actions.CertificateRefused as refusal:
        form.add_error(refusal.field, str(refusal))
        return _page(request, farms, form)
    until = format_date(said["valid_until"])
    messages.success(request, f"{said['farm']}\u202f: certificat noté, valable jusqu’au {until}.")
    return redirect("platform:certificates", request.ecopole.slug)


@needs("certify_own")
def withdraw(request: EcopoleRequest, pk: int) -> HttpResponse:
    """A certificate that was wrong: its contrary is written, with the reason."""
    rows = Certificate.objects.filter(STANDING, ecopole=request.ecopole, farm__in=_farms(request))
    wrong = get_object_or_404(rows.select_related("farm"), pk=pk)
    error = ""
    if request.method == "POST":
        try:
            actions.withdraw_certificate(
                ecopole=request.ecopole,
                wrong=wrong,
                reason=request.POST.get("reason", "")[:REASON_MAX],
                by=request.user,
                at=request.now,
                key=form_key(request.POST),
            )
        except actions.CertificateRefused as refusal:
            error = str(refusal)
        else:
            messages.success(request, f"{wrong.farm}\u202f: le certificat {wrong.reference} est retiré.")
            return redirect("platform:certificates", request.ecopole.slug)
    days = f"{format_date(wrong.valid_from)} – {format_date(wrong.valid_until)}"
    context = {
        "title": "Retirer un certificat",
        "about": f"{wrong.farm.name} · {wrong.body} · {wrong.reference} · {days}",
        "back": (reverse("platform:certificates", args=[request.ecopole.slug]), "Certificats"),
        "after": "Il ne compte plus, et reste ici avec la raison\u202f: rien ne s’efface. Ce qui a déjà "
        "été reçu ne change pas.",
        "error": error,
        "typed": request.POST.get("reason", ""),
    }
    return render(request, "web/withdraw.html", context, status=422 if error else 200)
