"""The beds × weeks of a garden, drawn by the server: each planting a bar in the weeks it holds its bed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from terreau.measures.french import MONTHS_SHORT, format_decimal, format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.bedmap import short_name
from terreau.rooms.garden.families import Family, family
from terreau.rooms.garden.queries.hands import WeekHours
from terreau.rooms.garden.queries.land import BedLine
from terreau.rooms.garden.queries.plantings import GESTURES, STANDING_STATES, PlantingLine, PlantingState

# A planting alone on its bed takes the height of its share of the length; those side by side, a lane each.
HEIGHT, LANE = 34, 18  # pixels
HATCHED = '<rect width="100%" height="100%" fill="url(#hatch)"/>'


@dataclass(frozen=True, slots=True)
class Bar:
    """A planting in the weeks shown: x and width in percent, y and height in pixels."""

    planting: PlantingLine
    family: Family
    x: str
    width: str
    y: str
    height: str
    harvest_x: str
    harvest_width: str
    length: str
    words: str

    def drawn(self, base: str, movable: bool) -> SafeString:
        """Written here: a year's five hundred bars would take a template a tenth of a second."""
        line, name = self.planting, escape(self.planting.name)
        planned = line.state is PlantingState.PLANNED
        hand = (
            f' data-move="{line.id}" data-week="{line.planted}" data-crop="{name}" aria-describedby="how"'
            if planned and movable
            else ""
        )
        return mark_safe(
            f'<a href="{base}{line.id}/" class="{self.family.css}"{hand}><title>{escape(self.words)}</title>'
            f'<svg x="{self.x}%" y="{self.y}" width="{self.width}%" height="{self.height}">'
            f'<rect class="bar-fill" width="100%" height="100%" rx="5"/>'
            f'<rect class="bar-picked" x="{self.harvest_x}%" width="{self.harvest_width}%" height="100%"/>'
            f"{HATCHED if planned else ''}"
            f'<text class="bar-text" x="6" y="50%" dominant-baseline="central">'
            f"{self.family.letters} {name}{self.length}</text></svg></a>"
        )


@dataclass(frozen=True, slots=True)
class Row:
    bed: BedLine
    name: str
    href: str
    height: str
    first_of_block: bool
    bars: tuple[SafeString, ...]


@dataclass(frozen=True, slots=True)
class Month:
    name: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class HourColumn:
    """The hours of a week beside its hands: heights in percent of the tallest."""

    name: str
    planned_said: str
    available_said: str
    trades: tuple[str, ...]
    missing_said: str
    x: str
    width: str
    planned_y: str
    planned: str
    available_y: str
    over: bool


@dataclass(frozen=True)
class Grid:
    weeks: list[IsoWeek]
    months: list[Month]
    numbers: list[tuple[str, int]]
    rows: list[Row]
    today_x: str
    week_width: str


def grid(
    weeks: Sequence[IsoWeek],
    land: Sequence[BedLine],
    lines: Iterable[PlantingLine],
    now: IsoWeek,
    *,
    base: str,
    beds_base: str,
    movable: bool,
) -> Grid:
    """One row per bed, in the order of the land; pages of plantings and beds are under their bases."""
    by_bed: dict[int, list[PlantingLine]] = defaultdict(list)
    for line in lines:
        if line.state in STANDING_STATES:
            by_bed[line.place_id].append(line)
    slot = 100 / len(weeks)
    rows, block = [], 0
    for bed in land:
        bars, height = _bars(by_bed[bed.place_id], bed, weeks, slot)
        drawn = tuple(bar.drawn(base, movable) for bar in bars)
        rows.append(
            Row(bed, short_name(bed.name), f"{beds_base}{bed.id}/", str(height), bed.block_id != block, drawn)
        )
        block = bed.block_id
    at = now - weeks[0]
    step = 4 if len(weeks) > 26 else 2
    return Grid(
        list(weeks),
        _months(weeks, slot),
        [(f"{slot * (rank + 0.5):.2f}", week.week) for rank, week in enumerate(weeks) if rank % step == 0],
        rows,
        f"{at * slot:.2f}" if 0 <= at < len(weeks) else "",
        f"{slot:.3f}",
    )


def _bars(
    there: list[PlantingLine], bed: BedLine, weeks: Sequence[IsoWeek], slot: float
) -> tuple[list[Bar], int]:
    """The bars of a bed and the height they ask: those that share weeks are one under another."""
    lanes: list[IsoWeek] = []  # the last week taken of each
    placed = []
    for line in there:
        free = next((rank for rank, last in enumerate(lanes) if last < line.planted), len(lanes))
        lanes[free : free + 1] = [line.last_harvest]
        placed.append((line, free))
    alone = len(lanes) <= 1
    bars = []
    for line, lane in placed:
        share = min(float(line.length_m / bed.length_m), 1.0)
        tall = max(share * HEIGHT, LANE) if alone else LANE - 1
        first, last = max(line.planted - weeks[0], 0), min(line.last_harvest - weeks[0], len(weeks) - 1)
        picked, count, kin = max(line.first_harvest - weeks[0], first), last - first + 1, family(line.family)
        bars.append(
            Bar(
                line,
                kin,
                f"{first * slot:.2f}",
                f"{count * slot:.2f}",
                f"{1 + lane * LANE}",
                f"{tall:.1f}",
                f"{(picked - first) / count * 100:.2f}",
                f"{max(last - picked + 1, 0) / count * 100:.2f}",
                "" if share == 1 else f" · {format_decimal(line.length_m)}\u00a0m",
                f"{line.name}, {kin.name}, {bed.name}, {format_decimal(line.length_m)}\u00a0m, "
                f"semaines {line.planted.week} à {line.last_harvest.week}, "
                f"récolte dès la semaine {line.first_harvest.week}, {line.state.label}",
            )
        )
    return bars, HEIGHT + 2 if alone else len(lanes) * LANE + 2


def _months(weeks: Sequence[IsoWeek], slot: float) -> list[Month]:
    """Each month from the week of its first Thursday."""
    found: list[tuple[date, int, int]] = []
    for rank, week in enumerate(weeks):
        day = week.days[3]
        if found and found[-1][0].month == day.month:
            found[-1] = (found[-1][0], found[-1][1], rank)
        else:
            found.append((day, rank, rank))
    months = []
    for day, first, last in found:
        # The year is said in January, and first of all where it has room.
        dated = day.month == 1 or (first == 0 and last >= 3)
        name = MONTHS_SHORT[day.month - 1] + (f" {day.year}" if dated else "")
        months.append(Month(name, f"{first * slot:.2f}", f"{(last - first + 1) * slot:.2f}"))
    return months


def hour_columns(hours: Sequence[WeekHours]) -> list[HourColumn]:
    """Planned hours as columns, available ones as a line across; what is beyond stands out."""
    top = max((max(h.hands.planned, h.hands.available) for h in hours), default=Decimal(0)) or Decimal(1)
    slot = 100 / len(hours)
    columns = []

    def said(amount: Decimal) -> str:
        return format_quantity(Quantity(amount, Unit.HOUR))

    for rank, week in enumerate(hours):
        hands = week.hands
        planned, available = float(hands.planned / top) * 92, float(hands.available / top) * 92
        columns.append(
            HourColumn(
                f"{week.week.week} · {week.week.year}",
                said(hands.planned),
                said(hands.available),
                tuple(said(hands.asked.get(trade, Decimal(0))) for trade in GESTURES),
                f"{said(hands.missing)} {hands.short_of}".strip() if hands.missing else "",
                f"{rank * slot + slot * 0.08:.2f}",
                f"{slot * 0.84:.2f}",
                f"{100 - planned:.2f}",
                f"{planned:.2f}",
                f"{100 - available:.2f}",
                hands.missing > 0,
            )
        )
    return columns
