"""Plantings: what grew, grows and should grow on each bed, read from the ledger.

A planting is a process of the ledger. Setting it up, keeping and harvesting it are promised hours of work: it
stands as long as its setting up is promised or done. What it should give is written in its detail.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils.timezone import localtime

from terreau.ledger.actions import NewProcess, Promise
from terreau.ledger.effects import Action
from terreau.ledger.models import Cancellation, Commitment, Event, Process, ProcessKind
from terreau.ledger.queries import STANDING
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.families import family
from terreau.rooms.garden.models import FieldNote, NoteKind
from terreau.rooms.garden.queries.catalogue import CropLine
from terreau.rooms.garden.queries.land import BedLine
from terreau.territory.models import Agent, Ecopole, Product

# The trades of the garden, as products counted in hours.
ESTABLISH, UPKEEP, HARVEST = "travail-implantation", "travail-entretien", "travail-recolte"
GESTURES = {ESTABLISH: "Semer ou planter", UPKEEP: "Entretenir", HARVEST: "Récolter et laver"}
# No planting of the catalogue holds a bed longer.
WEEKS_MAX = 60
# Upkeep comes in passes some weeks apart, none shorter than a quarter of an hour.
PASS_WEEKS, PASS_HOURS_MIN = 3, Decimal("0.25")
HUNDRED = Decimal(100)
THOUSANDTH = Decimal("0.001")


class PlantingState(StrEnum):
    PLANNED = "planned"
    GROWING = "growing"
    FINISHED = "finished"
    FAILED = "failed"
    DROPPED = "dropped"

    @property
    def label(self) -> str:
        return STATE_LABELS[self]


STATE_LABELS = {
    PlantingState.PLANNED: "prévue",
    PlantingState.GROWING: "en place",
    PlantingState.FINISHED: "terminée",
    PlantingState.FAILED: "perdue",
    PlantingState.DROPPED: "abandonnée",
}
# Those that hold their bed in their weeks, or held it.
STANDING_STATES = (PlantingState.PLANNED, PlantingState.GROWING, PlantingState.FINISHED)


@dataclass(frozen=True, slots=True)
class PlantingLine:
    """One crop on one bed, or on part of its length. It holds the bed from `planted` to `last_harvest`.

    `kg_week` is what each harvest week should give: low, likely, high.
    """

    id: int
    key: str
    place_id: int
    agent_id: int
    crop: str
    name: str
    family: str
    variety: str
    planted: IsoWeek
    first_harvest: IsoWeek
    last_harvest: IsoWeek
    length_m: Decimal
    kg_week: tuple[Decimal, Decimal, Decimal]
    state: PlantingState
    reason: str
    plan: str

    @property
    def harvest_weeks(self) -> int:
        return self.last_harvest - self.first_harvest + 1

    def meets(self, first: IsoWeek, last: IsoWeek) -> bool:
        return self.planted <= last and self.last_harvest >= first


def plantings(
    ecopole: Ecopole,
    *,
    first: IsoWeek,
    last: IsoWeek,
    today: date,
    agent: Agent | int | None = None,
    place_id: int | None = None,
) -> list[PlantingLine]:
    """Those that hold a bed in some week from `first` to `last`, dropped ones included. One query."""
    rows = Process.objects.filter(
        ecopole=ecopole,
        kind=ProcessKind.PLANTING,
        planned_for__range=((first - WEEKS_MAX).monday, last.sunday),
    ).alias(until=Cast(KT("detail__last_harvest"), CharField()))
    rows = rows.filter(until__gte=str(first))  # weeks are written so that their text is in their order
    if agent is not None:
        rows = rows.filter(agent=agent)
    if place_id is not None:
        rows = rows.filter(place=place_id)
    return [line for line in _lines(rows, today) if line.meets(first, last)]


def planting(ecopole: Ecopole, pk: int, today: date) -> PlantingLine | None:
    """One planting by its number, or None if it is not one of this écopôle."""
    rows = Process.objects.filter(ecopole=ecopole, kind=ProcessKind.PLANTING, pk=pk)
    return next(iter(_lines(rows, today)), None)


def _lines(rows: QuerySet[Process], today: date) -> list[PlantingLine]:
    """These plantings with what was answered to each: set up or given up, then lost or finished."""
    # Its number, found once: joined, PostgreSQL goes through the products for each planting.
    trade = Subquery(Product.objects.filter(code=ESTABLISH).order_by().values("pk")[:1])
    answered: Mapping[str, Any] = {"process": OuterRef("pk"), "product": trade}
    set_up = Event.objects.filter(STANDING, action=Action.WORK, **answered)
    # From the promise to what withdraws it: the other way round, every withdrawal ever written is read.
    withdrawn = Cancellation.objects.filter(commitment=OuterRef("pk"), event=None)
    given_up = Commitment.objects.filter(Exists(withdrawn), **answered)
    ends = FieldNote.objects.filter(kind__in=(NoteKind.FAILED, NoteKind.FINISHED), withdraws=None)
    last = ends.filter(planting=OuterRef("pk"), withdrawn_by=None).order_by("-occurred_at", "-id")
    # Known at once: the last word is looked for where there is one.
    ended = Q(pk__in=ends.order_by().values("planting"))
    answer = Case(
        When(Exists(set_up), then=Value(PlantingState.GROWING.value)),
        When(Exists(given_up), then=Value(PlantingState.DROPPED.value)),
        default=Value(PlantingState.PLANNED.value),
    )
    told = (
        rows.annotate(
            answer=answer,
            written=Cast("detail", TextField()),
            ended=Case(When(ended, then=Subquery(last.values("kind")[:1]))),
            ended_at=Case(When(ended, then=Subquery(last.values("occurred_at")[:1]))),
        )
        .order_by("planned_for", "id")
        .values_list("id", "key", "place_id", "agent_id", "written", "answer", "ended", "ended_at")
    )
    this_week = IsoWeek.of(today)
    return [_line(*row, this_week) for row in told]


@lru_cache(maxsize=1024)  # the same few hundred weeks, thousands of times
def _week(text: str) -> IsoWeek:
    return IsoWeek.parse(text)


@dataclass(frozen=True, slots=True)
class _Sown:
    """What a planting says of itself, which nothing changes."""

    crop: str
    name: str
    family: str
    variety: str
    planted: IsoWeek
    first_harvest: IsoWeek
    last_harvest: IsoWeek
    length_m: Decimal
    kg_week: tuple[Decimal, Decimal, Decimal]
    reason: str
    plan: str


@lru_cache(maxsize=8192)  # what it says is read again each week
def _sown(written: str) -> _Sown:
    detail = json.loads(written)
    planted, first, last = (_week(detail[name]) for name in ("planted", "first_harvest", "last_harvest"))
    low, likely, high = (Decimal(kg) for kg in detail["kg_week"])
    return _Sown(
        crop=detail["crop"],
        name=detail["name"],
        family=detail["family"],
        variety=detail.get("variety", ""),
        planted=planted,
        first_harvest=first,
        last_harvest=last,
        length_m=Decimal(detail["length_m"]),
        kg_week=(low, likely, high),
        reason=detail.get("reason", ""),
        plan=detail.get("plan", ""),
    )


@lru_cache(maxsize=8192)  # years of them are read again by every page that looks at rotations
def _line(
    pk: int,
    key: str,
    place_id: int | None,
    agent_id: int | None,
    written: str,
    answer: str,
    ended: str | None,
    ended_at: datetime | None,
    this_week: IsoWeek,
) -> PlantingLine:
    """What is finished early, or lost, holds its bed no longer."""
    sown = _sown(written)
    state, first, last = PlantingState(answer), sown.first_harvest, sown.last_harvest
    if ended and ended_at:
        state = PlantingState.FAILED if ended == NoteKind.FAILED else PlantingState.FINISHED
        if (over := IsoWeek.of(localtime(ended_at).date())) < last:
            last = max(sown.planted, over)
            first = min(first, last)
    elif state is PlantingState.GROWING and last < this_week:
        state = PlantingState.FINISHED
    return PlantingLine(
        pk, key, place_id or 0, agent_id or 0, sown.crop, sown.name, sown.family, sown.variety, sown.planted,
        first, last, sown.length_m, sown.kg_week, state, sown.reason, sown.plan,
    )  # fmt: skip


@dataclass(frozen=True)
class NewPlanting:
    """A crop to set up on a length of a bed, in a week. `reason`: why, where a rule advises against it."""

    crop: CropLine
    bed: BedLine
    week: IsoWeek
    length_m: Decimal
    variety: str = ""
    reason: str = ""

    @property
    def area_m2(self) -> Decimal:
        return self.length_m * self.bed.width_m

    @property
    def harvest(self) -> tuple[IsoWeek, IsoWeek]:
        """First and last week of harvest; out of every window, those of the nearest one."""
        after = self.crop.harvest_after(self.bed.shelter, self.week)
        first, last = after or _nearest_harvest(self.crop, self.bed.shelter, self.week)
        return self.week + first, self.week + last

    @property
    def kg_week(self) -> tuple[Decimal, Decimal, Decimal]:
        """What one week of harvest should give, spread evenly: low, likely, high."""
        first, last = self.harvest
        likely = self.crop.yield_likely or Decimal(0)
        yields = (self.crop.yield_low or likely, likely, self.crop.yield_high or likely)
        low, middle, high = (
            (kg_m2 * self.area_m2 / (last - first + 1)).quantize(THOUSANDTH) for kg_m2 in yields
        )
        return low, middle, high


def _nearest_harvest(crop: CropLine, shelter: str, week: IsoWeek) -> tuple[int, int]:
    """Forced out of its windows, a crop takes the weeks it takes in the nearest one."""
    for late in range(1, 27):
        for shift in (-late, late):
            if after := crop.harvest_after(shelter, week + shift):
                return after
    return 8, 12


def planting_process(new: NewPlanting, *, key: str, plan: str = "") -> NewProcess:
    """The process of a planting, for the garden and for whoever plans its season."""
    first, last = new.harvest
    detail = {
        "crop": new.crop.code,
        "name": new.crop.name,
        "family": new.crop.family,
        "planted": str(new.week),
        "first_harvest": str(first),
        "last_harvest": str(last),
        "length_m": str(new.length_m),
        "kg_week": [str(kg) for kg in new.kg_week],
    }
    detail |= {
        name: said
        for name, said in (("variety", new.variety), ("reason", new.reason), ("plan", plan))
        if said
    }
    return NewProcess(
        kind=ProcessKind.PLANTING,
        key=key,
        label=f"{new.crop.name} · {new.bed.name}",
        agent_id=new.bed.agent_id,
        place_id=new.bed.place_id,
        planned_for=new.week.monday,
        detail=detail,
    )


def planting_promises(
    new: NewPlanting, process: Process, trades: Mapping[str, Product], *, plan: str = ""
) -> list[Promise]:
    """Its gestures as promised hours: set up once, keep in passes, harvest each week."""
    first, last = new.harvest
    area, crop = new.area_m2 / HUNDRED, new.crop
    gestures = [("establish", ESTABLISH, new.week.monday, (crop.establish_hours or Decimal(0)) * area)]
    upkeep = (crop.upkeep_hours or Decimal(0)) * area
    passes = _passes(upkeep, last - new.week)
    gestures += [
        (f"upkeep-{rank}", UPKEEP, (new.week + PASS_WEEKS * rank).monday, upkeep / passes)
        for rank in range(1, passes + 1)
    ]
    harvest = (crop.harvest_hours or Decimal(0)) * new.kg_week[1] / HUNDRED
    gestures += [(f"harvest-{week}", HARVEST, week.monday, harvest) for week in IsoWeek.range(first, last)]
    return [
        Promise(
            action=Action.WORK,
            provider_id=new.bed.agent_id,
            receiver_id=new.bed.agent_id,
            product_id=trades[trade].pk,
            # The shortest gesture is told: a planting whose setting up took no time would not stand.
            quantity=max(hours.quantize(THOUSANDTH), THOUSANDTH),
            unit=Unit.HOUR,
            due_on=due_on,
            to_place_id=new.bed.place_id,
            process_id=process.pk,
            plan=plan,
            note=GESTURES[trade],
            key=f"{process.key}:{name}",
        )
        for name, trade, due_on, hours in gestures
        if hours > 0 or trade == ESTABLISH
    ]


def _passes(hours: Decimal, weeks: int) -> int:
    return min(max(0, (weeks - 1) // PASS_WEEKS), int(hours / PASS_HOURS_MIN)) if hours else 0


def trades() -> dict[str, Product]:
    """The products that count the garden's hours, by code. One query."""
    return {product.code: product for product in Product.objects.filter(code__in=GESTURES)}


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a planting should not stand there; `forced` may be answered by a reason, the others may not."""

    sentence: str
    may_force: bool


def objections(
    new: NewPlanting,
    others: Sequence[PlantingLine],
    land: Sequence[BedLine],
    *,
    moving: int | None = None,
) -> list[Objection]:
    """What length, overlap, rotation and window say against a planting; nothing: it may stand.

    `others` are the plantings of the holder some years around; `land` its beds; `moving` the planting moved.
    """
    first, last = new.week, new.harvest[1]
    blocks = {bed.place_id: bed.block_id for bed in land}
    standing = [p for p in others if p.state in STANDING_STATES and p.id != moving]
    told = []
    if new.length_m > new.bed.length_m:
        told.append(
            Objection(
                f"{new.bed.name} mesure {_metres(new.bed.length_m)}, la culture en demande "
                f"{_metres(new.length_m)}. Raccourcissez-la, ou répartissez-la sur deux planches.",
                may_force=False,
            )
        )
    if not new.bed.open_on(last.sunday):
        told.append(
            Objection(
                f"{new.bed.name} est fermée avant la fin de la récolte. Choisissez une autre planche.", False
            )
        )
    told += _overlaps(new, [p for p in standing if p.place_id == new.bed.place_id and p.meets(first, last)])
    told += _returns(new, [p for p in standing if blocks.get(p.place_id) == new.bed.block_id])
    if new.crop.harvest_after(new.bed.shelter, new.week) is None:
        told.append(
            Objection(
                f"{new.crop.name} ne se met pas en place en semaine {new.week.week} ici. "
                "Choisissez une semaine de sa fenêtre, ou dites pourquoi vous essayez.",
                may_force=True,
            )
        )
    return told


def _metres(length: Decimal) -> str:
    return f"{length.normalize():f}".replace(".", ",") + "\u00a0m"


def _overlaps(new: NewPlanting, met: Sequence[PlantingLine]) -> list[Objection]:
    """On a bed, the lengths of those that are there in the same week fit in its own."""
    weeks = IsoWeek.range(new.week, new.harvest[1])
    fullest = max(weeks, key=lambda week: sum(p.length_m for p in met if p.meets(week, week)))
    there = [p for p in met if p.meets(fullest, fullest)]
    left = new.bed.length_m - sum((p.length_m for p in there), Decimal(0))
    if not there or new.length_m <= left:
        return []
    names = ", ".join(f"{p.name} (semaines {p.planted.week} à {p.last_harvest.week})" for p in there)
    rest = f"il y reste {_metres(left)}" if left > 0 else "il n’y reste pas de place"
    return [
        Objection(
            f"{new.bed.name}, semaine {fullest.week}\u202f: {rest} à côté de {names}. "
            "Choisissez une autre semaine, une autre planche, ou une longueur moindre.",
            may_force=False,
        )
    ]


# In a tunnel, where the ground is scarce and cared for, no family waits longer (see docs/engines/season.md).
TUNNEL_RETURN_MAX = 3


def _returns(new: NewPlanting, in_block: Sequence[PlantingLine]) -> list[Objection]:
    """A family comes back on a block after its return delay, counted in years of setting up."""
    years = new.crop.return_years or 0
    if new.bed.shelter == "tunnel":
        years = min(years, TUNNEL_RETURN_MAX)
    met = [
        p for p in in_block if p.family == new.crop.family and 0 < abs(p.planted.year - new.week.year) < years
    ]
    if not met:
        return []
    nearest = min(met, key=lambda p: abs(p.planted.year - new.week.year))
    common = family(new.crop.family).common
    return [
        Objection(
            f"{common[:1].upper()}{common[1:]}\u202f: {nearest.name} était ou sera sur le bloc "
            f"{new.bed.block} en {nearest.planted.year}, et cette famille y revient au bout de {years} ans. "
            "Choisissez un autre bloc, ou dites pourquoi vous passez outre.",
            may_force=True,
        )
    ]


def window_of_history(week: IsoWeek, crop: CropLine) -> tuple[IsoWeek, IsoWeek]:
    """Far enough, before and after, for the rotation and the overlaps of a planting of that week."""
    years = timedelta(weeks=52 * max(1, crop.return_years or 0))
    return IsoWeek.of(week.monday - years), IsoWeek.of(week.monday + years)
