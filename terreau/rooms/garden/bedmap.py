"""The map of the beds in a week: each a bar of its length, coloured by what stands there."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from terreau.measures.french import format_decimal
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.families import Family, family
from terreau.rooms.garden.models import Shelter
from terreau.rooms.garden.queries.land import BedLine, by_block
from terreau.rooms.garden.queries.plantings import STANDING_STATES, PlantingLine, PlantingState


@dataclass(frozen=True, slots=True)
class Piece:
    """A planting on its share of the bed; places are percentages of the bed."""

    planting: PlantingLine
    family: Family
    x: str
    width: str
    planned: bool


@dataclass(frozen=True, slots=True)
class BedBar:
    """A bed: `width` is its length beside the longest of its plot, in percent."""

    bed: BedLine
    name: str
    width: str
    pieces: tuple[Piece, ...]
    free_m: Decimal
    words: str
    closed: bool


@dataclass(frozen=True, slots=True)
class BlockMap:
    id: int
    name: str
    tunnel: bool
    shelter: str
    bars: tuple[BedBar, ...]


def short_name(name: str) -> str:
    """« Planche A2 » is A2 where room is short."""
    return name.removeprefix("Planche ")


def block_maps(land: Sequence[BedLine], standing: Iterable[PlantingLine], week: IsoWeek) -> list[BlockMap]:
    """The blocks of a plot, each bed with what stands on it that week."""
    longest = max(bed.length_m for bed in land)
    there: dict[int, list[PlantingLine]] = defaultdict(list)
    for line in standing:
        if line.state in STANDING_STATES:
            there[line.place_id].append(line)
    maps = []
    for block_id, lines in by_block(land).items():
        shelter = Shelter(lines[0].shelter)
        bars = tuple(_bar(bed, there[bed.place_id], longest, week) for bed in lines)
        maps.append(BlockMap(block_id, lines[0].block, shelter == Shelter.TUNNEL, shelter.label, bars))
    return maps


def _bar(bed: BedLine, there: list[PlantingLine], longest: Decimal, week: IsoWeek) -> BedBar:
    pieces, start = [], Decimal(0)
    for line in there:
        width = min(line.length_m, bed.length_m - start)
        if width > 0:
            pieces.append(
                Piece(
                    line, family(line.family), _share(start, bed.length_m), _share(width, bed.length_m),
                    line.state is PlantingState.PLANNED,
                )
            )  # fmt: skip
        start += width
    free, is_open = bed.length_m - start, bed.open_on(week.monday)
    return BedBar(
        bed,
        short_name(bed.name),
        _share(bed.length_m, longest),
        tuple(pieces),
        free,
        _words(there, free) if is_open else "fermée",
        not is_open,
    )


def _words(there: list[PlantingLine], free: Decimal) -> str:
    names = [f"{line.name}{' (prévue)' if line.state is PlantingState.PLANNED else ''}" for line in there]
    if free > 0:
        names.append("libre" if not there else f"{format_decimal(free)}\u00a0m libres")
    return ", ".join(names)


def _share(part: Decimal, whole: Decimal) -> str:
    return f"{part / whole * 100:.2f}"
