"""Files read for many people at once, in a fixed number of queries, as the rules' own values."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from terreau.measures.periods import Period
from terreau.rooms.insertion.access import Part
from terreau.rooms.insertion.lines import lines
from terreau.rooms.insertion.models import (
    Amendment,
    Contract,
    Exit,
    Extension,
    FollowUp,
    Interview,
    InterviewKind,
    LowHours,
    Paper,
    Participant,
    PassIae,
    PassProlongation,
    PassSuspension,
    Pmsmp,
    ProlongationAnswer,
    SupportAction,
    Training,
)
from terreau.rooms.insertion.rules import contracts, exits, pass_iae, pmsmp
from terreau.rooms.insertion.rules.alerts import Alert, Situation, alerts
from terreau.rooms.insertion.rules.alerts import Kind as Awaited

ALERT_PARTS = {
    Awaited.CONTRACT_END: Part.CONTRACT,
    Awaited.CDDI_TOTAL: Part.CONTRACT,
    Awaited.PASS_END: Part.PASS,
    Awaited.SUSPENSION: Part.PASS,
    Awaited.RQTH: Part.HEALTH,
    Awaited.MEDICAL_VISIT: Part.HEALTH,
}


CONTRACTS = (Contract, Amendment, Exit)
# What a week is filled from.
WEEK = (*CONTRACTS, Pmsmp, Training)
PASSES = (PassIae, PassSuspension, PassProlongation, ProlongationAnswer)
MEETINGS = "meetings"
# All that tells what awaits, papers apart.
AWAITING = (*CONTRACTS, FollowUp, *PASSES, MEETINGS)
# What was said of a leaving, what an action was about: long to unseal, and shown file by file.
LEFT: dict[Any, tuple[str, ...]] = {
    Exit: ("note",), FollowUp: ("note",),
    SupportAction: ("family", "need", "label", "partner", "result", "urgent"),
}  # fmt: skip
Kind = type[Any] | str


class Files:
    """What stands in the files of these people, the kinds of lines read `at_once` in one query for all.

    Papers, which say something of health, only if told so.
    """

    def __init__(
        self, people: Iterable[Participant], at_once: Iterable[Kind] = CONTRACTS, *, papers: bool = False
    ):
        self.numbers = sorted(person.pk for person in people)
        self.papers = papers
        self.at_once = (*at_once, Paper) if papers else tuple(at_once)
        self.read: dict[Kind, Mapping[int, list[Any]]] = {}
        self.contracts: dict[int, list[tuple[Contract, contracts.Contract]]] = {}

    def of(self, kind: Kind, person: Participant) -> list[Any]:
        if kind not in self.read:
            kinds = self.at_once if kind in self.at_once else (kind,)
            self.read |= lines({one: self._rows(one) for one in kinds}, self.numbers, LEFT)
        return self.read[kind][person.id]

    def _rows(self, kind: Any) -> QuerySet[Any]:
        rows: Any = _told(self._whose("pk")) if kind == MEETINGS else kind.objects.all()
        return rows.standing().filter(**self._whose("participant"))

    def _whose(self, field: str) -> dict[str, Any]:
        """Hundreds of numbers are long to say for each kind: most of a stretch is asked for as a stretch."""
        if self.numbers and 2 * len(self.numbers) > self.numbers[-1] - self.numbers[0]:
            return {f"{field}__gte": self.numbers[0], f"{field}__lte": self.numbers[-1]}
        return {f"{field}__in": self.numbers}

    def meetings(self, person: Participant) -> list[Interview]:
        """Of the interviews, those that tell what comes next."""
        return sorted(self.of(MEETINGS, person), key=lambda row: (row.held_on, row.pk))

    def contract(self, row: Contract, person: Participant) -> contracts.Contract:
        amendments = [a for a in self.of(Amendment, person) if a.contract_id == row.pk]
        left = next((gone.left_on for gone in self.of(Exit, person) if gone.contract_id == row.pk), None)
        return contracts.Contract(
            employer=str(row.employer_id),
            kind=contracts.Kind(row.kind),
            start=row.starts_on,
            end=row.ends_on,
            weekly_hours=row.weekly_hours,
            amendments=tuple(
                contracts.Amendment(a.starts_on, a.ends_on, a.weekly_hours)
                for a in sorted(amendments, key=lambda a: (a.starts_on, a.pk))
            ),
            left_on=left,
            sentence_adjusted=bool(row.shortened),
        )

    def leave(self, row: Contract, person: Participant) -> contracts.LowHours | None:
        """The derogation that lets a contract be under 20 h a week."""
        leaves = [low for low in self.of(LowHours, person) if low.contract_id == row.pk]
        return low_hours(leaves[-1]) if leaves else None

    def signed(self, person: Participant) -> list[tuple[Contract, contracts.Contract]]:
        if person.pk not in self.contracts:
            self.contracts[person.pk] = [(row, self.contract(row, person)) for row in self.by_start(person)]
        return self.contracts[person.pk]

    def by_start(self, person: Participant) -> list[Contract]:
        return sorted(self.of(Contract, person), key=lambda row: row.starts_on)

    def decisions(self, person: Participant) -> list[contracts.Decision]:
        return [
            contracts.Decision(
                reason=contracts.Reason(row.reason),
                decided_on=row.decided_on,
                since=row.starts_on,
                until=row.ends_on,
                by_prescriber=row.by_prescriber,
                training_end=row.training_end,
                direct_hire=row.direct_hire,
            )
            for row in self.of(Extension, person)
        ]

    def passes(self, person: Participant) -> list[tuple[PassIae, pass_iae.Pass]]:
        return [(row, self._pass(row, person)) for row in self.of(PassIae, person)]

    def latest_pass(self, person: Participant) -> tuple[PassIae, pass_iae.Pass] | None:
        """Of a person's PASS, only the latest counts."""
        return max(self.passes(person), key=lambda known: known[1].start, default=None)

    def _pass(self, row: PassIae, person: Participant) -> pass_iae.Pass:
        answers = self.answers(person)
        return pass_iae.Pass(
            row.number,
            row.starts_on,
            tuple(
                pass_iae.Suspension(s.reason, Period(s.starts_on, s.ends_on))
                for s in self.of(PassSuspension, person)
                if s.pass_iae_id == row.pk
            ),
            tuple(
                pass_iae.Prolongation(p.reason, p.starts_on, p.ends_on)
                for p in self.of(PassProlongation, person)
                if p.pass_iae_id == row.pk and (answer := answers.get(p.pk)) and answer.granted
            ),
        )

    def pending(self, person: Participant) -> PassProlongation | None:
        """The prolongation that awaits its answer."""
        answers = self.answers(person)
        return next((p for p in self.of(PassProlongation, person) if p.pk not in answers), None)

    def answers(self, person: Participant) -> dict[int, ProlongationAnswer]:
        """What was answered to each prolongation asked."""
        return {row.prolongation_id: row for row in self.of(ProlongationAnswer, person)}

    def immersions(self, person: Participant) -> list[pmsmp.Pmsmp]:
        return [
            pmsmp.Pmsmp(row.host, pmsmp.Object(row.object), Period(row.starts_on, row.ends_on))
            for row in self.of(Pmsmp, person)
        ]

    def situation(self, person: Participant, on: date) -> Situation | None:
        """The dates of a pathway; None before the first hire."""
        rows, gone = self.by_start(person), self.gone(person)
        if not rows:
            return None
        if gone and gone.left_on < on:
            news = self.news_due(person, gone)
            return Situation(hired_on=rows[0].starts_on, left_on=gone.left_on, news_due=news)
        signed = [known for _, known in self.signed(person)]
        last = signed[-1]
        known, held = self.latest_pass(person), self.meetings(person)
        entries = [row.held_on for row in held if row.kind == InterviewKind.ENTRY]
        papers = {row.kind: row.valid_until for row in (self.of(Paper, person) if self.papers else ())}
        suspended = known[1].suspensions[-1:] if known else ()
        return Situation(
            hired_on=signed[0].start,
            diagnosed_on=entries[0] if entries else None,
            next_review=held[-1].next_on if held else None,
            contract_end=last.last_day,
            cumulated=contracts.cumulated(signed, employer=last.employer, until=on),
            pass_end=known[1].end if known else None,
            suspension=suspended[0].period if suspended and suspended[0].period.start <= on else None,
            residence_permit_end=papers.get(Awaited.RESIDENCE_PERMIT),
            rqth_end=papers.get(Awaited.RQTH),
            medical_visit=papers.get(Awaited.MEDICAL_VISIT),
            professional_interview_on=next((r.held_on for r in reversed(held) if r.professional), None),
            left_on=gone.left_on if gone else None,
            news_due=self.news_due(person, gone) if gone else (),
        )

    def gone(self, person: Participant) -> Exit | None:
        """The exit that ended the last contract; None for who is here, or here again."""
        left, rows = self.of(Exit, person), self.by_start(person)
        return left[-1] if left and rows and left[-1].contract_id == rows[-1].pk else None

    def news_due(self, person: Participant, gone: Exit) -> tuple[date, ...]:
        """When news are still to be asked of who left."""
        asked = {row.month for row in self.of(FollowUp, person) if row.exit_id == gone.pk}
        awaited = exits.follow_ups(gone.reason, gone.category, gone.left_on)
        return tuple(due for month, due in awaited.items() if month not in asked)

    def alerts(self, person: Participant, on: date, parts: Iterable[Part]) -> list[Alert]:
        """What awaits, among what the reader may know."""
        known, open_to = self.situation(person, on), set(parts)
        found = alerts(known, on=on) if known else []
        return [alert for alert in found if ALERT_PARTS.get(alert.kind, Part.SOCIAL) in open_to]


def _told(whose: Mapping[str, Any]) -> QuerySet[Interview]:
    """Entries, professional interviews, and the last of each of these people."""
    held = Interview.objects.standing().filter(participant=OuterRef("pk")).order_by("-held_on", "-pk")
    last = Participant.objects.filter(**whose).order_by().values_list(Subquery(held.values("pk")[:1]))
    return Interview.objects.filter(Q(kind=InterviewKind.ENTRY) | Q(professional=True) | Q(pk__in=last))


def low_hours(row: LowHours) -> contracts.LowHours:
    return contracts.LowHours(row.starts_on, row.ends_on, row.diagnosed_on, row.reviewed_on)
