"""The PMSMP: a short immersion in another workplace, for one of three objects."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from terreau.measures.french import format_date
from terreau.measures.periods import DAY, Period, last_day, plus_months
from terreau.rooms.insertion.rules.law import Finding, refusal, rule


class Object(StrEnum):
    DISCOVER = "discover"
    CONFIRM = "confirm"
    RECRUIT = "recruit"


@dataclass(frozen=True, slots=True)
class Pmsmp:
    """From a day to a day, at a host; `days`: those spent there, when they do not follow one another."""

    host: str
    object: Object
    period: Period
    days: tuple[date, ...] = ()

    @property
    def spent(self) -> set[date]:
        if self.days:
            return set(self.days)
        return {self.period.start + timedelta(days=n) for n in range(self.period.days)}


def check(asked: Pmsmp, *, others: Sequence[Pmsmp] = ()) -> list[Finding]:
    """A month at most; at one host, two conventions of different objects and 60 days in any 12 months."""
    found = []
    convention = rule("pmsmp", "convention", asked.period.start)
    limit = last_day(asked.period.start, convention["months_max"])
    if asked.period.end > limit:
        found.append(
            refusal(
                convention,
                f"Une convention dure {convention['months_max']}\u00a0mois au plus\u202f: "
                f"jusqu’au {format_date(limit)}.",
            )
        )
    if any(day not in asked.period for day in asked.spent):
        found.append(refusal(convention, "Un jour est hors des dates de la convention\u202f: corrigez-le."))
    same = [other for other in others if other.host == asked.host]
    return found + _check_host(asked, same)


def _check_host(asked: Pmsmp, same: Sequence[Pmsmp]) -> list[Finding]:
    law, objects = (rule("pmsmp", name, asked.period.start) for name in ("host", "object"))
    found = []
    near = [
        other
        for other in same
        if other.period.end > plus_months(asked.period.start, -law["months"])
        and other.period.start < plus_months(asked.period.end, law["months"])
    ]
    if any(other.object == asked.object for other in near):
        found.append(
            refusal(law, f"Une convention pour « {objects[asked.object]} » existe déjà dans cette structure.")
        )
    if len(near) >= law["conventions_max"]:
        found.append(refusal(law, f"{law['conventions_max']} conventions au plus dans une même structure."))
    days = busiest_year([asked, *near], months=law["months"])
    if days > law["days_max"]:
        found.append(
            refusal(
                law,
                f"{days}\u00a0jours en {law['months']}\u00a0mois dans cette structure\u202f: "
                f"{law['days_max']} au plus.",
            )
        )
    return found


def busiest_year(periods: Sequence[Pmsmp], *, months: int) -> int:
    """The most days spent in any so many months; a day counts once."""
    days = sorted(set().union(*(known.spent for known in periods)))
    most = first = 0
    for place, day in enumerate(days):
        while days[first] < plus_months(day + DAY, -months):
            first += 1
        most = max(most, place - first + 1)
    return most
