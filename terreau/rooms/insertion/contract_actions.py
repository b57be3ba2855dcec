"""Contracts: signed, amended, renewed by three opinions; and immersions. Checked as a whole by the rules."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from terreau.measures.periods import Period
from terreau.rooms.insertion import convention
from terreau.rooms.insertion.actions import Hand, NotYourTurn, add_fact, adds, already, file_of, holder
from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.models import (
    Amendment,
    AmendmentKind,
    Contract,
    Extension,
    LowHours,
    Participant,
    Pmsmp,
    Renewal,
    RenewalOpinion,
    Step,
)
from terreau.rooms.insertion.rules import contracts, pass_iae, pmsmp
from terreau.rooms.insertion.rules.law import Finding
from terreau.territory.models import Agent


def _contract_findings(
    file: Files, person: Participant, asked: contracts.Contract, others: list[contracts.Contract]
) -> list[Finding]:
    known = file.latest_pass(person)
    findings = contracts.check(
        asked,
        holder=holder(file, person, asked.start),
        others=others,
        decisions=file.decisions(person),
        pass_end=known[1].end if known else None,
        prolongation_asked=file.pending(person) is not None,
    )
    if known is None:
        return [
            *findings,
            Finding(False, "Aucun PASS IAE n’est enregistré pour cette personne.", "R5132-1-7"),
        ]
    return findings + pass_iae.check_use(known[1], on=asked.start)


@transaction.atomic
def sign_contract(
    *,
    person: Participant,
    hand: Hand,
    employer: Agent,
    kind: str,
    job: str,
    starts_on: date,
    ends_on: date | None,
    weekly_hours: Decimal,
    shortened: bool = False,
    leave: contracts.LowHours | None = None,
) -> Any:
    """A contract as signed; under 20 h a week, with its derogation (`leave`)."""
    file = file_of(person)
    if known := already(Contract, person, hand):
        return known
    asked = contracts.Contract(
        employer=str(employer.pk), kind=contracts.Kind(kind), start=starts_on, end=ends_on,
        weekly_hours=weekly_hours, low_hours=leave, sentence_adjusted=shortened,
    )  # fmt: skip
    others = [found for _, found in file.signed(person)]
    findings = _contract_findings(file, person, asked, others)
    findings += convention.check(person, asked, since=starts_on)
    contract = add_fact(
        Contract, person, hand, findings, employer=employer, kind=kind, job=job,
        starts_on=starts_on, ends_on=ends_on, weekly_hours=weekly_hours, shortened="oui" if shortened else "",
    )  # fmt: skip
    if leave:
        add_fact(
            LowHours, person, hand, contract=contract, starts_on=leave.since, ends_on=leave.until,
            diagnosed_on=leave.diagnosed_on, reviewed_on=leave.reviewed_on,
        )  # fmt: skip
    return contract


@transaction.atomic
def amend_contract(
    *,
    contract: Contract,
    hand: Hand,
    kind: str,
    starts_on: date,
    ends_on: date | None = None,
    weekly_hours: Decimal | None = None,
) -> Any:
    """Renewed, other hours, or ended before its day: checked as the whole contract would be."""
    person, file = contract.participant, file_of(contract.participant)
    known = dict(file.signed(person))
    now = known.pop(contract)
    changed = (*now.amendments, contracts.Amendment(starts_on, ends_on, weekly_hours))
    fields = {name: getattr(now, name) for name in now.__dataclass_fields__}
    asked = contracts.Contract(**fields | {"amendments": changed, "low_hours": file.leave(contract, person)})
    findings = _contract_findings(file, person, asked, list(known.values()))
    if not asked.fixed_term and weekly_hours:
        findings += convention.check(person, asked, since=starts_on)
    if kind == AmendmentKind.END:
        # Ending early extends nothing: what the contract already was is not judged again.
        findings = []
    return add_fact(
        Amendment, person, hand, findings, contract=contract, kind=kind, starts_on=starts_on, ends_on=ends_on,
        weekly_hours=weekly_hours,
    )  # fmt: skip


# The decision that lets a CDDI go beyond 24 months.
allow_extension = adds(Extension)


@transaction.atomic
def ask_renewal(*, contract: Contract, hand: Hand, months: int, opinion: str, note: str) -> Any:
    """The supervisor proposes, and gives the first opinion."""
    person = contract.participant
    renewal = add_fact(Renewal, person, hand, contract=contract, months=months, requested_on=hand.at.date())
    give_opinion(renewal=renewal, hand=hand, step=Step.SUPERVISOR, opinion=opinion, note=note)
    return renewal


@transaction.atomic
def give_opinion(*, renewal: Renewal, hand: Hand, step: int, opinion: str, note: str) -> Any:
    """Supervisor, then counsellor, then direction."""
    Participant.objects.select_for_update(no_key=True).get(pk=renewal.participant_id)
    if known := already(RenewalOpinion, renewal.participant, hand):
        return known
    if step != next_step(renewal):
        waited = next_step(renewal)
        said = f"c’est à l’étape « {Step(waited).label} »" if waited else "les trois avis sont donnés"
        raise NotYourTurn(f"Avis non enregistré\u202f: {said}.")
    return add_fact(
        RenewalOpinion, renewal.participant, hand, renewal=renewal, step=step, opinion=opinion, note=note,
        given_on=hand.at.date(),
    )  # fmt: skip


def next_step(renewal: Renewal) -> int | None:
    """Whose opinion is awaited; None once the three are given."""
    given = len(renewal.opinions.all())
    return given + 1 if given < len(Step) else None


@transaction.atomic
def add_pmsmp(
    *,
    person: Participant,
    hand: Hand,
    host: str,
    object: str,
    starts_on: date,
    ends_on: date,
    job: str = "",
    convention: str = "",
) -> Any:
    others = file_of(person).immersions(person)
    asked = pmsmp.Pmsmp(host, pmsmp.Object(object), Period(starts_on, ends_on))
    findings = pmsmp.check(asked, others=others)
    return add_fact(
        Pmsmp, person, hand, findings, host=host, object=object, starts_on=starts_on, ends_on=ends_on,
        job=job, convention=convention,
    )  # fmt: skip
