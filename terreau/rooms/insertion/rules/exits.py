"""Leaving: the official reason and its category, who counts, the rates, and the months after."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from terreau.measures.dated import Rule
from terreau.measures.french import format_date, format_decimal
from terreau.measures.periods import plus_months
from terreau.rooms.insertion.rules.law import Finding, listed, refusal, rule

DURABLE, TRANSITION, POSITIVE, OTHER = "durable", "transition", "positive", "other"
# A CDI inclusion: the person goes on working here.
STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Exit:
    """`year_hours`: worked in the year of leaving; `total_hours`: since the hire."""

    person: str
    hired_on: date
    left_on: date
    reason: str
    year_hours: Decimal
    total_hours: Decimal = Decimal(0)

    @property
    def category(self) -> str:
        """As the list in force on the day of leaving says."""
        return str(listed("exit_reasons", self.left_on)[self.reason]["category"])


def check(*, hired_on: date, left_on: date, reason: str) -> list[Finding]:
    """No exit without its reason, nor before the hire."""
    reasons = listed("exit_reasons", left_on)
    law = next(iter(reasons.values()))
    found = []
    if not reason:
        found.append(refusal(law, "Sortie sans motif\u202f: choisissez-en un dans la liste."))
    elif reason not in reasons:
        found.append(
            refusal(law, f"« {reason} » n’est pas un motif de sortie\u202f: prenez-en un de la liste.")
        )
    if left_on < hired_on:
        found.append(
            refusal(law, f"Sortie avant l’embauche du {format_date(hired_on)}\u202f: corrigez la date.")
        )
    return found


def left_out(leaver: Exit, *, kind: str = "ACI") -> str:
    """Why an exit does not count in the rates, in words; empty when it counts."""
    law = rule("exits", "counted", leaver.left_on)
    category = listed("exit_categories", leaver.left_on)[leaver.category]
    if category["counted"] != "oui":
        return str(category["label"])
    if kind in law["kinds_by_months"]:
        return _too_short(leaver, law)
    if kind in law["kinds_by_hours"] and leaver.total_hours < Decimal(law["total_hours_min"]):
        return f"moins de {law['total_hours_min']}\u00a0h en tout"
    return ""


def _too_short(leaver: Exit, law: Rule) -> str:
    months = (leaver.left_on - leaver.hired_on).days * Decimal(law["months_per_day"])
    if months <= Decimal(law["months_above"]):
        return "trois mois ou moins dans la structure"
    if leaver.year_hours < Decimal(law["year_hours_min"]):
        return "aucune heure dans l’année de sortie"
    return ""


@dataclass(frozen=True, slots=True)
class Rates:
    """Counted exits by category; each rate is over all of them."""

    counted: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counted.values())

    @property
    def dynamic(self) -> Decimal | None:
        return self.of(DURABLE, TRANSITION, POSITIVE)

    def of(self, *categories: str) -> Decimal | None:
        """The part of some categories; none when nobody left."""
        if not self.total:
            return None
        return Decimal(sum(self.counted[category] for category in categories)) / self.total


def rates(exits: Iterable[Exit], *, year: int, kind: str = "ACI") -> Rates:
    """Of the exits of a year; a person counts once, by the last."""
    last: dict[str, Exit] = {}
    for leaver in sorted(exits, key=lambda known: known.left_on):
        if leaver.left_on.year == year:
            last[leaver.person] = leaver
    counted = dict.fromkeys((DURABLE, TRANSITION, POSITIVE, OTHER), 0)
    for leaver in last.values():
        if not left_out(leaver, kind=kind):
            counted[leaver.category] += 1
    return Rates(counted)


def against_target(rate: Decimal | None, target: Decimal | None) -> str:
    """A target is negotiated in the annexe; there is none by default."""
    if target is None:
        return "objectif non paramétré"
    if rate is None:
        return "aucune sortie comptée"
    missing = (target - rate) * 100
    if missing <= 0:
        return "objectif atteint"
    return f"{format_decimal(missing, places=1)} point{'s' if missing >= 2 else ''} sous l’objectif"


def follow_ups(reason: str, category: str, left_on: date) -> dict[int, date]:
    """When to ask for news: 3 and 6 months after; not of withdrawn exits, nor of who stays in the IAE."""
    law = rule("exits", "follow_up", left_on)
    if category in law["left_out_categories"] or reason in law["left_out_reasons"]:
        return {}
    return {months: plus_months(left_on, months) for months in law["months"]}
