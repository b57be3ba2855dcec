"""The gestures of a week: on which bed, how many hours, which are late; and the hands there are for them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_UP, Decimal

from django.db.models import QuerySet, Sum
from django.utils import timezone

from terreau.ledger.effects import Action
from terreau.ledger.models import Event, Process, ProcessKind
from terreau.ledger.queries import STANDING, CommitmentLine, State, commitments
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.queries.hands import available, crews
from terreau.rooms.garden.queries.land import BedLine, beds
from terreau.rooms.garden.queries.plantings import GESTURES
from terreau.territory.models import Agent, Ecopole, Place
from terreau.territory.queries import bed_order

# A gesture left undone longer is no longer asked for: the season has gone by without it.
LATE_WEEKS = 8
NO_BLOCK = "Hors bloc"
HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class Task:
    """A gesture of a planting, promised for a week. It is late once its week is over, not before."""

    line: CommitmentLine
    crop: str
    bed: Place
    block: str
    week: IsoWeek
    late: bool

    @property
    def trade(self) -> str:
        return self.line.commitment.product.code

    @property
    def gesture(self) -> str:
        return GESTURES[self.trade]

    @property
    def hours(self) -> Decimal:
        """What remains, as one says it: half a minute is not told."""
        return self.line.remaining.quantize(HUNDREDTH, ROUND_UP)


def tasks(ecopole: Ecopole, garden: Agent, week: IsoWeek, today: date) -> list[Task]:
    """What is still to be done in a week; in the current one, what is late comes first. Three queries."""
    now = IsoWeek.of(today)
    first = week - LATE_WEEKS if week == now else week
    lines = commitments(
        ecopole,
        due=(first.monday, week.sunday),
        provider=garden,
        kind=ProcessKind.PLANTING,
        states=(State.OPEN, State.PARTLY_MET),
    )
    return tasks_among(lines, block_names(beds(ecopole, garden)), now)


def tasks_among(lines: Iterable[CommitmentLine], blocks: Mapping[int, str], now: IsoWeek) -> list[Task]:
    """The gestures of plantings among promises already read, late ones first. One query."""
    works = [line for line in lines if line.commitment.action == Action.WORK]
    crops = _crops(line.commitment.process_id for line in works)
    found = []
    for line in works:
        row = line.commitment
        if row.process_id in crops and row.to_place is not None:
            due = IsoWeek.of(row.due_on)
            block = blocks.get(row.to_place.pk, NO_BLOCK)
            found.append(Task(line, crops[row.process_id], row.to_place, block, due, due < now))
    return sorted(found, key=_late_first)


def _late_first(task: Task) -> tuple[bool, list[str], int]:
    return not task.late, bed_order(task.bed.name), task.line.commitment.pk


def _crops(process_ids: Iterable[int | None]) -> dict[int | None, str]:
    """The name of what is planted, for those of these processes that are plantings."""
    wanted = {pk for pk in process_ids if pk is not None}
    rows = Process.objects.filter(pk__in=wanted, kind=ProcessKind.PLANTING)
    return {pk: detail["name"] for pk, detail in rows.values_list("pk", "detail")}


def block_names(land: Sequence[BedLine]) -> dict[int, str]:
    """The block of each bed, by its place; blocks of several plots are told apart."""
    several = len({bed.plot_id for bed in land}) > 1
    return {
        bed.place_id: f"{bed.plot} · bloc {bed.block}" if several else f"Bloc {bed.block}" for bed in land
    }


@dataclass(frozen=True)
class BoardHours:
    """Hours still asked, done, and useful: those of the crews, counted at their productivity.

    `useful` is None where no crew is described.
    """

    todo: Decimal
    done: Decimal
    useful: Decimal | None

    @property
    def asked(self) -> Decimal:
        return self.todo + self.done

    @property
    def missing(self) -> Decimal:
        return max(Decimal(0), self.asked - self.useful) if self.useful is not None else Decimal(0)


def week_hours(ecopole: Ecopole, garden: Agent, week: IsoWeek, due: Iterable[Task]) -> BoardHours:
    """What the week asks, what was done in it, and the hands there are. Two queries."""
    known = crews(ecopole, garden)
    return BoardHours(
        todo=sum((task.line.remaining for task in due), Decimal(0)),
        done=_worked(ecopole, garden, week).aggregate(sum=Sum("quantity"))["sum"] or Decimal(0),
        useful=available(known, week) if known else None,
    )


def work_done(ecopole: Ecopole, garden: Agent, week: IsoWeek, limit: int = 40) -> list[Event]:
    """The week's work that still stands, the latest first, with its crop and its bed."""
    rows = _worked(ecopole, garden, week).select_related("product", "to_place", "process")
    return list(rows.order_by("-occurred_at", "-pk")[:limit])


def _worked(ecopole: Ecopole, garden: Agent, week: IsoWeek) -> QuerySet[Event]:
    start, end = (
        timezone.make_aware(datetime.combine(day, time.min))
        for day in (week.monday, week.sunday + timedelta(days=1))
    )
    return Event.objects.filter(
        STANDING, ecopole=ecopole, provider=garden, action=Action.WORK, product__code__in=GESTURES,
        occurred_at__gte=start, occurred_at__lt=end,
    )  # fmt: skip
