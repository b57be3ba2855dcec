"""An entry for the ledger, and every reason to refuse it that needs no balance."""

from collections import namedtuple
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

from terreau.ledger.effects import EFFECTS, Action
from terreau.ledger.models import Agreement, Commitment, Event, Lot, Process, Verdict, VerdictKind
from terreau.ledger.queries import STANDING
from terreau.ledger.refusals import (
    AlreadyReversed,
    CreditHasNoPrice,
    ForeignEcopole,
    HolderChanged,
    InTheFuture,
    LotRefused,
    MadeFromYounger,
    MissingLot,
    MissingPlace,
    NotBornYet,
    NotPositive,
    NotTheReverse,
    Refusal,
    UnknownAction,
    WrongProduct,
    WrongUnit,
)
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.territory.models import Agent, Place, Product

# Databases limit the values of one query: a batch of any size is read by slices.
SLICE = 5_000
MAKERS = (Action.CONSUME, Action.PRODUCE)
T = TypeVar("T", int, str)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event to record. The same `key` is the same event, however many times it is sent."""

    action: str
    provider_id: int
    receiver_id: int
    product_id: int
    quantity: Decimal
    unit: Unit
    key: str
    occurred_at: datetime
    lot: Lot | None = None
    from_place_id: int | None = None
    to_place_id: int | None = None
    process_id: int | None = None
    fulfils_id: int | None = None
    agreement_id: int | None = None
    price: Money | None = None
    reverses_id: int | None = None
    note: str = ""

    @property
    def lot_id(self) -> int | None:
        return self.lot.pk if self.lot else None


def content(fact: Entry | Event) -> tuple[Any, ...]:
    """What makes two facts the same, their key, author, note and time aside."""
    return (
        fact.action, fact.provider_id, fact.receiver_id, fact.product_id, fact.lot_id, fact.quantity,
        fact.from_place_id, fact.to_place_id, fact.process_id, fact.fulfils_id, fact.agreement_id, fact.price,
    )  # fmt: skip


@lru_cache(maxsize=4_096)
def milli(quantity: Decimal) -> int | None:
    """Whole thousandths above zero, or None."""
    thousandths = quantity.scaleb(3)
    if not thousandths.is_finite() or thousandths <= 0 or thousandths != int(thousandths):
        return None
    return int(thousandths)


def slices(values: Iterable[T]) -> Iterator[list[T]]:
    ordered = sorted(set(values))
    for start in range(0, len(ordered), SLICE):
        yield ordered[start : start + SLICE]


def marks(values: Collection[object]) -> str:
    """Where a query written by hand takes its values."""
    return ", ".join(["%s"] * len(values))


@dataclass(slots=True)
class Known:
    """What the entries of one batch refer to, read once."""

    ecopole_id: int
    recorded_at: datetime
    products: dict[int, Any]
    agents: dict[int, Any]
    places: dict[int, Any]
    promises: dict[int, Any]
    originals: dict[int, Event]
    reversed_ids: set[int]
    homes: list[tuple[str, str, dict[int, Any]]]  # each kind of reference: its name, its field, its rows
    verdicts: dict[int, Any]  # the last of each lot

    @classmethod
    def of(cls, entries: Sequence[Entry], ecopole_id: int, recorded_at: datetime) -> "Known":
        agents = rows(Agent, [i for e in entries for i in (e.provider_id, e.receiver_id)], "name")
        places = rows(Place, [i for e in entries for i in (e.from_place_id, e.to_place_id)], "name")
        promises = rows(Commitment, [e.fulfils_id for e in entries], "product_id")
        lots = [e.lot.pk for e in entries if e.lot]
        originals: dict[int, Event] = {}
        for some in slices(e.reverses_id for e in entries if e.reverses_id):
            originals |= Event.objects.in_bulk(some)
        return cls(
            ecopole_id=ecopole_id,
            recorded_at=recorded_at,
            products=rows(Product, [e.product_id for e in entries], "name", "unit"),
            agents=agents,
            places=places,
            promises=promises,
            originals=originals,
            reversed_ids=_reversed(originals),
            homes=[
                ("Celui qui donne", "provider_id", agents),
                ("Celui qui reçoit", "receiver_id", agents),
                ("Le lieu de départ", "from_place_id", places),
                ("Le lieu d’arrivée", "to_place_id", places),
                ("L’opération", "process_id", rows(Process, [e.process_id for e in entries])),
                ("L’accord", "agreement_id", rows(Agreement, [e.agreement_id for e in entries])),
                ("L’engagement", "fulfils_id", promises),
                ("Le mouvement à annuler", "reverses_id", originals),
            ],
            verdicts=rows(Verdict, lots, "kind", "reason", by="lot_id", last="occurred_at"),
        )

    def refusals(self, entries: Sequence[Entry]) -> Iterator[Refusal]:
        """Every reason found in every entry, but those that depend on what is left."""
        reversed_here: set[int] = set()
        for index, entry in enumerate(entries):
            strangers = list(self._strangers(index, entry))
            yield from strangers
            if strangers or entry.action not in EFFECTS:
                if entry.action not in EFFECTS:
                    yield UnknownAction(index, entry.action)
                continue
            yield from self._of_amount_and_time(index, entry)
            yield from self._of_lot_and_places(index, entry)
            if entry.reverses_id:
                yield from self._of_reversal(index, entry, reversed_here)
                reversed_here.add(entry.reverses_id)
        yield from self._of_lineage(entries)

    def _strangers(self, index: int, entry: Entry) -> Iterator[Refusal]:
        if entry.product_id not in self.products:
            yield ForeignEcopole(index, "Le produit")
        for what, attribute, rows in self.homes:
            pk = getattr(entry, attribute)
            if pk is not None and (pk not in rows or rows[pk].ecopole_id != self.ecopole_id):
                yield ForeignEcopole(index, what)
        if entry.lot and entry.lot.ecopole_id != self.ecopole_id:
            yield ForeignEcopole(index, f"Le lot {entry.lot.code}")

    def _of_amount_and_time(self, index: int, entry: Entry) -> Iterator[Refusal]:
        product = self.products[entry.product_id]
        if milli(entry.quantity) is None:
            yield NotPositive(index, product.name, entry.quantity)
        if entry.unit != product.unit:
            yield WrongUnit(index, product.name, Unit(entry.unit), Unit(product.unit))
        if product.unit == Unit.CREDIT and entry.price is not None:
            yield CreditHasNoPrice(index, product.name)
        if entry.occurred_at > self.recorded_at:
            yield InTheFuture(index, product.name, entry.occurred_at)

    def _of_lot_and_places(self, index: int, entry: Entry) -> Iterator[Refusal]:
        name, effect = self.products[entry.product_id].name, EFFECTS[entry.action]
        if effect.custody_provider and entry.from_place_id is None:
            yield MissingPlace(index, name, leaving=True)
        if effect.custody_receiver and entry.to_place_id is None:
            yield MissingPlace(index, name, leaving=False)
        if entry.action == Action.MOVE and entry.provider_id != entry.receiver_id:
            yield HolderChanged(index, name)
        if entry.fulfils_id and (promised := self.promises[entry.fulfils_id]).product_id != entry.product_id:
            wanted = Product.objects.get(pk=promised.product_id).name
            yield WrongProduct(index, name, wanted, "L’engagement")
        if entry.lot is None:
            if entry.action != Action.WORK:
                yield MissingLot(index, name)
            return
        if entry.lot.product_id != entry.product_id:
            yield WrongProduct(index, name, entry.lot.product.name, f"Le lot {entry.lot.code}")
        if entry.occurred_at < entry.lot.born_at:
            yield NotBornYet(index, name, entry.lot.code, entry.lot.born_at)
        verdict = self.verdicts.get(entry.lot.pk)
        if verdict and verdict.kind != VerdictKind.RELEASED and _uses(entry, entry.lot):
            yield LotRefused(index, name, entry.lot.code, verdict.kind, verdict.reason)

    def _of_reversal(self, index: int, entry: Entry, reversed_here: set[int]) -> Iterator[Refusal]:
        original = self.originals[entry.reverses_id or 0]
        if original.reverses_id or original.pk in self.reversed_ids or original.pk in reversed_here:
            yield AlreadyReversed(index, original.key)
        elif content(entry) != content(original):
            yield NotTheReverse(index, original.key)

    def _of_lineage(self, entries: Sequence[Entry]) -> Iterator[Refusal]:
        """In a process, every lot that comes out is younger than every lot that goes in."""
        lineage = _Lineage(entries)
        for index, entry in enumerate(entries):
            if entry.process_id is None or entry.lot is None or entry.reverses_id:
                continue
            if entry.action in MAKERS and entry.product_id in self.products:
                lot = entry.lot
                clash = lineage.add(entry.process_id, entry.action, (lot.born_at, lot.pk, lot.code))
                if clash:
                    yield MadeFromYounger(index, self.products[entry.product_id].name, *clash)


Aged = tuple[datetime, int, str]  # a lot, comparable by age


class _Lineage:
    """The youngest lot that goes in each process, and the oldest that comes out."""

    def __init__(self, entries: Sequence[Entry]):
        self._youngest_in: dict[int, Aged] = {}
        self._oldest_out: dict[int, Aged] = {}
        touched = [e.process_id for e in entries if e.process_id is not None and e.action in MAKERS]
        for ids in slices(touched):
            written = Event.objects.filter(STANDING, process_id__in=ids, action__in=MAKERS)
            columns: Iterable[Any] = written.values_list(
                "process_id", "action", "lot__born_at", "lot_id", "lot__code"
            )
            for process_id, action, born_at, lot_id, code in columns:
                self.add(process_id, action, (born_at, lot_id, code))

    def add(self, process_id: int, action: str, lot: Aged) -> tuple[str, str] | None:
        """The codes of an output and of an input that is not older than it, if any."""
        if action == Action.CONSUME:
            self._youngest_in[process_id] = max(lot, self._youngest_in.get(process_id, lot))
        else:
            self._oldest_out[process_id] = min(lot, self._oldest_out.get(process_id, lot))
        youngest, oldest = self._youngest_in.get(process_id), self._oldest_out.get(process_id)
        return (oldest[2], youngest[2]) if youngest and oldest and youngest >= oldest else None


def _uses(entry: Entry, lot: Lot) -> bool:
    """A held or refused lot may be lost, moved, given back to its producer or corrected: nothing else."""
    if entry.reverses_id:
        return False
    if entry.action == Action.TRANSFER_CUSTODY:
        return entry.receiver_id != lot.producer_id
    return entry.action in (Action.CONSUME, Action.TRANSFER, Action.TRANSFER_RIGHTS)


def rows(
    model: type[Model], ids: Iterable[int | None], *columns: str, by: str = "id", last: str = ""
) -> dict[int, Any]:
    """Only what is asked of each row, without the ORM: its questions take longer than all the checks.

    `by`: what the numbers are of; if several rows share one, that of the `last` day counts.
    """
    if model is not Product:  # which no écopôle owns
        columns = ("ecopole_id", *columns)
    question = f"SELECT {', '.join((by, *columns))} FROM {model._meta.db_table} WHERE {by} IN "
    order = f" ORDER BY {last}, id" if last else ""
    found: dict[int, Any] = {}
    for some in slices(pk for pk in ids if pk is not None):
        with connection.cursor() as cursor:
            cursor.execute(f"{question} ({marks(some)}){order}", some)
            found |= {pk: _row(columns)(*values) for pk, *values in cursor.fetchall()}
    return found


@lru_cache
def _row(columns: tuple[str, ...]) -> Any:
    return namedtuple("Row", columns)


def _reversed(originals: dict[int, Event]) -> set[int]:
    found: set[int] = set()
    for some in slices(originals):
        pairs = Event.objects.filter(reverses_id__in=some).values_list("reverses_id", flat=True)
        found |= {pk for pk in pairs if pk is not None}
    return found
