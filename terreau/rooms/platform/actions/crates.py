"""Returnable crates: added to the pool, left with a partner, taken back. They stay the platform's."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from terreau.ledger.actions import Entry, NewLot, new_lots, record
from terreau.ledger.answers import AnswerRefused, first_time
from terreau.ledger.models import Event
from terreau.ledger.queries import StockLine, stock
from terreau.ledger.shelf import Shelf, ShelfIsShort
from terreau.measures.quantity import Unit
from terreau.rooms.platform.crates import door_of, said
from terreau.territory.models import Agent, Ecopole, Place, Product, Quality, User


class CratesRefused(AnswerRefused):
    """Nothing was written; the message says what to type instead, and `field` where."""


def _store(ecopole: Ecopole, platform: Agent, product: Product) -> Place:
    return Place.objects.filter(ecopole=ecopole, agent=platform, kind=product.storage).order_by("id")[0]


@transaction.atomic
def add_crates(
    *,
    ecopole: Ecopole,
    platform: Agent,
    product: Product,
    count: int,
    by: User | None,
    at: datetime,
    key: str,
) -> list[Event]:
    """Crates bought, or found again: a lot of their own, in the platform's store."""
    if (known := first_time(ecopole=ecopole, key=key)) is not None:
        return known
    if count <= 0:
        raise CratesRefused("Ajout de 0 caisse\u202f: saisissez combien entrent au parc.", "count")
    lots = [NewLot(product, platform.pk, Quality.CONVENTIONAL, at, key)]
    entry = Entry(
        action="raise",
        provider_id=platform.pk,
        receiver_id=platform.pk,
        product_id=product.pk,
        quantity=Decimal(count),
        unit=Unit(product.unit),
        lot=new_lots(ecopole=ecopole, lots=lots)[0],
        to_place_id=_store(ecopole, platform, product).pk,
        occurred_at=at,
        note="ajout au parc de caisses",
        key=f"{key}:0",
    )
    return record(ecopole=ecopole, entries=[entry], recorded_by=by, recorded_at=at)


@transaction.atomic
def move_crates(
    *,
    ecopole: Ecopole,
    platform: Agent,
    partner: Agent,
    product: Product,
    given: int,
    back: int,
    by: User | None,
    at: datetime,
    key: str,
) -> list[Event]:
    """What is taken back comes first: the same crates may be left again, full."""
    if (known := first_time(ecopole=ecopole, key=key)) is not None:
        return known
    if min(given, back) < 0 or not given + back:
        raise CratesRefused(f"{partner}\u202f: saisissez ce qui est laissé, ou ce qui est repris.", "given")
    store, door = _store(ecopole, platform, product), door_of(partner)
    events: list[Event] = []
    for count, name, giver, taker, place in (
        (back, "back", partner, platform, store), (given, "given", platform, partner, door),
    ):  # fmt: skip
        if count:
            parts = _parts(ecopole, giver, product, count, name)
            entries = _handed(parts, giver, taker, place, at, f"{key}:{name}")
            events += record(ecopole=ecopole, entries=entries, recorded_by=by, recorded_at=at)
    return events


def _parts(
    ecopole: Ecopole, giver: Agent, product: Product, count: int, field: str
) -> list[tuple[StockLine, Decimal]]:
    try:
        shelf = Shelf(stock(ecopole, holder=giver, product=product))
        return shelf.take(product, Decimal(count), others=True)  # the platform's, whoever holds them
    except ShelfIsShort as short:
        left = said(int(short.left.amount))
        raise CratesRefused(
            f"{giver}\u202f: {left}, pour {count} demandées. Corrigez, ou notez d’abord ce qui manque.",
            field,
        ) from short


def _handed(
    parts: Sequence[tuple[StockLine, Decimal]],
    giver: Agent,
    taker: Agent,
    place: Place,
    at: datetime,
    key: str,
) -> list[Entry]:
    return [
        Entry(
            action="transfer_custody",
            provider_id=giver.pk,
            receiver_id=taker.pk,
            product_id=line.product.pk,
            quantity=part,
            unit=Unit(line.product.unit),
            lot=line.lot,
            from_place_id=line.place.pk,
            to_place_id=place.pk,
            occurred_at=at,
            key=f"{key}:{n}",
        )
        for n, (line, part) in enumerate(parts)
    ]
