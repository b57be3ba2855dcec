"""A test's figures, for the person and their tutors alone: what was grown, sold, worked, owed."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms as django_forms
from django.http import Http404, HttpResponse

from terreau.ledger.dueforms import hand_of
from terreau.measures.french import format_date, format_money, format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.incubator import actions, forms
from terreau.rooms.incubator.models import Project
from terreau.rooms.incubator.queries.books import CLOSING, Book, BookLine, book, stock_left, terms_of
from terreau.rooms.incubator.queries.contracts import Contracts, ceiling, mentions
from terreau.rooms.incubator.views.frame import entry, page, project_opened, url
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.papers import printed

SHOWN = 40


@needs("see_own_test")
def figures(request: EcopoleRequest, pk: int) -> HttpResponse:
    """From the first contract to today: the balance, crop by crop, and the last lines."""
    row = project_opened(request, pk)
    contracts = Contracts(row)
    first = contracts.signed[0].starts_on if contracts.signed else request.today
    told = book(row, first, request.today)
    current = contracts.find(request.today)
    return page(
        request, "incubator/figures.html", "figures", row,
        book=told, crops=_by_margin(told), lines=told.lines[: -SHOWN - 1 : -1], since=first,
        stock=sorted(stock_left(told.lines).items()), current=current,
        standing=ceiling(current) if current else None, mentions=mentions(current) if current else [],
        terms=[term for contract in contracts.signed for term in terms_of(contract, request.today)][::-1],
    )  # fmt: skip


def _by_margin(told: Book) -> list[Any]:
    return sorted(told.crops().values(), key=lambda crop: -crop.margin.cents)


Write = Callable[[Project, Any, Any], object]


def _entry(
    request: EcopoleRequest, pk: int, form_of: Callable[..., django_forms.Form], write: Write, **said: str
) -> HttpResponse:
    """Something that happened: written in the ledger, undone in one gesture."""
    row = project_opened(request, pk)
    form = form_of(request.POST or None, project=row, today=request.today)
    return entry(
        request, form, lambda: write(row, form.cleaned_data, hand_of(request)), undo=True,
        back=url(request, "figures", pk), **said,
    )  # fmt: skip


@needs("keep_own_test")
def harvest(request: EcopoleRequest, pk: int) -> HttpResponse:
    def write(row: Project, said: Any, by: Any) -> None:
        actions.harvest(project=row, lines=[actions.HarvestLine(**said)], hand=by)

    told = {"title": "Récolter", "button": "Enregistrer la récolte", "told": "La récolte est enregistrée."}
    return _entry(request, pk, forms.HarvestForm, write, **told)


@needs("keep_own_test")
def sell(request: EcopoleRequest, pk: int) -> HttpResponse:
    def write(row: Project, said: Any, by: Any) -> None:
        actions.sell(project=row, lines=[actions.SaleLine(**said)], hand=by)

    told = {"title": "Vendre", "button": "Enregistrer la vente", "told": "La vente est enregistrée."}
    return _entry(request, pk, forms.SaleForm, write, **told)


@needs("keep_own_test")
def work(request: EcopoleRequest, pk: int) -> HttpResponse:
    def write(row: Project, said: Any, by: Any) -> None:
        actions.work(project=row, lines=[actions.HourLine(**said)], hand=by)

    told = {
        "title": "Noter des heures",
        "button": "Enregistrer les heures",
        "told": "C’est noté.",
    }
    return _entry(request, pk, forms.HoursForm, write, **told)


@needs("keep_own_test")
def commit(request: EcopoleRequest, pk: int) -> HttpResponse:
    def write(row: Project, said: Any, by: Any) -> None:
        actions.commit(project=row, hand=by, **said)

    told = {
        "title": "S’engager envers un tiers", "button": "Enregistrer l’engagement",
        "told": "L’engagement est enregistré.", "lede": "Un achat ou une commande, dont la couveuse répond.",
    }  # fmt: skip
    return _entry(request, pk, forms.CommitForm, write, **told)


@needs("run_incubator")
def support(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = project_opened(request, pk)
    form = forms.SupportForm(request.POST or None, initial={"on": request.today})
    return entry(
        request, form, lambda: actions.support(project=row, hand=hand_of(request), **form.cleaned_data),
        title="Heures d’accompagnement", button="Enregistrer", told="L’accompagnement est noté.", undo=True,
        back=url(request, "figures", pk),
    )  # fmt: skip


@needs("see_own_test")
def statement(request: EcopoleRequest, pk: int, first: str) -> HttpResponse:
    """The account of a period, as often as the contract says."""
    row = project_opened(request, pk)
    terms = [
        (contract, term)
        for contract in Contracts(row).signed
        for term in terms_of(contract, request.today)
        if str(term.first) == first
    ]
    if not terms:
        raise Http404("relevé")
    contract, term = terms[0]
    told = book(row, term.first, term.last)
    data = _on_paper(row, told, term.first, term.last) | {
        "provisional": not term.over, "mentions": mentions(contract),
    }  # fmt: skip
    return printed("incubator/releve.typ", data, f"releve-{pk}-{first}")


def _on_paper(row: Project, told: Book, first: date, last: date) -> dict[str, Any]:
    return {
        "project": row.title, "person": row.name, "couveuse": row.incubator.name,
        "first": format_date(first), "last": format_date(last), "footer": f"{row.incubator} · {row}",
        "lines": [_row(line) for line in told.lines if line.price or line.kind == CLOSING],
        "closed": format_date(told.closed_on) if told.closed_on else "",
        "totals": [
            ["Ventes", format_money(told.sales)], ["Redevance de la couveuse", format_money(-told.fee)],
            ["Autres charges", format_money(told.fee - told.charges)],
            ["Solde de la période", format_money(told.balance)],
        ],
        "hours": format_quantity(Quantity(told.hours, Unit.HOUR)),
        "support": format_quantity(Quantity(told.support, Unit.HOUR)),
    }  # fmt: skip


def _row(line: BookLine) -> list[str]:
    what = " · ".join(part for part in (line.product, line.who, line.note) if part)
    return [
        format_date(line.day), line.label, what, format_quantity(Quantity(line.quantity, Unit(line.unit))),
        format_money(line.signed),
    ]  # fmt: skip
