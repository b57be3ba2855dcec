"""A test's contract: written, printed, signed, broken."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from terreau.ledger.dueforms import hand_of
from terreau.measures.dated import cited
from terreau.measures.french import format_date, format_decimal, format_money
from terreau.measures.periods import DAY
from terreau.rooms.incubator import actions, forms
from terreau.rooms.incubator.models import Contract, Project
from terreau.rooms.incubator.queries.contracts import mentions
from terreau.rooms.incubator.rules.contracts import clauses, longest, status
from terreau.rooms.incubator.views.frame import entry, project_known, project_led, url
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.papers import printed


def _contract(project: Project, line: int) -> Contract:
    rows = Contract.objects.select_related(
        "project__ecopole", "project__incubator__commune", "project__agent"
    )
    return get_object_or_404(rows, project=project, pk=line)


@needs("run_incubator")
def draft(request: EcopoleRequest, pk: int) -> HttpResponse:
    """The contract that is being written, or the next one, ready to be corrected."""
    row = project_led(request, pk)
    contract = row.contracts.filter(signed_on=None).first()
    last = row.contracts.filter(signed_on__isnull=False).order_by("-starts_on").first()
    form = forms.ContractForm(
        request.POST or None, today=request.today, contract=contract or last,
        starts_on=last.last_day + DAY if last else request.today,
    )  # fmt: skip
    if contract is None and last:
        # Renewed in the same words, for the longest that is left.
        form.initial.update(_next(last))

    def write() -> None:
        actions.draft(project=row, contract=contract, terms=form.terms(), hand=hand_of(request))

    return entry(
        request, form, write, title=f"Contrat de {row}", button="Enregistrer le projet de contrat",
        told="Le projet de contrat est enregistré. Imprimez-le, relisez-le à deux, puis signez.",
        back=url(request, "project", pk),
        lede="Un brouillon peut rester incomplet\u202f; à la signature, chaque clause manquante est nommée.",
    )  # fmt: skip


def _next(last: Contract) -> dict[str, Any]:
    starts = last.last_day + DAY
    ends = longest(starts, last.status)
    return {"starts_on": starts, "ends_on": ends or starts}


@needs("run_incubator")
def sign(request: EcopoleRequest, pk: int, line: int) -> HttpResponse:
    contract = _contract(project_led(request, pk), line)
    form = forms.SignForm(request.POST or None, initial={"on": request.today})
    return entry(
        request, form,
        lambda: actions.sign(contract=contract, on=form.cleaned_data["on"], hand=hand_of(request)),
        title=f"Signer le contrat de {contract.project}", button="Signé par les deux",
        told="Le contrat est signé\u202f: il ne change plus.", back=url(request, "project", pk),
        lede="Sans écrit, un CAPE est nul. Imprimez-le et signez-le d’abord.",
    )  # fmt: skip


@needs("run_incubator")
def break_off(request: EcopoleRequest, pk: int, line: int) -> HttpResponse:
    contract = _contract(project_led(request, pk), line)
    form = forms.BreakForm(request.POST or None, initial={"on": request.today})
    return entry(
        request, form,
        lambda: actions.break_off(contract=contract, hand=hand_of(request), **form.cleaned_data),
        title=f"Rompre le contrat de {contract.project}", button="Rompre le contrat",
        told="La rupture est notée.", back=url(request, "project", pk),
        lede=contract.clauses.get("termination", ""),
    )  # fmt: skip


@needs("see_own_test")
def paper(request: EcopoleRequest, pk: int, line: int) -> HttpResponse:
    contract = _contract(project_known(request, pk), line)
    return printed("incubator/contrat.typ", _on_paper(contract), f"contrat-{pk}-{line}")


def _on_paper(contract: Contract) -> dict[str, Any]:
    project, said = contract.project, status(contract.status, contract.starts_on)
    couveuse = project.incubator
    asked = clauses(contract.starts_on)
    return {
        "title": said["title"],
        "article": cited(said),
        "draft": contract.signed_on is None,
        "couveuse": couveuse.name,
        "seat": couveuse.commune.name if couveuse.commune else "",
        "siret": couveuse.siret,
        "person": project.name,
        "born": format_date(project.born_on),
        "project": project.title,
        "what": project.what,
        "start": format_date(contract.starts_on),
        "end": format_date(contract.ends_on),
        "rank": contract.rank,
        "renewals": str(said.get("renewals_max", "")),
        "clauses": [
            [clause["label"], contract.clauses.get(code, "")]
            for code, clause in asked.items()
            if said["clauses"] or contract.clauses.get(code)
        ],
        "ceiling": format_money(contract.ceiling) if contract.ceiling is not None else "",
        "fee": format_decimal(contract.fee_percent),
        "months": str(contract.accounting_months),
        "mentions": mentions(contract),
        "signed": format_date(contract.signed_on) if contract.signed_on else "",
        "footer": f"{couveuse} · {project}",
    }
