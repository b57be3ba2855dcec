"""The beds × weeks of a garden, drawn by the server: each planting a bar in the weeks it holds its bed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from html import escape

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

    def drawn(self, base: str, movable: bool) -> str:
        """Written here: a year's five hundred bars would take a template a tenth of a second."""
        line, name = self.planting, escape(self.planting.name)
        planned = line.state is PlantingState.PLANNED
        hand = (
            f' data-move="{line.id}" data-week="{line.planted}" data-crop="{name}" aria-describedby="how"'
            if planned and movable
            else ""
        )
        return (
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
    """A bed's line; written here as its bars are, for a hundred beds of them."""

    bed: BedLine
    first_of_block: bool
    drawn: SafeString


@dataclass(frozen=True, slots=True)
class Month:
    name: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class HourColumn:
    """The hours of a week beside its hands: a column of the drawing, and its row of the table."""

    drawn: SafeString
    told: SafeString


@dataclass(frozen=True)
class Grid:
    weeks: str
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
    at = now - weeks[0]
    today_x = f"{at * slot:.2f}" if 0 <= at < len(weeks) else ""
    this_week = (
        f'<rect class="this-week" x="{today_x}%" width="{slot:.3f}%" height="100%"/>' if today_x else ""
    )
    rows, block = [], 0
    for bed in land:
        bars, height = _bars(by_bed[bed.place_id], bed, weeks, slot)
        inside = this_week + "".join(bar.drawn(base, movable) for bar in bars)
        rows.append(Row(bed, bed.block_id != block, _line(bed, f"{beds_base}{bed.id}/", height, inside)))
        block = bed.block_id
    step = 4 if len(weeks) > 26 else 2
    return Grid(
        " ".join(map(str, weeks)),
        _months(weeks, slot),
        [(f"{slot * (rank + 0.5):.2f}", week.week) for rank, week in enumerate(weeks) if rank % step == 0],
        rows,
        today_x,
        f"{slot:.3f}",
    )


def _line(bed: BedLine, href: str, height: int, inside: str) -> SafeString:
    name = escape(bed.name)
    return mark_safe(
        f'<div class="cal-row"><a class="cal-bed" href="{href}">{escape(short_name(bed.name))}</a>'
        f'<svg class="cal-line" height="{height}" data-place="{bed.place_id}" data-name="{name}" '
        f'role="group" aria-label="{name}">{inside}</svg></div>'
    )


@lru_cache(maxsize=256)  # beds of a garden have few lengths
def _metres(length: Decimal) -> str:
    return f"{format_decimal(length)}\u00a0m"


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
                "" if share == 1 else f" · {_metres(line.length_m)}",
                f"{line.name}, {kin.name}, {bed.name}, {_metres(line.length_m)}, "
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
    return [_hour_column(week, rank * slot, slot, float(top)) for rank, week in enumerate(hours)]


def _hour_column(week: WeekHours, x: float, slot: float, top: float) -> HourColumn:
    hands, name = week.hands, f"{week.week.week} · {week.week.year}"
    planned, available = float(hands.planned) / top * 92, float(hands.available) / top * 92
    asked, able = _hours(hands.planned), _hours(hands.available)
    place, across = f'x="{x + slot * 0.08:.2f}%" width="{slot * 0.84:.2f}%"', f"{100 - available:.2f}%"
    drawn = (
        f"<g><title>semaine {name}\u202f: {asked} prévues, {able} disponibles</title>"
        f'<rect class="{"hours-over" if hands.missing else "hours-done"}" {place} y="{100 - planned:.2f}%" '
        f'height="{planned:.2f}%"/><svg {place}>'
        f'<line class="hours-hands" x1="0" x2="100%" y1="{across}" y2="{across}"/></svg></g>'
    )
    figures = [*(_hours(hands.asked.get(trade, Decimal(0))) for trade in GESTURES), asked, able]
    missing = f"{_hours(hands.missing)} {hands.short_of}" if hands.missing else ""
    told = "".join(f'<td class="num">{said}</td>' for said in figures)
    return HourColumn(
        mark_safe(drawn), mark_safe(f"<tr><th>{name}</th>{told}<td>{missing.strip()}</td></tr>")
    )


def _hours(amount: Decimal) -> str:
    return format_quantity(Quantity(amount, Unit.HOUR))


def table_row(bed: BedLine, line: PlantingLine, base: str) -> SafeString:
    """A planting of the same calendar, to be read or heard."""
    return mark_safe(
        f'<tr><th><a href="{base}{line.id}/">{escape(line.name)}</a></th>'
        f'<td data-label="Planche">{escape(bed.name)}</td>'
        f'<td data-label="Mise en place">semaine {line.planted.week} de {line.planted.year}</td>'
        f'<td data-label="Récolte">{_harvest(line)}</td>'
        f'<td class="num" data-label="Longueur">{_metres(line.length_m)}</td>'
        f'<td data-label="État">{line.state.label}</td></tr>'
    )


def _harvest(line: PlantingLine) -> str:
    first, last = line.first_harvest.week, line.last_harvest.week
    return f"semaine {first}" if first == last else f"semaines {first} à {last}"
