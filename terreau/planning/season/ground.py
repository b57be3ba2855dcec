"""The land of the season: blocks, what is in the ground on its first day, families that may not return."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from terreau.engines.season import Barred, Block, Fixed, Option, Remaining
from terreau.measures.week import IsoWeek
from terreau.planning.models import SEASON
from terreau.planning.season.needs import CHOICES, Needs
from terreau.rooms.garden import queries as garden
from terreau.territory.models import Ecopole

HUNDRED, CENT, GRAM = Decimal(100), Decimal("0.01"), Decimal("0.001")
TUNNEL = "tunnel"
# No delay of the catalogue is longer.
HISTORY_YEARS = 9


def half(number: int, side: str) -> str:
    """The planner's name of half a bed: "1a", "1b", "2a"…"""
    return f"{number}{side}"


def withdrawn_by(needs: Needs, planting: garden.PlantingLine) -> bool:
    """A season published before leaves its place to the next one, from that one's first week on."""
    planned = planting.state is garden.PlantingState.PLANNED and planting.planted >= needs.weeks[0]
    return planned and (needs.replace or planting.plan.startswith(SEASON))


@dataclass(frozen=True)
class Rotation:
    """Families that may not return on a block at all, and sowings of the others that may not."""

    barred: tuple[Barred, ...]
    apart: tuple[str, ...]


class Ground:
    """Beds by block, open to the end of the planting weeks, and the plantings that stand there."""

    def __init__(
        self, ecopole: Ecopole, needs: Needs, catalogue: Mapping[str, garden.CropLine], today: date
    ) -> None:
        self.weeks, self.first, self.catalogue = needs.weeks, needs.weeks[0], catalogue
        last_day = needs.planting[-1].sunday
        land = garden.beds(ecopole)
        self.holders = {bed.agent_id for bed in land if bed.open_on(last_day)}
        kept = [bed for bed in land if bed.agent_id in needs.farms and bed.open_on(last_day)]
        self.beds = garden.by_block(kept)
        self.place = {bed.place_id: (block, n) for block, beds in self.beds.items()
                      for n, bed in enumerate(beds, 1)}  # fmt: skip
        past = IsoWeek.of(self.first.monday - timedelta(weeks=52 * HISTORY_YEARS))
        self.standing = [
            planting
            for planting in garden.plantings(ecopole, first=past, last=self.weeks[-1], today=today)
            if planting.state in garden.STANDING_STATES
            and not withdrawn_by(needs, planting)
            and planting.place_id in self.place
        ]
        self.in_ground = [p for p in self.standing if self._holds(p)]
        self.left_out: list[garden.PlantingLine] = []

    @property
    def by_hand(self) -> int:
        """Plantings decided by hand for later, that keep their bed from the first day on."""
        return sum(p.planted >= self.first for p in self.in_ground)

    @cached_property
    def taken(self) -> dict[int, set[str]]:
        """The families in the ground on the first day, by block."""
        found: dict[int, set[str]] = defaultdict(set)
        for planting in self.in_ground:
            found[self.place[planting.place_id][0]].add(planting.family)
        return found

    def _holds(self, planting: garden.PlantingLine) -> bool:
        """On its bed on the first day; one decided by hand for later keeps its bed until then."""
        return (
            planting.state is not garden.PlantingState.FINISHED and planting.last_harvest >= self.first
        )  # fmt: skip

    def blocks(self, rotations: Mapping[int, Rotation], names: Mapping[int, str]) -> tuple[Block, ...]:
        """`names`: those of partner farms, whose blocks are often called alike."""
        found = []
        for block_id, beds in self.beds.items():
            shelter, block_name = beds[0].shelter, f"bloc {beds[0].block}"
            area = sum((bed.area_m2 for bed in beds), Decimal(0)) / len(beds)
            found.append(
                Block(
                    id=str(block_id),
                    name=", ".join(filter(None, [names.get(beds[0].agent_id), beds[0].plot, block_name])),
                    farm=str(beds[0].agent_id),
                    shelter=shelter,
                    beds=Decimal(len(beds)),
                    bed_m2=area.quantize(CENT),
                    families_max=max(
                        int(CHOICES["blocks"][f"{shelter}_families_max"]), len(self.taken[block_id])
                    ),
                    barred=rotations[block_id].barred,
                )
            )
        return tuple(found)

    def rotation(self, block_id: int, options: Sequence[Option]) -> Rotation:
        """What may not return on a block yet: option by option, by the delay of its crop and its own year."""
        shelter = self.beds[block_id][0].shelter
        before: dict[str, list[garden.PlantingLine]] = defaultdict(list)
        for planting in self.standing:
            if self.place[planting.place_id][0] == block_id:
                before[planting.family].append(planting)
        by_family: dict[str, list[Option]] = defaultdict(list)
        for option in options:
            if option.shelter == shelter and self.catalogue[option.crop].family in before:
                by_family[self.catalogue[option.crop].family].append(option)
        barred, apart = [], []
        for family, offered in sorted(by_family.items()):
            reasons = {option.id: self._reason(option, shelter, before[family]) for option in offered}
            early = [id for id, reason in reasons.items() if reason]
            if len(early) == len(offered):
                barred.append(Barred(family, reasons[early[-1]]))
            else:
                apart += early
        return Rotation(tuple(barred), tuple(apart))

    def _reason(self, option: Option, shelter: str, before: Sequence[garden.PlantingLine]) -> str:
        """Why this crop may not be set up in that year; nothing: it may."""
        crop, year = self.catalogue[option.crop], int(option.week[:4])
        years = crop.return_years or 0
        if shelter == TUNNEL:
            years = min(years, garden.TUNNEL_RETURN_MAX)
        met = [p for p in before if 0 < abs(p.planted.year - year) < years]
        if not met:
            return ""
        last = max(met, key=lambda p: (p.planted, p.id))
        return f"{last.name} en {last.planted.year}\u202f: {crop.family} y revient au bout de {years} ans."

    def fixed(self) -> tuple[Fixed, ...]:
        """Each planting on its half-beds, those that stay longest first; none shares half a bed."""
        free: dict[int, list[str]] = defaultdict(lambda: ["a", "b"])
        found = []
        for planting in sorted(self.in_ground, key=lambda p: (-(p.last_harvest - self.first), p.id)):
            block_id, number = self.place[planting.place_id]
            bed = self.beds[block_id][number - 1]
            wanted = 1 if planting.length_m * 2 <= bed.length_m else 2
            sides, free[planting.place_id] = (
                free[planting.place_id][:wanted],
                free[planting.place_id][wanted:],
            )
            if sides:
                halves = tuple(half(number, side) for side in sides)
                found.append(self._fixed(planting, str(block_id), halves, bed))
            else:
                self.left_out.append(planting)
        return tuple(found)

    def _fixed(
        self, planting: garden.PlantingLine, block: str, halves: Sequence[str], bed: garden.BedLine
    ) -> Fixed:
        line = self.catalogue.get(planting.crop)
        hours = (line.upkeep_hours if line else None) or Decimal(0)
        area = planting.length_m * bed.width_m / HUNDRED
        weeks = max(1, planting.last_harvest - planting.planted)
        coming = IsoWeek.range(max(planting.first_harvest, self.first), planting.last_harvest)
        return Fixed(
            id=str(planting.id),
            block=block,
            crop=planting.crop,
            beds=tuple(halves),
            weeks=min(planting.last_harvest - self.first + 1, len(self.weeks)),
            harvest=tuple(
                Remaining(str(week), *planting.kg_week) for week in coming if week <= self.weeks[-1]
            ),
            upkeep_week={garden.UPKEEP: (hours * area / weeks).quantize(GRAM)},
        )
