"""What became of the tests: counts, hectares and jobs, never a person; under five, it is masked."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from terreau.rooms.incubator.models import Becoming, Contract, Exit, FollowUp, Installation, Step, StepKind
from terreau.territory.counts import masked
from terreau.territory.models import Ecopole


@dataclass(frozen=True)
class After:
    """Of those settled so many years ago of whom one has news: how many still farm."""

    years: int
    heard: int | None
    farming: int | None
    anchored: Decimal | None


@dataclass(frozen=True)
class Outcomes:
    """Between two days. None: fewer than five people, or what would tell of them."""

    started: int | None
    left: int | None
    settled: int | None
    hectares: Decimal | None
    jobs: Decimal | None
    anchored: Decimal | None
    after: tuple[After, ...]


def outcomes(ecopole: Ecopole, first: date, last: date) -> Outcomes:
    """Tests begun, left and settled from a day to a day, both included. Four queries."""
    begun = Contract.objects.filter(project__ecopole=ecopole, signed_on__isnull=False, rank=0)
    started = begun.filter(starts_on__range=(first, last)).values("project").distinct().count()
    left = Step.objects.filter(project__ecopole=ecopole, kind=StepKind.LEFT, on__range=(first, last))
    exits = Counter(left.values_list("exit", flat=True))
    settled, gone = exits[Exit.SETTLED], exits.total()
    rows = Installation.objects.filter(project__ecopole=ecopole, on__range=(first, last))
    sums = rows.aggregate(*(Sum(name) for name in ("hectares", "jobs", "anchored")))
    told = masked(settled) if masked(gone - settled) is not None else None
    amounts = [sums[f"{name}__sum"] or Decimal(0) for name in ("hectares", "jobs", "anchored")]
    hectares, jobs, anchored = amounts if told is not None else [None] * 3
    return Outcomes(
        masked(started), masked(gone), told, hectares, jobs, anchored, _after(ecopole, first, last)
    )


def _after(ecopole: Ecopole, first: date, last: date) -> tuple[After, ...]:
    rows = FollowUp.objects.filter(project__ecopole=ecopole, project__installation__on__range=(first, last))
    heard: Counter[int] = Counter()
    farming: Counter[int] = Counter()
    anchored: dict[int, Decimal] = {}
    for years, state, jobs in rows.order_by("years").values_list("years", "state", "anchored"):
        heard[years] += 1
        farming[years] += state != Becoming.STOPPED
        anchored[years] = anchored.get(years, Decimal(0)) + jobs
    return tuple(
        After(
            years, masked(count),
            # The rest is those who stopped: they are not to be counted by subtraction.
            farming[years] if _both(count, farming[years]) else None,
            anchored[years] if masked(count) is not None else None,
        )
        for years, count in sorted(heard.items())
    )  # fmt: skip


def _both(whole: int, part: int) -> bool:
    return None not in (masked(whole), masked(part), masked(whole - part))
