"""A place lent: an agreement for its terms, an operation for its days, another when it is given back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from terreau.ledger.actions import NewProcess, agree, open_processes
from terreau.ledger.models import GIVEN_BACK, Agreement, AgreementKind, Per, Process, ProcessKind
from terreau.territory.models import Ecopole, Place


def lend_place(
    *, ecopole: Ecopole, place: Place, to_id: int, starts_on: date, ends_on: date, note: str, key: str
) -> Agreement:
    """A place lent by who holds it, both days included: terms, and an operation there under the same key."""
    agreement = agree(
        ecopole=ecopole, kind=AgreementKind.LOAN, provider_id=place.agent_id, receiver_id=to_id,
        per=Per.SEASON, starts_on=starts_on, ends_on=ends_on, note=note, key=key,
    )  # fmt: skip
    there = NewProcess(
        kind=ProcessKind.OTHER, key=key, label=AgreementKind.LOAN.label, agent_id=to_id, place_id=place.pk,
        planned_for=starts_on,
    )  # fmt: skip
    open_processes(ecopole=ecopole, processes=[there])
    return agreement


def give_back(*, ecopole: Ecopole, loans: Collection[str], on: date) -> None:
    """Places lent, given back before their term: free again from that day on."""
    known = Process.objects.filter(ecopole=ecopole, key__in=loans)
    back = [
        NewProcess(
            kind=ProcessKind.OTHER, key=f"{row.key}{GIVEN_BACK}", label="rendu", agent_id=row.agent_id,
            place_id=row.place_id, planned_for=on,
        )
        for row in known
    ]  # fmt: skip
    open_processes(ecopole=ecopole, processes=back)


@dataclass(frozen=True, slots=True)
class PlaceLent:
    """A place that another has for some days, both included."""

    place_id: int
    to: str
    since: date
    until: date


def places_lent(ecopole: Ecopole, first: date, last: date) -> list[PlaceLent]:
    """Those lent on one of these days, both included, and not given back before. Two queries."""
    terms = Agreement.objects.filter(
        ecopole=ecopole, kind=AgreementKind.LOAN, starts_on__lte=last, ends_on__gte=first
    )
    told = {key: (since, until) for key, since, until in terms.values_list("key", "starts_on", "ends_on")}
    rows = Process.objects.filter(
        ecopole=ecopole, key__in=[*told, *(f"{key}{GIVEN_BACK}" for key in told)], place__isnull=False
    )
    there = {row.key: row for row in rows.select_related("agent")}
    found = []
    for key, (since, until) in told.items():
        back, row = there.get(f"{key}{GIVEN_BACK}"), there.get(key)
        ends = until or date.max
        if back and back.planned_for:
            ends = min(ends, back.planned_for - timedelta(days=1))
        if row and ends >= first:
            found.append(PlaceLent(row.place_id or 0, str(row.agent), since, ends))
    return sorted(found, key=lambda one: (one.place_id, one.since))
