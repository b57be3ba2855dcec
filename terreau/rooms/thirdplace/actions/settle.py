"""Who keeps the third place, its rooms and tools, and those out of order."""

from datetime import date

from django.db import transaction

from terreau.measures.french import format_date
from terreau.rooms.thirdplace.models import Booking, House, Repair, Thing
from terreau.rooms.thirdplace.refusals import PlaceRefused
from terreau.territory.models import Agent, Ecopole, Place, PlaceKind

PURSE = "Carnet de participation"


@transaction.atomic
def settle(*, ecopole: Ecopole, agent: Agent, unit: str) -> House:
    """Said once: which organisation keeps the place. The name of its credit may change, its keeper not."""
    ecopole.take_turns()
    house = House.objects.filter(ecopole=ecopole).select_related("agent").first()
    if house is None:
        purse, _ = Place.objects.get_or_create(
            ecopole=ecopole, agent=agent, name=PURSE, defaults={"kind": PlaceKind.ROOM}
        )
        return House.objects.create(ecopole=ecopole, agent=agent, purse=purse, unit=unit)
    if house.agent_id != agent.pk:
        raise PlaceRefused(
            f"Le tiers-lieu est tenu par {house.agent}\u202f: ses crédits sont à son nom.", "agent"
        )
    house.unit = unit
    house.save(update_fields=["unit"])
    return house


@transaction.atomic
def save_thing(*, ecopole: Ecopole, kind: str, name: str, seats: int | None, key: str) -> Thing:
    """A room or a tool; said again under a name we have, it is how many it seats now."""
    ecopole.take_turns()
    if known := Thing.objects.filter(ecopole=ecopole, key=key).first():
        return known
    alike = Thing.objects.filter(ecopole=ecopole, closed_on=None, name=name).first()
    if alike is None:
        return Thing.objects.create(ecopole=ecopole, kind=kind, name=name, seats=seats, key=key)
    if alike.kind != kind:
        raise PlaceRefused(
            f"{name} est déjà un nom de {alike.get_kind_display()}\u202f: donnez-en un autre.", "name"
        )
    alike.seats = seats
    alike.save(update_fields=["seats"])
    return alike


@transaction.atomic
def close_thing(*, thing: Thing, on: date) -> None:
    """It serves no more; what is still booked is said first."""
    thing.ecopole.take_turns()
    awaited = Booking.objects.filter(thing=thing, cancelled_at=None, ends_at__date__gte=on)
    if count := awaited.count():
        raise PlaceRefused(
            f"{thing} est encore réservé {count} fois\u202f: annulez ces réservations d’abord."
        )
    Thing.objects.filter(pk=thing.pk, closed_on=None).update(closed_on=on)


@transaction.atomic
def out_of_order(*, thing: Thing, since: date, reason: str, key: str) -> Repair:
    """Nobody books it until it is back; what was booked meanwhile stays in sight."""
    thing.ecopole.take_turns()
    if known := Repair.objects.filter(thing=thing, key=key).first():
        return known
    if not reason:
        raise PlaceRefused(f"{thing}\u202f: dites ce qui est en panne.", "reason")
    if under := Repair.objects.filter(thing=thing, until=None).first():
        raise PlaceRefused(f"{thing} est déjà en réparation depuis le {format_date(under.since)}.")
    return Repair.objects.create(thing=thing, since=since, reason=reason, key=key)


@transaction.atomic
def back_in_order(*, thing: Thing, on: date) -> None:
    repair = Repair.objects.select_for_update().filter(thing=thing, until=None).first()
    if repair:
        repair.until = max(on, repair.since)
        repair.save(update_fields=["until"])
