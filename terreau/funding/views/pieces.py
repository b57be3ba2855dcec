"""Papers of the écopôle, whatever the projects: each is known once, with what is left to be paid of it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from terreau.funding import actions
from terreau.funding.forms import HoursForm, InvoiceForm, PayForm
from terreau.funding.models import Piece
from terreau.funding.views.gesture import ask
from terreau.territory.access import EcopoleRequest, needs

SHOWN = 200


@needs("see_funding")
def pieces(request: EcopoleRequest) -> HttpResponse:
    rows = Piece.objects.filter(ecopole=request.ecopole)
    shown = [(row, 100 - row.funded) for row in rows.order_by("-on", "-id")[:SHOWN]]
    return render(request, "funding/pieces.html", {"rows": shown, "shown": SHOWN, "count": rows.count()})


def _back(request: EcopoleRequest) -> str:
    return reverse("funding:pieces", args=[request.ecopole.slug])


@needs("run_funding")
def add_invoice(request: EcopoleRequest) -> HttpResponse:
    return ask(
        request,
        lambda data: InvoiceForm(data, today=request.today),
        lambda said, hand: actions.add_invoice(ecopole=request.ecopole, hand=hand, **said),
        title="Une facture", button="Ajouter la facture", back=_back(request),
        told="La facture est connue. Rattachez-la à un financeur.",
        lede="Notée une fois, elle sert à plusieurs financeurs, jamais à plus de 100\u202f%.",
    )  # fmt: skip


@needs("run_funding")
def add_pay(request: EcopoleRequest) -> HttpResponse:
    return ask(
        request,
        lambda data: PayForm(data, today=request.today),
        lambda said, hand: actions.add_pay(ecopole=request.ecopole, hand=hand, **said),
        title="Un mois de salaire", button="Ajouter ce mois", told="Ce mois de salaire est connu.",
        lede="D’un poste permanent, sans nom\u202f: ses heures du mois ne sont payées qu’une fois.",
        back=_back(request),
    )  # fmt: skip


@needs("run_funding")
def add_hours(request: EcopoleRequest) -> HttpResponse:
    return ask(
        request,
        lambda data: HoursForm(data, today=request.today),
        lambda said, hand: actions.add_ledger_hours(
            ecopole=request.ecopole, today=request.today, hand=hand, **said
        ),
        title="Des heures du grand livre", button="Prendre ces heures", told="Ces heures sont une pièce.",
        lede="Toutes celles d’une nature, un mois fini\u202f: elles se lisent, elles ne se tapent pas.",
        back=_back(request),
    )  # fmt: skip
