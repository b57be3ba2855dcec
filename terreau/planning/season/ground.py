"""The land of the season: blocks, what is in the ground on its first day, families that may not return."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from terreau.engines.season import Barred, Block, Fixed, Remaining
from terreau.measures.week import IsoWeek
from terreau.planning.models import SEASON
from terreau.planning.season.needs import CHOICES, Needs
from terreau.rooms.garden import queries as garden
from terreau.territory.models import Ecopole

HUNDRED, CENT, GRAM = Decimal(100), Decimal("0.01"), Decimal("0.001")
TUNNEL = "tunnel"
# No delay of the catalogue is longer.
HISTORY_YEARS = 10


def half(number: int, side: str) -> str:
    """The planner's name of half a bed: "1a", "1b", "2a"…"""
    return f"{number}{side}"


def withdrawn_by(needs: Needs, planting: garden.PlantingLine) -> bool:
    """A season published before leaves its place to the next one, from that one's first week on."""
    planned = planting.state is garden.PlantingState.PLANNED and planting.planted >= needs.weeks[0]
    return planned and (needs.replace or planting.plan.startswith(SEASON))


class Ground:
    """Beds by block, open to the end of the planting weeks, and the plantings that stand there."""

    def __init__(
        self, ecopole: Ecopole, needs: Needs, catalogue: Mapping[str, garden.CropLine], today: date
    ) -> None:
        self.weeks, self.first, self.catalogue = needs.weeks, needs.weeks[0], catalogue
        self.years = {week.year for week in needs.planting}
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

    def _holds(self, planting: garden.PlantingLine) -> bool:
        """On its bed on the first day; one decided by hand for later keeps its bed until then."""
        return (
            planting.state is not garden.PlantingState.FINISHED and planting.last_harvest >= self.first
        )  # fmt: skip

    def blocks(self) -> tuple[Block, ...]:
        found = []
        for block_id, beds in self.beds.items():
            shelter = beds[0].shelter
            growing = {p.family for p in self.in_ground if self.place[p.place_id][0] == block_id}
            area = sum((bed.area_m2 for bed in beds), Decimal(0)) / len(beds)
            found.append(
                Block(
                    id=str(block_id),
                    name=f"{beds[0].plot}, bloc {beds[0].block}",
                    farm=str(beds[0].agent_id),
                    shelter=shelter,
                    beds=Decimal(len(beds)),
                    bed_m2=area.quantize(CENT),
                    families_max=max(int(CHOICES["blocks"][f"{shelter}_families_max"]), len(growing)),
                    barred=tuple(self._barred(block_id, shelter)),
                )
            )
        return tuple(found)

    def _barred(self, block_id: int, shelter: str) -> list[Barred]:
        """The families that were there too few years ago, by the longest delay of their crops."""
        found: dict[str, Barred] = {}
        for planting in sorted(self.standing, key=lambda p: (p.planted, p.id), reverse=True):
            years = self._delay(planting.family, shelter)
            gaps = [abs(planting.planted.year - year) for year in self.years]
            if (
                self.place[planting.place_id][0] == block_id
                and planting.family not in found
                and any(0 < gap < years for gap in gaps)
            ):
                found[planting.family] = Barred(
                    planting.family,
                    f"{planting.name} en {planting.planted.year}\u202f: {planting.family} y revient au bout "
                    f"de {years} ans.",
                )
        return [found[family] for family in sorted(found)]

    def _delay(self, family: str, shelter: str) -> int:
        delays = [line.return_years or 0 for line in self.catalogue.values() if line.family == family]
        years = max(delays, default=0)
        return min(years, garden.TUNNEL_RETURN_MAX) if shelter == TUNNEL else years

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
