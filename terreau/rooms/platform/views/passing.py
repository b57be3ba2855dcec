"""By a link, without an account: when an outlet is expected to be served today. Nothing of a person."""

from typing import Any

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from terreau.measures.french import format_date
from terreau.rooms.platform.rounds import published
from terreau.territory.access import EcopoleRequest
from terreau.territory.models import Agent, Ecopole

SALT = "terreau.platform.passing"


def link(request: EcopoleRequest, customer: Agent) -> str:
    """The address to give to an outlet; it says something today only."""
    told = [request.ecopole.pk, customer.pk, request.today.isoformat()]
    return request.build_absolute_uri(reverse("passing", args=[signing.dumps(told, salt=SALT)]))


def passing(request: Any, token: str) -> HttpResponse:
    """The hour of each door of this outlet, as the rounds of today were last published."""
    try:
        ecopole_pk, customer_pk, day = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return _closed(request, "Ce lien est incomplet ou faux\u202f: demandez-en un autre à la plateforme.")
    if day != request.today.isoformat():
        return _closed(request, "Ce lien ne valait que pour un jour\u202f: demandez celui d’aujourd’hui.")
    ecopole = get_object_or_404(Ecopole, pk=ecopole_pk)
    customer = get_object_or_404(Agent, pk=customer_pk, ecopole=ecopole)
    visits = [
        visit for (_, _, who), visit in published(ecopole, [request.today]).items() if who == customer.pk
    ]
    context = {"customer": customer, "visits": visits, "day": format_date(request.today)}
    return _private(render(request, "platform/passing.html", context))


def _closed(request: Any, reason: str) -> HttpResponse:
    return _private(render(request, "platform/passing.html", {"reason": reason}, status=404))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
