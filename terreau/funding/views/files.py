"""The file of a funder: steps, papers, indicators, claims; what is missing; its report, screen and paper."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from terreau.funding import actions, queries
from terreau.funding.actions.steps import BEFORE
from terreau.funding.forms import ClaimForm, ExpectForm, ShareForm, StepForm, TargetForm
from terreau.funding.models import ClaimKind, Cofunding, Expected, Nature, Share, StepKind, Target
from terreau.funding.queries.projects import GAVE
from terreau.funding.views.gesture import ask, do
from terreau.measures.french import format_date, format_decimal, format_money, format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.counts import FEW
from terreau.territory.papers import printed, spreadsheet

# What is offered first, where the file stands.
NEXT = {
    None: StepKind.SPOTTED, StepKind.SPOTTED: StepKind.PREPARING, StepKind.PREPARING: StepKind.REQUESTED,
    StepKind.REQUESTED: StepKind.OBTAINED, StepKind.OBTAINED: StepKind.RUNNING,
    StepKind.PARTLY: StepKind.RUNNING, StepKind.RUNNING: StepKind.CLOSED, StepKind.CLOSED: StepKind.ARCHIVED,
}  # fmt: skip


def file_asked(request: EcopoleRequest, pk: int) -> Cofunding:
    rows = Cofunding.objects.select_related("project__ecopole", "project__holder", "aid")
    row = get_object_or_404(rows, project__ecopole=request.ecopole, pk=pk)
    if row.nature == Nature.OWN:
        raise Http404("fonds propres")
    return row


def _back(row: Cofunding) -> str:
    return reverse("funding:file", args=[row.project.ecopole.slug, row.pk])


@needs("see_funding")
def file(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = file_asked(request, pk)
    told = queries.dossier(row, request.today)
    state, paid = told.standing.state, {step.claim_id for step in told.standing.steps}
    open_ = state in (*GAVE, StepKind.RUNNING)
    steps = [kind for kind, before in BEFORE.items() if state in before and kind != StepKind.PAID]
    context = {
        "row": row, "file": told, "standing": told.standing, "next": NEXT.get(state),
        "steps": [kind for kind in steps if kind != NEXT.get(state)],
        "claims": [(claim, claim.pk in paid) for claim in told.standing.claims],
        "payable": any(claim.pk not in paid for claim in told.standing.claims),
        "sharable": open_ or state in (StepKind.PREPARING, StepKind.REQUESTED), "claimable": open_,
        "expected": row.expected.filter(withdrawn_at=None), "promisable": state != StepKind.ARCHIVED,
    }  # fmt: skip
    return render(request, "funding/file.html", context)


@needs("run_funding")
def note_step(request: EcopoleRequest, pk: int, kind: str) -> HttpResponse:
    row = file_asked(request, pk)
    if kind not in StepKind.values:
        raise Http404(kind)
    wanted = StepKind(kind)
    unpaid = row.claims.filter(paid=None)
    return ask(
        request,
        lambda data: StepForm(
            data, kind=wanted, today=request.today, claims=unpaid, initial=_proposed(row, wanted, unpaid)
        ),
        lambda said, hand: _note(row, wanted, said, hand),
        title=f"{row}\u202f: {wanted.label}", button="Noter", lede=str(row.project),
        told=f"{row}\u202f: {wanted.label}, c’est noté.", back=_back(row),
    )  # fmt: skip


def _note(row: Cofunding, kind: StepKind, said: dict[str, Any], hand: Any) -> None:
    terms = actions.Terms(**{name: value for name, value in said.items() if name != "on"})
    actions.note_step(cofunding=row, kind=kind, on=said["on"], terms=terms, hand=hand)


def _proposed(row: Cofunding, kind: StepKind, unpaid: Any) -> dict[str, Any]:
    """What is already known, to be corrected."""
    project = row.project
    if kind == StepKind.REQUESTED:
        base = queries.plan_of(project).base
        return {"amount": row.planned, "base": base, "rate": row.rate_max}
    if kind in GAVE:
        asked = row.steps.filter(kind=StepKind.REQUESTED).order_by("-id").first()
        return {"amount": asked and asked.amount, "from_on": project.starts_on, "to_on": project.ends_on}
    if kind == StepKind.PAID and (claim := unpaid.first()):
        return {"claim": claim.pk, "amount": claim.total}
    return {}


@needs("run_funding")
def share(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = file_asked(request, pk)
    asked = row.steps.filter(kind=StepKind.REQUESTED).order_by("-id").first()
    lines = row.project.lines.filter(withdrawn_at=None)
    return ask(
        request,
        lambda data: ShareForm(
            data, ecopole=request.ecopole, lines=lines, initial={"percent": asked and asked.rate}
        ),
        lambda said, hand: actions.share(cofunding=row, hand=hand, **said),
        title="Rattacher une pièce", button="Rattacher", told="La pièce est rattachée.",
        lede=f"{row}\u202f: la part qu’il paie. Le même euro, la même heure ne sont payés qu’une fois.",
        back=_back(row),
    )  # fmt: skip


@needs("run_funding")
def withdraw_share(request: EcopoleRequest, pk: int) -> HttpResponse:
    rows = Share.objects.select_related("piece__ecopole", "cofunding__project__ecopole")
    row = get_object_or_404(rows, piece__ecopole=request.ecopole, pk=pk)
    return do(
        request, lambda hand: actions.withdraw_share(row=row, hand=hand),
        back=_back(row.cofunding), told="La part est retirée\u202f: la pièce peut servir ailleurs.",
    )  # fmt: skip


@needs("run_funding")
def send_claim(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = file_asked(request, pk)
    ready = queries.dossier(row, request.today).ready
    return ask(
        request,
        lambda data: ClaimForm(data, initial={"kind": ClaimKind.INSTALMENT}),
        lambda said, hand: actions.send_claim(cofunding=row, on=request.today, hand=hand, **said),
        title="Demander un paiement", button="Envoyer la demande", back=_back(row),
        lede=f"Pièces à demander\u202f: {ready}. Une fois envoyée, la demande ne change plus.",
        told="La demande est figée. Envoyez-la au financeur avec ses pièces.",
    )  # fmt: skip


@needs("run_funding")
def promise(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = file_asked(request, pk)
    return ask(
        request, TargetForm,
        lambda said, hand: actions.promise_target(cofunding=row, hand=hand, **said),
        title="Promettre un indicateur", button="Promettre", told="L’indicateur est promis.",
        lede="Mesuré par le grand livre et les pièces de la maison, du premier au dernier jour payé.",
        back=_back(row),
    )  # fmt: skip


@needs("run_funding")
def withdraw_target(request: EcopoleRequest, pk: int) -> HttpResponse:
    rows = Target.objects.select_related("cofunding__project__ecopole")
    row = get_object_or_404(rows, cofunding__project__ecopole=request.ecopole, pk=pk)
    return do(
        request, lambda hand: actions.withdraw_target(target=row, hand=hand),
        back=_back(row.cofunding), told="L’indicateur n’est plus promis.",
    )  # fmt: skip


@needs("run_funding")
def expect(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = file_asked(request, pk)
    return ask(
        request, ExpectForm,
        lambda said, hand: actions.expect(cofunding=row, hand=hand, **said),
        title="Un versement attendu", button="Prévoir", told="Le versement est dans la trésorerie prévue.",
        lede=f"{row}\u202f: combien, quand, et avec quelle chance.", back=_back(row),
    )  # fmt: skip


@needs("run_funding")
def withdraw_expected(request: EcopoleRequest, pk: int) -> HttpResponse:
    rows = Expected.objects.select_related("cofunding__project__ecopole")
    row = get_object_or_404(rows, cofunding__project__ecopole=request.ecopole, pk=pk)
    return do(
        request, lambda hand: actions.withdraw_expected(row=row, hand=hand),
        back=_back(row.cofunding), told="Ce versement n’est plus attendu.",
    )  # fmt: skip


# --- the report ---------------------------------------------------------------------------------------


def _title(told: queries.Dossier) -> str:
    return "Bilan final" if told.final else "Bilan intermédiaire"


@needs("see_funding")
def report(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = file_asked(request, pk)
    told = queries.dossier(row, request.today)
    return render(request, "funding/report.html", {"row": row, "file": told, "title": _title(told)})


def _hours(amount: Any) -> str:
    return format_quantity(Quantity(amount, Unit.HOUR)) if amount else ""


@needs("see_funding")
def report_sheet(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = file_asked(request, pk)
    told = queries.dossier(row, request.today)
    data = {
        "title": _title(told), "project": str(row.project), "funder": str(row), "what": row.project.what,
        "holder": str(row.project.holder), "footer": request.ecopole.name,
        "period": f"du {format_date(told.first)} au {format_date(min(told.last, request.today))}",
        "facts": [
            ["Montant notifié", format_money(told.standing.notified)],
            ["Justifié par les pièces", format_money(told.justified)],
            ["Versé", format_money(told.standing.paid)], ["Reste à justifier", format_money(told.left)],
        ],
        "uses": [
            [str(use.line), format_money(use.line.cost), format_money(use.proved), format_money(use.funded)]
            for use in told.uses
        ],
        "plan": [
            [str(one.row), one.row.get_nature_display(), format_money(one.amount)]
            for one in told.plan.funders
        ],
        "targets": [[one.measure.label, one.promised_words, one.measured_words] for one in told.targets],
        "pieces": [
            [format_date(one.piece.on), str(one.piece), _hours(one.hours), format_money(one.amount)]
            for one in told.shares
        ],
        "missing": told.missing,
    }  # fmt: skip
    return printed("funding/bilan.typ", data, f"bilan-financeur-{row.pk}")


@needs("see_funding")
def report_csv(request: EcopoleRequest, pk: int) -> HttpResponse:
    """A line per paper and per indicator, for the funder's own form."""
    row = file_asked(request, pk)
    told = queries.dossier(row, request.today)
    rows = [("Partie", "Date", "Libellé", "Ligne du budget", "Heures", "Coût", "Part (%)", "Montant")]
    for paper in told.shares:
        rows.append((
            "pièce", paper.piece.on.isoformat(), paper.piece.label, paper.line.label, _number(paper.hours),
            _number(paper.piece.cost.euros), _number(paper.percent), _number(paper.amount.euros),
        ))  # fmt: skip
    for one in told.targets:
        measured = FEW if one.measured is None and one.begun else _number(one.measured)
        for part, amount in (("promis", _number(one.target.promised)), ("mesuré", measured)):
            rows.append((f"indicateur {part}", "", one.measure.label, "", "", "", "", amount))
    return spreadsheet(rows, f"bilan-financeur-{row.pk}")


def _number(amount: Any) -> str:
    return "" if amount is None else format_decimal(amount).replace("\u202f", "").replace("−", "-")
