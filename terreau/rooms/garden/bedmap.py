"""The map of the beds in a week: each a bar of its length, coloured by what stands there."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from terreau.measures.french import format_decimal
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.families import Family, family
from terreau.rooms.garden.models import Shelter
from terreau.rooms.garden.queries.land import BedLine, by_block
from terreau.rooms.garden.queries.plantings import STANDING_STATES, PlantingLine, PlantingState

HATCHED = '<rect width="100%" height="26" rx="5" fill="url(#hatch)"/>'


@dataclass(frozen=True, slots=True)
class Piece:
    """A planting on its share of the bed; places are percentages of the bed."""

    planting: PlantingLine
    family: Family
    x: str
    width: str

    def drawn(self) -> str:
        planned = self.planting.state is PlantingState.PLANNED
        return (
            f'<svg class="{self.family.css}" x="{self.x}%" width="{self.width}%" height="26">'
            '<rect class="bar-fill" width="100%" height="26" rx="5"/>'
            f"{HATCHED if planned else ''}"
            f'<text class="bar-text" x="8" y="18">{self.family.letters} · {escape(self.planting.name)}</text>'
            "</svg>"
        )


@dataclass(frozen=True, slots=True)
class BedBar:
    """A bed: `width` is its length beside the longest of its plot, in percent."""

    bed: BedLine
    name: str
    size: str
    width: str
    pieces: tuple[Piece, ...]
    words: str
    closed: bool

    def drawn(self, base: str) -> SafeString:
        """A link to the bed's page; written here, for a hundred beds would cost a template dearly."""
        said = escape(f"{self.bed.name}\u202f: {self.words}")
        inside = "".join(piece.drawn() for piece in self.pieces)
        if not self.pieces:
            inside = f'<text class="bed-free" x="8" y="18">{escape(self.words)}</text>'
        return mark_safe(
            f'<a href="{base}{self.bed.id}/"{" class=closed" if self.closed else ""} aria-label="{said}">'
            f"<b>{escape(self.name)}</b>"
            f'<svg width="{self.width}%" height="26" aria-hidden="true"><title>{said}, {self.size}</title>'
            f'<rect class="bed-soil" width="100%" height="26" rx="5"/>{inside}</svg></a>'
        )


@dataclass(frozen=True, slots=True)
class BlockMap:
    id: int
    name: str
    tunnel: bool
    shelter: str
    bars: tuple[BedBar, ...]
    drawn: tuple[SafeString, ...]


def short_name(name: str) -> str:
    """« Planche A2 » is A2 where room is short."""
    return name.removeprefix("Planche ")


def block_maps(
    land: Sequence[BedLine], standing: Iterable[PlantingLine], week: IsoWeek, base: str,
    lent: Mapping[int, str],
) -> list[BlockMap]:  # fmt: skip
    """The blocks of a plot, each bed with what stands on it that week, or to whom it is lent (`lent`, by
    place); beds' pages are under `base`."""
    longest = max(bed.length_m for bed in land)
    there: dict[int, list[PlantingLine]] = defaultdict(list)
    for line in standing:
        if line.state in STANDING_STATES:
            there[line.place_id].append(line)
    maps = []
    for block_id, lines in by_block(land).items():
        shelter = Shelter(lines[0].shelter)
        bars = tuple(
            _bar(bed, there[bed.place_id], longest, week, lent.get(bed.place_id, "")) for bed in lines
        )
        drawn = tuple(bar.drawn(base) for bar in bars)
        tunnel = shelter == Shelter.TUNNEL
        maps.append(BlockMap(block_id, lines[0].block, tunnel, shelter.label, bars, drawn))
    return maps


def _bar(bed: BedLine, there: list[PlantingLine], longest: Decimal, week: IsoWeek, to: str) -> BedBar:
    pieces, start = [], Decimal(0)
    for line in there:
        width = min(line.length_m, bed.length_m - start)
        if width > 0:
            pieces.append(
                Piece(
                    line, family(line.family), _share(start, bed.length_m), _share(width, bed.length_m),
                )
            )  # fmt: skip
        start += width
    free, is_open = bed.length_m - start, bed.open_on(week.monday)
    return BedBar(
        bed,
        short_name(bed.name),
        f"{format_decimal(bed.length_m)}\u00a0m × {format_decimal(bed.width_m)}\u00a0m",
        _share(bed.length_m, longest),
        tuple(pieces),
        _words(there, free, to) if is_open else "fermée",
        not is_open,
    )


def _words(there: list[PlantingLine], free: Decimal, to: str) -> str:
    if to:
        return f"prêtée à {to}"
    names = [f"{line.name}{' (prévue)' if line.state is PlantingState.PLANNED else ''}" for line in there]
    if free > 0:
        names.append("libre" if not there else f"{format_decimal(free)}\u00a0m libres")
    return ", ".join(names)


def _share(part: Decimal, whole: Decimal) -> str:
    return f"{part / whole * 100:.2f}"
