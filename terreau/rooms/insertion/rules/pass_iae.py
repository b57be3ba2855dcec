"""The PASS IAE: two years of right to a pathway, that suspensions push back and prolongations lengthen.

The official record is on les emplois de l’inclusion; here it is prepared, checked and kept in view.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from terreau.measures.dated import Rule
from terreau.measures.french import format_date, format_decimal
from terreau.measures.periods import DAY, Period, age, plus_months
from terreau.rooms.insertion.rules.contracts import Holder
from terreau.rooms.insertion.rules.law import Finding, listed, refusal, rule, warning

ACI = "ACI"


class State(StrEnum):
    FUTURE = "future"
    VALID = "valid"
    SUSPENDED = "suspended"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Suspension:
    reason: str
    period: Period

    @property
    def pushes(self) -> int:
        """The days by which it pushes the end back: end − start, one less than the days it lasts."""
        return self.period.days - 1


@dataclass(frozen=True, slots=True)
class Prolongation:
    """From the end of the PASS, which is its start, to the new end."""

    reason: str
    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days


@dataclass(frozen=True, slots=True)
class Pass:
    number: str
    start: date
    suspensions: tuple[Suspension, ...] = ()
    prolongations: tuple[Prolongation, ...] = ()

    @property
    def end(self) -> date:
        """The last day: 2 × 365 days, the first one included, then what was suspended and prolonged."""
        days = int(rule("pass_iae", "duration", self.start)["days"])
        moved = sum(s.pushes for s in self.suspensions) + sum(p.days for p in self.prolongations)
        return self.start + timedelta(days=days - 1 + moved)

    def suspension_on(self, day: date) -> Suspension | None:
        return next((s for s in self.suspensions if day in s.period), None)

    def state(self, on: date) -> State:
        if on < self.start:
            return State.FUTURE
        if on > self.end:
            return State.EXPIRED
        return State.SUSPENDED if self.suspension_on(on) else State.VALID

    @property
    def waiting_until(self) -> date:
        """The last day of the waiting period: two years after the end."""
        return plus_months(self.end, rule("pass_iae", "waiting", self.end)["months"])

    def is_waiting(self, on: date) -> bool:
        return self.end < on <= self.waiting_until


@dataclass(frozen=True, slots=True)
class Request:
    """A prolongation asked for. `opinion`: an authorised prescriber was asked; its answer may be awaited."""

    reason: str
    start: date
    end: date
    opinion: bool = False
    training_end: date | None = None
    phone_interview: bool = False
    email: str = ""
    phone: str = ""


def check_number(number: str, *, on: date) -> list[Finding]:
    """Twelve letters or digits; spaces are only for the eye."""
    known = rule("pass_iae", "number", on)
    if re.fullmatch(rf"[0-9A-Za-z]{{{known['length']}}}", number.replace(" ", "")):
        return []
    return [refusal(known, f"« {number} »\u202f: un PASS a {known['length']} lettres ou chiffres.")]


def check_use(known: Pass, *, on: date) -> list[Finding]:
    """Nobody is hired nor works on a PASS that has not begun, is suspended or is over."""
    law, state = rule("pass_iae", "duration", on), known.state(on)
    if state == State.VALID:
        return []
    if state == State.FUTURE:
        return [refusal(law, f"Le PASS commence le {format_date(known.start)}.")]
    if state == State.EXPIRED:
        return [refusal(law, f"Le PASS a pris fin le {format_date(known.end)}.")]
    suspension = known.suspension_on(on)
    assert suspension
    until = format_date(suspension.period.end)
    return [refusal(law, f"Le PASS est suspendu jusqu’au {until}\u202f: levez d’abord la suspension.")]


def check_new(previous: Pass, *, start: date, by_prescriber: bool) -> list[Finding]:
    """Within two years of the end, a new PASS requires an authorised prescriber."""
    law = rule("pass_iae", "waiting", start)
    if start <= previous.end:
        return [refusal(law, f"Un PASS court jusqu’au {format_date(previous.end)}.")]
    if previous.is_waiting(start) and not by_prescriber:
        return [
            refusal(
                law,
                f"Délai de carence jusqu’au {format_date(previous.waiting_until)}\u202f: "
                "un nouveau PASS demande un prescripteur habilité.",
            )
        ]
    return []


def check_suspension(
    known: Pass, asked: Suspension, *, on: date, hired_on: date, kind: str = ACI
) -> list[Finding]:
    """Begun, within the PASS and the last hire, at most 365 days ago, 36 months long, apart from others."""
    law = rule("pass_iae", "suspension", on)
    period = asked.period
    start, end = format_date(period.start), format_date(period.end)
    found = _check_reason("suspension_reasons", asked.reason, on, kind)
    if period.start > on:
        found.append(refusal(law, f"La suspension commencerait le {start}, dans l’avenir."))
    if period.start not in Period(known.start, known.end):
        found.append(
            refusal(
                law,
                f"La suspension commencerait le {start}, hors du PASS "
                f"(du {format_date(known.start)} au {format_date(known.end)}).",
            )
        )
    found += _check_earliest(law, period, on, hired_on)
    limit = plus_months(period.start, law["months_max"]) - DAY
    if period.end > limit:
        found.append(
            refusal(
                law,
                f"Jusqu’au {end}\u202f: {law['months_max']}\u00a0mois au plus, soit le {format_date(limit)}.",
            )
        )
    found += [
        refusal(
            law,
            "Une autre suspension court du "
            f"{format_date(other.period.start)} au {format_date(other.period.end)}\u202f: "
            "elles ne se recouvrent pas.",
        )
        for other in known.suspensions
        if other.period.overlaps(period)
    ]
    later = [other.period.start for other in known.suspensions if other.period.start > period.end]
    if later:
        found.append(
            refusal(
                law, f"Une suspension vient après, le {format_date(min(later))}\u202f: suivez leur ordre."
            )
        )
    long = rule("pass_iae", "suspension_long", on)
    if period.end >= plus_months(period.start, long["months"]):
        found.append(
            warning(long, f"Plus de {long['months']}\u00a0mois\u202f: il peut être mis fin au PASS.")
        )
    return found


def _check_earliest(law: Rule, period: Period, on: date, hired_on: date) -> list[Finding]:
    start, found = format_date(period.start), []
    earliest = on - timedelta(days=law["retroactive_days_max"])
    if period.start < earliest:
        found.append(
            refusal(
                law,
                f"La suspension commencerait le {start}\u202f: au plus "
                f"{law['retroactive_days_max']}\u00a0jours en arrière, soit le {format_date(earliest)}.",
            )
        )
    if period.start < hired_on:
        found.append(
            refusal(
                law, f"La suspension commencerait le {start}, avant l’embauche du {format_date(hired_on)}."
            )
        )
    return found


def check_prolongation(
    known: Pass,
    asked: Request,
    *,
    on: date,
    holder: Holder,
    kind: str = ACI,
    is_latest: bool = True,
    pending: bool = False,
) -> list[Finding]:
    """From 12 months before the end to 6 after, one at a time, within the limits of its reason."""
    law = rule("pass_iae", "prolongation", on)
    found = _check_reason("prolongation_reasons", asked.reason, on, kind)
    if found:
        return found
    reason = listed("prolongation_reasons", on)[asked.reason]
    return [
        *_check_window(law, known, on),
        *_check_alone(law, known, on, is_latest, pending),
        *_check_days(law, known, asked, reason),
        *_check_holder(reason, asked, holder),
        *_check_file(reason, asked),
    ]


def _check_window(law: Rule, known: Pass, on: date) -> list[Finding]:
    opens = plus_months(known.end, -law["months_before"])
    closes = plus_months(known.end, law["months_after"])
    if opens <= on <= closes:
        return []
    return [refusal(law, f"Une prolongation se demande du {format_date(opens)} au {format_date(closes)}.")]


def _check_alone(law: Rule, known: Pass, on: date, is_latest: bool, pending: bool) -> list[Finding]:
    found = []
    if not is_latest:
        found.append(refusal(law, "Seul le dernier PASS d’une personne se prolonge."))
    if pending:
        found.append(refusal(law, "Une demande attend déjà sa réponse."))
    if known.suspension_on(on):
        found.append(refusal(law, "Le PASS est suspendu\u202f: levez d’abord la suspension."))
    return found


def _check_days(law: Rule, known: Pass, asked: Request, reason: Rule) -> list[Finding]:
    """At least a day, from the end; so many days a request, so many in all for that PASS."""
    found = []
    days = (asked.end - asked.start).days
    if asked.start != known.end:
        found.append(
            refusal(law, f"Une prolongation commence à la fin du PASS, le {format_date(known.end)}.")
        )
    if days < 1:
        return [*found, refusal(law, "Une prolongation dure au moins un jour.")]
    most = int(reason["request_days_max"])
    if days > most:
        found.append(
            refusal(
                reason,
                f"{format_decimal(days)}\u00a0jours\u202f: {format_decimal(most)} au plus par demande.",
            )
        )
    left = remaining_days(known, reason)
    if left is not None and days > left:
        found.append(
            refusal(
                reason,
                f"{format_decimal(days)}\u00a0jours\u202f: il en reste {format_decimal(left)} "
                f"sur {format_decimal(int(reason['total_days_max']))}.",
            )
        )
    if reason["code"] == "COMPLETE_TRAINING":
        if asked.training_end is None:
            found.append(refusal(reason, "Écrivez la date de fin de la formation."))
        elif asked.end > asked.training_end:
            found.append(refusal(reason, f"La formation finit le {format_date(asked.training_end)}."))
    return found


def remaining_days(known: Pass, reason: Rule) -> int | None:
    """Its limit less every earlier prolongation of that PASS; None without limit."""
    if not reason["total_days_max"]:
        return None
    return max(0, int(reason["total_days_max"]) - sum(p.days for p in known.prolongations))


def _check_holder(reason: Rule, asked: Request, holder: Holder) -> list[Finding]:
    found = []
    years = age(holder.born, asked.start)
    if reason["age_min"] and years < int(reason["age_min"]):
        found.append(
            refusal(
                reason,
                f"{years}\u00a0ans le {format_date(asked.start)}\u202f: "
                f"ce motif demande {reason['age_min']}\u00a0ans.",
            )
        )
    if reason["rqth"] == "oui" and not holder.rqth:
        found.append(refusal(reason, "Ce motif demande une reconnaissance de travailleur handicapé valable."))
    return found


def _check_file(reason: Rule, asked: Request) -> list[Finding]:
    found = []
    if reason["opinion"] == "oui" and not asked.opinion:
        found.append(
            refusal(reason, "Ce motif demande l’avis d’un prescripteur habilité\u202f: choisissez-le.")
        )
    if asked.phone_interview and not (asked.email and asked.phone):
        found.append(refusal(reason, "L’entretien téléphonique demande une adresse e-mail et un numéro."))
    return found


def _check_reason(file: str, code: str, on: date, kind: str) -> list[Finding]:
    """A reason of the list, still selectable, open to that kind of structure."""
    reasons = listed(file, on)
    reason = reasons.get(code)
    if reason is None or reason.get("selectable") == "non":
        shown = reason["label"] if reason else code
        return [
            refusal(
                next(iter(reasons.values())),
                f"« {shown} » ne se choisit pas\u202f: prenez un motif de la liste.",
            )
        ]
    if reason["kinds"] and kind not in reason["kinds"].split():
        return [refusal(reason, f"« {reason['label']} » n’est pas ouvert à cette structure ({kind}).")]
    return []
