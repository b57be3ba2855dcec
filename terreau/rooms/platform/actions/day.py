"""The days of the platform: receive, pick, deliver, set aside, lose."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from terreau.ledger.actions import Entry, NewLot, cancel, judge, new_lots, record
from terreau.ledger.answers import Answer, AnswerRefused, close_short, first_time
from terreau.ledger.dueforms import LineRefused, refuse_settled
from terreau.ledger.models import Commitment, Event, Lot, VerdictKind
from terreau.ledger.queries import StockLine, stock
from terreau.ledger.shelf import Shelf, ShelfIsShort
from terreau.measures.french import format_quantity
from terreau.measures.money import Money
from terreau.measures.quantity import Quantity, Unit
from terreau.measures.split import split_money
from terreau.rooms.platform.actions.deposits import for_owners
from terreau.rooms.platform.behind import Orders
from terreau.rooms.platform.certificates import Received, received
from terreau.rooms.platform.day import promises
from terreau.rooms.platform.deposits import for_sale, given, sellers
from terreau.rooms.platform.dock import left_on_dock, picked
from terreau.rooms.platform.pieces import beyond, price_weighed, tolerance_percent
from terreau.territory.models import (
    Agent,
    AgentKind,
    Ecopole,
    Place,
    PlaceKind,
    ProductFamily,
    User,
)

STORES = (PlaceKind.COLD, PlaceKind.AMBIENT)
NOBODY: Mapping[int, int] = {}


@transaction.atomic
def receive(
    *,
    ecopole: Ecopole,
    platform: Agent,
    done: Sequence[Answer],
    by: User | None,
    at: datetime,
    key: str,
    on: datetime | None = None,
    into: int | None = None,
) -> list[Event]:
    """Take arrivals into the stores: rights and custody pass to the platform, at the price of the line.

    The garden's lots are those it harvested, first expired first. A partner farm's lot is born at its gate
    as it is unloaded; offered as organic without a valid certificate, it is received as conventional. What
    is refused stays its producer's, with the reason, and the promise is closed.

    `on`: when it happened, if it was noted before it is written. `into`: the place, if not the promised one.
    """
    if (same := first_time(ecopole=ecopole, key=key, answers=done)) is not None:
        return same
    happened = on or at
    refuse_settled(ecopole, done)
    elsewhere = _places(ecopole).exclude(agent=platform).order_by("-id")
    gates = dict(elsewhere.values_list("agent_id", "id"))
    gardens = {d.commitment.provider for d in done if d.commitment.provider.kind == AgentKind.GARDEN}
    harvested = {garden: Shelf(stock(ecopole, holder=garden)) for garden in gardens}
    from_farms = [n for n, d in enumerate(done) if d.commitment.provider not in gardens and d.quantity > 0]
    unloaded = [(f"{key}:{n}", done[n]) for n in from_farms]
    known = received(ecopole, [d.commitment for _, d in unloaded], happened.date(), arrived=True)
    lots = _unload(ecopole, unloaded, known, gates, happened)
    entries = _births(unloaded, lots, known, gates, happened)
    for n, d in enumerate(done):
        if d.refused or d.quantity == 0:
            continue
        c = d.commitment
        if n in from_farms:
            parts = [(lots[f"{key}:{n}"], gates[c.provider_id], d.quantity)]
        else:
            parts = [(line.lot, line.place.pk, part) for line, part in _take(harvested[c.provider], d)]
        entries += _transfers(c, parts, d.quantity, happened, f"{key}:{n}", into)
    written = record(ecopole=ecopole, entries=entries, recorded_by=by, recorded_at=at)
    born, events = dict(zip(lots, written, strict=False)), written[len(lots) :]
    sent_back = [n for n in from_farms if done[n].refused]
    for n in sent_back:
        # Given up as long as the refused load stands: undoing it opens the promise again.
        judge(
            lot=lots[f"{key}:{n}"],
            kind=VerdictKind.REFUSED,
            reason=done[n].refused,
            by=by,
            at=at,
            key=f"{key}:{n}:refused",
        )
        cancel(
            commitments=[done[n].commitment],
            reason=done[n].refused,
            by=by,
            at=at,
            key=key,
            event=born[f"{key}:{n}"],
        )
    others = [d for n, d in enumerate(done) if n not in sent_back]
    close_short(
        ecopole=ecopole, answers=others, events=events, reason="reçu moins que prévu", by=by, at=at, key=key
    )
    return written


def _take(
    shelf: Shelf, answer: Answer, quality_min: int = 0, *, others: bool = False
) -> list[tuple[StockLine, Decimal]]:
    product = answer.commitment.product
    try:
        return shelf.take(product, answer.quantity, quality_min=quality_min, others=others)
    except ShelfIsShort as short:
        raise LineRefused(answer.commitment, str(short)) from short


def _unload(
    ecopole: Ecopole,
    arrivals: Sequence[tuple[str, Answer]],
    known: Mapping[int, Received],
    gates: dict[int, int],
    at: datetime,
) -> dict[str, Lot]:
    """The lots that farms bring: one product, one farm, one arrival each, of the quality received."""
    lots = new_lots(
        ecopole=ecopole,
        lots=[
            NewLot(
                code=None,
                product=d.commitment.product,
                producer_id=d.commitment.provider_id,
                quality=known[d.commitment.pk].quality,
                origin_id=gates[d.commitment.provider_id],
                born_at=at,
                keeps_until=d.commitment.product.keeps_until(at.date()),
                key=key,
            )
            for key, d in arrivals
        ],
    )
    return {key: lot for (key, _), lot in zip(arrivals, lots, strict=True)}


def _births(
    arrivals: Sequence[tuple[str, Answer]],
    lots: Mapping[str, Lot],
    known: Mapping[int, Received],
    gates: dict[int, int],
    at: datetime,
) -> list[Entry]:
    """A partner farm's lot begins at its gate, as it is unloaded; a quality that is lowered says why."""
    return [
        Entry(
            action="produce",
            provider_id=c.provider_id,
            receiver_id=c.provider_id,
            product_id=c.product_id,
            quantity=d.quantity,
            unit=Unit(c.product.unit),
            lot=lots[key],
            to_place_id=gates[c.provider_id],
            occurred_at=at,
            process_id=c.process_id,
            note=known[c.pk].lowering,
            key=f"{key}:born",
        )
        for key, d in arrivals
        for c in (d.commitment,)
    ]


@transaction.atomic
def pick(
    *, ecopole: Ecopole, platform: Agent, done: Sequence[Answer], by: User | None, at: datetime, key: str
) -> list[Event]:
    """Take order lines out of the stores to the dock, first expired first, as they are weighed.

    What farms left to be sold goes to orders like the rest, and never to gifts. A weight beyond the tolerance
    is refused without its reason.
    """
    if (known := first_time(ecopole=ecopole, key=key, answers=done)) is not None:
        return known
    refuse_settled(ecopole, done)
    in_stores = [line for line in stock(ecopole, holder=platform) if line.place.kind in STORES]
    shelf, orders = Shelf(for_sale(in_stores), on=at.date()), Orders(ecopole, [d.commitment for d in done])
    gifts = given(d.commitment for d in done)
    _refuse_unexplained(done, orders, at.date())
    entries = [
        Entry(
            action="move",
            provider_id=platform.id,
            receiver_id=platform.id,
            product_id=d.commitment.product_id,
            quantity=part,
            unit=Unit(d.commitment.product.unit),
            lot=line.lot,
            from_place_id=line.place.pk,
            to_place_id=d.commitment.to_place_id,
            occurred_at=at,
            process_id=d.commitment.process_id,
            fulfils_id=d.commitment.id,
            note=d.refused,
            key=f"{key}:{n}:{m}",
        )
        for n, d in enumerate(done)
        for c in (d.commitment,)
        for m, (line, part) in enumerate(
            _take(shelf, d, orders.of(c).quality_min, others=(c.process_id, c.product_id) not in gifts)
        )
    ]
    events = record(ecopole=ecopole, entries=entries, recorded_by=by, recorded_at=at)
    close_short(
        ecopole=ecopole, answers=done, events=events, reason="préparé moins que prévu", by=by, at=at, key=key
    )
    return events


def _refuse_unexplained(done: Sequence[Answer], orders: Orders, on: date) -> None:
    """A weight far from what was planned is paid for only with its reason."""
    for d in done:
        c, pieces = d.commitment, orders.pieces(d.commitment)
        if d.refused or c.product.unit != Unit.KG:
            continue
        if beyond(planned=c.quantity, weighed=d.quantity, pieces=bool(pieces), on=on):
            planned, weighed = (format_quantity(Quantity(q, Unit.KG)) for q in (c.quantity, d.quantity))
            raise LineRefused(
                c,
                f"{c.product}\u202f: {weighed} pour {planned} prévus{pieces and f' ({pieces})'}, plus de "
                f"{tolerance_percent(on)}\u202f% d’écart. Vérifiez la pesée, ou dites pourquoi.",
            )


@transaction.atomic
def deliver(
    *,
    ecopole: Ecopole,
    platform: Agent,
    done: Sequence[Answer],
    by: User | None,
    at: datetime,
    key: str,
    on: datetime | None = None,
) -> list[Event]:
    """Hand over what was picked for each customer, lot by lot, at the price of the line.

    What is sold for a farm leaves the platform's hands, and the farm's rights. `on`: when it happened, if it
    was noted before it is written.
    """
    if (known := first_time(ecopole=ecopole, key=key, answers=done)) is not None:
        return known
    refuse_settled(ecopole, done)
    on_dock = [line for line in stock(ecopole, holder=platform) if line.place.kind == PlaceKind.DOCK]
    shelves = _picked_shelves(on_dock, {d.commitment.process_id for d in done if d.commitment.process_id})
    baskets = Shelf(line for line in on_dock if line.product.family == ProductFamily.BASKET)
    entries: list[Entry] = []
    for n, d in enumerate(done):
        c = d.commitment
        shelf = baskets if c.product.family == ProductFamily.BASKET else shelves.get(c.process_id, Shelf([]))
        taken = _take(shelf, d, others=c.price is not None and c.price > Money(0))
        parts = [(line.lot, line.place.pk, part) for line, part in taken]
        owners = sellers(line for line, _ in taken)
        entries += _transfers(c, parts, d.quantity, on or at, f"{key}:{n}", owners=owners)
    events = record(ecopole=ecopole, entries=entries, recorded_by=by, recorded_at=at)
    close_short(
        ecopole=ecopole, answers=done, events=events, reason="livré moins que prévu", by=by, at=at, key=key
    )
    return events


def _picked_shelves(on_dock: Sequence[StockLine], process_ids: set[int]) -> dict[int | None, Shelf]:
    """For each delivery, the lots picked for it and still on the dock."""
    lines = {line.lot.pk: line for line in on_dock}
    by_process: dict[int | None, list[StockLine]] = defaultdict(list)
    for (process_id, lot_id), quantity in picked(process_ids).items():
        if lot_id in lines:
            by_process[process_id].append(
                replace(lines[lot_id], quantity=min(quantity, lines[lot_id].quantity))
            )
    return {process_id: Shelf(process_lines) for process_id, process_lines in by_process.items()}


@transaction.atomic
def set_aside(
    *, ecopole: Ecopole, platform: Agent, done: Sequence[Answer], by: User | None, at: datetime, key: str
) -> list[Event]:
    """Compost what will not keep: the promises of the plan that name a lot."""
    if (known := first_time(ecopole=ecopole, key=key, answers=done)) is not None:
        return known
    refuse_settled(ecopole, done)
    entries = [
        Entry(
            action="lower",
            provider_id=platform.id,
            receiver_id=platform.id,
            product_id=d.commitment.product_id,
            quantity=d.quantity,
            unit=Unit(d.commitment.product.unit),
            lot=d.commitment.lot,
            from_place_id=d.commitment.from_place_id,
            occurred_at=at,
            fulfils_id=d.commitment.id,
            note=d.commitment.note,
            key=f"{key}:{n}",
        )
        for n, d in enumerate(done)
        if d.quantity > 0
    ]
    events = record(ecopole=ecopole, entries=entries, recorded_by=by, recorded_at=at)
    close_short(ecopole=ecopole, answers=done, events=events, reason="moins que prévu", by=by, at=at, key=key)
    return events


@transaction.atomic
def put_back(*, ecopole: Ecopole, platform: Agent, by: User | None, at: datetime, key: str) -> list[Event]:
    """What was picked and is awaited by nobody goes back from the dock to its store."""
    if (known := first_time(ecopole=ecopole, key=key)) is not None:
        return known
    stores = dict(_places(ecopole).filter(agent=platform).order_by("-id").values_list("kind", "id"))
    awaited = promises(ecopole, platform, at.date(), "transfer").awaited
    lines = left_on_dock(awaited, stock(ecopole, holder=platform))
    return record(
        ecopole=ecopole,
        entries=[
            Entry(
                action="move",
                provider_id=platform.id,
                receiver_id=platform.id,
                product_id=line.product.pk,
                quantity=line.quantity,
                unit=Unit(line.product.unit),
                lot=line.lot,
                from_place_id=line.place.pk,
                to_place_id=stores[line.product.storage],
                occurred_at=at,
                note="rangé",
                key=f"{key}:{n}",
            )
            for n, line in enumerate(lines)
        ],
        recorded_by=by,
        recorded_at=at,
    )


class LossRefused(AnswerRefused):
    """Nothing was written; the message says what to type instead."""


@transaction.atomic
def lose(
    *,
    ecopole: Ecopole,
    line: StockLine,
    quantity: Decimal,
    reason: str,
    by: User | None,
    at: datetime,
    key: str,
) -> list[Event]:
    """Take out of the stock what is spoiled, broken or missing, and say why; of a deposit, its farm loses."""
    if (known := first_time(ecopole=ecopole, key=key)) is not None:
        return known
    unit = Unit(line.product.unit)
    if quantity <= 0:
        raise LossRefused(
            f"Perte non enregistrée\u202f: {format_quantity(Quantity(quantity, unit))} de {line.product}. "
            "Saisissez le poids perdu, au-dessus de zéro."
        )
    lost = Entry(
        action="lower",
        provider_id=line.holder.pk,
        receiver_id=line.holder.pk,
        product_id=line.product.pk,
        quantity=quantity,
        unit=unit,
        lot=line.lot,
        from_place_id=line.place.pk,
        occurred_at=at,
        note=reason,
        key=f"{key}:0",
    )
    entries = for_owners([lost], sellers([line]))
    return record(ecopole=ecopole, entries=entries, recorded_by=by, recorded_at=at)


def _transfers(
    c: Commitment,
    parts: Sequence[tuple[Lot, int, Decimal]],
    quantity: Decimal,
    at: datetime,
    key: str,
    into: int | None = None,
    owners: Mapping[int, int] = NOBODY,
) -> list[Entry]:
    """One line handed over, lot by lot; its price follows what was weighed, and splits to the cent.

    Of a lot sold for its owner, rights pass from the owner at the price, custody from whoever held it.
    """
    price = price_weighed(c.price, c.quantity, quantity) if c.price is not None else None
    prices = split_money(price, [part for *_, part in parts]) if price is not None else [None] * len(parts)
    entries = []
    for m, ((lot, place_id, part), part_price) in enumerate(zip(parts, prices, strict=True)):
        handed = Entry(
            action="transfer",
            provider_id=c.provider_id,
            receiver_id=c.receiver_id,
            product_id=c.product_id,
            quantity=part,
            unit=Unit(c.product.unit),
            lot=lot,
            from_place_id=place_id,
            to_place_id=into or c.to_place_id,
            occurred_at=at,
            process_id=c.process_id,
            fulfils_id=c.id,
            agreement_id=c.agreement_id,
            price=part_price,
            key=f"{key}:{m}",
        )
        if lot.pk in owners:
            entries += _sold_for(owners[lot.pk], handed)
        else:
            entries.append(handed)
    return entries


def _sold_for(owner: int, handed: Entry) -> list[Entry]:
    """Only one of the two answers the promise, and only one has the price: neither counts twice."""
    return [
        replace(
            handed, action="transfer_rights", provider_id=owner, from_place_id=None, to_place_id=None,
            fulfils_id=None, key=f"{handed.key}:rights",
        ),
        replace(handed, action="transfer_custody", price=None),
    ]  # fmt: skip


def _places(ecopole: Ecopole) -> QuerySet[Place]:
    return Place.objects.filter(ecopole=ecopole).exclude(kind=PlaceKind.BED)
