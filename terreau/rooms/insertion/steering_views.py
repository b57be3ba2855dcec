"""The convention steered: ETP, aid, months; and the monthly statement, name by name for who may read it."""

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from terreau.measures.french import format_date, format_decimal
from terreau.measures.money import Money
from terreau.rooms.insertion import hours_forms, steering
from terreau.rooms.insertion.access import Part, log_export, log_list, reached
from terreau.rooms.insertion.asks import hand, reply
from terreau.rooms.insertion.dialogue import sales
from terreau.rooms.insertion.models import AidReceived, Annex, Participant
from terreau.rooms.insertion.report_forms import TargetsForm
from terreau.rooms.insertion.rules import hours as rules
from terreau.rooms.insertion.rules.alerts import check_consumption
from terreau.rooms.insertion.rules.law import listed
from terreau.rooms.insertion.rules.receipts import check
from terreau.rooms.insertion.steering import Statement, StatementLine
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.papers import spreadsheet


@needs("accompany")
def steer(request: EcopoleRequest, pk: int = 0) -> HttpResponse:
    """The annexe of today, or the one asked."""
    known = steering.annexes(request.ecopole)
    current = next((row for row in known if row.starts_on <= request.today <= row.ends_on), None)
    row = (
        get_object_or_404(Annex, ecopole=request.ecopole, pk=pk) if pk else current or next(iter(known), None)
    )
    context: dict[str, Any] = {"annexes": known, "row": row, "today": request.today}
    if row:
        told = steering.steering(request.ecopole, row, request.today, known)
        months = [line for line in told.lines if line.month in steering.annex_rule(row).months]
        context |= {
            "told": told,
            **_warned(request, row, told),
            "columns": [(f"{line.month:%m/%y}", line.etp, row.monthly_etp) for line in months],
            "figures": {
                name: steering.cut(value)
                for name, value in {
                    "realised": told.realised, "contracted": told.contracted, "forecast": told.forecast,
                    "mean": told.mean,
                }.items()
                if value is not None
            },
        }  # fmt: skip
    return render(request, "insertion/steering.html", context)


def _warned(request: EcopoleRequest, row: Annex, told: steering.Steering) -> dict[str, Any]:
    """The receipts beside the charges, once the accounts are typed; what the rules have to say."""
    year = min(request.today.year, row.ends_on.year)
    said = steering.year_said(request.ecopole, year)
    closed = {line.month: line.paid for line in told.lines if line.settled}
    found = check_consumption(steering.annex_rule(row), closed, on=request.today)
    if said is None:
        return {"year": year, "found": found}
    sold = sales(request.ecopole, row.holder_id, said).year
    return {"year": year, "found": [*found, *check(sold, on=said.until)], "sold": sold, "said": said}


@needs("accompany")
def annex(request: EcopoleRequest) -> HttpResponse:
    """The convention as signed; the same number typed again replaces what was said."""
    form = hours_forms.AnnexForm(request.POST or None, on=request.today)
    holder = next(m.agent for m in request.memberships if m.role in {Role.COUNSELLOR, Role.DIRECTOR})

    def write() -> Annex:
        said = form.cleaned_data
        share = said["departement_amount"] or Money(0)
        fields = said | {"departement_amount": share, "holder": holder, "total_amount": Money(0)}
        before = next((r for r in steering.annexes(request.ecopole) if r.number == said["number"]), None)
        if before:
            # What was negotiated stands until it is said otherwise.
            fields |= {name: getattr(before, name) for name in TargetsForm.base_fields}
        row = Annex(
            ecopole=request.ecopole, measure="ACI_DC",
            hours_per_etp=listed("etp_hours", said["starts_on"])["ACI"]["hours"],
            **fields, **hand(request).fact(),
        )  # fmt: skip
        row.total_amount = rules.total_aid(steering.annex_rule(row))
        written, _ = Annex.objects.get_or_create(
            ecopole=request.ecopole, key=row.key,
            defaults={f.name: getattr(row, f.name) for f in Annex._meta.fields if f.name != "id"},
        )  # fmt: skip
        return written

    back = reverse("insertion:steer", args=[request.ecopole.slug])
    page = {
        "title": "Annexe financière", "button": "Enregistrer l’annexe", "told": "L’annexe est enregistrée.",
        "lede": "Recopiez-la de l’extranet. Un avenant\u202f: ressaisissez le même numéro.",
        "up": back,
    }  # fmt: skip
    return reply(request, form, write, page, back)


@needs("accompany")
def aid(request: EcopoleRequest, pk: int) -> HttpResponse:
    """A payment of the ASP, the day it came."""
    row = get_object_or_404(Annex, ecopole=request.ecopole, pk=pk)
    form = hours_forms.AidForm(request.POST or None, on=request.today)
    back = reverse("insertion:steer_annex", args=[request.ecopole.slug, row.pk])

    def write() -> AidReceived:
        written = hand(request).fact()
        received, _ = AidReceived.objects.get_or_create(
            ecopole=request.ecopole, key=written.pop("key"),
            defaults=written | form.cleaned_data | {"annex": row.number},
        )  # fmt: skip
        return received

    page = {
        "title": "Aide reçue", "button": "Enregistrer", "told": "Le versement est noté.", "up": back,
        "lede": f"Annexe {row.number}",
        "note": "Une erreur\u202f: notez la somme opposée le même jour, puis la bonne.",
    }  # fmt: skip
    return reply(request, form, write, page, back)


def _month(request: EcopoleRequest, text: str) -> date:
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise Http404(text) from error
    if abs(month.year - request.today.year) > 10:
        raise Http404(text)
    return month


def _named(
    request: EcopoleRequest, told: Statement
) -> tuple[list[tuple[StatementLine, Participant]], list[StatementLine]]:
    """The lines of those whose hours the reader may know, with their name; and the others."""
    told_of = Q(pk__in={line.person.pk for line in told.lines})
    mine = reached(request, told_of)
    known = {person.pk: person for person in mine if Part.HOURS in vars(person)["open_parts"]}
    named = [(line, known[line.person.pk]) for line in told.lines if line.person.pk in known]
    return named, [line for line in told.lines if line.person.pk not in known]


@needs("accompany")
@transaction.atomic
def month(request: EcopoleRequest, month: str) -> HttpResponse:
    """The monthly statement: a line per person and contract."""
    told = steering.statement(request.ecopole, _month(request, month), request.today)
    named, others = _named(request, told)
    log_list(request, [person for _, person in named], Part.HOURS)
    context = {
        "told": told, "named": named, "others": len({line.person.pk for line in others}),
        "others_hours": sum((line.paid for line in others), steering.ZERO), "text": f"{told.month:%Y-%m}",
    }  # fmt: skip
    return render(request, "insertion/month.html", context)


COLUMNS = (
    "Mois", "État du mois", "Pseudonyme", "Nom", "Prénom", "Contrat du", "Contrat au", "Heures travaillées",
    "Absences payées", "Heures payées", "Heures payées arrondies", "ETP du mois", "Sortie le",
    "Motif de sortie",
)  # fmt: skip


@needs("accompany")
@transaction.atomic
def month_csv(request: EcopoleRequest, month: str) -> HttpResponse:
    """Our own columns, to be checked against the extranet: the ASP's layout is not public."""
    told = steering.statement(request.ecopole, _month(request, month), request.today)
    named, _ = _named(request, told)
    log_list(request, [person for _, person in named], Part.HOURS)
    log_export(request, f"état mensuel {told.month:%m/%Y}", people=len(named), nominative=True)
    rows = [COLUMNS]
    for line, person in named:
        known, gone = line.contract, line.gone
        rows.append((
            f"{told.month:%m/%Y}", "clos" if told.settled else "provisoire", person.code,
            person.name, person.first_name, format_date(known.start) if known else "",
            format_date(known.last_day) if known and known.last_day else "",
            *(format_decimal(value) for value in (line.worked, line.absent, line.paid)), line.whole,
            format_decimal(line.etp), format_date(gone.left_on) if gone else "",
            gone.reason if gone else "",
        ))  # fmt: skip
    return spreadsheet(rows, f"etat-mensuel-{told.month:%Y-%m}")
