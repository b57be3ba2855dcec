"""What can be written in the ledger. Everything is atomic, and the same key twice is written once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar

from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.db.models.base import ModelState
from django.utils import timezone

from terreau.ledger import balances, checks
from terreau.ledger.checks import Entry, Known, content, milli, slices
from terreau.ledger.models import (
    Agreement,
    Cancellation,
    Commitment,
    Event,
    Lot,
    Process,
    Verdict,
)
from terreau.ledger.refusals import (
    ForeignEcopole,
    KeyReused,
    LedgerRefusal,
    LotCodeTaken,
    NotPositive,
    Refusal,
    WrongUnit,
)
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.territory.models import Agent, Ecopole, Place, Product, User

__all__ = [
    "Entry", "LedgerRefusal", "NewLot", "NewProcess", "Promise",
    "agree", "cancel", "judge", "new_lots", "open_processes", "promise",
    "record", "reverse",
]  # fmt: skip

T = TypeVar("T")
M = TypeVar("M", bound=Model)

FACTS = [name for name in Entry.__slots__ if name not in ("unit", "lot")]


def _settled(write: Callable[[], T]) -> T:
    """Two writers may race for one key: the one that loses reads again and answers for what it reads."""
    try:
        with transaction.atomic():
            return write()
    except IntegrityError:
        with transaction.atomic():
            return write()


def record(
    *, ecopole: Ecopole, entries: Sequence[Entry], recorded_by: User | None, recorded_at: datetime
) -> list[Event]:
    """Write the entries, in their order, all or none; returns one event per entry.

    Raises `LedgerRefusal` with every reason found. An entry already written under its key is not
    written again.
    """
    return _settled(lambda: _record(ecopole, entries, recorded_by, recorded_at)) if entries else []


def _record(
    ecopole: Ecopole, entries: Sequence[Entry], recorded_by: User | None, recorded_at: datetime
) -> list[Event]:
    written = _by_key(Event, ecopole.pk, [entry.key for entry in entries])
    fresh: dict[str, Entry] = {}
    indexes: list[int] = []  # of each fresh entry, in the caller's list
    reused: list[Refusal] = []
    for index, entry in enumerate(entries):
        same = written.get(entry.key) or fresh.get(entry.key)
        if same is None:
            fresh[entry.key] = entry
            indexes.append(index)
        elif _facts(same) != _facts(entry):
            reused.append(KeyReused(index, entry.key))
    todo = list(fresh.values())
    if todo or reused:
        known = Known.of(todo, ecopole.pk, recorded_at)
        refusals = list(known.refusals(todo))
        refusals += balances.replay(todo, known, skip={refusal.entry_index for refusal in refusals})
        if refusals or reused:
            placed = [replace(refusal, entry_index=indexes[refusal.entry_index]) for refusal in refusals]
            raise LedgerRefusal(sorted([*reused, *placed], key=lambda refusal: refusal.entry_index))
        author = recorded_by.pk if recorded_by else None
        rows = [
            {
                **{name: getattr(entry, name) for name in FACTS},
                "lot_id": entry.lot_id,
                "ecopole_id": ecopole.pk,
                "recorded_by_id": author,
                "recorded_at": recorded_at,
            }
            for entry in todo
        ]
        written |= {event.key: event for event in _insert(Event, rows)}
        balances.write(todo, ecopole.pk)
    return [written[entry.key] for entry in entries]


def _facts(fact: Entry | Event) -> tuple[Any, ...]:
    return (*content(fact), fact.occurred_at, fact.reverses_id)


def _by_key(model: type[M], ecopole_id: int, keys: Sequence[str]) -> dict[str, M]:
    found: dict[str, M] = {}
    for some in slices(keys):
        same = model._default_manager.filter(ecopole=ecopole_id, key__in=some)
        if same.exists():  # hardly ever: nothing is read of a key that comes for the first time
            found |= {getattr(row, "key"): row for row in same}  # noqa: B009
    return found


def _insert(model: type[M], rows: Sequence[dict[str, Any]]) -> list[M]:
    """Written without the ORM, whose inserts are much slower; each row with the number it will keep."""
    table, fields = model._meta.db_table, model._meta.concrete_fields
    adapt: dict[type, Callable[[Any], Any]] = {
        Decimal: milli,
        Money: attrgetter("cents"),
        date: connection.ops.adapt_datefield_value,
        datetime: lru_cache(connection.ops.adapt_datetimefield_value),
        dict: lambda detail: connection.ops.adapt_json_value(detail, None),
    }
    made, written = [], []
    for pk, row in zip(_next_ids(table, len(rows)), rows, strict=True):
        values = {"id": pk, **row}
        made.append(_as_written(model, values))
        ordered = [values[field.attname] for field in fields]
        written.append([adapt[type(v)](v) if type(v) in adapt else v for v in ordered])
    columns = ", ".join(str(field.column) for field in fields)
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({checks.marks(fields)})", written)
    return made


def _as_written(model: type[M], values: dict[str, Any]) -> M:
    """The model without its constructor, which would take longer than the insert."""
    row = model.__new__(model)
    row.__dict__.update(values)
    row._state = ModelState()
    row._state.db, row._state.adding = "default", False
    return row


def _next_ids(table: str, count: int) -> list[int]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
            )
            return [pk for (pk,) in cursor.fetchall()]
        # SQLite has one writer at a time, and facts are never deleted.
        cursor.execute(f"SELECT COALESCE(MAX(id), 0) FROM {table}")
        last = cursor.fetchone()[0]
        return list(range(last + 1, last + 1 + count))


def reverse(
    *,
    ecopole: Ecopole,
    events: Sequence[Event] = (),
    keys: Sequence[str] = (),
    by: User | None,
    at: datetime,
    key: str,
) -> list[Event]:
    """Undo events, the last first. Refused if the goods have moved on: undo what came after, then these."""
    by_key = _by_key(Event, ecopole.pk, keys)
    if strangers := [index for index, wanted in enumerate(keys) if wanted not in by_key]:
        raise LedgerRefusal(ForeignEcopole(index, f"Le mouvement « {keys[index]} »") for index in strangers)
    chosen = {event.pk: event for event in [*events, *by_key.values()]}
    lots = Lot.objects.in_bulk([event.lot_id for event in chosen.values() if event.lot_id])
    entries = [
        Entry(
            action=event.action,
            provider_id=event.provider_id,
            receiver_id=event.receiver_id,
            product_id=event.product_id,
            quantity=event.quantity,
            unit=Unit(event.product.unit),
            key=f"{key}:{event.pk}",
            occurred_at=at,
            lot=lots[event.lot_id] if event.lot_id else None,
            from_place_id=event.from_place_id,
            to_place_id=event.to_place_id,
            process_id=event.process_id,
            fulfils_id=event.fulfils_id,
            agreement_id=event.agreement_id,
            price=event.price,
            reverses_id=event.pk,
        )
        for event in sorted(chosen.values(), key=lambda event: -event.pk)
    ]
    return record(ecopole=ecopole, entries=entries, recorded_by=by, recorded_at=at)


@dataclass(frozen=True, slots=True)
class NewLot:
    """A lot to create; without a code, the house makes one from the date and the product."""

    product: Product
    producer_id: int
    quality: int
    born_at: datetime
    key: str
    code: str | None = None
    origin_id: int | None = None
    keeps_until: date | None = None


def new_lots(*, ecopole: Ecopole, lots: Sequence[NewLot]) -> list[Lot]:
    """Create lots, in order; one already created under its key is returned as it is."""
    return _settled(lambda: _new_lots(ecopole, lots)) if lots else []


def _new_lots(ecopole: Ecopole, lots: Sequence[NewLot]) -> list[Lot]:
    # Codes follow one another: two people creating lots take turns.
    ecopole.take_turns()
    known = _by_key(Lot, ecopole.pk, [lot.key for lot in lots])
    fresh = list({lot.key: lot for lot in lots if lot.key not in known}.values())
    _refuse_strangers(ecopole, [lot.producer_id for lot in fresh], [lot.origin_id for lot in fresh])
    _refuse_taken_codes(ecopole, fresh)
    codes = _Codes(ecopole)
    rows = [
        {
            "ecopole_id": ecopole.pk,
            "code": lot.code or codes.next_for(lot),
            "product_id": lot.product.pk,
            "producer_id": lot.producer_id,
            "quality": lot.quality,
            "origin_id": lot.origin_id,
            "born_at": lot.born_at,
            "keeps_until": lot.keeps_until,
            "key": lot.key,
        }
        for lot in fresh
    ]
    known |= {lot.key: lot for lot in _insert(Lot, rows)}
    for lot in fresh:
        known[lot.key].product = lot.product
    return [known[lot.key] for lot in lots]


class _Codes:
    """« 26328-CAR-07 »: year and day of the year, three letters of the product, a number."""

    def __init__(self, ecopole: Ecopole):
        self._ecopole = ecopole
        self._last: dict[str, dict[str, int]] = {}

    def next_for(self, lot: NewLot) -> str:
        letters = "".join(letter for letter in lot.product.code.upper() if letter.isalnum())[:3]
        day = f"{timezone.localtime(lot.born_at):%y%j}-"
        if day not in self._last:
            self._last[day] = self._taken(day)
        number = self._last[day].get(letters, 0) + 1
        self._last[day][letters] = number
        return f"{day}{letters}-{number:02}"

    def _taken(self, day: str) -> dict[str, int]:
        """The highest number of each product's letters that day; codes chosen by hand are not counted."""
        # What starts like the day: ‘.’ is the character after ‘-’, so this reads an index.
        codes = Lot.objects.filter(ecopole=self._ecopole, code__gte=day, code__lt=f"{day[:-1]}.")
        highest: dict[str, int] = {}
        for code in codes.values_list("code", flat=True):
            letters, _, number = code.removeprefix(day).rpartition("-")
            if number.isdecimal():
                highest[letters] = max(int(number), highest.get(letters, 0))
        return highest


def _refuse_taken_codes(ecopole: Ecopole, lots: Sequence[NewLot]) -> None:
    chosen = [lot.code for lot in lots if lot.code]
    taken: set[str] = set()
    for some in slices(chosen):
        taken |= set(Lot.objects.filter(ecopole=ecopole, code__in=some).values_list("code", flat=True))
    twice = {code for code in chosen if chosen.count(code) > 1} if len(set(chosen)) < len(chosen) else set()
    refusals = [
        LotCodeTaken(index, lot.code)
        for index, lot in enumerate(lots)
        if lot.code and lot.code in taken | twice
    ]
    if refusals:
        raise LedgerRefusal(refusals)


def _refuse_strangers(
    ecopole: Ecopole, agent_ids: Sequence[int | None], place_ids: Sequence[int | None]
) -> None:
    refusals: list[Refusal] = []
    for what, model, ids in (("L’acteur", Agent, agent_ids), ("Le lieu", Place, place_ids)):
        wanted = {pk for pk in ids if pk is not None}
        own = {pk for pk, row in checks.rows(model, wanted).items() if row.ecopole_id == ecopole.pk}
        refusals += [ForeignEcopole(ids.index(pk), what) for pk in sorted(wanted - own)]
    if refusals:
        raise LedgerRefusal(refusals)


@dataclass(frozen=True, slots=True)
class Promise:
    """An event promised for a day."""

    action: str
    provider_id: int
    receiver_id: int
    product_id: int
    quantity: Decimal
    unit: Unit
    due_on: date
    key: str
    lot_id: int | None = None
    from_place_id: int | None = None
    to_place_id: int | None = None
    process_id: int | None = None
    agreement_id: int | None = None
    price: Money | None = None
    plan: str = ""
    note: str = ""


def promise(*, ecopole: Ecopole, promises: Sequence[Promise]) -> list[Commitment]:
    """Write promises, in order; one already made under its key is returned as it is."""
    return _settled(lambda: _promise(ecopole, promises)) if promises else []


def _promise(ecopole: Ecopole, promises: Sequence[Promise]) -> list[Commitment]:
    known = _by_key(Commitment, ecopole.pk, [promised.key for promised in promises])
    fresh = list({p.key: p for p in promises if p.key not in known}.values())
    products = Product.objects.in_bulk({p.product_id for p in fresh})
    refusals: list[Refusal] = []
    for index, promised in enumerate(fresh):
        product = products[promised.product_id]
        if milli(promised.quantity) is None:
            refusals.append(NotPositive(index, product.name, promised.quantity))
        if promised.unit != product.unit:
            refusals.append(WrongUnit(index, product.name, promised.unit, Unit(product.unit)))
    if refusals:
        raise LedgerRefusal(refusals)
    _refuse_strangers(
        ecopole,
        [agent for p in fresh for agent in (p.provider_id, p.receiver_id)],
        [place for p in fresh for place in (p.from_place_id, p.to_place_id)],
    )
    columns = [name for name in Promise.__slots__ if name != "unit"]
    rows = [{"ecopole_id": ecopole.pk, **{name: getattr(p, name) for name in columns}} for p in fresh]
    for commitment in _insert(Commitment, rows):
        commitment.product = products[commitment.product_id]
        known[commitment.key] = commitment
    return [known[p.key] for p in promises]


def cancel(
    *,
    commitments: Sequence[Commitment],
    reason: str,
    by: User | None,
    at: datetime,
    key: str,
    event: Event | None = None,
) -> list[Cancellation]:
    """Give promises up, or what remains of them; with `event`, only as long as that event stands."""
    return _settled(lambda: _cancel(commitments, reason, by, at, key, event))


def _cancel(
    commitments: Sequence[Commitment],
    reason: str,
    by: User | None,
    at: datetime,
    key: str,
    event: Event | None,
) -> list[Cancellation]:
    wanted = [
        Cancellation(
            ecopole_id=commitment.ecopole_id,
            commitment=commitment,
            event=event,
            reason=reason,
            occurred_at=at,
            recorded_by=by,
            recorded_at=at,
            key=f"{key}:{commitment.pk}",
        )
        for commitment in commitments
    ]
    if not wanted:
        return []
    known = _by_key(Cancellation, commitments[0].ecopole_id, [cancellation.key for cancellation in wanted])
    created = Cancellation.objects.bulk_create(row for row in wanted if row.key not in known)
    known |= {cancellation.key: cancellation for cancellation in created}
    return [known[cancellation.key] for cancellation in wanted]


def judge(*, lot: Lot, kind: str, reason: str, at: datetime, by: User | None, key: str) -> Verdict:
    """Hold, release or refuse a lot; its last verdict counts."""
    verdict, _ = Verdict.objects.get_or_create(
        ecopole_id=lot.ecopole_id,
        key=key,
        defaults={
            "lot": lot, "kind": kind, "reason": reason, "occurred_at": at,
            "recorded_by": by, "recorded_at": at,
        },
    )  # fmt: skip
    if (verdict.lot_id, verdict.kind) != (lot.pk, kind):
        raise LedgerRefusal([KeyReused(0, key)])
    return verdict


@dataclass(frozen=True, slots=True)
class NewProcess:
    """What will group inputs and outputs."""

    kind: str
    key: str
    label: str = ""
    agent_id: int | None = None
    place_id: int | None = None
    planned_for: date | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def open_processes(*, ecopole: Ecopole, processes: Sequence[NewProcess]) -> list[Process]:
    """Open processes, in order; one already open under its key is returned as it is."""
    return _settled(lambda: _open_processes(ecopole, processes)) if processes else []


def _open_processes(ecopole: Ecopole, processes: Sequence[NewProcess]) -> list[Process]:
    known = _by_key(Process, ecopole.pk, [process.key for process in processes])
    fresh = list({p.key: p for p in processes if p.key not in known}.values())
    if reused := [n for n, p in enumerate(processes) if p.key in known and known[p.key].kind != p.kind]:
        raise LedgerRefusal(KeyReused(index, processes[index].key) for index in reused)
    _refuse_strangers(ecopole, [p.agent_id for p in fresh], [p.place_id for p in fresh])
    rows = [
        {"ecopole_id": ecopole.pk, **{name: getattr(p, name) for name in NewProcess.__slots__}} for p in fresh
    ]
    known |= {process.key: process for process in _insert(Process, rows)}
    return [known[p.key] for p in processes]


def agree(
    *,
    ecopole: Ecopole,
    kind: str,
    provider_id: int,
    receiver_id: int,
    per: str,
    starts_on: date,
    key: str,
    ends_on: date | None = None,
    product_id: int | None = None,
    promised: Decimal | None = None,
    promised_value: Money | None = None,
    note: str = "",
) -> Agreement:
    """Write the terms between two actors, or return those already written under this key."""
    _refuse_strangers(ecopole, [provider_id, receiver_id], [])
    agreement, _ = Agreement.objects.get_or_create(
        ecopole=ecopole,
        key=key,
        defaults={
            "kind": kind, "provider_id": provider_id, "receiver_id": receiver_id, "per": per,
            "starts_on": starts_on, "ends_on": ends_on, "product_id": product_id, "promised": promised,
            "promised_value": promised_value, "note": note,
        },
    )  # fmt: skip
    if (agreement.provider_id, agreement.receiver_id) != (provider_id, receiver_id):
        raise LedgerRefusal([KeyReused(0, key)])
    return agreement
