"""What can be done in a file. Each is checked by the rules: refused, it is not written; warned, once more."""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from terreau.measures.periods import Period
from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.models import (
    Author,
    Criterion,
    Diagnosis,
    Following,
    Paper,
    PaperKind,
    Participant,
    PassIae,
    PassProlongation,
    PassSuspension,
    Posting,
    ProlongationAnswer,
    Referral,
    ReferralAnswer,
    Team,
    Withdrawal,
)
from terreau.rooms.insertion.models.facts import Fact
from terreau.rooms.insertion.rules import contracts, eligibility, pass_iae
from terreau.rooms.insertion.rules.law import Finding
from terreau.territory.hand import Hand as ByHand
from terreau.territory.models import Agent, AgentKind, Ecopole, User

# Neither 0 nor O, neither 1 nor I: a pseudonym is read aloud.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE, CODE_LENGTH = "P-", 4


class Judged(Exception):
    """Nothing was written; `findings` say why."""

    def __init__(self, findings: Sequence[Finding]):
        super().__init__(" ".join(finding.sentence for finding in findings))
        self.findings = findings


class Refused(Judged):
    """It may not be recorded so."""


class Warned(Judged):
    """It may, once somebody has read the warnings."""


class NotYourTurn(Exception):
    """It comes after something else, or was already said."""


def judge(findings: Iterable[Finding], accepted: bool) -> None:
    found = list(findings)
    if refused := [finding for finding in found if finding.refused]:
        raise Refused(refused)
    if found and not accepted:
        raise Warned(found)


@dataclass(frozen=True)
class Hand(ByHand):
    """With whether the warnings have been read."""

    accepted: bool = False


def file_of(person: Participant) -> Files:
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
    return model.objects.create(participant=person, **hand.fact(), **fields)


def adds(model: type[Fact]) -> Callable[..., Any]:
    """The gesture that adds a line of this kind, which no rule judges."""

    @transaction.atomic
    def add(*, person: Participant, hand: Hand, **said: Any) -> Any:
        return add_fact(model, person, hand, **said)

    return add


@transaction.atomic
def welcome(
    *, ecopole: Ecopole, hand: Hand, identity: dict[str, Any], referral: dict[str, Any]
) -> Participant:
    """A first contact: a pseudonym, who the person is, who spoke of them. Who writes it follows them."""
    ecopole.take_turns()
    if known := Participant.objects.filter(ecopole=ecopole, key=hand.key).select_related("agent").first():
        return known
    agent = Agent.objects.create(ecopole=ecopole, kind=AgentKind.PERSON, name=_pseudonym(ecopole))
    person = Participant.objects.create(ecopole=ecopole, agent=agent, **hand.fact(), **identity)
    add_fact(Following, person, hand, counsellor=hand.by, since=hand.at.date())
    add_fact(Referral, person, hand, **referral)
    return person


def _pseudonym(ecopole: Ecopole) -> str:
    while True:
        code = CODE + "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
        if not Agent.objects.filter(ecopole=ecopole, name=code).exists():
            return code


@transaction.atomic
def answer_referral(*, referral: Referral, hand: Hand, answer: str, decided_on: date, note: str) -> Any:
    person = referral.participant
    return add_fact(
        ReferralAnswer, person, hand, referral=referral, answer=answer, decided_on=decided_on, note=note
    )


# Another counsellor from a day on: a leave, a departure, a new pathway.
follow = adds(Following)
post = adds(Posting)
add_paper = adds(Paper)


@transaction.atomic
def add_team(*, ecopole: Ecopole, hand: Hand, name: str, workshop: Agent, supervisor: User) -> Team:
    team, _ = Team.objects.get_or_create(
        ecopole=ecopole, key=hand.key,
        defaults=hand.fact() | {"name": name, "workshop": workshop, "supervisor": supervisor},
    )  # fmt: skip
    return team


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
            **hand.fact() | {"key": f"{hand.key}:{number}"},
        )
        for number, proof in enumerate(proofs)
    )  # fmt: skip
    return diagnosis


@transaction.atomic
def open_pass(*, person: Participant, hand: Hand, number: str, starts_on: date, by_prescriber: bool) -> Any:
    number = number.replace(" ", "").upper()
    findings = pass_iae.check_number(number, on=starts_on)
    if previous := file_of(person).latest_pass(person):
        findings += pass_iae.check_new(previous[1], start=starts_on, by_prescriber=by_prescriber)
    return add_fact(PassIae, person, hand, findings, number=number, starts_on=starts_on)


@transaction.atomic
def suspend_pass(*, row: PassIae, hand: Hand, reason: str, starts_on: date, ends_on: date) -> Any:
    person, file, on = row.participant, file_of(row.participant), hand.at.date()
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
    person, file = row.participant, file_of(row.participant)
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


# --- taken back -----------------------------------------------------------------------------------------


@transaction.atomic
def withdraw(*, fact: Fact, hand: Hand, reason: str) -> Any:
    """« That line was wrong »: it no longer counts, and stays in the file's history."""
    known = Withdrawal.objects.filter(
        participant=fact.participant_id, model=fact._meta.model_name, fact=fact.key
    ).first()
    return known or add_fact(
        Withdrawal, fact.participant, hand, model=fact._meta.model_name, fact=fact.key, reason=reason
    )
