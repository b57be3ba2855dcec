"""The two balances, moved with the events: locked, replayed in order, then written in one order for all."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import TypeVar

from django.db import connection

from terreau.ledger.checks import Entry, Known, marks, milli, slices
from terreau.ledger.effects import EFFECTS
from terreau.ledger.models import Lot
from terreau.ledger.refusals import NotEnough
from terreau.measures.quantity import Quantity, Unit

CustodyKey = tuple[int, int, int]  # lot, holder, place
RightsKey = tuple[int, int]  # lot, owner
K = TypeVar("K", CustodyKey, RightsKey)


def custody_changes(entry: Entry) -> Iterator[tuple[CustodyKey, int]]:
    """What leaves first, then what arrives, in thousandths."""
    lot_id, amount, effect = entry.lot_id, _signed(entry), EFFECTS[entry.action]
    if lot_id is None:
        return
    if effect.custody_provider and entry.from_place_id is not None:
        yield (lot_id, entry.provider_id, entry.from_place_id), effect.custody_provider * amount
    if effect.custody_receiver and entry.to_place_id is not None:
        yield (lot_id, entry.receiver_id, entry.to_place_id), effect.custody_receiver * amount


def rights_changes(entry: Entry) -> Iterator[tuple[RightsKey, int]]:
    lot_id, amount, effect = entry.lot_id, _signed(entry), EFFECTS[entry.action]
    if lot_id is None:
        return
    if effect.rights_provider:
        yield (lot_id, entry.provider_id), effect.rights_provider * amount
    if effect.rights_receiver:
        yield (lot_id, entry.receiver_id), effect.rights_receiver * amount


def _signed(entry: Entry) -> int:
    amount = milli(entry.quantity) or 0
    return -amount if entry.reverses_id else amount


def replay(entries: Sequence[Entry], known: Known, skip: Set[int]) -> list[NotEnough]:
    """What would be missing, entry after entry, once the rows concerned are locked."""
    sound = [
        (index, entry, list(custody_changes(entry)))
        for index, entry in enumerate(entries)
        if index not in skip
    ]
    held = _lock(key for _, _, changes in sound for key, _ in changes)
    refusals = []
    for index, entry, changes in sound:
        for key, change in changes:
            if held[key] + change < 0:
                refusals.append(_not_enough(index, entry, key, held[key], known))
                break
        else:
            for key, change in changes:
                held[key] += change
    return refusals


def _lock(keys: Iterable[CustodyKey]) -> defaultdict[CustodyKey, int]:
    wanted = set(keys)
    held: defaultdict[CustodyKey, int] = defaultdict(int)
    # Always in the same order: two batches wait for one another, never each for the other.
    lock = "FOR UPDATE" if connection.features.has_select_for_update else ""
    for lots in slices(lot for lot, _, _ in wanted):
        some = set(lots)
        holders = {holder for lot, holder, _ in wanted if lot in some}
        places = {place for lot, _, place in wanted if lot in some}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT lot_id, holder_id, place_id, quantity FROM ledger_custody "
                f"WHERE lot_id IN ({marks(lots)}) AND holder_id IN ({marks(holders)}) "
                f"AND place_id IN ({marks(places)}) ORDER BY lot_id, holder_id, place_id {lock}",
                [*lots, *holders, *places],
            )
            held |= {(lot, holder, place): quantity for lot, holder, place, quantity in cursor.fetchall()}
    return held


def _not_enough(index: int, entry: Entry, key: CustodyKey, left: int, known: Known) -> NotEnough:
    _, holder_id, place_id = key
    unit = Unit(known.products[entry.product_id].unit)
    return NotEnough(
        index,
        product=known.products[entry.product_id].name,
        lot=entry.lot.code if entry.lot else "",
        place=f"{known.places[place_id].name} ({known.agents[holder_id].name})",
        wanted=Quantity(entry.quantity, unit),
        left=Quantity.from_milli(left, unit),
    )


def write(entries: Sequence[Entry], ecopole_id: int) -> None:
    lots = {entry.lot.pk: entry.lot for entry in entries if entry.lot}
    _write_custody(_sums(change for entry in entries for change in custody_changes(entry)), lots, ecopole_id)
    _write_rights(_sums(change for entry in entries for change in rights_changes(entry)), ecopole_id)


def _sums(changes: Iterable[tuple[K, int]]) -> dict[K, int]:
    """The net change of each row, in the order in which every batch writes."""
    sums: defaultdict[K, int] = defaultdict(int)
    for key, change in changes:
        sums[key] += change
    return {key: sums[key] for key in sorted(sums) if sums[key]}


def _write_custody(sums: Mapping[CustodyKey, int], lots: Mapping[int, Lot], ecopole_id: int) -> None:
    with connection.cursor() as cursor:
        # PostgreSQL checks the row proposed by an upsert before it meets the old one: less is an UPDATE.
        cursor.executemany(
            "UPDATE ledger_custody SET quantity = quantity + %s "
            "WHERE lot_id = %s AND holder_id = %s AND place_id = %s",
            [(change, *key) for key, change in sums.items() if change < 0],
        )
        cursor.executemany(
            "INSERT INTO ledger_custody (ecopole_id, lot_id, holder_id, place_id, product_id, quantity) "
            "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (lot_id, holder_id, place_id) "
            "DO UPDATE SET quantity = ledger_custody.quantity + excluded.quantity",
            [
                (ecopole_id, *key, lots[key[0]].product_id, change)
                for key, change in sums.items()
                if change > 0
            ],
        )


def _write_rights(sums: Mapping[RightsKey, int], ecopole_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO ledger_rights (ecopole_id, lot_id, owner_id, quantity) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (lot_id, owner_id) DO UPDATE "
            "SET quantity = ledger_rights.quantity + excluded.quantity",
            [(ecopole_id, *key, change) for key, change in sums.items()],
        )
