"""The demo's seasons: from what each week should give, to crops on beds, with rotation and lengths respected.

A season is the same every year but for its blocks: each family moves on by one field block (or one tunnel)
a year, so that it comes back after eight (or three) years, four for the cabbages, which need two blocks.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from terreau.measures.week import IsoWeek
from terreau.rooms.garden.models import Shelter
from terreau.rooms.garden.queries import BedLine, CropLine, NewPlanting

WEEKS = 52
# The block where a family stands in a year, counted from the year: those that follow one another in a block
# are those whose weeks leave room to each other.
FIELD_TURN = {
    "Brassicaceae": (0, 4), "Apiaceae": (1,), "Alliaceae": (2,), "Solanaceae": (3,), "Cucurbitaceae": (5,),
    "Asteraceae": (6,), "Amaranthaceae": (7,), "Fabaceae": (7,), "Caprifoliaceae": (6,),
    "Polygonaceae": (5,), "Rosaceae": (5,),
}  # fmt: skip
TUNNEL_TURN = {"Solanaceae": 0, "Caprifoliaceae": 0} | dict.fromkeys(
    ["Cucurbitaceae", "Brassicaceae", "Amaranthaceae"], 1
)
TUNNEL_OTHERS = 2
# A lot that would give less than this share of its crop's season is not worth a sowing.
WORTH_SOWING = 0.015
SOWINGS_MAX = 30
# Growing more than what is asked costs land and hands; tunnels are dear.
SURPLUS_COST, TUNNEL_WORTH = 0.7, 0.75
SHORTEST_M, LONGEST_M = 4, 130
YEARS_MAX = 12


@dataclass(frozen=True)
class Sowing:
    """So many square metres of a crop, set up in a week of the year."""

    crop: CropLine
    shelter: str
    week: int
    area_m2: float


def sowings(crop: CropLine, asked: Mapping[int, float]) -> Iterator[Sowing]:
    """The successions that cover, week by week, the kilos asked: the best next one until none is worth it."""
    left, total = dict(asked), sum(asked.values())
    options = list(_options(crop))
    for _ in range(SOWINGS_MAX):
        found = [(*_gain(harvest, left, shelter), -n) for n, (shelter, _, harvest) in enumerate(options)]
        best, kg, rank = max(found, default=(0.0, 0.0, 0))
        if best < WORTH_SOWING * total or best <= 0:
            return
        shelter, week, harvest = options[-rank]
        for harvested in harvest:
            left[harvested] = left.get(harvested, 0) - kg
        yield Sowing(crop, shelter, week, kg * len(harvest) / float(crop.yield_likely or 1))


def _options(crop: CropLine) -> Iterator[tuple[str, int, list[int]]]:
    for shelter in Shelter.values:
        for week in range(1, WEEKS + 1):
            if after := crop.harvest_after(shelter, IsoWeek(2025, week)):
                yield shelter, week, [(week + n - 1) % WEEKS + 1 for n in range(after[0], after[1] + 1)]


def _gain(harvest: Sequence[int], left: Mapping[int, float], shelter: str) -> tuple[float, float]:
    """What a succession brings at the best level: the median of what its weeks still lack."""
    lacking = sorted(left.get(week, 0.0) for week in harvest)
    kg = lacking[len(lacking) // 2]
    if kg <= 0:
        return 0.0, 0.0
    missing = sum(max(0.0, min(kg, lack)) for lack in lacking)
    gain = missing - SURPLUS_COST * sum(kg - max(0.0, lack) for lack in lacking if lack < kg)
    return gain * (TUNNEL_WORTH if shelter == Shelter.TUNNEL else 1), kg


def _worth(sowing: Sowing) -> tuple[float, float, int, str]:
    """Under tunnels, where room is short, what brings most for its metres and weeks is laid first."""
    crop, after = sowing.crop, sowing.crop.harvest_after(sowing.shelter, IsoWeek(2025, sowing.week))
    euros = float(crop.yield_likely or 0) * (crop.price.cents if crop.price else 0)
    weeks = after[1] + 1 if after else WEEKS
    dense = euros / weeks if sowing.shelter == Shelter.TUNNEL else 0.0
    return dense, sowing.area_m2, -sowing.week, crop.code


class Land:
    """Beds and their metres taken, week by week; a year's sowings are laid on the blocks of their family."""

    def __init__(self, beds: Iterable[BedLine], first_year: int):
        self.start = IsoWeek(first_year, 1)
        self.blocks: dict[str, list[list[BedLine]]] = {}
        for shelter in Shelter.values:
            by_block: dict[int, list[BedLine]] = defaultdict(list)
            for bed in beds:
                if bed.shelter == shelter:
                    by_block[bed.block_id].append(bed)
            self.blocks[shelter] = list(by_block.values())
        self.taken: dict[int, list[int]] = defaultdict(lambda: [0] * WEEKS * YEARS_MAX)

    def lay(self, year: int, season: Iterable[Sowing]) -> Iterator[NewPlanting]:
        """Bed after bed, as long as there is room; what does not fit is not grown this year."""
        for sowing in sorted(season, key=_worth, reverse=True):
            week = IsoWeek(year, sowing.week)
            left = sowing.area_m2
            after = sowing.crop.harvest_after(sowing.shelter, week)
            first = week - self.start
            weeks = slice(first, first + after[1] + 1 if after else first)
            for bed in self._beds(year, sowing):
                taken = self.taken[bed.place_id]
                free = int(bed.length_m) - max(taken[weeks])
                metres = min(round(left / float(bed.width_m)), LONGEST_M, free)
                if metres >= SHORTEST_M:
                    left -= metres * float(bed.width_m)
                    taken[weeks] = [used + metres for used in taken[weeks]]
                    yield NewPlanting(sowing.crop, bed, week, Decimal(metres))

    def _beds(self, year: int, sowing: Sowing) -> Iterator[BedLine]:
        blocks = self.blocks[sowing.shelter]
        family = sowing.crop.family
        in_tunnel = sowing.shelter == Shelter.TUNNEL
        for turn in (TUNNEL_TURN.get(family, TUNNEL_OTHERS),) if in_tunnel else FIELD_TURN[family]:
            yield from blocks[(turn + year) % len(blocks)]
