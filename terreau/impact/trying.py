"""A scenario anybody may try: four numbers, the rest as elsewhere; few draws, nothing kept."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from threading import BoundedSemaphore, Lock
from typing import Any

from django import forms

from terreau.engines.contribution import Family, Missing
from terreau.impact import scenarios
from terreau.impact.scenario_form import (
    PEOPLE_MAX,
    QUESTIONS,
    plausible_numbers,
    shown,
)
from terreau.impact.scenario_reading import read_all
from terreau.impact.territories import Known, epci
from terreau.territory.forms import DecimalFieldFr

DRAWS = 256
HECTARES_MAX, JOBS_MAX = 500, 5_000_000
# Of a process: one is computed at a time, three more wait for it, five seconds at most.
WAITING_MAX, PATIENCE_S = 3, 5.0
BUSY = (
    "Plusieurs personnes essaient en ce moment\u202f: ce que vous avez mis est gardé, réessayez dans "
    "une minute."
)
_seats, _turn = BoundedSemaphore(1 + WAITING_MAX), Lock()


class Busy(Exception):
    """Too many try at once; the message says when to come back."""


@contextmanager
def in_turn() -> Iterator[None]:
    """Raises `Busy` rather than keep the house waiting."""
    if not _seats.acquire(blocking=False):
        raise Busy(BUSY)
    try:
        if not _turn.acquire(timeout=PATIENCE_S):
            raise Busy(BUSY)
        try:
            yield
        finally:
            _turn.release()
    finally:
        _seats.release()


class TryForm(forms.Form):
    people = DecimalFieldFr(
        label="Personnes en insertion", min_value=1, max_value=PEOPLE_MAX, places_max=0, initial=20,
        help_text="présentes en même temps, une fois lancé",
    )  # fmt: skip
    hectares = DecimalFieldFr(
        label="Surface cultivée", required=False, min_value=Decimal("0.01"), max_value=HECTARES_MAX,
        help_text="vide\u202f: ce qu’il faut à autant de personnes",
    )  # fmt: skip
    jobs_total = DecimalFieldFr(
        label="Emplois du territoire", required=False, min_value=1, max_value=JOBS_MAX, places_max=0,
        help_text="au lieu de travail (Insee)\u202f; vide\u202f: ce qui en dépend n’est pas dit",
    )  # fmt: skip


def asked(sent: Mapping[str, str]) -> TryForm:
    """The form as it was typed; nothing typed, as it is proposed."""
    known = {name: sent[name] for name in TryForm.base_fields if name in sent}
    return TryForm({"people": str(TryForm.base_fields["people"].initial)} | known)


def tried(form: TryForm, where: Known, today: date) -> dict[str, Any]:
    """The headlines of what was typed, if it makes sense. Raises `Busy`."""
    typed = form.cleaned_data
    numbers = plausible_numbers(int(typed["people"]), today)
    if typed["hectares"]:
        numbers["garden_ha"] = float(typed["hectares"])
    said = scenarios.told(_file(where, numbers, today))
    jobs = float(typed["jobs_total"]) if typed["jobs_total"] else None
    try:
        over = epci(where.code, jobs, jobs_needed=False)
    except Missing as missing:
        form.add_error(None, str(missing))
        return {}
    with in_turn():
        found = scenarios.answer(said, over, today, n=DRAWS, sensitivity=0)
    ones = read_all(found)
    return {
        "hectares": shown({"garden_ha": numbers["garden_ha"]})["garden_ha"],
        "headlines": [one for one in ones if one.indicator.headline and not one.missing],
        # Cooperation is lived, then measured: nobody can know it of an écopôle to come.
        "others": [
            one
            for one in ones
            if one.indicator.headline and one.missing and one.indicator.family is not Family.COOPERATION
        ],
        "warnings": found.warnings,
        "draws": DRAWS,
    }


def _file(where: Known, numbers: dict[str, Any], today: date) -> dict[str, Any]:
    """The scenario of the form, from numbers rather than from what was typed."""
    said: dict[str, Any] = {
        "name": f"Écopôle, {where.name}"[: scenarios.NAME_MAX], "epci": where.code,
        "start": today.year + 1, "relays": [where.communes[0][0]], "incubator": True,
    }  # fmt: skip
    for question in QUESTIONS:
        if question.part:
            said.setdefault(question.part, {})[question.name] = numbers[question.field]
        else:
            said[question.name] = numbers[question.field]
    return said
