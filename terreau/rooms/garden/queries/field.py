"""What one takes to the field: beds, what is ripe on them, what grows there, the gestures that are due."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import BooleanField, ExpressionWrapper, F, Q

from terreau.ledger.effects import Action
from terreau.ledger.models import Process, ProcessKind
from terreau.ledger.queries import CommitmentLine, State, commitments
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.models import Crop, FieldNote, NoteKind
from terreau.rooms.garden.queries.forecast import written
from terreau.rooms.garden.queries.land import beds
from terreau.rooms.garden.queries.plantings import GESTURES, PlantingLine, PlantingState, plantings
from terreau.rooms.garden.queries.tasks import LATE_WEEKS, NO_BLOCK, Task, block_names, tasks_among
from terreau.rooms.garden.queries.week import LATE_DAYS
from terreau.territory.models import Agent, Ecopole, Place, PlaceKind, Product, ProductFamily
from terreau.territory.queries import bed_order, places, products

GROWN = (ProductFamily.VEGETABLE, ProductFamily.FRUIT, ProductFamily.HERB)
GROWN_ON = (PlaceKind.BED, PlaceKind.FIELD)


@dataclass(frozen=True)
class FieldBed:
    id: int
    name: str
    block: str


@dataclass(frozen=True)
class Growing:
    """A crop on a bed, in the ground or awaited there."""

    id: int
    bed: int
    name: str
    state: str


@dataclass(frozen=True)
class Ripe:
    """What may be harvested on a bed. `due` is what the plan asks for; otherwise it is only expected."""

    bed: int
    product: int
    due: Decimal | None
    late: bool


@dataclass(frozen=True)
class FieldTask:
    id: int
    bed: int
    planting: int | None
    crop: str
    trade: str
    gesture: str
    hours: Decimal
    week: int
    late: bool


@dataclass(frozen=True)
class FieldProduct:
    id: int
    name: str
    unit: str


@dataclass(frozen=True)
class FieldDay:
    beds: list[FieldBed]
    products: list[FieldProduct]
    growing: list[Growing]
    ripe: list[Ripe]
    tasks: list[FieldTask]


def garden_beds(ecopole: Ecopole, garden: Agent) -> list[Place]:
    """Where the garden grows, in the order in which one walks."""
    held = places(ecopole, GROWN_ON).filter(agent=garden)
    return sorted(held, key=lambda place: bed_order(place.name))


def field_day(ecopole: Ecopole, garden: Agent, today: date) -> FieldDay:
    """All that the field page knows without network. Its number of queries does not grow with the garden."""
    week, land = IsoWeek.of(today), beds(ecopole, garden)
    blocks, closed = block_names(land), {bed.place_id for bed in land if not bed.open_on(today)}
    grown = [
        line
        for line in plantings(ecopole, first=week - 4, last=week + 4, today=today, agent=garden)
        if line.state in (PlantingState.GROWING, PlantingState.PLANNED)
    ]
    due = commitments(
        ecopole,
        due=((week - LATE_WEEKS).monday, week.sunday),
        provider=garden,
        states=(State.OPEN, State.PARTLY_MET),
    )
    return FieldDay(
        beds=[
            FieldBed(place.pk, place.name, blocks.get(place.pk, NO_BLOCK))
            for place in garden_beds(ecopole, garden)
            if place.pk not in closed
        ],
        products=[FieldProduct(p.pk, p.name, Unit(p.unit).symbol) for p in products(GROWN)],
        growing=[Growing(line.id, line.place_id, line.name, line.state.label) for line in grown],
        ripe=_ripe(ecopole, garden, today, grown, due),
        tasks=[_field_task(task) for task in tasks_among(due, land, week)],
    )


def _ripe(
    ecopole: Ecopole,
    garden: Agent,
    today: date,
    grown: Iterable[PlantingLine],
    due: Iterable[CommitmentLine],
) -> list[Ripe]:
    """What the plan asks for first, then what the gardener expects and what the crops should give."""
    week = IsoWeek.of(today)
    found: dict[tuple[int, int], Ripe] = {}
    for line in _harvests(due, since=today - timedelta(days=LATE_DAYS)):
        row = line.commitment
        place = row.to_place_id or 0
        found.setdefault(
            (place, row.product_id), Ripe(place, row.product_id, line.remaining, row.due_on < today)
        )
    ripening = [
        line
        for line in grown
        if line.state is PlantingState.GROWING and line.first_harvest <= week <= line.last_harvest
    ]
    harvested = harvested_products(ecopole, {line.crop for line in ripening})
    forecast = [line for line in written(ecopole, week) if line.garden_id == garden.pk]
    expected = [(line.place_id, line.product_id) for line in forecast]
    expected += [(line.place_id, harvested[line.crop]) for line in ripening if line.crop in harvested]
    for place, product in expected:
        found.setdefault((place, product), Ripe(place, product, None, False))
    return list(found.values())


def _harvests(due: Iterable[CommitmentLine], since: date) -> list[CommitmentLine]:
    """Among promises, those of harvests at a bed; what was due long ago has left the field."""
    lines = [
        line
        for line in due
        if line.commitment.action == Action.PRODUCE
        and line.commitment.to_place_id
        and line.commitment.due_on >= since
    ]
    wanted = {line.commitment.process_id for line in lines if line.commitment.process_id}
    rows = Process.objects.filter(pk__in=wanted, kind=ProcessKind.HARVEST)
    harvests = set(rows.values_list("pk", flat=True))
    return [line for line in lines if line.commitment.process_id in harvests]


def harvested_products(ecopole: Ecopole, crops: Collection[str]) -> dict[str, int]:
    """The product harvested of each of these crops; an écopôle's own crop goes before the catalogue's."""
    rows = Crop.objects.filter(Q(ecopole=None) | Q(ecopole=ecopole), code__in=crops)
    return dict(rows.order_by(F("ecopole").asc(nulls_first=True)).values_list("code", "product_id"))


def _field_task(task: Task) -> FieldTask:
    row = task.line.commitment
    return FieldTask(
        id=row.pk,
        bed=task.bed.pk,
        planting=row.process_id,
        crop=task.crop,
        trade=task.trade,
        gesture=task.gesture,
        hours=task.hours,
        week=task.week.week,
        late=task.late,
    )


def trades_in_field() -> list[tuple[Product, str]]:
    """The trades in the order of the season, with the gesture they are known by."""
    found = {product.code: product for product in Product.objects.filter(code__in=GESTURES)}
    return [(found[code], gesture) for code, gesture in GESTURES.items() if code in found]


def field_notes(ecopole: Ecopole, garden: Agent, limit: int = 60) -> list[FieldNote]:
    """What was seen on the garden's beds, the latest first; pictures are named, not read."""
    rows = FieldNote.objects.filter(
        ecopole=ecopole, place__agent=garden, kind=NoteKind.OBSERVATION, withdraws=None, withdrawn_by=None
    )
    pictured = ExpressionWrapper(Q(photo__isnull=False), output_field=BooleanField())
    rows = rows.select_related("place", "planting", "recorded_by").defer("photo").annotate(pictured=pictured)
    return list(rows.order_by("-occurred_at", "-pk")[:limit])
