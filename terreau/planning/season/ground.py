"""The land of the season: blocks, what is in the ground on its first day, families that may not return."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from terreau.engines.season import Barred, Block, Fixed, Remaining
from terreau.ledger.loans import places_lent
from terreau.measures.week import IsoWeek
from terreau.planning.models import SEASON
from terreau.planning.season.needs import CHOICES, Needs
from terreau.rooms.garden import queries as garden
from terreau.territory.models import AgentKind, Ecopole

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


class Known:
    """What does not depend on the needs: the catalogue, and every bed with who holds it. Two queries."""

    def __init__(self, ecopole: Ecopole, today: date) -> None:
        self.ecopole, self.today = ecopole, today
        self.catalogue, self.land = garden.catalogue(ecopole), garden.beds(ecopole)

    def holders(self, day: date) -> dict[int, str]:
        """Who holds beds open that day, by number, in the order of names: they may plan together."""
        named = sorted({(bed.agent, bed.agent_id) for bed in self.land if bed.open_on(day)})
        return {pk: name for name, pk in named}

    @cached_property
    def gardens(self) -> set[int]:
        """The gardens of the écopôle itself; other holders are its partner farms."""
        return {bed.agent_id for bed in self.land if bed.agent_kind == AgentKind.GARDEN}


@dataclass(frozen=True, slots=True)
class Window:
    """A crop that may be set up in a week under a shelter; `after`: first and last week of its harvest."""

    crop: garden.CropLine
    shelter: str
    week: IsoWeek
    after: tuple[int, int]

    @property
    def id(self) -> str:
        return f"{self.crop.code}:{self.shelter}:{self.week}"


@dataclass(frozen=True)
class Rotation:
    """Families that may not return on a block at all, and sowings of the others that may not."""

    barred: tuple[Barred, ...]
    apart: tuple[str, ...]


class Ground:
    """Beds by block, open to the end of the planting weeks, and the plantings that stand there.

    A bed lent for some of these weeks is another's: it is left out of the whole season.
    """

    def __init__(self, known: Known, needs: Needs) -> None:
        self.weeks, self.first, self.known = needs.weeks, needs.weeks[0], known
        last_day = needs.planting[-1].sunday
        lent = {one.place_id for one in places_lent(known.ecopole, self.first.monday, self.weeks[-1].sunday)}
        kept = [
            bed
            for bed in known.land
            if bed.agent_id in needs.farms and bed.open_on(last_day) and bed.place_id not in lent
        ]
        self.beds = garden.by_block(kept)
        self.place = {bed.place_id: (block, n) for block, beds in self.beds.items()
                      for n, bed in enumerate(beds, 1)}  # fmt: skip
        past = IsoWeek.of(self.first.monday - timedelta(weeks=52 * HISTORY_YEARS))
        self.standing = [
            planting
            for planting in garden.plantings(
                known.ecopole, first=past, last=self.weeks[-1], today=known.today
            )
            if planting.place_id in self.place
            and planting.state in garden.STANDING_STATES
            and not withdrawn_by(needs, planting)
        ]
        self.in_ground = [p for p in self.standing if self._holds(p)]

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

    def blocks(self, rotations: Mapping[int, Rotation]) -> tuple[Block, ...]:
        """Blocks of partner farms, often called alike, bear their farm's name."""
        found = []
        for block_id, beds in self.beds.items():
            bed, shelter = beds[0], beds[0].shelter
            farm = () if bed.agent_id in self.known.gardens else (bed.agent,)
            area = sum((bed.area_m2 for bed in beds), Decimal(0)) / len(beds)
            found.append(
                Block(
                    id=str(block_id),
                    name=", ".join((*farm, bed.plot, f"bloc {bed.block}")),
                    farm=str(bed.agent_id),
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

    def rotations(self, windows: Iterable[Window]) -> dict[int, Rotation]:
        """What may not return on each block yet: crop by crop, by its own delay, year by year."""
        by_shelter: dict[str, dict[str, list[Window]]] = defaultdict(lambda: defaultdict(list))
        for window in windows:
            by_shelter[window.shelter][window.crop.family].append(window)
        before: dict[int, dict[str, list[garden.PlantingLine]]] = defaultdict(lambda: defaultdict(list))
        for planting in self.standing:
            before[self.place[planting.place_id][0]][planting.family].append(planting)
        return {
            block_id: self._rotation(by_shelter[beds[0].shelter], before[block_id])
            for block_id, beds in self.beds.items()
        }

    def _rotation(
        self, windows: Mapping[str, list[Window]], before: Mapping[str, list[garden.PlantingLine]]
    ) -> Rotation:
        barred, apart = [], []
        for family in sorted(before.keys() & windows.keys()):
            reasons: dict[tuple[str, str, int], str] = {}
            early = []
            for w in windows[family]:
                asked = (w.crop.code, w.shelter, w.week.year)
                if asked not in reasons:
                    reasons[asked] = _reason(w, before[family])
                if reasons[asked]:
                    early.append((w.id, reasons[asked]))
            if len(early) == len(windows[family]):
                barred.append(Barred(garden.family(family).common, early[-1][1]))
            else:
                apart += [id for id, _ in early]
        return Rotation(tuple(barred), tuple(apart))

    @cached_property
    def halves(self) -> list[tuple[garden.PlantingLine, tuple[str, ...]]]:
        """Each planting on its half-beds, those that stay longest first; none shares half a bed.

        Where longer ones hold them all, as on thirds of a bed or before one to come, it has none of its own.
        """
        free: dict[int, list[str]] = defaultdict(lambda: ["a", "b"])
        found = []
        for planting in sorted(self.in_ground, key=lambda p: (-(p.last_harvest - self.first), p.id)):
            block_id, number = self.place[planting.place_id]
            wanted = 1 if planting.length_m * 2 <= self.beds[block_id][number - 1].length_m else 2
            sides = free[planting.place_id]
            free[planting.place_id] = sides[wanted:]
            found.append((planting, tuple(half(number, side) for side in sides[:wanted])))
        return found

    def fixed(self) -> tuple[Fixed, ...]:
        """As the engine knows them."""
        return tuple(self._fixed(planting, halves) for planting, halves in self.halves)

    def _fixed(self, planting: garden.PlantingLine, halves: tuple[str, ...]) -> Fixed:
        block_id, number = self.place[planting.place_id]
        bed = self.beds[block_id][number - 1]
        line = self.known.catalogue.get(planting.crop)
        hours = (line.upkeep_hours if line else None) or Decimal(0)
        area = planting.length_m * bed.width_m / HUNDRED
        weeks = max(1, planting.last_harvest - planting.planted)
        coming = IsoWeek.range(max(planting.first_harvest, self.first), planting.last_harvest)
        return Fixed(
            id=str(planting.id),
            block=str(block_id),
            crop=planting.crop,
            beds=halves,
            weeks=min(planting.last_harvest - self.first + 1, len(self.weeks)),
            harvest=tuple(
                Remaining(str(week), *planting.kg_week) for week in coming if week <= self.weeks[-1]
            ),
            upkeep_week={garden.UPKEEP: (hours * area / weeks).quantize(GRAM)},
        )


def _reason(window: Window, before: Sequence[garden.PlantingLine]) -> str:
    """Why this crop may not be set up in that year; nothing: it may."""
    crop, year = window.crop, window.week.year
    years = crop.return_years or 0
    if window.shelter == TUNNEL:
        years = min(years, garden.TUNNEL_RETURN_MAX)
    met = [p for p in before if 0 < abs(p.planted.year - year) < years]
    if not met:
        return ""
    last = max(met, key=lambda p: (p.planted, p.id))
    family = garden.family(crop.family).common
    return f"{last.name} en {last.planted.year}\u202f: la {family} y revient au bout de {years} ans."
