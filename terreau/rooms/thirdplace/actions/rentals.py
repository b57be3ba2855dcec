"""What others pay for a room or a tool: a tariff voted and dated; a use counted when it is over."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from terreau.ledger.actions import Entry, record
from terreau.ledger.effects import Action
from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.rooms.thirdplace.models import Booking, Charge, House, Tariff, Thing, Use
from terreau.rooms.thirdplace.refusals import PlaceRefused
from terreau.rooms.thirdplace.trades import RENTAL
from terreau.territory.models import Agent, Product, User


@transaction.atomic
def set_tariff(*, thing: Thing, since: date, per_hour: Money, source: str, key: str) -> Tariff:
    """From a day on; what is counted already keeps its price."""
    thing.ecopole.take_turns()
    if known := Tariff.objects.filter(thing=thing, key=key).first():
        return known
    if Tariff.objects.filter(thing=thing, since=since).exists():
        raise PlaceRefused(
            f"{thing} a déjà un tarif au {format_date(since)}\u202f: choisissez un autre jour.", "since"
        )
    return Tariff.objects.create(thing=thing, since=since, per_hour=per_hour, source=source, key=key)


@transaction.atomic
def charge(*, booking: Booking, payer: Agent, by: User | None, at: datetime, key: str) -> Charge:
    """Hours used, at the tariff of their day: an invoice can be made of it."""
    thing = booking.thing
    thing.ecopole.take_turns()
    if known := Charge.objects.filter(booking=booking).first():
        return known
    booking.refresh_from_db()
    if booking.cancelled_at or booking.use != Use.RENTED:
        raise PlaceRefused(f"{thing}\u202f: annulée, ou sans location. Il n’y a rien à compter.", "payer")
    if booking.ends_at > at:
        raise PlaceRefused(f"{thing}\u202f: ce n’est pas fini. Comptez après usage.", "payer")
    day = timezone.localtime(booking.starts_at).date()
    tariff = Tariff.objects.filter(thing=thing, since__lte=day).order_by("-since").first()
    if tariff is None:
        raise PlaceRefused(
            f"{thing} n’a pas de tarif au {format_date(day)}. Écrivez-le d’abord.",
            "payer",
        )
    house = House.objects.get(ecopole=thing.ecopole)
    exact = Decimal(int((booking.ends_at - booking.starts_at).total_seconds())) / 3600
    entry = Entry(
        Action.WORK, house.agent_id, payer.pk, Product.objects.get(code=RENTAL).pk,
        exact.quantize(Decimal("0.01")), Unit.HOUR, f"rental:{booking.pk}:{key}", booking.ends_at,
        price=tariff.per_hour.times(exact), note=f"{thing}, {booking.who}",
    )  # fmt: skip
    (event,) = record(ecopole=thing.ecopole, entries=[entry], recorded_by=by, recorded_at=at)
    return Charge.objects.create(booking=booking, event=event)
