"""Files read for many people at once, in a fixed number of queries, as the rules' own values."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from terreau.rooms.insertion.access import Part
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
    Withdrawal,
)
from terreau.rooms.insertion.rules import contracts, exits, pass_iae, pmsmp
from terreau.rooms.insertion.rules.alerts import Alert, Kind, Situation, alerts
from terreau.rooms.insertion.rules.dates import Period

ALERT_PARTS = {
    Kind.CONTRACT_END: Part.CONTRACT,
    Kind.CDDI_TOTAL: Part.CONTRACT,
    Kind.PASS_END: Part.PASS,
    Kind.SUSPENSION: Part.PASS,
    Kind.RQTH: Part.HEALTH,
    Kind.MEDICAL_VISIT: Part.HEALTH,
}
READ = (
    Amendment, Contract, Exit, Extension, FollowUp, Interview, LowHours, PassIae, PassProlongation,
    PassSuspension, Pmsmp,
)  # fmt: skip


class Files:
    """What stands in the files of these people; Papers, which say something of health, only when asked.

    `only`: a page of figures reads the lines that it counts, and no others.
    """

    def __init__(
        self,
        people: Iterable[Participant],
        *,
        papers: bool = False,
        more: tuple[type[Any], ...] = (),
        only: tuple[type[Any], ...] = READ,
    ):
        self.numbers = [person.pk for person in people]
        withdrawn = set(
            Withdrawal.objects.filter(participant__in=self.numbers).values_list(
                "participant", "model", "fact"
            )
        )
        self.rows: dict[type, dict[int, list[Any]]] = {}
        asked: tuple[type[Any], ...] = (*only, *([Paper] if papers else []), *more)
        for model in asked:
            rows: Any = model._default_manager.filter(participant__in=self.numbers).order_by("id")
            if model is PassProlongation:
                rows = rows.select_related("answer")
            by_person: dict[int, list[Any]] = defaultdict(list)
            for row in rows:
                if (row.participant_id, model._meta.model_name, row.key) not in withdrawn:
                    by_person[row.participant_id].append(row)
            self.rows[model] = by_person

    def of(self, model: type, person: Participant) -> list[Any]:
        return self.rows.get(model, {}).get(person.pk, [])

    def contract(self, row: Contract, person: Participant) -> contracts.Contract:
        amendments = [a for a in self.of(Amendment, person) if a.contract_id == row.pk]
        leaves = [low for low in self.of(LowHours, person) if low.contract_id == row.pk]
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
            low_hours=low_hours(leaves[-1]) if leaves else None,
            sentence_adjusted=bool(row.shortened),
        )

    def signed(self, person: Participant) -> list[tuple[Contract, contracts.Contract]]:
        rows = sorted(self.of(Contract, person), key=lambda row: row.starts_on)
        return [(row, self.contract(row, person)) for row in rows]

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
                if p.pass_iae_id == row.pk and granted(p)
            ),
        )

    def pending(self, person: Participant) -> PassProlongation | None:
        """The prolongation that awaits its answer."""
        asked = self.of(PassProlongation, person)
        return next((p for p in asked if getattr(p, "answer", None) is None), None)

    def immersions(self, person: Participant) -> list[pmsmp.Pmsmp]:
        return [
            pmsmp.Pmsmp(row.host, pmsmp.Object(row.object), Period(row.starts_on, row.ends_on))
            for row in self.of(Pmsmp, person)
        ]

    def situation(self, person: Participant, on: date) -> Situation | None:
        """The dates of a pathway; None before the first hire."""
        signed = [known for _, known in self.signed(person)]
        if not signed:
            return None
        last, known = signed[-1], self.latest_pass(person)
        held = sorted(self.of(Interview, person), key=lambda row: (row.held_on, row.pk))
        entries = [row.held_on for row in held if row.kind == InterviewKind.ENTRY]
        gone = self.gone(person)
        papers = {row.kind: row.valid_until for row in self.of(Paper, person)}
        suspended = known[1].suspensions[-1:] if known else ()
        return Situation(
            hired_on=signed[0].start,
            diagnosed_on=entries[0] if entries else None,
            next_review=held[-1].next_on if held else None,
            contract_end=last.last_day,
            cumulated=contracts.cumulated(signed, employer=last.employer, until=on),
            pass_end=known[1].end if known else None,
            suspension=suspended[0].period if suspended and suspended[0].period.start <= on else None,
            residence_permit_end=papers.get(Kind.RESIDENCE_PERMIT),
            rqth_end=papers.get(Kind.RQTH),
            medical_visit=papers.get(Kind.MEDICAL_VISIT),
            professional_interview_on=next((r.held_on for r in reversed(held) if r.professional), None),
            left_on=gone.left_on if gone else None,
            news_due=self.news_due(person, gone) if gone else (),
        )

    def gone(self, person: Participant) -> Exit | None:
        """The exit that ended the last contract; None for who is here, or here again."""
        left, signed = self.of(Exit, person), self.signed(person)
        return left[-1] if left and signed and left[-1].contract_id == signed[-1][0].pk else None

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


def granted(row: PassProlongation) -> bool:
    answer = getattr(row, "answer", None)
    return bool(answer and answer.granted)


def low_hours(row: LowHours) -> contracts.LowHours:
    return contracts.LowHours(row.starts_on, row.ends_on, row.diagnosed_on, row.reviewed_on)
