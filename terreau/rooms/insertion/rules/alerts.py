"""What awaits the counsellor and the direction, computed from dates; nothing is stored.

Blocking bounds (PMSMP, CDI inclusion) are checks of their own; the receipts ratio is in `receipts`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from terreau.measures.dated import cited
from terreau.measures.french import format_date, format_decimal
from terreau.measures.periods import Period, Span, plus_months
from terreau.rooms.insertion.rules.hours import Annex, ByMonth, Consumption, consumption, mean_etp
from terreau.rooms.insertion.rules.law import Finding, rule, warning


class Kind(StrEnum):
    DIAGNOSIS = "diagnosis"
    REVIEW = "review"
    CONTRACT_END = "contract_end"
    CDDI_TOTAL = "cddi_total"
    PASS_END = "pass_end"
    SUSPENSION = "suspension"
    RESIDENCE_PERMIT = "residence_permit"
    RQTH = "rqth"
    MEDICAL_VISIT = "medical_visit"
    PROFESSIONAL_INTERVIEW = "professional_interview"
    AFTER_EXIT = "after_exit"


PAPERS = {
    Kind.RESIDENCE_PERMIT: "Le titre de séjour finit",
    Kind.RQTH: "La reconnaissance de travailleur handicapé finit",
    Kind.MEDICAL_VISIT: "La visite médicale est à refaire",
}


@dataclass(frozen=True, slots=True)
class Alert:
    kind: Kind
    due: date
    sentence: str
    article: str

    def is_late(self, on: date) -> bool:
        return self.due < on


@dataclass(frozen=True, slots=True)
class Situation:
    """The dates of a person's pathway; one that is unknown, or not concerned, is None.

    `news_due`: when news of who left are still to be asked.
    `cumulated`: the CDDI duration at the employer, on that day.
    """

    hired_on: date
    diagnosed_on: date | None = None
    next_review: date | None = None
    contract_end: date | None = None
    cumulated: Span = Span(0)  # noqa: RUF009 (a tuple, as frozen as it looks)
    pass_end: date | None = None
    suspension: Period | None = None
    residence_permit_end: date | None = None
    rqth_end: date | None = None
    medical_visit: date | None = None
    professional_interview_on: date | None = None
    left_on: date | None = None
    news_due: tuple[date, ...] = ()


def alerts(situation: Situation, *, on: date) -> list[Alert]:
    """What is to be done now, the most urgent first. After the exit, only news are awaited."""
    if situation.left_on and situation.left_on < on:
        found = _after_exit(situation, on)
    else:
        found = [
            *_diagnosis(situation, on),
            *_review(situation, on),
            *_contract(situation, on),
            *_pass(situation, on),
            *_papers(situation, on),
            *_professional_interview(situation, on),
        ]
    return sorted(found, key=lambda alert: (alert.due, alert.kind))


def _diagnosis(known: Situation, on: date) -> list[Alert]:
    law = rule("alerts", "diagnosis", on)
    due = known.hired_on + timedelta(days=law["after_days"])
    if known.diagnosed_on or on < due:
        return []
    sentence = f"Diagnostic d’entrée à faire\u202f: attendu le {format_date(due)}."
    return [Alert(Kind.DIAGNOSIS, due, sentence, cited(law))]


def _review(known: Situation, on: date) -> list[Alert]:
    """Due on its day; once the entry diagnosis is made, a next one is always planned."""
    law = rule("alerts", "review", on)
    if known.next_review is None:
        if known.diagnosed_on is None:
            return []
        return [Alert(Kind.REVIEW, on, "Aucun prochain entretien n’est prévu.", cited(law))]
    if on < known.next_review:
        return []
    shown = format_date(known.next_review)
    return [Alert(Kind.REVIEW, known.next_review, f"Entretien prévu le {shown}.", cited(law))]


def _contract(known: Situation, on: date) -> list[Alert]:
    law, total = (rule("alerts", name, on) for name in ("contract_end", "cddi_total"))
    found = []
    end = known.contract_end
    if end and on >= end - timedelta(days=law["ahead_days"]):
        found.append(Alert(Kind.CONTRACT_END, end, f"Le contrat finit le {format_date(end)}.", cited(law)))
    if known.cumulated >= Span(total["at_months"]):
        limit = rule("contracts", "total_max", on)["value"]
        sentence = f"{known.cumulated} de CDDI en tout\u202f: la limite est de {limit}\u00a0mois."
        found.append(Alert(Kind.CDDI_TOTAL, end or on, sentence, cited(total)))
    return found


def _pass(known: Situation, on: date) -> list[Alert]:
    law, suspended = (rule("alerts", name, on) for name in ("pass_end", "suspension"))
    found = []
    end = known.pass_end
    if end and on >= plus_months(end, -law["ahead_months"]):
        found.append(Alert(Kind.PASS_END, end, f"Le PASS finit le {format_date(end)}.", cited(law)))
    if known.suspension is None:
        return found
    stops, long = known.suspension.end, plus_months(known.suspension.start, suspended["long_months"])
    if on >= stops:
        sentence = f"La suspension du PASS finit le {format_date(stops)}\u202f: levez-la ou prolongez-la."
        found.append(Alert(Kind.SUSPENSION, stops, sentence, cited(suspended)))
    elif on >= long:
        sentence = f"PASS suspendu depuis plus de {suspended['long_months']}\u00a0mois."
        found.append(Alert(Kind.SUSPENSION, long, sentence, cited(suspended)))
    return found


def _papers(known: Situation, on: date) -> list[Alert]:
    law = rule("alerts", "papers", on)
    ends = {
        Kind.RESIDENCE_PERMIT: known.residence_permit_end,
        Kind.RQTH: known.rqth_end,
        Kind.MEDICAL_VISIT: known.medical_visit,
    }
    return [
        Alert(kind, end, f"{PAPERS[kind]} le {format_date(end)}.", cited(law))
        for kind, end in ends.items()
        if end and on >= plus_months(end, -law["ahead_months"])
    ]


def _professional_interview(known: Situation, on: date) -> list[Alert]:
    law = rule("alerts", "professional_interview", on)
    due = plus_months(known.professional_interview_on or known.hired_on, law["after_months"])
    if on < due:
        return []
    return [Alert(Kind.PROFESSIONAL_INTERVIEW, due, "Entretien professionnel à mener.", cited(law))]


def _after_exit(known: Situation, on: date) -> list[Alert]:
    law = rule("alerts", "after_exit", on)
    awaited = [due for due in known.news_due if due <= on]
    return [
        Alert(Kind.AFTER_EXIT, due, "Prendre des nouvelles après la sortie.", cited(law)) for due in awaited
    ]


def check_consumption(annex: Annex, by_month: ByMonth, *, on: date) -> list[Finding]:
    """Each month, the mean ETP of the months entered against the contracted one."""
    law = rule("alerts", "consumption", on)
    mean = mean_etp(by_month, annex.hours_per_etp)
    if mean is None:
        return []
    status = consumption(mean, annex.monthly_etp)
    if status == Consumption.MET:
        return []
    shown = f"{format_decimal(mean, places=2)} ETP en moyenne pour {format_decimal(annex.monthly_etp)}"
    return [warning(law, f"{annex.number}\u202f: {status}, {shown} conventionnés.")]
