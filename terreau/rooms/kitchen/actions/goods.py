"""What comes into the kitchen, and what leaves it: surplus taken, ingredients bought, jars sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from terreau.ledger.actions import Entry, NewLot, new_lots, record
from terreau.ledger.answers import first_time
from terreau.ledger.effects import Action
from terreau.ledger.models import Event, Lot
from terreau.ledger.queries import StockLine, stock
from terreau.ledger.shelf import Shelf
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.rooms.kitchen.actions.orders import door_of
from terreau.rooms.kitchen.models import Intake
from terreau.rooms.kitchen.queries.goods import DOORS, Surplus
from terreau.rooms.kitchen.refusals import KitchenRefused
from terreau.territory.models import Agent, Ecopole, Place, Product, User


def store_of(kitchen: Agent, storage: str = "ambient") -> Place:
    """Where the kitchen keeps what is to be kept so; for want of such a store, any place it has."""
    places = list(Place.objects.filter(agent=kitchen).order_by("id"))
    if not places:
        raise KitchenRefused(f"{kitchen} n’a aucun lieu. Ajoutez sa réserve dans Territoire.")
    return next((place for place in places if place.kind == storage), places[0])


@transaction.atomic
def take_surplus(
    *, ecopole: Ecopole, kitchen: Agent, line: Surplus, quantity: Decimal, price: Money, by: User | None,
    at: datetime, key: str,
) -> list[Event]:  # fmt: skip
    """A lot proposed is taken; or what was to be composted is handed over instead, and meets that promise."""
    if (known := first_time(ecopole=ecopole, key=key)) is not None:
        return known
    if not 0 < quantity <= line.left:
        raise KitchenRefused(
            f"{line.lot.product}, lot {line.lot.code}\u202f: {line.left_said} à prendre. "
            "Saisissez ce qui part à la conserverie.",
            "quantity",
        )
    product = line.lot.product
    handed = Entry(
        Action.TRANSFER, line.holder.pk, kitchen.pk, product.pk, quantity, Unit(product.unit), f"{key}:0", at,
        lot=line.lot, from_place_id=line.place.pk, to_place_id=store_of(kitchen, product.storage).pk,
        fulfils_id=line.commitment_id, price=price.times(quantity), note="surplus, à transformer",
    )  # fmt: skip
    return record(ecopole=ecopole, entries=[handed], recorded_by=by, recorded_at=at)


@dataclass(frozen=True)
class Bought:
    """An ingredient as it arrives, with what its supplier's label and slip say."""

    product: Product
    quantity: Decimal
    quality: int
    price: Money
    supplier_lot: str
    zone: str
    keeps_until: date | None = None
    # Brought to be processed: it stays its farm's, and nothing is paid for it.
    kept: bool = False


@transaction.atomic
def buy(
    *, ecopole: Ecopole, kitchen: Agent, supplier: Agent, bought: Sequence[Bought], by: User | None,
    at: datetime, key: str,
) -> list[Lot]:  # fmt: skip
    """Lots born at the door in their supplier's hands, then handed over; `kept`, they stay its own."""
    first_time(ecopole=ecopole, key=key)
    if known := list(Intake.objects.filter(ecopole=ecopole, key__startswith=f"{key}:").order_by("id")):
        return [intake.lot for intake in known]
    _refuse_bought(kitchen, supplier, bought)
    gate = store_of(kitchen, DOORS[0])
    lots = new_lots(
        ecopole=ecopole,
        lots=[
            NewLot(line.product, supplier.pk, line.quality, at, f"{key}:{n}",
                   keeps_until=line.keeps_until or line.product.keeps_until(at.date()))
            for n, line in enumerate(bought)
        ],
    )  # fmt: skip
    entries = []
    for n, (line, lot) in enumerate(zip(bought, lots, strict=True)):
        product, unit = line.product, Unit(line.product.unit)
        store = store_of(kitchen, product.storage)
        entries += [
            Entry(Action.PRODUCE, supplier.pk, supplier.pk, product.pk, line.quantity, unit, f"{key}:{n}:0",
                  at, lot=lot, to_place_id=gate.pk),
            Entry(Action.TRANSFER_CUSTODY if line.kept else Action.TRANSFER, supplier.pk, kitchen.pk,
                  product.pk, line.quantity, unit, f"{key}:{n}:1", at, lot=lot, from_place_id=gate.pk,
                  to_place_id=store.pk, price=None if line.kept else line.price.times(line.quantity)),
        ]  # fmt: skip
    record(ecopole=ecopole, entries=entries, recorded_by=by, recorded_at=at)
    Intake.objects.bulk_create(
        Intake(ecopole=ecopole, lot=lot, supplier_lot=line.supplier_lot, zone=line.zone, key=f"{key}:{n}")
        for n, (line, lot) in enumerate(zip(bought, lots, strict=True))
    )
    return lots


def _refuse_bought(kitchen: Agent, supplier: Agent, bought: Sequence[Bought]) -> None:
    if supplier.pk == kitchen.pk:
        raise KitchenRefused(f"{kitchen} ne s’achète pas à elle-même. Choisissez le fournisseur.", "supplier")
    for line in bought:
        if line.quantity <= 0:
            raise KitchenRefused(f"{line.product}\u202f: saisissez ce qui est arrivé.", "quantity")
        if not line.supplier_lot.strip():
            raise KitchenRefused(
                f"{line.product}\u202f: recopiez le numéro de lot du fournisseur\u202f: un rappel en dépend.",
                "supplier_lot",
            )


@transaction.atomic
def send(
    *, ecopole: Ecopole, kitchen: Agent, lot: Lot, receiver: Agent, quantity: Decimal, price: Money,
    by: User | None, at: datetime, key: str,
) -> list[Event]:  # fmt: skip
    """A released lot leaves, at a price; a farm's own stays the farm's, and only changes hands."""
    if (known := first_time(ecopole=ecopole, key=key)) is not None:
        return known
    lines = [line for line in stock(ecopole, holder=kitchen) if line.lot.pk == lot.pk]
    _refuse_sending(lot, lines, receiver, kitchen)
    owned = [line for line in lines if line.owner]
    door = door_of(receiver)
    taken = Shelf(lines, on=at.date()).take(lot.product, quantity, others=bool(owned))
    action = Action.TRANSFER_CUSTODY if owned else Action.TRANSFER
    entries = [
        Entry(action, kitchen.pk, receiver.pk, lot.product_id, part, Unit(lot.product.unit), f"{key}:{n}", at,
              lot=lot, from_place_id=line.place.pk, to_place_id=door.pk,
              price=None if owned else price.times(part))
        for n, (line, part) in enumerate(taken)
    ]  # fmt: skip
    return record(ecopole=ecopole, entries=entries, recorded_by=by, recorded_at=at)


def _refuse_sending(lot: Lot, lines: Sequence[StockLine], receiver: Agent, kitchen: Agent) -> None:
    if receiver.pk == kitchen.pk:
        raise KitchenRefused(f"{lot.product} est déjà à {kitchen}. Choisissez à qui l’envoyer.", "receiver")
    if not any(line.usable for line in lines) and lines:
        raise KitchenRefused(
            f"{lot.product}, lot {lot.code}\u202f: ce lot n’est pas libéré, il ne part pas. "
            "Relevez ce qui manque, puis libérez-le."
        )
    owner = next((line.owner for line in lines if line.owner), None)
    if owner and receiver.pk != owner.pk and receiver.kind != "platform":
        raise KitchenRefused(
            f"{lot.product}, lot {lot.code}\u202f: c’est à {owner}. Rendez-le-lui, ou déposez-le à la "
            "plateforme.",
            "receiver",
        )
