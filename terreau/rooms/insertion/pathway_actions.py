"""What is written of a pathway and of its end. Each form is one gesture, of several lines when needed."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import transaction

from terreau.rooms.insertion.actions import Hand, NotYourTurn, add_fact, adds, already
from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.leaving import ANSWERED, answered, hired_on
from terreau.rooms.insertion.models import (
    Contract,
    Evaluation,
    Exit,
    ExitCheck,
    Family,
    FollowUp,
    Interview,
    InterviewNote,
    Objective,
    ObjectiveProgress,
    Obstacle,
    Participant,
    Progress,
    Satisfaction,
    Signature,
    SkillMark,
    SupportAction,
    Training,
    Withdrawal,
)
from terreau.rooms.insertion.rules import exits
from terreau.rooms.insertion.rules.law import listed
from terreau.territory.models import Ecopole


def line_of(hand: Hand, name: str) -> Hand:
    """The hand for one of the lines of a form."""
    return replace(hand, key=f"{hand.key}-{name}")


add_objective, add_action, add_training = adds(Objective), adds(SupportAction), adds(Training)
evaluate = adds(Evaluation)


@transaction.atomic
def hold_interview(
    *,
    person: Participant,
    hand: Hand,
    meeting: Mapping[str, Any],
    notes: Mapping[str, str],
    levels: Mapping[str, tuple[str, str]],
    progress: Mapping[Objective, tuple[str, str]],
    results: Mapping[SupportAction, str],
) -> Interview:
    """A conversation and all that it changed. The eight obstacles are said together, when one is.

    `levels`: by family, the level and what it changes at work. A family the writer may not read is carried
    over from the last word, so that the lines tell nothing by their absence.
    """
    if known := already(Interview, person, hand):
        return known
    interview: Interview = add_fact(Interview, person, hand, **meeting)
    on = interview.held_on
    for section, text in notes.items():
        add_fact(
            InterviewNote, person, line_of(hand, section), interview=interview, section=section, text=text
        )
    if levels:
        _weigh(person, hand, levels, on)
    for objective, (state, note) in progress.items():
        add_fact(
            ObjectiveProgress, person, line_of(hand, f"objective-{objective.pk}"), objective=objective,
            state=state, note=note, said_on=on,
        )  # fmt: skip
    for action, result in results.items():
        close_action(action=action, hand=line_of(hand, f"action-{action.pk}"), result=result)
    return interview


def _weigh(person: Participant, hand: Hand, levels: Mapping[str, tuple[str, str]], on: date) -> None:
    rows = Obstacle.objects.standing().filter(participant=person, said_on__lte=on).order_by("said_on", "id")
    before = {row.family: (row.level, row.note) for row in rows}
    for family in Family.values:
        level, note = levels.get(family) or before.get(family, ("0", ""))
        add_fact(Obstacle, person, line_of(hand, family), family=family, level=level, note=note, said_on=on)


@transaction.atomic
def say_progress(*, objective: Objective, hand: Hand, state: str, said_on: date, note: str = "") -> Any:
    return add_fact(
        ObjectiveProgress, objective.participant, hand, objective=objective, state=Progress(state),
        said_on=said_on, note=note,
    )  # fmt: skip


@transaction.atomic
def close_action(*, action: SupportAction, hand: Hand, result: str) -> Any:
    """The result is known: the same action, said whole, replaces the first line."""
    if known := already(SupportAction, action.participant, hand):
        return known
    person, names = action.participant, ("family", "need", "label", "partner", "reach", "done_on", "urgent")
    add_fact(Withdrawal, person, hand, model="supportaction", fact=action.key, reason="résultat connu")
    return add_fact(
        SupportAction, person, hand, result=result, **{name: getattr(action, name) for name in names}
    )


@transaction.atomic
def mark_skills(
    *, person: Participant, hand: Hand, grid: str, levels: Mapping[str, int | None], on: date, note: str = ""
) -> None:
    """What the supervisor saw; a skill without a level is « not assessed »."""
    for skill, level in levels.items():
        add_fact(
            SkillMark,
            person,
            line_of(hand, skill),
            grid=grid,
            skill=skill,
            level=level,
            marked_on=on,
            note=note,
        )


@transaction.atomic
def sign_evaluation(*, evaluation: Evaluation, hand: Hand) -> Any:
    """The person has read it: once, from their own account, at that hour."""
    person = evaluation.participant
    Participant.objects.select_for_update(no_key=True).get(pk=person.pk)
    known = Signature.objects.filter(evaluation=evaluation).first()
    return known or add_fact(
        Signature, person, hand, evaluation=evaluation, signed_by=hand.by, signed_at=hand.at
    )


# --- leaving --------------------------------------------------------------------------------------------


@transaction.atomic
def leave(*, person: Participant, hand: Hand, left_on: date, reason: str, note: str = "") -> Any:
    """The end of the last contract, by its official reason; its category is the one of that day."""
    Participant.objects.select_for_update(no_key=True).get(pk=person.pk)
    if known := already(Exit, person, hand):
        return known
    files = Files([person])
    signed = files.signed(person)
    if not signed:
        raise NotYourTurn("Sortie non enregistrée\u202f: aucun contrat dans ce dossier.")
    if files.gone(person):
        raise NotYourTurn("La sortie est déjà notée\u202f: retirez-la avant d’en noter une autre.")
    contract: Contract = signed[-1][0]
    found = exits.check(hired_on=hired_on(files, person, contract), left_on=left_on, reason=reason)
    category = listed("exit_reasons", left_on).get(reason, {"category": ""})["category"]
    return add_fact(
        Exit, person, hand, found, contract=contract, left_on=left_on, reason=reason, category=category,
        note=note,
    )  # fmt: skip


@transaction.atomic
def check_exit(*, gone: Exit, hand: Hand, item: str, done_on: date) -> Any:
    known = ExitCheck.objects.standing().filter(exit=gone, item=item).first()
    return known or add_fact(ExitCheck, gone.participant, hand, exit=gone, item=item, done_on=done_on)


@transaction.atomic
def say_satisfaction(*, ecopole: Ecopole, key: str, year: int, answers: Mapping[str, int]) -> None:
    """Added to the counts of a year; the same form twice is one."""
    Satisfaction.objects.get_or_create(ecopole=ecopole, key=key, defaults={"year": year, "answers": answers})


@transaction.atomic
def say_own_satisfaction(*, gone: Exit, hand: Hand, answers: Mapping[str, int]) -> None:
    person = gone.participant
    # Alone with the file: two windows are not two voices.
    Participant.objects.select_for_update(no_key=True).get(pk=person.pk)
    if answered(gone):
        return
    check_exit(gone=gone, hand=hand, item=ANSWERED, done_on=hand.at.date())
    key, year = secrets.token_urlsafe(24), gone.left_on.year
    say_satisfaction(ecopole=person.ecopole, key=key, year=year, answers=answers)


@transaction.atomic
def follow_up(
    *, gone: Exit, hand: Hand, month: int, observed_on: date, situation: str, note: str = ""
) -> Any:
    if observed_on < gone.left_on and not already(FollowUp, gone.participant, hand):
        raise NotYourTurn("Nouvelles non enregistrées\u202f: elles seraient d’avant la sortie.")
    return add_fact(
        FollowUp, gone.participant, hand, exit=gone, month=month, observed_on=observed_on,
        situation=situation, note=note,
    )  # fmt: skip
