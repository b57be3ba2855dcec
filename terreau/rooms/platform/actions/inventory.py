"""A store counted: what differs from the ledger is lowered or raised, with its reason; the rest is right."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from terreau.ledger.actions import Entry, record
from terreau.ledger.queries import stock
from terreau.measures.french import format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.platform.actions.deposits import for_owners
from terreau.rooms.platform.deposits import sellers
from terreau.rooms.platform.inventory import Counted
from terreau.rooms.platform.models import StockCount
from terreau.territory.models import Agent, Ecopole, Place, User


class CountRefused(Exception):
    """Nothing was written; every reason, by lot."""

    def __init__(self, errors: Mapping[int, str]):
        super().__init__("\n".join(errors.values()))
        self.errors = errors


@transaction.atomic
def count_store(
    *,
    ecopole: Ecopole,
    platform: Agent,
    place: Place,
    counted: Sequence[Counted],
    by: User | None,
    at: datetime,
    key: str,
) -> StockCount:
    """Every lot of a store as it was counted; all or none.

    A lot that moved since it was shown is refused: nobody knows whether it was counted before or after.
    """
    ecopole.take_turns()  # the same form sent twice at once takes its turn
    known = StockCount.objects.filter(ecopole=ecopole, key=key).first()
    if known is not None:
        return known
    lines = stock(ecopole, holder=platform, place=place)
    there = {line.lot.pk: line.quantity for line in lines}
    wrong = {c.lot.pk: said for c in counted if (said := _wrong(c, there.get(c.lot.pk, Decimal(0))))}
    if wrong:
        raise CountRefused(wrong)
    differing = [c for c in counted if c.quantity != c.seen]
    entries = [_entry(c, platform, place, at, f"{key}:{n}") for n, c in enumerate(differing)]
    entries = for_owners(entries, sellers(lines))
    record(ecopole=ecopole, entries=entries, recorded_by=by, recorded_at=at)
    return StockCount.objects.create(
        ecopole=ecopole,
        place=place,
        lines=len(counted),
        differences=len(differing),
        recorded_by=by,
        recorded_at=at,
        key=key,
    )


def _wrong(c: Counted, now: Decimal) -> str:
    """Why a line cannot be written, or nothing."""
    what = f"{c.lot.product}, lot {c.lot.code}"
    if now != c.seen:
        left = f"il y en a maintenant {_said(c, now)}" if now else "il n’y en a plus ici"
        return (
            f"{what}\u202f: {_said(c, c.seen)} quand la page a été ouverte, {left}. "
            "Comptez-le de nouveau, puis enregistrez."
        )
    if c.quantity < 0:
        return f"{what}\u202f: {_said(c, c.quantity)}. Saisissez ce que vous comptez, ou 0 s’il n’y a rien."
    if c.quantity != c.seen and not c.reason.strip():
        return f"{what}\u202f: {_said(c, c.quantity)} au lieu de {_said(c, c.seen)}. Dites pourquoi."
    return ""


def _said(c: Counted, amount: Decimal) -> str:
    return format_quantity(Quantity(amount, Unit(c.lot.product.unit)))


def _entry(c: Counted, platform: Agent, place: Place, at: datetime, key: str) -> Entry:
    found = c.quantity > c.seen
    return Entry(
        action="raise" if found else "lower",
        provider_id=platform.pk,
        receiver_id=platform.pk,
        product_id=c.lot.product_id,
        quantity=abs(c.quantity - c.seen),
        unit=Unit(c.lot.product.unit),
        lot=c.lot,
        from_place_id=None if found else place.pk,
        to_place_id=place.pk if found else None,
        occurred_at=at,
        note=c.reason.strip(),
        key=key,
    )
