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
from terreau.rooms.garden.queries.plantings import STANDING_STATES, PlantingLine, PlantingState

HEIGHT = 34  # of a row, in pixels; a bar takes the share of the bed's length that its planting takes
BAR_MIN = 9
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
            f"{self.family.letters} {name}</text></svg></a>"
        )


@dataclass(frozen=True, slots=True)
class Row:
    bed: BedLine
    name: str
    href: str
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

    hours: WeekHours
    name: str
    planned_said: str
    available_said: str
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
        bars = _bars(bed, by_bed[bed.place_id], weeks, slot)
        drawn = tuple(bar.drawn(base, movable) for bar in bars)
        rows.append(Row(bed, short_name(bed.name), f"{beds_base}{bed.id}/", bed.block_id != block, drawn))
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


def _bars(bed: BedLine, there: list[PlantingLine], weeks: Sequence[IsoWeek], slot: float) -> tuple[Bar, ...]:
    placed: list[tuple[PlantingLine, Decimal]] = []
    bars = []
    for line in there:
        start = _first_room(line, placed, bed.length_m)
        placed.append((line, start))
        share = min(float(line.length_m / bed.length_m), 1.0)
        first, last = max(line.planted - weeks[0], 0), min(line.last_harvest - weeks[0], len(weeks) - 1)
        picked = max(line.first_harvest - weeks[0], first)
        kin, tall = family(line.family), max(share * HEIGHT, BAR_MIN)
        bars.append(
            Bar(
                line,
                kin,
                f"{first * slot:.2f}",
                f"{(last - first + 1) * slot:.2f}",
                f"{min(float(start / bed.length_m) * HEIGHT, HEIGHT - tall):.1f}",
                f"{tall:.1f}",
                f"{(picked - first) / (last - first + 1) * 100:.2f}",
                f"{max(last - picked + 1, 0) / (last - first + 1) * 100:.2f}",
                f"{line.name}, {kin.name}, {bed.name}, {format_decimal(line.length_m)}\u00a0m, "
                f"semaines {line.planted.week} à {line.last_harvest.week}, "
                f"récolte dès la semaine {line.first_harvest.week}, {line.state.label}",
            )
        )
    return tuple(bars)


def _first_room(line: PlantingLine, placed: list[tuple[PlantingLine, Decimal]], length: Decimal) -> Decimal:
    """The first metre where it fits beside those that share its weeks; the start of the bed otherwise."""
    met = [(start, start + p.length_m) for p, start in placed if p.meets(line.planted, line.last_harvest)]
    for start in sorted({Decimal(0), *(end for _, end in met)}):
        end = start + line.length_m
        if end <= length and all(end <= low or start >= high for low, high in met):
            return start
    return Decimal(0)


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
    top = max((max(h.planned, h.available) for h in hours), default=Decimal(0)) or Decimal(1)
    slot = 100 / len(hours)
    columns = []

    def said(amount: Decimal) -> str:
        return format_quantity(Quantity(amount, Unit.HOUR))

    for rank, week in enumerate(hours):
        planned, available = float(week.planned / top) * 92, float(week.available / top) * 92
        columns.append(
            HourColumn(
                week,
                f"{week.week.week} · {week.week.year}",
                said(week.planned),
                said(week.available),
                f"{rank * slot + slot * 0.08:.2f}",
                f"{slot * 0.84:.2f}",
                f"{100 - planned:.2f}",
                f"{planned:.2f}",
                f"{100 - available:.2f}",
                week.missing > 0,
            )
        )
    return columns
