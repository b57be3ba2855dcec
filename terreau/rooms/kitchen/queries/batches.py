"""Batches: what goes in, what was checked, what came out, and what still stops them from leaving."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum

from terreau.ledger.effects import Action
from terreau.ledger.models import Cancellation, Custody, Event, Lot, Verdict, VerdictKind
from terreau.ledger.queries import STANDING
from terreau.measures.money import Money, added
from terreau.rooms.kitchen.models import Batch, Control, Ending, Ingredient, Point
from terreau.rooms.kitchen.points import schedule_of
from terreau.rooms.kitchen.recipes import Cost, hour_rate, kilos, scaled, worth
from terreau.rooms.kitchen.trades import WORK
from terreau.territory.models import Ecopole, Product

RECENT_DAYS = 60
# What stands in the way of releasing, as its page says it.
UNMET = "{point}\u202f: à relever."
BROKEN = "{point}\u202f: hors limite. Corrigez, puis relevez de nouveau."
SILENT = "{point} hors limite\u202f: dites ce qui a été fait."


def told(point: str) -> str:
    """« Cycle d’autoclave (F0) », at the head of a sentence."""
    label = Point(point).label
    return label if point == Point.PH else label[0].upper() + label[1:]


@dataclass(frozen=True)
class Need:
    """An ingredient of a batch: what the recipe asks for its size, and what was put in."""

    product: Product
    wanted: Decimal
    used: Decimal

    @property
    def left(self) -> Decimal:
        return max(self.wanted - self.used, Decimal(0))


@dataclass(frozen=True)
class Used:
    lot: Lot
    quantity: Decimal


JUDGED = ("kind", "reason", "key")


@dataclass(frozen=True)
class Judged:
    """What was last decided of a lot, and why; `key`: by which form."""

    kind: str | None
    reason: str | None
    key: str | None


class Sheet:
    """A batch with all that was written of it: its page, its label, the file for an inspection.

    Five queries for one batch, and as many for a hundred (`sheets`).
    """

    def __init__(self, batch: Batch, events: Sequence[Event], given_up: str, ending: Ending | None):
        self.batch, self.version, self.recipe = batch, batch.version, batch.version.recipe
        self.events, self.given_up, self.ending = events, given_up, ending
        # What was last decided of the lot that came out.
        self.verdict = (
            Judged(**{word: vars(ending)[f"verdict_{word}"] for word in JUDGED}) if ending else None
        )
        self.controls: list[Control] = list(batch.controls.all())
        self.ingredients: list[Ingredient] = list(batch.version.ingredients.all())
        self.asked = schedule_of(self.version.schedule, batch.on)

    def _of(self, action: str) -> list[Event]:
        return [event for event in self.events if event.action == action]

    @property
    def used(self) -> list[Used]:
        """By lot, in the order they were put in."""
        found: dict[Lot, Decimal] = defaultdict(Decimal)
        for event in self._of(Action.CONSUME):
            if event.lot:
                found[event.lot] += event.quantity
        return [Used(lot, quantity) for lot, quantity in found.items()]

    @property
    def lot(self) -> Lot | None:
        made = self._of(Action.PRODUCE)
        return made[0].lot if made else None

    @property
    def made(self) -> Decimal:
        return sum((event.quantity for event in self._of(Action.PRODUCE)), Decimal(0))

    @property
    def hours(self) -> Decimal:
        worked = (e.quantity for e in self._of(Action.WORK) if e.product.code == WORK)
        return sum(worked, Decimal(0))

    @property
    def fee(self) -> Money:
        return added(e.price for e in self._of(Action.WORK) if e.price)

    @property
    def needs(self) -> list[Need]:
        put: dict[int, Decimal] = defaultdict(Decimal)
        for one in self.used:
            put[one.lot.product_id] += one.quantity
        return [
            Need(row.product, scaled(row.quantity, self.batch.planned, self.version.yield_likely),
                 put[row.product_id])
            for row in self.ingredients
        ]  # fmt: skip

    @property
    def input_kg(self) -> Decimal:
        return sum((kilos(one.lot.product, one.quantity) for one in self.used), Decimal(0))

    @property
    def bounds(self) -> tuple[Decimal, Decimal]:
        """Between what and what a batch of this size usually gives."""
        version, planned = self.version, self.batch.planned
        low, high = (scaled(edge, planned, version.yield_likely) for edge in
                     (version.yield_low, version.yield_high))  # fmt: skip
        return low, high

    @property
    def unusual(self) -> bool:
        low, high = self.bounds
        return self.ending is not None and not low <= self.made + self.ending.samples <= high

    @property
    def blocking(self) -> list[str]:
        """What must be checked or answered before it may be released."""
        last = {control.point: control for control in self.controls}
        said = []
        for code in self.asked.points:
            if code not in last:
                said.append(UNMET.format(point=told(code)))
            elif last[code].out:
                said.append(BROKEN.format(point=told(code)))
        silent = dict.fromkeys(control.point for control in self.controls if control.silent)
        return said + [SILENT.format(point=told(code)) for code in silent]

    @property
    def state(self) -> str:
        if self.given_up and not self.ending:
            return "dropped"
        if not self.ending:
            return "cooking" if self.used or self.controls else "planned"
        kind = self.verdict.kind if self.verdict and self.verdict.kind else ""
        states: dict[str, str] = {VerdictKind.RELEASED: "released", VerdictKind.REFUSED: "refused"}
        return states.get(kind, "held")

    @property
    def cost(self) -> Cost:
        """What it cost: goods at their worth that day, hours as they were worked."""
        goods = sum(
            (worth(one.lot.product, self.batch.on).times(one.quantity) for one in self.used), Money(0)
        )
        labour = hour_rate(self.batch.on).times(self.hours)
        return Cost(goods, labour, self.version.packaging.times(self.made), self.made or Decimal(1))


def dropped(batch: Batch) -> bool:
    """Given up before it was finished. One query, or two."""
    given_up = Cancellation.objects.filter(event=None, commitment__process=batch.process_id)
    return given_up.exists() and not Ending.objects.filter(batch=batch, event__reversed_by=None).exists()


def sheets(rows: QuerySet[Batch]) -> list[Sheet]:
    """Batches, with their events, checks and verdicts: five queries however many."""
    given_up = Cancellation.objects.filter(event=None, commitment__process=OuterRef("process"))
    read = (
        rows.select_related(
            "process", "kitchen", "owner", "version__recipe__product", "version__recipe__ecopole"
        )
        .prefetch_related(
            Prefetch("version__ingredients", Ingredient.objects.select_related("product").order_by("id")),
            Prefetch(
                "controls",
                Control.objects.select_related("reply", "equipment", "recorded_by").order_by("read_at", "id"),
            ),
        )
        .annotate(given_up=Subquery(given_up.values("reason")[:1]))
    )
    found: list[Any] = list(read)
    events: dict[int, list[Event]] = defaultdict(list)
    for event in (
        Event.objects.filter(STANDING, process__in=[row.process_id for row in found])
        .select_related("lot__product", "lot__producer", "lot__kitchen_intake", "product")
        .order_by("id")
    ):
        events[event.process_id or 0].append(event)
    last = Verdict.objects.filter(lot=OuterRef("event__lot")).order_by("-occurred_at", "-pk")
    standing = Ending.objects.filter(batch__in=[row.pk for row in found], event__reversed_by=None)
    judged = standing.annotate(**{f"verdict_{word}": Subquery(last.values(word)[:1]) for word in JUDGED})
    endings = {ending.batch_id: ending for ending in judged}
    return [Sheet(row, events[row.process_id], row.given_up or "", endings.get(row.pk)) for row in found]


def sheet_of(batch: Batch) -> Sheet:
    return sheets(Batch.objects.filter(pk=batch.pk))[0]


def sheet_asked(ecopole: Ecopole, pk: int) -> Sheet | None:
    return next(iter(sheets(of_ecopole(ecopole).filter(pk=pk))), None)


def left_of(sheet: Sheet) -> Decimal:
    """What is still in the kitchen of the lot that came out. One query."""
    if sheet.lot is None:
        return Decimal(0)
    rows = Custody.objects.filter(holder=sheet.batch.kitchen_id, lot=sheet.lot, quantity__gt=0)
    return rows.aggregate(left=Sum("quantity"))["left"] or Decimal(0)


def of_ecopole(ecopole: Ecopole) -> QuerySet[Batch]:
    return Batch.objects.filter(process__ecopole=ecopole)


def recent(ecopole: Ecopole, since: date) -> list[Sheet]:
    """Batches not yet released, however old, and all those of the last days; the latest last."""
    last = Verdict.objects.filter(lot=OuterRef("lot")).order_by("-occurred_at", "-pk").values("kind")[:1]
    made = (
        Event.objects.filter(STANDING, process=OuterRef("process"), action=Action.PRODUCE)
        .annotate(verdict=Subquery(last))
        .filter(verdict__in=(VerdictKind.RELEASED, VerdictKind.REFUSED))
    )
    given_up = Cancellation.objects.filter(event=None, commitment__process=OuterRef("process"))
    rows = of_ecopole(ecopole).filter(Q(on__gte=since) | ~Exists(made) & ~Exists(given_up))
    return sheets(rows.order_by("on", "id"))


def batch_of_lot(ecopole: Ecopole, lots: Iterable[int]) -> dict[int, int]:
    """The batch that made each of these lots."""
    rows = Event.objects.filter(STANDING, lot__in=lots, action=Action.PRODUCE, ecopole=ecopole)
    found = dict(rows.values_list("process_id", "lot_id"))
    batches = Batch.objects.filter(process__in=found).values_list("process_id", "pk")
    return {found[process]: pk for process, pk in batches}
