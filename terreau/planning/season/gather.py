"""The season's problem, gathered from the rooms: land, hands, crops in their windows, and what is asked."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache

from django.db.models import Sum

from terreau.engines.season import (
    Crop,
    Farm,
    Hands,
    Labour,
    Opening,
    Option,
    Problem,
    Tolerances,
    Yield,
)
from terreau.engines.season.problem import GARDEN, PARTNER
from terreau.ledger.queries import stock
from terreau.measures.week import IsoWeek
from terreau.planning.season.demand import Demand, DemandLine
from terreau.planning.season.ground import Ground, Known, Window
from terreau.planning.season.needs import CHOICES, Needs
from terreau.rooms.garden import queries as garden
from terreau.territory.models import Agent, AgentKind, Ecopole, Place, PlaceKind
from terreau.territory.queries import transfer_share

ZERO, ONE, HUNDRED = Decimal(0), Decimal(1), Decimal(100)
GRAM = Decimal("0.001")


class NothingToPlan(Exception):
    """No land, or nobody to work it: said in words, with what to do."""


class Gathered:
    """The facts of a season. Each part is read when it is asked: the page of needs needs no problem."""

    def __init__(self, known: Known, needs: Needs) -> None:
        self.known, self.needs = known, needs
        self.ecopole, self.today, self.catalogue = known.ecopole, known.today, known.catalogue
        self.ground = Ground(known, needs)
        if not self.ground.beds:
            raise NothingToPlan(
                "Aucune planche\u202f: décrivez les parcelles, les blocs et les planches d’un jardin "
                "ou d’une ferme, puis cochez-les ici."
            )
        shelters = sorted({beds[0].shelter for beds in self.ground.beds.values()})
        self.windows = list(_windows(self.catalogue, needs, shelters))
        self.rotations = self.ground.rotations(self.windows)
        self.blocks = self.ground.blocks(self.rotations)

    @cached_property
    def farms(self) -> tuple[Farm, ...]:
        names = self.known.holders(self.needs.planting[-1].sunday)
        ids = sorted({block.farm for block in self.blocks}, key=int)
        return _farms(self.ecopole, self.needs, ids, names, self.known.gardens)

    @cached_property
    def crops(self) -> dict[str, Crop]:
        """Those that may be sown, and those in the ground, known to the catalogue or not."""
        wanted = {window.crop.code for window in self.windows} | {p.crop for p in self.ground.in_ground}
        share = transfer_share(self.needs.weeks[0].monday)
        found = {code: _crop(line, share) for code, line in self.catalogue.items() if code in wanted}
        for planting in self.ground.in_ground:
            found.setdefault(planting.crop, _unknown_crop(planting))
        return found

    @cached_property
    def by_product(self) -> dict[str, list[Crop]]:
        found: dict[str, list[Crop]] = defaultdict(list)
        for code, crop in self.crops.items():
            if code in self.catalogue:
                found[self.catalogue[code].product_code].append(crop)
        return found

    @cached_property
    def demand(self) -> Demand:
        return Demand(self.ecopole, self.needs, self.by_product, self.today)

    @cached_property
    def lines(self) -> list[DemandLine]:
        return self.demand.lines()

    @property
    def apart(self) -> dict[str, list[str]]:
        """Sowings that rotation alone forbids on a block where others of their family may come."""
        return {str(block): list(found.apart) for block, found in self.rotations.items() if found.apart}

    @cached_property
    def problem(self) -> Problem:
        weeks = tuple(str(week) for week in self.needs.weeks)
        cooks = Agent.objects.filter(ecopole=self.ecopole, kind=AgentKind.KITCHEN).exists()
        return Problem(
            weeks=weeks,
            cyclic=False,
            farms=self.farms,
            blocks=self.blocks,
            crops=tuple(
                _sold(crop, self.catalogue.get(code), self.demand, cooks) for code, crop in self.crops.items()
            ),
            options=tuple(_option(window) for window in self.windows),
            baskets=self.demand.baskets(),
            commitments=tuple(c for line in self.lines if not line.removed for c in line.commitments()),
            fixed=self.ground.fixed(),
            opening=_opening(self.ecopole, self.needs, self.by_product, self.today),
            cold_kg=_cold(self.ecopole, len(weeks)),
            kitchen_kg=(Decimal(CHOICES["kitchen"]["kg_week"]),) * len(weeks) if cooks else (),
            tolerances=Tolerances(
                gap=Decimal(CHOICES["goals"]["gap"]),
                fairness=Decimal(CHOICES["goals"]["fairness"]),
                waste_cents=CHOICES["goals"]["waste_cents"],
                ease=Decimal(CHOICES["goals"]["ease"]),
                strain_cents=CHOICES["goals"]["strain_cents"],
            ),
        )


def gather(ecopole: Ecopole, needs: Needs, today: date) -> Problem:
    """All that the season's engine must know, as things stand today."""
    return Gathered(Known(ecopole, today), needs).problem


# Crops and their options.


def _crop(line: garden.CropLine, share: Decimal) -> Crop:
    unknown = CHOICES["unknown"]
    return Crop(
        id=line.code,
        name=line.name,
        family=garden.family(line.family).common,
        portion=line.portion_kg or Decimal(unknown["portion_kg"]),
        price_cents=line.price.cents if line.price else unknown["price_cents"],
        transfer_share=share,
        store_loss=store_loss(line.storage_weeks),
        harvest_hours_100kg=line.harvest_hours or ZERO,
        harvest_skill=garden.HARVEST,
    )


def _unknown_crop(planting: garden.PlantingLine) -> Crop:
    """In the ground, but no longer in the catalogue."""
    unknown = CHOICES["unknown"]
    return Crop(
        planting.crop, planting.name, garden.family(planting.family).common,
        Decimal(unknown["portion_kg"]), unknown["price_cents"], harvest_skill=garden.HARVEST,
    )  # fmt: skip


@lru_cache(maxsize=256)  # a power of decimals is slow, and crops keep a few lengths of time
def store_loss(storage_weeks: Decimal | None) -> Decimal | None:
    """The part lost in a week, such that half is lost when its time in store is over; None: does not keep."""
    choices = CHOICES["store"]
    if storage_weeks is None or storage_weeks < choices["weeks_min"]:
        return None
    kept = (ONE - Decimal(choices["loss_at_end"])) ** (ONE / storage_weeks)
    return (ONE - kept).quantize(GRAM)


def _sold(crop: Crop, line: garden.CropLine | None, demand: Demand, cooks: bool) -> Crop:
    """What a surplus of it is worth, and how much of it the shops take."""
    if line is None:
        return crop
    return replace(
        crop,
        kitchen_cents=int(crop.price_cents * Decimal(CHOICES["kitchen"]["price_share"])) if cooks else None,
        wholesale_cents=int(crop.price_cents * Decimal(CHOICES["wholesale"]["price_share"])),
        wholesale_kg_max=demand.wholesale_kg(line.product_code),
    )


def _windows(
    catalogue: Mapping[str, garden.CropLine], needs: Needs, shelters: Iterable[str]
) -> Iterable[Window]:
    """Each crop every other week of each of its windows, under each shelter there is."""
    step = int(CHOICES["horizon"]["step_weeks"])
    for line in catalogue.values():
        for shelter in shelters:
            last = None
            for week in needs.planting:
                after = line.harvest_after(shelter, week)
                if line.yield_likely and after and (last is None or week - last >= step):
                    last = week
                    yield Window(line, shelter, week, after)


def _option(window: Window) -> Option:
    line, (first, last) = window.crop, window.after
    picks = last - first + 1
    likely = line.yield_likely or ZERO
    low = min(line.yield_low if line.yield_low is not None else likely, likely)
    high = max(line.yield_high or likely, likely)
    kilos = [(kg_m2 * HUNDRED / picks).quantize(GRAM) for kg_m2 in (low, likely, high)]
    plants = (line.plants_m2 or ZERO) * HUNDRED
    return Option(
        id=window.id,
        crop=line.code,
        shelter=window.shelter,
        week=str(window.week),
        weeks=last + 1,
        harvest=tuple(Yield(n, *kilos) for n in range(first, last + 1)),
        labour=(
            Labour(garden.ESTABLISH, line.establish_hours or ZERO),
            Labour(garden.UPKEEP, ZERO, ((line.upkeep_hours or ZERO) / max(1, last)).quantize(GRAM)),
        ),
        plants=plants,
        plant_unit="plants ou graines",
        cost_cents=int(plants * plant_cents(line.plants_m2 or ZERO)) + CHOICES["area"]["cents"],
    )


def plant_cents(plants_m2: Decimal) -> Decimal:
    return next(Decimal(cents) for least, cents in CHOICES["plants"]["steps"] if plants_m2 >= Decimal(least))


# Hands.


def _farms(
    ecopole: Ecopole, needs: Needs, ids: Iterable[str], names: Mapping[int, str], gardens: Collection[int]
) -> tuple[Farm, ...]:
    choices = CHOICES["farms"]
    crews: dict[int, list[garden.CrewLine]] = defaultdict(list)
    for crew in garden.crews(ecopole):
        crews[crew.agent_id].append(crew)
    return tuple(
        Farm(
            id=farm,
            name=names[int(farm)],
            kind=GARDEN if int(farm) in gardens else PARTNER,
            hands=_hands(crews[int(farm)], needs.weeks, needs.hours_max.get(farm)),
            crops_max=choices["garden_crops_max" if int(farm) in gardens else "partner_crops_max"],
            crop_cents=choices["crop_cents"],
            overtime_max=Decimal(choices["overtime_max"]),
            overtime_cents=choices["overtime_cents"],
        )
        for farm in ids
    )


def _hands(
    crews: Iterable[garden.CrewLine], weeks: Iterable[IsoWeek], hours_max: Decimal | None
) -> tuple[Hands, ...]:
    """Each crew's hours week by week; capped, all crews give way in proportion."""
    weeks, crews = list(weeks), [crew for crew in crews if crew.trades]
    there = [[crew.hours if crew.works_on(week.monday) else ZERO for week in weeks] for crew in crews]
    sums = [sum((hours[n] for hours in there), ZERO) for n in range(len(weeks))]
    shares = [min(ONE, hours_max / total) if hours_max is not None and total else ONE for total in sums]
    return tuple(
        Hands(
            id=str(crew.id),
            name=crew.label,
            skills=crew.trades,
            hours=tuple((h * share).quantize(GRAM) for h, share in zip(hours, shares, strict=True)),
            productivity=crew.productivity,
        )
        for crew, hours in zip(crews, there, strict=True)
        if any(hours)
    )


# Stores.


def _cold(ecopole: Ecopole, weeks: int) -> tuple[Decimal, ...]:
    places = Place.objects.filter(ecopole=ecopole, kind=PlaceKind.COLD, agent__kind=AgentKind.PLATFORM)
    capacity = places.aggregate(total=Sum("capacity_kg"))["total"]
    return (capacity,) * weeks if capacity else ()


def _opening(
    ecopole: Ecopole, needs: Needs, crops: Mapping[str, list[Crop]], today: date
) -> tuple[Opening, ...]:
    """What waits in the stores, when the season begins soon enough for it to count."""
    if needs.weeks[0] - IsoWeek.of(today) > CHOICES["store"]["opening_weeks"]:
        return ()
    platform = Agent.objects.filter(ecopole=ecopole, kind=AgentKind.PLATFORM).first()
    kilos: dict[str, Decimal] = defaultdict(Decimal)
    for line in stock(ecopole, holder=platform) if platform else ():
        if line.own and line.product.code in crops:
            kilos[crops[line.product.code][0].id] += line.quantity * line.product.unit_kg
    return tuple(Opening(crop, kg.quantize(GRAM)) for crop, kg in sorted(kilos.items()))
