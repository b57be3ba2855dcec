"""What can be done for the week's baskets: say how many go where, and pack them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from terreau.ledger.actions import Entry, NewLot, new_lots, record
from terreau.ledger.answers import Answer, AnswerRefused, close_short, first_time
from terreau.ledger.dueforms import LineRefused, refuse_settled
from terreau.ledger.models import Commitment, Event
from terreau.ledger.queries import StockLine, stock
from terreau.ledger.shelf import Shelf, ShelfIsShort
from terreau.measures.french import format_quantity
from terreau.measures.money import Money
from terreau.measures.quantity import Quantity, Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.baskets.models import BasketSize, DepotCount
from terreau.territory.models import Agent, Ecopole, PlaceKind, Product, Quality, User

STORES = (PlaceKind.COLD, PlaceKind.AMBIENT)


class PackingRefused(AnswerRefused):
    """Nothing was written; the message says what to do instead."""


class StoresAreShort(PackingRefused):
    """Nothing was written; `errors` says, for each promise, what the stores lack."""

    def __init__(self, errors: Mapping[int, str]):
        super().__init__("\n".join(errors.values()))
        self.errors = dict(errors)


class SizeRefused(Exception):
    """The size stays as it was; the message says what to type instead."""


@dataclass(frozen=True)
class SizeTerms:
    """What a basket should be worth, and how varied it should be."""

    target_value: Money
    tolerance_percent: int
    varieties_min: int
    varieties_max: int
    quality_min: int


def add_size(*, ecopole: Ecopole, maker: Agent, product: Product, terms: SizeTerms) -> BasketSize:
    """A new kind of basket, after those there are."""
    _refuse_terms(product.name, terms)
    known = BasketSize.objects.filter(ecopole=ecopole)
    if known.filter(product=product).exists():
        raise SizeRefused(f"{product} a déjà ses règles\u202f: corrigez-les plus haut.")
    rank = 1 + max(known.values_list("rank", flat=True), default=0)
    return BasketSize.objects.create(ecopole=ecopole, maker=maker, product=product, rank=rank, **vars(terms))


def change_size(*, size: BasketSize, terms: SizeTerms) -> None:
    """Say again what this basket should be; the plans already made keep their figures."""
    _refuse_terms(size.product.name, terms)
    for name, value in vars(terms).items():
        setattr(size, name, value)
    size.save()


def _refuse_terms(name: str, terms: SizeTerms) -> None:
    if terms.target_value.cents <= 0:
        raise SizeRefused(f"{name}\u202f: {terms.target_value}. Saisissez une valeur visée au-dessus de 0 €.")
    if terms.varieties_max < terms.varieties_min:
        raise SizeRefused(
            f"{name}\u202f: de {terms.varieties_min} à {terms.varieties_max} légumes différents. "
            "Saisissez un nombre « au plus » qui atteint le nombre « au moins »."
        )


@transaction.atomic
def set_counts(*, ecopole: Ecopole, week: IsoWeek, counts: Sequence[DepotCount]) -> None:
    """Say how many baskets go to each depot on each day of the week, in place of what was said of it.

    Those of members are of the number typed: what is above them is for groups and visitors.
    """
    # Two people filling in the same week take turns.
    ecopole.take_turns()
    former = DepotCount.objects.filter(size__ecopole=ecopole, day__range=(week.monday, week.sunday))
    members = {(c.size_id, c.depot_id, c.day): c.subscribed for c in former}
    former.delete()
    for c in counts:
        c.subscribed = min(c.count, members.get((c.size_id, c.depot_id, c.day), 0))
    DepotCount.objects.bulk_create([c for c in counts if c.count])


@transaction.atomic
def copy_counts(*, ecopole: Ecopole, week: IsoWeek) -> int:
    """The same baskets as last week; refused if this week has already been filled in."""
    ecopole.take_turns()
    former = DepotCount.objects.filter(
        size__ecopole=ecopole, day__range=((week - 1).monday, (week - 1).sunday)
    )
    if DepotCount.objects.filter(size__ecopole=ecopole, day__range=(week.monday, week.sunday)).exists():
        raise PackingRefused(f"La {week.label} est déjà remplie\u202f: corrigez ses nombres un à un.")
    copies = [
        DepotCount(size_id=c.size_id, depot_id=c.depot_id, day=c.day + timedelta(days=7), count=c.count)
        for c in former
    ]
    DepotCount.objects.bulk_create(copies)
    return sum(c.count for c in copies)


@transaction.atomic
def pack(
    *, ecopole: Ecopole, platform: Agent, packed: Sequence[Answer], by: User | None, at: datetime, key: str
) -> list[Event]:
    """Make baskets: vegetables leave the stores, first expired first; new lots of baskets reach the dock."""
    if (known := first_time(ecopole=ecopole, key=key, answers=packed)) is not None:
        return known
    refuse_settled(ecopole, packed)
    made = [(n, p) for n, p in enumerate(packed) if p.commitment.action == "produce" and p.quantity > 0]
    _refuse_nonsense(packed)
    taken = _take(ecopole, platform, packed, at.date())
    quality: dict[int | None, int] = {}
    for _, _, c, line, _ in taken:
        # A basket is as organic as the least organic thing in it.
        quality[c.process_id] = min(line.quality, quality.get(c.process_id, Quality.ORGANIC))
    lots = new_lots(
        ecopole=ecopole,
        lots=[
            NewLot(
                code=None,
                product=p.commitment.product,
                producer_id=platform.id,
                quality=quality.get(p.commitment.process_id, Quality.CONVENTIONAL),
                origin_id=p.commitment.to_place_id,
                born_at=at,
                keeps_until=p.commitment.product.keeps_until(at.date()),
                key=f"{key}:{n}",
            )
            for n, p in made
        ],
    )
    entries = [
        _entry(c, part, at, f"{key}:{n}:{m}", lot=line.lot, from_place_id=line.place.pk)
        for n, m, c, line, part in taken
    ]
    entries += [
        _entry(p.commitment, p.quantity, at, f"{key}:{n}", lot=lot, to_place_id=p.commitment.to_place_id)
        for (n, p), lot in zip(made, lots, strict=True)
    ]
    events = record(ecopole=ecopole, entries=entries, recorded_by=by, recorded_at=at)
    close_short(
        ecopole=ecopole,
        answers=packed,
        events=events,
        reason="préparé moins que prévu",
        by=by,
        at=at,
        key=key,
    )
    return events


Taken = tuple[int, int, Commitment, StockLine, Decimal]


def _take(ecopole: Ecopole, platform: Agent, packed: Sequence[Answer], on: date) -> list[Taken]:
    """The lots that the vegetables come from, of the quality promised; all that lacks is said at once."""
    in_stores = [line for line in stock(ecopole, holder=platform) if line.place.kind in STORES]
    shelf = Shelf(in_stores, on=on)
    quality_min = _qualities(ecopole, {p.commitment.process_id for p in packed if p.commitment.process_id})
    taken: list[Taken] = []
    errors: dict[int, str] = {}
    for n, p in enumerate(packed):
        if p.commitment.action != "consume" or p.quantity <= 0:
            continue
        try:
            parts = shelf.take(
                p.commitment.product, p.quantity, quality_min=quality_min.get(p.commitment.process_id, 0)
            )
        except ShelfIsShort as short:
            errors[p.commitment.pk] = str(short)
            continue
        taken += [(n, m, p.commitment, line, part) for m, (line, part) in enumerate(parts)]
    if errors:
        raise StoresAreShort(errors)
    return taken


def _qualities(ecopole: Ecopole, process_ids: set[int]) -> dict[int | None, int]:
    """The quality that each batch asks of its vegetables: that of the basket it makes."""
    made = Commitment.objects.filter(action="produce", process_id__in=process_ids)
    asked = dict(BasketSize.objects.filter(ecopole=ecopole).values_list("product_id", "quality_min"))
    return {
        process_id: asked.get(product_id, 0)
        for process_id, product_id in made.values_list("process_id", "product_id")
    }


def _refuse_nonsense(packed: Sequence[Answer]) -> None:
    """Baskets and pieces are whole, and vegetables go into at least one basket."""
    used = {p.commitment.process_id for p in packed if p.commitment.action == "consume" and p.quantity > 0}
    for p in packed:
        c, unit = p.commitment, Unit(p.commitment.product.unit)
        typed = f"{c.product}\u202f: {format_quantity(Quantity(p.quantity, unit))}."
        if unit is Unit.PIECE and p.quantity % 1:
            raise LineRefused(c, f"{typed} Saisissez un nombre entier.")
        if c.action == "produce" and not p.quantity and c.process_id in used:
            raise LineRefused(
                c,
                f"{typed} Saisissez le nombre de paniers préparés, ou 0 pour chaque légume "
                "si rien n’a été préparé.",
            )


def _entry(c: Commitment, quantity: Decimal, at: datetime, key: str, **where: Any) -> Entry:
    return Entry(
        action=c.action,
        provider_id=c.provider_id,
        receiver_id=c.receiver_id,
        product_id=c.product_id,
        quantity=quantity,
        unit=Unit(c.product.unit),
        occurred_at=at,
        process_id=c.process_id,
        fulfils_id=c.id,
        key=key,
        **where,
    )
