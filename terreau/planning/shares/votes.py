"""Keeping what the assembly voted, step by step, and what a month holds in common."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction

from terreau.engines.shares.problem import NOTHING
from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.planning.models import (
    STEP_RULES,
    CommonAmount,
    CommonsKey,
    SharingStep,
    SharingVote,
    SolidarityRule,
)
from terreau.planning.shares.actions import SharingRefused, closed_months
from terreau.territory.models import Ecopole, User

MINUTES_MAX = 200


def vote(
    *, ecopole: Ecopole, rule: str, starts_on: date, minutes: str, by: User | None, at: datetime, key: str
) -> SharingVote:
    """Keep the rule of tours that the assembly voted."""
    return _keep(ecopole, SharingStep.TOUR, rule, starts_on, minutes, recorded_by=by, recorded_at=at, key=key)


def vote_commons(
    *, ecopole: Ecopole, rule: str, empty_room: bool, starts_on: date, minutes: str, by: User | None,
    at: datetime, key: str,
) -> SharingVote:  # fmt: skip
    """Keep the key of the commons. It shares whole months: it starts with one of them."""
    if starts_on.day != 1:
        raise SharingRefused(
            "Les communs sont ceux d’un mois entier\u202f: la clé commence un premier du mois.", "starts_on"
        )
    return _keep(
        ecopole, SharingStep.COMMONS, rule, starts_on, minutes, recorded_by=by, recorded_at=at, key=key,
        empty_room=empty_room and rule != CommonsKey.NONE,
    )  # fmt: skip


def vote_solidarity(
    *, ecopole: Ecopole, cap: Money | None, levy: Money | None, helped: Iterable[int], starts_on: date,
    minutes: str, by: User | None, at: datetime, key: str,
) -> SharingVote:  # fmt: skip
    """Keep the solidarity that was voted; with nobody to help, it is that there is none any more."""
    who = sorted(helped)
    said: dict[str, Any] = {}
    if who:
        for amount, field in ((cap, "cap"), (levy, "levy")):
            if amount is None or amount < NOTHING:
                raise SharingRefused("Saisissez un montant à la caisse, zéro au moins.", field)
        said = {"cap": cap, "levy": levy, "helped": who}
    rule = SolidarityRule.CAP if who else SolidarityRule.NONE
    return _keep(
        ecopole, SharingStep.SOLIDARITY, rule, starts_on, minutes, recorded_by=by, recorded_at=at, key=key,
        **said,
    )  # fmt: skip


@transaction.atomic
def _keep(
    ecopole: Ecopole, step: str, rule: str, starts_on: date, minutes: str, *, key: str, **said: Any
) -> SharingVote:
    """Months already closed keep what they were closed with."""
    Ecopole.objects.select_for_update().get(pk=ecopole.pk)
    if known := SharingVote.objects.filter(ecopole=ecopole, key=key).first():
        return known
    if rule not in STEP_RULES[step].values:
        raise SharingRefused("Choisissez l’une des règles proposées.", "rule")
    if not minutes.strip():
        raise SharingRefused(
            "Dites où le vote est écrit, par exemple «\u202fPV de l’assemblée du 12 mars\u202f».", "minutes"
        )
    if len(minutes.strip()) > MINUTES_MAX:
        raise SharingRefused(f"Trop long\u202f: {MINUTES_MAX} caractères au plus.", "minutes")
    if late := [month for month in closed_months(ecopole) if month >= starts_on.replace(day=1)]:
        raise SharingRefused(
            f"Le mois du {format_date(max(late))} est arrêté\u202f: ce qui est voté commence après lui.",
            "starts_on",
        )
    return SharingVote.objects.create(
        ecopole=ecopole, step=step, rule=rule, starts_on=starts_on, minutes=minutes.strip(), key=key, **said
    )


@transaction.atomic
def say_common(
    *, ecopole: Ecopole, month: date, name: str, amount: Money, reason: str, by: User | None, at: datetime,
    key: str,
) -> CommonAmount:  # fmt: skip
    """What a month holds in common under this name; said again, the last word counts."""
    Ecopole.objects.select_for_update().get(pk=ecopole.pk)
    if known := CommonAmount.objects.filter(ecopole=ecopole, key=key).first():
        return known
    if month in closed_months(ecopole):
        raise SharingRefused(
            f"Le mois du {format_date(month)} est arrêté\u202f: ce que chacun en paie ne change plus.", "name"
        )
    if amount < NOTHING:
        raise SharingRefused("Un montant commun ne peut être négatif.", "amount")
    return CommonAmount.objects.create(
        ecopole=ecopole, month=month, name=name, amount=amount, reason=reason, recorded_by=by,
        recorded_at=at, key=key,
    )  # fmt: skip
