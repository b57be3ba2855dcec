"""The insertion contract: how short, how long, how many hours a week, and by whose decision beyond that."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from terreau.measures.dated import Rule
from terreau.measures.french import format_date, format_decimal, format_percent
from terreau.measures.periods import DAY, Period, Span, age, total
from terreau.rooms.insertion.rules.law import Finding, refusal, rule, warning


class Kind(StrEnum):
    CDDI = "cddi"
    # Variants of the CDDI: « premières heures en chantier », « Convergence ».
    CDDI_PHC = "cddi_phc"
    CDDI_CVG = "cddi_cvg"
    CDI_INCLUSION = "cdi_inclusion"


class Reason(StrEnum):
    """Why a CDDI may go beyond 24 months."""

    TRAINING = "training"
    SENIOR = "senior"
    DIFFICULTY = "difficulty"


@dataclass(frozen=True, slots=True)
class Amendment:
    """What changes from a day on: another end, other hours, or both."""

    since: date
    end: date | None = None
    weekly_hours: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LowHours:
    """Leave to work less than 20 h a week."""

    since: date
    until: date
    # The day of the diagnosis of France Travail; the day the employer looked at it again.
    diagnosed_on: date | None = None
    reviewed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Leave to go beyond 24 months: from a day to a day, by an authorised prescriber or by the employer."""

    reason: Reason
    decided_on: date
    since: date
    until: date
    by_prescriber: bool = False
    # For a training: the day it ends. For a senior: whether the ACI recruited without a prescriber.
    training_end: date | None = None
    direct_hire: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract as signed, its amendments, and the day it really ended when it was cut short."""

    employer: str
    kind: Kind
    start: date
    end: date | None
    weekly_hours: Decimal
    amendments: tuple[Amendment, ...] = ()
    left_on: date | None = None
    low_hours: LowHours | None = None
    sentence_adjusted: bool = False

    @property
    def fixed_term(self) -> bool:
        return self.kind != Kind.CDI_INCLUSION

    @property
    def last_day(self) -> date | None:
        """The end as amended, or the day of leaving; none while a CDI lasts."""
        if self.left_on:
            return self.left_on
        if not self.amendments:
            return self.end
        ends = [change.end for change in self._changes if change.end]
        return ends[-1] if ends else self.end

    def period(self, until: date = date.max) -> Period:
        return Period(self.start, max(self.start, min(self.last_day or until, until)))

    def hours_on(self, day: date) -> Decimal:
        """The weekly hours on a day of the contract; none outside it."""
        if day < self.start or (self.last_day and day > self.last_day):
            return Decimal(0)
        return [hours for since, hours in self.stretches if since <= day][-1]

    @property
    def stretches(self) -> list[tuple[date, Decimal]]:
        """Since when, how many hours a week."""
        changed = [(c.since, c.weekly_hours) for c in self._changes if c.weekly_hours is not None]
        return [(self.start, self.weekly_hours), *changed]

    def within(self, period: Period) -> list[tuple[Period, Decimal]]:
        """The parts of a period under contract, each with its weekly hours."""
        last = self.last_day or period.end
        if self.start > period.end or last < period.start:
            return []
        stretches, found = self.stretches, []
        ends = [since - DAY for since, _ in stretches[1:]] + [last]
        for (since, hours), until in zip(stretches, ends, strict=True):
            start, end = max(since, period.start), min(until, last, period.end)
            if start <= end:
                found.append((Period(start, end), hours))
        return found

    @property
    def _changes(self) -> list[Amendment]:
        return sorted(self.amendments, key=lambda change: change.since)


@dataclass(frozen=True, slots=True)
class Holder:
    """What the rules ask of the person, and nothing else."""

    born: date
    rqth: bool = False


def check(
    contract: Contract,
    *,
    holder: Holder,
    others: Sequence[Contract] = (),
    decisions: Sequence[Decision] = (),
    pass_end: date | None = None,
    prolongation_asked: bool = False,
) -> list[Finding]:
    """All that is to be said of a contract, before it is signed or amended."""
    return [
        *check_length(contract),
        *check_hours(contract),
        *check_cdi(contract, holder),
        *check_overlap(contract, others),
        *check_total(contract, others=others, holder=holder, decisions=decisions),
        *check_pass(contract, pass_end, prolongation_asked),
    ]


def check_length(contract: Contract) -> list[Finding]:
    """A CDDI is signed for four months at least, except for a person whose sentence is adjusted (L5132-15-1).

    A renewal is an amendment: it may be shorter.
    """
    floor = rule("contracts", "length_min", contract.start)
    if not contract.fixed_term or contract.sentence_adjusted:
        return []
    if contract.end is None:
        return [refusal(floor, "Un CDDI a une date de fin\u202f: écrivez-la.")]
    if contract.end < contract.start:
        return [refusal(floor, "Le contrat finit avant de commencer\u202f: corrigez ses dates.")]
    length = Period(contract.start, contract.end).span
    if length >= Span(floor["value"]):
        return []
    return [
        refusal(
            floor,
            f"CDDI de {length}\u202f: il dure au moins {floor['value']}\u00a0mois, "
            "sauf pour une personne dont la peine est aménagée.",
        )
    ]


def check_hours(contract: Contract) -> list[Finding]:
    """From 20 to 35 hours a week, stretch by stretch; under 20, on leave for risk of great exclusion."""
    found: list[Finding] = []
    stretches = contract.stretches
    for place, (since, hours) in enumerate(stretches):
        bounds = rule("contracts", "weekly_hours", since)
        shown = f"{format_decimal(hours)}\u00a0h par semaine à partir du {format_date(since)}"
        if hours > Decimal(bounds["max"]):
            found.append(refusal(bounds, f"{shown}\u202f: {bounds['max']}\u00a0h au plus."))
        elif contract.fixed_term and hours < Decimal(bounds["min"]):
            following = stretches[place + 1][0] - DAY if place + 1 < len(stretches) else contract.last_day
            found += _check_low_hours(contract, since, following, f"{shown}\u202f: ", bounds["min"])
    return found


def _check_low_hours(
    contract: Contract, since: date, until: date | None, shown: str, floor: str
) -> list[Finding]:
    """Six months at most, more once the employer has looked at it again; France Travail diagnoses."""
    known = rule("contracts", "low_hours", since)
    leave = contract.low_hours
    if leave is None or leave.since > since or (until and leave.until < until):
        return [
            refusal(
                known,
                f"{shown}moins de {floor}\u00a0h demandent une dérogation pour toute cette période "
                "(risque de grande exclusion).",
            )
        ]
    if leave.diagnosed_on is None:
        return [refusal(known, f"{shown}écrivez la date du diagnostic de France Travail.")]
    if Period(leave.since, leave.until).span > Span(known["months_max"]) and leave.reviewed_on is None:
        return [
            refusal(
                known,
                f"{shown}au-delà de {known['months_max']}\u00a0mois, "
                "écrivez la date de l’examen par l’employeur.",
            )
        ]
    return []


def check_cdi(contract: Contract, holder: Holder) -> list[Finding]:
    """A CDI inclusion is for people of 57 or more (D5132-43-13), and has no end."""
    if contract.fixed_term:
        return []
    known = rule("contracts", "cdi_inclusion_age", contract.start)
    found = []
    years = age(holder.born, contract.start)
    if years < known["value"]:
        found.append(
            refusal(
                known,
                f"{years}\u00a0ans à l’embauche\u202f: le CDI inclusion demande {known['value']}\u00a0ans.",
            )
        )
    if contract.end:
        found.append(refusal(known, "Un CDI inclusion n’a pas de date de fin\u202f: retirez-la."))
    return found


def check_overlap(contract: Contract, others: Iterable[Contract]) -> list[Finding]:
    """Two contracts of a person never overlap at the same employer; at two employers, one is warned."""
    known = rule("contracts", "overlap", contract.start)
    found = []
    for other in others:
        if not contract.period().overlaps(other.period()):
            continue
        end = f" au {format_date(other.last_day)}" if other.last_day else ""
        same = other.employer == contract.employer
        where = "" if same else " chez un autre employeur"
        found.append(
            Finding(
                same,
                f"Un autre contrat court déjà{where}, du {format_date(other.start)}{end}.",
                known["article"],
            )
        )
    return found


def cumulated(contracts: Iterable[Contract], *, employer: str, until: date = date.max) -> Span:
    """How long a person has been under CDDI at an employer, up to a day; gaps do not count."""
    return total(
        contract.period(until)
        for contract in contracts
        if contract.fixed_term and contract.employer == employer and contract.start <= until
    )


def check_total(
    contract: Contract, *, others: Sequence[Contract], holder: Holder, decisions: Sequence[Decision]
) -> list[Finding]:
    """24 months in all at an employer; beyond, a dated decision for one of three reasons (L5132-15-1)."""
    limit = rule("contracts", "total_max", contract.start)
    end = contract.last_day
    if not contract.fixed_term or end is None:
        return []
    length = cumulated([*others, contract], employer=contract.employer, until=end)
    if length <= Span(limit["value"]):
        return []
    covering = [decision for decision in decisions if decision.since <= end <= decision.until]
    if not covering:
        return [
            refusal(
                limit,
                f"{length} de CDDI en tout au {format_date(end)}\u202f: "
                f"au-delà de {limit['value']}\u00a0mois, il faut un motif et la date de la décision.",
            )
        ]
    return check_decision(covering[-1], end=end, length=length, holder=holder)


def check_decision(decision: Decision, *, end: date, length: Span, holder: Holder) -> list[Finding]:
    """Whether a decision may carry a contract to that end, its total length being known."""
    known = rule("contracts", f"beyond_{decision.reason}", decision.since)
    found = []
    if decision.decided_on > decision.since:
        found.append(
            refusal(
                known,
                f"La décision du {format_date(decision.decided_on)} vient après le "
                f"{format_date(decision.since)}\u202f: elle doit le précéder.",
            )
        )
    return found + BEYOND[decision.reason](decision, known, end, length, holder)


def _training(decision: Decision, known: Rule, end: date, length: Span, holder: Holder) -> list[Finding]:
    if decision.training_end is None:
        return [refusal(known, "Écrivez la date de fin de la formation en cours.")]
    if end > decision.training_end:
        return [
            refusal(
                known, f"La formation finit le {format_date(decision.training_end)}\u202f: le contrat aussi."
            )
        ]
    return []


def _senior(decision: Decision, known: Rule, end: date, length: Span, holder: Holder) -> list[Finding]:
    found = []
    years = age(holder.born, decision.since)
    if years < known["age_min"] and not holder.rqth:
        found.append(
            refusal(
                known,
                f"{years}\u00a0ans, sans reconnaissance de travailleur handicapé\u202f: ce motif demande "
                f"{known['age_min']}\u00a0ans, ou cette reconnaissance.",
            )
        )
    if not decision.by_prescriber and not decision.direct_hire:
        found.append(refusal(known, "Un prescripteur habilité décide, sauf recrutement direct par l’ACI."))
    doubt = rule("contracts", "beyond_senior_total", decision.since)
    if length > Span(doubt["value"]):
        found.append(warning(doubt, f"{length} en tout\u202f: plus de {doubt['value']}\u00a0mois."))
    return found


def _difficulty(decision: Decision, known: Rule, end: date, length: Span, holder: Holder) -> list[Finding]:
    found = []
    added = Period(decision.since, decision.until).span
    if added > Span(known["decision_max"]):
        found.append(
            refusal(known, f"Décision pour {added}\u202f: {known['decision_max']}\u00a0mois au plus.")
        )
    if length > Span(known["total_max"]):
        found.append(refusal(known, f"{length} en tout\u202f: {known['total_max']}\u00a0mois au plus."))
    return found


BEYOND = {Reason.TRAINING: _training, Reason.SENIOR: _senior, Reason.DIFFICULTY: _difficulty}


def check_pass(contract: Contract, pass_end: date | None, prolongation_asked: bool) -> list[Finding]:
    """A contract ends with the PASS at the latest, unless a prolongation is under way: a warning."""
    end = contract.last_day
    if not contract.fixed_term or end is None or pass_end is None or end <= pass_end or prolongation_asked:
        return []
    return [
        warning(
            rule("contracts", "pass_end", contract.start),
            f"Le contrat finit le {format_date(end)}, le PASS le {format_date(pass_end)}\u202f: "
            "demandez une prolongation.",
        )
    ]


def check_cdi_share(
    *, cdi_posts: Decimal, full_time_posts: Decimal, derogation: bool, on: date
) -> list[Finding]:
    """CDI inclusion: 20 % of the full-time insertion posts of the convention, 30 % by leave of the préfet."""
    known = rule("contracts", "cdi_inclusion_share", on)
    ceiling = Decimal(known["derogation_max" if derogation else "max"])
    if cdi_posts <= ceiling * full_time_posts:
        return []
    return [
        refusal(
            known,
            f"{format_decimal(round(cdi_posts, 2))} postes en CDI inclusion "
            f"sur {format_decimal(round(full_time_posts, 2))}\u202f: {format_percent(ceiling)} au plus"
            + ("." if derogation else ", sauf dérogation du préfet."),
        )
    ]
