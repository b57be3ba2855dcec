"""A customer's order of what the kitchen makes: a promise of the ledger, delivered or given up."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from terreau.ledger.actions import Entry, Promise, agree, cancel, promise, record
from terreau.ledger.answers import first_time
from terreau.ledger.effects import Action
from terreau.ledger.models import AgreementKind, Commitment, Event, Per
from terreau.ledger.queries import stock
from terreau.ledger.shelf import Shelf
from terreau.measures.french import format_date, format_quantity
from terreau.measures.money import Money
from terreau.measures.quantity import Quantity, Unit
from terreau.measures.split import split_money
from terreau.rooms.kitchen.queries.orders import ORDERED, Order
from terreau.rooms.kitchen.refusals import KitchenRefused
from terreau.territory.models import Agent, Ecopole, Place, Product, User


def door_of(receiver: Agent) -> Place:
    door = Place.objects.filter(agent=receiver).exclude(kind="site").order_by("id").first()
    if door is None:
        raise KitchenRefused(f"{receiver} n’a aucun lieu où livrer. Ajoutez-le dans Territoire.", "receiver")
    return door


@transaction.atomic
def take_order(
    *, ecopole: Ecopole, kitchen: Agent, receiver: Agent, product: Product, quantity: Decimal, price: Money,
    due_on: date, at: datetime, key: str,
) -> Commitment:  # fmt: skip
    """So much of a product, at a price by the unit, for a day: promised, be it cooked or not yet."""
    ecopole.take_turns()
    today = timezone.localtime(at).date()
    if due_on < today:
        raise KitchenRefused(f"Le {format_date(due_on)} est passé. Choisissez un jour à venir.", "due_on")
    if quantity <= 0:
        raise KitchenRefused("Saisissez combien on vous en demande.", "quantity")
    terms = agree(
        ecopole=ecopole, kind=AgreementKind.ORDER, provider_id=kitchen.pk, receiver_id=receiver.pk,
        product_id=product.pk, promised=quantity, per=Per.ORDER, starts_on=today, ends_on=due_on, key=key,
    )  # fmt: skip
    asked = Promise(
        Action.TRANSFER, kitchen.pk, receiver.pk, product.pk, quantity, Unit(product.unit), due_on, key,
        to_place_id=door_of(receiver).pk, agreement_id=terms.pk, price=price.times(quantity), note=ORDERED,
    )  # fmt: skip
    return promise(ecopole=ecopole, promises=[asked])[0]


@transaction.atomic
def deliver(
    *, ecopole: Ecopole, order: Order, quantity: Decimal, by: User | None, at: datetime, key: str
) -> list[Event]:
    """Released lots leave for the customer, the first to expire first; the rest of the order stays due."""
    if (known := first_time(ecopole=ecopole, key=key)) is not None:
        return known
    asked = order.commitment
    unit = Unit(asked.product.unit)
    if not 0 < quantity <= order.left:
        left = format_quantity(Quantity(order.left, unit))
        raise KitchenRefused(
            f"{asked.product} pour {asked.receiver}\u202f: il reste {left} à livrer. Saisissez ce qui part.",
            "quantity",
        )
    there = stock(ecopole, holder=asked.provider, product=asked.product)
    taken = Shelf(there, on=timezone.localtime(at).date()).take(asked.product, quantity)
    whole = (asked.price or Money(0)).times(quantity / asked.quantity)
    prices = split_money(whole, [part for _, part in taken])
    entries = [
        Entry(
            Action.TRANSFER, asked.provider_id, asked.receiver_id, asked.product_id, part, unit, f"{key}:{n}",
            at, lot=line.lot, from_place_id=line.place.pk, to_place_id=asked.to_place_id, price=price,
            fulfils_id=asked.pk, agreement_id=asked.agreement_id,
        )
        for n, ((line, part), price) in enumerate(zip(taken, prices, strict=True))
    ]  # fmt: skip
    return record(ecopole=ecopole, entries=entries, recorded_by=by, recorded_at=at)


@transaction.atomic
def give_up_order(*, order: Order, reason: str, by: User | None, at: datetime, key: str) -> None:
    """It will not be delivered, or not wholly, and why."""
    order.commitment.ecopole.take_turns()
    if not reason.strip():
        raise KitchenRefused("Dites pourquoi cette commande n’est pas livrée.", "reason")
    cancel(commitments=[order.commitment], reason=reason.strip(), by=by, at=at, key=key)
