"""The gestures of a week: on which bed, how many hours, which are late; and the hands there are for them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal

from django.db.models import QuerySet, Sum

from terreau.ledger.effects import Action
from terreau.ledger.models import Event, Process, ProcessKind
from terreau.ledger.queries import STANDING, CommitmentLine, State, commitments
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.queries.hands import HUNDREDTH, Hands, compare, crews, working
from terreau.rooms.garden.queries.land import BedLine, beds
from terreau.rooms.garden.queries.plantings import GESTURES
from terreau.territory.clock import moment
from terreau.territory.models import Agent, Ecopole, Place
from terreau.territory.queries import bed_order

# A gesture left undone longer is no longer asked for: the season has gone by without it.
LATE_WEEKS = 8
NO_BLOCK = "Hors bloc"
# Nobody ticks three minutes on each bed: shorter gestures of one crop are told together.
TOGETHER_HOURS_MAX = Decimal("0.25")


@dataclass(frozen=True)
class Task:
    """A gesture of a planting, promised for a week. It is late once its week is over, not before.

    `parts` are the promises it answers: its own, or those of the short gestures told together, whose first
    one is `line`, with the hours of all.
    """

    line: CommitmentLine
    crop: str
    bed: Place
    block: str
    plot: int
    week: IsoWeek
    late: bool
    parts: tuple[CommitmentLine, ...]

    @property
    def where(self) -> str:
        """« Planche A2 », or « Planches A2, A10 » for gestures told together."""
        names = list(dict.fromkeys(str(part.commitment.to_place) for part in self.parts))
        if len(names) == 1:
            return names[0]
        beds = sorted((name.removeprefix("Planche ") for name in names), key=bed_order)
        return f"Planches {', '.join(beds)}"

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
    return tasks_among(lines, beds(ecopole, garden), now)


def tasks_among(lines: Iterable[CommitmentLine], land: Sequence[BedLine], now: IsoWeek) -> list[Task]:
    """The gestures of plantings among promises already read, late ones first. One query."""
    blocks, plots = block_names(land), {bed.place_id: bed.plot_id for bed in land}
    works = [line for line in lines if line.commitment.action == Action.WORK]
    crops = _crops(line.commitment.process_id for line in works)
    found = []
    for line in works:
        row = line.commitment
        if row.process_id in crops and row.to_place is not None:
            due = IsoWeek.of(row.due_on)
            block = blocks.get(row.to_place.pk, NO_BLOCK)
            plot = plots.get(row.to_place.pk, 0)
            found.append(
                Task(line, crops[row.process_id], row.to_place, block, plot, due, due < now, (line,))
            )
    return sorted(found, key=_late_first)


def together(found: Iterable[Task]) -> list[Task]:
    """Short gestures of one trade, one crop, one plot and one week as one, where the first of them stands.

    What is short is what was promised, whatever remains of it: a form sent twice finds the same gestures.
    """
    groups: dict[object, list[Task]] = {}
    for task in found:
        row = task.line.commitment
        same = (row.product_id, task.crop, task.plot, task.week)
        groups.setdefault(same if row.quantity < TOGETHER_HOURS_MAX else row.pk, []).append(task)
    return [_as_one(tasks) if len(tasks) > 1 else tasks[0] for tasks in groups.values()]


def _as_one(tasks: Sequence[Task]) -> Task:
    parts = tuple(part for task in tasks for part in task.parts)
    summed = replace(
        parts[0],
        quantity=sum((part.quantity for part in parts), Decimal(0)),
        fulfilled=sum((part.fulfilled for part in parts), Decimal(0)),
        remaining=sum((part.remaining for part in parts), Decimal(0)),
    )
    return replace(tasks[0], line=summed, parts=parts)


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
    """Hours still asked and done, trade by trade; `hands` compares both with the crews, None without any."""

    todo: Mapping[str, Decimal]
    done: Mapping[str, Decimal]
    hands: Hands | None


def week_hours(ecopole: Ecopole, garden: Agent, week: IsoWeek, due: Iterable[Task]) -> BoardHours:
    """What the week asks, what was done in it, and the hands there are. Two queries."""
    todo: dict[str, Decimal] = defaultdict(Decimal)
    for task in due:
        todo[task.trade] += task.line.remaining
    told = _worked(ecopole, garden, week).order_by().values_list("product__code").annotate(Sum("quantity"))
    done = dict(told)
    asked = {trade: todo[trade] + done.get(trade, Decimal(0)) for trade in GESTURES}
    known = crews(ecopole, garden)
    return BoardHours(todo, done, compare(asked, working(known, week)) if known else None)


def work_done(ecopole: Ecopole, garden: Agent, week: IsoWeek, limit: int = 40) -> list[Event]:
    """The week's work that still stands, the latest first, with its crop and its bed."""
    rows = _worked(ecopole, garden, week).select_related("product", "to_place", "process")
    return list(rows.order_by("-occurred_at", "-pk")[:limit])


def _worked(ecopole: Ecopole, garden: Agent, week: IsoWeek) -> QuerySet[Event]:
    start, end = (moment(day) for day in (week.monday, week.sunday + timedelta(days=1)))
    return Event.objects.filter(
        STANDING, ecopole=ecopole, provider=garden, action=Action.WORK, product__code__in=GESTURES,
        occurred_at__gte=start, occurred_at__lt=end,
    )  # fmt: skip
