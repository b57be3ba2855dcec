"""Vehicles: added, changed, closed when they no longer drive; a plan keeps those it was made with."""

from datetime import date
from typing import Any

from django.db import transaction

from terreau.rooms.platform.models import Vehicle
from terreau.territory.models import Ecopole
from terreau.territory.refusals import Refused


class VehicleRefused(Refused):
    """Nothing was written; the message says what to type instead, and `field` where."""


@transaction.atomic
def save_vehicle(*, ecopole: Ecopole, vehicle: Vehicle | None, key: str, **said: Any) -> Vehicle:
    """A new vehicle, or other figures of one that drives; `said` are the fields of the model."""
    ecopole.take_turns()  # the same form sent twice at once takes its turn
    if vehicle is None and (known := Vehicle.objects.filter(ecopole=ecopole, key=key).first()):
        return known
    alike = Vehicle.objects.filter(ecopole=ecopole, closed_on=None, name=said["name"]).first()
    if alike is not None and alike != vehicle:
        raise VehicleRefused(
            f"Un véhicule s’appelle déjà {said['name']}\u202f: donnez à celui-ci un autre nom.", "name"
        )
    row = vehicle or Vehicle(ecopole=ecopole, key=key)
    for name, value in said.items():
        setattr(row, name, value)
    row.save()
    return row


def close_vehicle(*, vehicle: Vehicle, on: date) -> None:
    """It drives no more from that day on; closed twice, it keeps the first day."""
    Vehicle.objects.filter(pk=vehicle.pk, closed_on=None).update(closed_on=on)
