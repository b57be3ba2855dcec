"""The pot: gifts, and what it pays."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from terreau.ledger.actions import Entry, NewLot, new_lots, record
from terreau.ledger.answers import first_time
from terreau.ledger.effects import Action
from terreau.ledger.models import Event, Lot
from terreau.ledger.queries import STANDING
from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.rooms.baskets.models import (
    SolidarityTerms,
)
from terreau.rooms.baskets.queries.schemes import pot_written
from terreau.rooms.baskets.queries.solidarity import FREE, POT, Walk
from terreau.rooms.baskets.refusals import BasketsRefused
from terreau.rooms.baskets.rules import in_force
from terreau.rooms.baskets.shares import Lot as PotLot
from terreau.territory.models import Agent, Ecopole, Place, PlaceKind, Product, Quality, User

PURSE = "Cagnotte solidaire"


@transaction.atomic
def give_to_pot(
    *,
    ecopole: Ecopole,
    giver: Agent,
    euros: Money,
    until: date | None,
    by: User | None,
    at: datetime,
    key: str,
) -> list[Event]:
    """Euros enter the pot, for baskets handed over from that day until another."""
    start = f"pot-gift:{key}"
    if (known := first_time(ecopole=ecopole, key=start)) is not None:
        return known
    ecopole.take_turns()
    today = timezone.localtime(at).date()
    if until and until < today:
        raise BasketsRefused(f"Le {format_date(until)} est passé. Choisissez un jour à venir.", "until")
    if euros <= Money(0):
        raise BasketsRefused("Saisissez combien entre dans la cagnotte.", "euros")
    holder, place = _purse(ecopole, today)
    product = Product.objects.get(code=POT)
    (lot,) = new_lots(
        ecopole=ecopole, lots=[NewLot(product, giver.pk, Quality.CONVENTIONAL, at, start, keeps_until=until)]
    )
    purse = Purse(lot, holder.pk, place.pk)
    entry = _entry(Action.PRODUCE, product, euros.euros, purse, at, f"{start}:in", giver=giver.pk)
    return record(ecopole=ecopole, entries=[entry], recorded_by=by, recorded_at=at)


def _purse(ecopole: Ecopole, today: date) -> tuple[Agent, Place]:
    rules = [
        (row.starts_on, row)
        for row in SolidarityTerms.objects.filter(ecopole=ecopole).select_related("holder")
    ]
    rule = in_force(rules, today)
    if rule is None:
        raise BasketsRefused("Dites d’abord qui tient la cagnotte\u202f: onglet Règles.")
    place, _ = Place.objects.get_or_create(
        ecopole=ecopole, agent=rule.holder, name=PURSE, defaults={"kind": PlaceKind.ROOM}
    )
    return rule.holder, place


@dataclass(frozen=True)
class Purse:
    """A gift of the pot, who keeps it and where."""

    lot: Lot
    holder_id: int
    place_id: int


def _entry(
    action: str,
    product: Product,
    euros: Decimal,
    purse: Purse,
    at: datetime,
    key: str,
    giver: int | None = None,
) -> Entry:
    comes = action in (Action.PRODUCE, Action.RAISE)
    return Entry(
        action, giver or purse.holder_id, purse.holder_id, product.pk, euros, Unit.EURO, key=key,
        occurred_at=at, lot=purse.lot, from_place_id=None if comes else purse.place_id,
        to_place_id=purse.place_id if comes else None,
    )  # fmt: skip


@transaction.atomic
def settle_pot(*, ecopole: Ecopole, at: datetime) -> list[Event]:
    """The ledger follows what the pot paid until yesterday: sums by gift, no household in them.

    A basket noted by mistake since gives back what was taken for it.
    """
    ecopole.take_turns()
    today = timezone.localtime(at).date()
    lots = Walk(ecopole, date.min, today - timedelta(days=1)).budget.pot.lots
    if not lots:
        return []
    product, written = Product.objects.get(code=POT), pot_written(ecopole)
    purses = _purses(ecopole)
    entries: list[Entry] = []
    for lot in lots:
        number, more = lot.id, Decimal(0)
        if not number:
            number, more = _free_lot(ecopole, product, lot, purses, at)
        purse = purses[number]
        start = f"pot:{number}:{at.isoformat()}"
        if more > 0:
            entries.append(_entry(Action.PRODUCE, product, more, purse, at, f"{start}:in"))
        if gap := written.get(number, Decimal(0)) + more - lot.left.euros:
            action = Action.CONSUME if gap > 0 else Action.RAISE
            entries.append(_entry(action, product, abs(gap), purse, at, f"{start}:out"))
    return record(ecopole=ecopole, entries=entries, recorded_by=None, recorded_at=at)


def _purses(ecopole: Ecopole) -> dict[int, Purse]:
    """Where each lot of the pot is kept, and by whom. One query."""
    rows = Event.objects.filter(STANDING, ecopole=ecopole, product__code=POT, action=Action.PRODUCE)
    return {
        row.lot_id: Purse(row.lot, row.receiver_id, row.to_place_id)
        for row in rows.select_related("lot")
        if row.lot_id and row.lot and row.to_place_id
    }


def _free_lot(
    ecopole: Ecopole, product: Product, lot: PotLot, purses: dict[int, Purse], at: datetime
) -> tuple[int, Decimal]:
    """What is given by choosing a price above the full one: its lot, and what to add to it."""
    row = Lot.objects.filter(ecopole=ecopole, key=FREE).first()
    if row is None:
        holder, place = _purse(ecopole, timezone.localtime(at).date())
        (row,) = new_lots(ecopole=ecopole, lots=[NewLot(product, holder.pk, Quality.CONVENTIONAL, at, FREE)])
        purses[row.pk] = Purse(row, holder.pk, place.pk)
    rows = Event.objects.filter(STANDING, lot=row, action=Action.PRODUCE)
    return row.pk, lot.put.euros - sum(rows.values_list("quantity", flat=True), Decimal(0))
