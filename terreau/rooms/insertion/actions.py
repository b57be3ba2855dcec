"""What can be done in a file. Each is checked by the rules: refused, it is not written; warned, once more."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from terreau.rooms.insertion import convention
from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.models import (
    Amendment,
    AmendmentKind,
    Author,
    Contract,
    Criterion,
    Diagnosis,
    Extension,
    Following,
    LowHours,
    Paper,
    PaperKind,
    Participant,
    PassIae,
    PassProlongation,
    PassSuspension,
    Pmsmp,
    Posting,
    ProlongationAnswer,
    Referral,
    ReferralAnswer,
    Renewal,
    RenewalOpinion,
    Step,
    Team,
    Withdrawal,
)
from terreau.rooms.insertion.models.facts import Fact
from terreau.rooms.insertion.rules import contracts, eligibility, pass_iae, pmsmp
from terreau.rooms.insertion.rules.dates import Period
from terreau.rooms.insertion.rules.law import Finding
from terreau.territory.models import Agent, AgentKind, Ecopole, User

# Neither 0 nor O, neither 1 nor I: a pseudonym is read aloud.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 4


class Judged(Exception):
    """Nothing was written; `findings` say why."""

    def __init__(self, findings: Sequence[Finding]):
        super().__init__(" ".join(finding.sentence for finding in findings))
        self.findings = findings


class Refused(Judged):
    """It may not be recorded so."""


class Warned(Judged):
    """It may, once somebody has read the warnings."""


def judge(findings: Iterable[Finding], accepted: bool) -> None:
    found = list(findings)
    if refused := [finding for finding in found if finding.refused]:
        raise Refused(refused)
    if found and not accepted:
        raise Warned(found)


@dataclass(frozen=True, slots=True)
class Hand:
    """Who writes, when, and the form's key."""

    by: User | None
    at: datetime
    key: str
    # The warnings have been read.
    accepted: bool = False

    @property
    def written(self) -> dict[str, Any]:
        return {"recorded_by": self.by, "recorded_at": self.at, "key": self.key}


def _file(person: Participant) -> Files:
    """The file, alone with it: two hands on the same one take turns."""
    Participant.objects.select_for_update(no_key=True).get(pk=person.pk)
    return Files([person], papers=True)


def already(model: type[Fact], person: Participant, hand: Hand) -> Any:
    """What this form has already written, if it comes again."""
    return model.objects.filter(participant=person, key=hand.key).first()


def add_fact(
    model: type[Fact],
    person: Participant,
    hand: Hand,
    findings: Iterable[Finding] = (),
    /,
    **fields: Any,
) -> Any:
    """A line more; the same form twice is one line."""
    Participant.objects.select_for_update(no_key=True).get(pk=person.pk)
    if known := already(model, person, hand):
        return known
    judge(findings, hand.accepted)
    return model.objects.create(participant=person, **hand.written, **fields)


@transaction.atomic
def welcome(
    *, ecopole: Ecopole, hand: Hand, identity: dict[str, Any], referral: dict[str, Any]
) -> Participant:
    """A first contact: a pseudonym, who the person is, who spoke of them. Who writes it follows them."""
    Ecopole.objects.select_for_update(no_key=True).get(pk=ecopole.pk)
    if known := Participant.objects.filter(ecopole=ecopole, key=hand.key).select_related("agent").first():
        return known
    agent = Agent.objects.create(ecopole=ecopole, kind=AgentKind.PERSON, name=_pseudonym(ecopole))
    person = Participant.objects.create(ecopole=ecopole, agent=agent, **hand.written, **identity)
    add_fact(Following, person, hand, counsellor=hand.by, since=hand.at.date())
    add_fact(Referral, person, hand, **referral)
    return person


def _pseudonym(ecopole: Ecopole) -> str:
    while True:
        code = "P-" + "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
        if not Agent.objects.filter(ecopole=ecopole, name=code).exists():
            return code


@transaction.atomic
def answer_referral(*, referral: Referral, hand: Hand, answer: str, decided_on: date, note: str) -> Any:
    person = referral.participant
    return add_fact(
        ReferralAnswer, person, hand, referral=referral, answer=answer, decided_on=decided_on, note=note
    )


@transaction.atomic
def follow(*, person: Participant, hand: Hand, counsellor: User | None, since: date) -> Any:
    """Another counsellor from a day on: a leave, a departure, a new pathway."""
    return add_fact(Following, person, hand, counsellor=counsellor, since=since)


@transaction.atomic
def post(*, person: Participant, hand: Hand, team: Team | None, since: date) -> Any:
    return add_fact(Posting, person, hand, team=team, since=since)


@transaction.atomic
def add_team(*, ecopole: Ecopole, hand: Hand, name: str, workshop: Agent, supervisor: User) -> Team:
    team, _ = Team.objects.get_or_create(
        ecopole=ecopole, key=hand.key,
        defaults=hand.written | {"name": name, "workshop": workshop, "supervisor": supervisor},
    )  # fmt: skip
    return team


@transaction.atomic
def add_paper(*, person: Participant, hand: Hand, kind: str, valid_until: date) -> Any:
    return add_fact(Paper, person, hand, kind=kind, valid_until=valid_until)


# --- eligibility and PASS IAE ---------------------------------------------------------------------------


@transaction.atomic
def diagnose(
    *,
    person: Participant,
    hand: Hand,
    proofs: Sequence[eligibility.Proof],
    pass_start: date,
    made_on: date,
    author: str,
    prescriber: str = "",
    education: str = "",
    note: str = "",
) -> Any:
    """A prescriber's diagnosis, or our own with its criteria and their proofs, for a PASS from a day on."""
    asked = eligibility.Diagnosis(made_on, author == Author.PRESCRIBER, tuple(proofs))
    born = person.birth_date or date.min
    findings = eligibility.check(asked, born=born, pass_start=pass_start, hired_on=pass_start)
    if known := already(Diagnosis, person, hand):
        return known
    diagnosis = add_fact(
        Diagnosis, person, hand, findings, author=author, prescriber=prescriber, made_on=made_on,
        education=education, note=note,
    )  # fmt: skip
    Criterion.objects.bulk_create(
        Criterion(
            participant=person, diagnosis=diagnosis, code=proof.criterion, proof_date=proof.dated,
            valid_until=proof.valid_until, lasting=proof.lasting, kept_at=proof.kept_at,
            **hand.written | {"key": f"{hand.key}:{number}"},
        )
        for number, proof in enumerate(proofs)
    )  # fmt: skip
    return diagnosis


@transaction.atomic
def open_pass(*, person: Participant, hand: Hand, number: str, starts_on: date, by_prescriber: bool) -> Any:
    number = number.replace(" ", "").upper()
    findings = pass_iae.check_number(number, on=starts_on)
    if previous := _file(person).latest_pass(person):
        findings += pass_iae.check_new(previous[1], start=starts_on, by_prescriber=by_prescriber)
    return add_fact(PassIae, person, hand, findings, number=number, starts_on=starts_on)


@transaction.atomic
def suspend_pass(*, row: PassIae, hand: Hand, reason: str, starts_on: date, ends_on: date, on: date) -> Any:
    person, file = row.participant, _file(row.participant)
    known = next(found for mine, found in file.passes(person) if mine.pk == row.pk)
    hired_on = max((c.start for _, c in file.signed(person) if c.start <= on), default=known.start)
    asked = pass_iae.Suspension(reason, Period(starts_on, ends_on))
    findings = pass_iae.check_suspension(known, asked, on=on, hired_on=hired_on)
    return add_fact(
        PassSuspension, person, hand, findings, pass_iae=row, reason=reason, starts_on=starts_on,
        ends_on=ends_on,
    )  # fmt: skip


@transaction.atomic
def prolong_pass(
    *,
    row: PassIae,
    hand: Hand,
    reason: str,
    ends_on: date,
    requested_on: date,
    opinion: bool,
    training_end: date | None = None,
) -> Any:
    """A prolongation asked for, from the PASS's end on; it counts once granted."""
    person, file = row.participant, _file(row.participant)
    known = next(found for mine, found in file.passes(person) if mine.pk == row.pk)
    latest = file.latest_pass(person)
    asked = pass_iae.Request(reason, known.end, ends_on, opinion=opinion, training_end=training_end)
    findings = pass_iae.check_prolongation(
        known, asked, on=requested_on, holder=holder(file, person, requested_on),
        is_latest=latest is not None and latest[0].pk == row.pk, pending=file.pending(person) is not None,
    )  # fmt: skip
    return add_fact(
        PassProlongation, person, hand, findings, pass_iae=row, reason=reason, requested_on=requested_on,
        starts_on=known.end, ends_on=ends_on,
    )  # fmt: skip


@transaction.atomic
def answer_prolongation(
    *, asked: PassProlongation, hand: Hand, granted: bool, answered_on: date, reason: str = ""
) -> Any:
    return add_fact(
        ProlongationAnswer, asked.participant, hand, prolongation=asked, granted=granted,
        answered_on=answered_on, reason="" if granted else reason,
    )  # fmt: skip


def holder(file: Files, person: Participant, on: date) -> contracts.Holder:
    """What the rules ask of the person: the age, and whether the RQTH holds on a day."""
    rqth = [row.valid_until for row in file.of(Paper, person) if row.kind == PaperKind.RQTH]
    return contracts.Holder(person.birth_date or date.min, rqth=bool(rqth) and rqth[-1] >= on)


# --- contracts ------------------------------------------------------------------------------------------


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
    file = _file(person)
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
    person, file = contract.participant, _file(contract.participant)
    known = dict(file.signed(person))
    now = known.pop(contract)
    changed = (*now.amendments, contracts.Amendment(starts_on, ends_on, weekly_hours))
    fields = {name: getattr(now, name) for name in now.__dataclass_fields__}
    asked = contracts.Contract(**fields | {"amendments": changed})
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


@transaction.atomic
def allow_extension(*, person: Participant, hand: Hand, **fields: Any) -> Any:
    """The decision that lets a CDDI go beyond 24 months."""
    return add_fact(Extension, person, hand, **fields)


@transaction.atomic
def ask_renewal(*, contract: Contract, hand: Hand, months: int, opinion: str, note: str) -> Any:
    """The supervisor proposes, and gives the first opinion."""
    person = contract.participant
    renewal = add_fact(Renewal, person, hand, contract=contract, months=months, requested_on=hand.at.date())
    give_opinion(renewal=renewal, hand=hand, step=Step.SUPERVISOR, opinion=opinion, note=note)
    return renewal


class NotYourTurn(Exception):
    """An opinion is given after the one before it, and once."""


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
    others = _file(person).immersions(person)
    asked = pmsmp.Pmsmp(host, pmsmp.Object(object), Period(starts_on, ends_on))
    findings = pmsmp.check(asked, others=others)
    return add_fact(
        Pmsmp, person, hand, findings, host=host, object=object, starts_on=starts_on, ends_on=ends_on,
        job=job, convention=convention,
    )  # fmt: skip


@transaction.atomic
def withdraw(*, fact: Fact, hand: Hand, reason: str) -> Any:
    """« That line was wrong »: it no longer counts, and stays in the file's history."""
    known = Withdrawal.objects.filter(
        participant=fact.participant_id, model=fact._meta.model_name, fact=fact.key
    ).first()
    return known or add_fact(
        Withdrawal, fact.participant, hand, model=fact._meta.model_name, fact=fact.key, reason=reason
    )
