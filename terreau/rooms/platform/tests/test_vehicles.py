"""Vehicles: added, changed, closed and never deleted; what the database refuses; what others read of them."""

from datetime import time, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from terreau.ledger.answers import Answer
from terreau.measures.money import Money
from terreau.rooms.platform.actions import (
    OrderEntry,
    VehicleRefused,
    close_vehicle,
    deliver,
    order,
    pick,
    save_vehicle,
)
from terreau.rooms.platform.models import Vehicle
from terreau.rooms.platform.queries import drops, vehicles
from terreau.rooms.platform.tests.factories import NOW, TODAY

FIELDS = {
    "name": "Fourgon", "crates": 40, "kilos": Decimal(800), "cold": True, "per_day": Money(4500),
    "per_km": Money(30), "per_hour": Money(2400), "fuel": "diesel", "litres_100km": Decimal("8.5"),
    "shift_hours": Decimal(7), "available_from": time(6), "available_until": time(14),
}  # fmt: skip
FORM = {
    "key": "vehicule-1", "name": "Fourgon", "crates": "40", "kilos": "800", "cold": "on", "per_day": "45",
    "per_km": "0,30", "per_hour": "24", "fuel": "diesel", "litres_100km": "8,5", "shift_hours": "7",
    "available_from": "06:00", "available_until": "14:00",
}  # fmt: skip


def made(world, key="vehicule-1", **changes):
    return save_vehicle(ecopole=world.ecopole, vehicle=None, key=key, **FIELDS | changes)


def test_a_vehicle_is_added_from_the_page_once_though_sent_twice(world, lou):
    for _ in range(2):
        assert lou.post(world.url("vehicules/ajouter/"), FORM).status_code == 302
    row = Vehicle.objects.get()
    assert {name: getattr(row, name) for name in FIELDS} == FIELDS
    page = lou.get(world.url("vehicules/")).content.decode()
    assert "40 caisses" in page
    assert "0,30" in page


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("crates", "0", "supérieure ou égale à 1"),
        ("per_km", "-1", "ne descend pas sous zéro"),
        ("litres_100km", "", "ce qu’il consomme"),
        ("available_until", "05:00", "échangez-les"),
        ("shift_hours", "25", "il faut au plus"),
    ],
)
def test_what_makes_no_sense_is_said_on_its_field_and_what_was_typed_stays(world, lou, name, typed, said):
    answer = lou.post(world.url("vehicules/ajouter/"), FORM | {name: typed})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert 'value="Fourgon"' in page
    assert not Vehicle.objects.exists()


def test_an_electric_vehicle_burns_nothing(world, lou):
    lou.post(world.url("vehicules/ajouter/"), FORM | {"fuel": "electric"})
    assert Vehicle.objects.get().litres_100km == 0


def test_two_vehicles_that_drive_do_not_share_a_name(world):
    first = made(world)
    with pytest.raises(VehicleRefused, match="déjà Fourgon"):
        made(world, key="vehicule-2")
    close_vehicle(vehicle=first, on=TODAY)
    assert made(world, key="vehicule-2").pk != first.pk


def test_a_vehicle_is_changed_then_closed_and_stays_in_the_past(world, lou):
    row = made(world)
    assert lou.post(world.url(f"vehicules/{row.pk}/"), FORM | {"crates": "50"}).status_code == 302
    assert [v.crates for v in vehicles(world.ecopole, TODAY)] == [50]
    lou.post(world.url(f"vehicules/{row.pk}/retirer/"), {"key": "retrait-1"})
    assert vehicles(world.ecopole, TODAY) == []
    assert [v.name for v in vehicles(world.ecopole, TODAY - timedelta(days=1))] == ["Fourgon"]
    assert "Ne roulent plus" in lou.get(world.url("vehicules/")).content.decode()
    assert lou.get(world.url(f"vehicules/{row.pk}/")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"crates": 0}, "vehicle_carries"),
        ({"kilos": Decimal(0)}, "vehicle_carries"),
        ({"per_km": Money(-1)}, "vehicle_prices_not_negative"),
        ({"shift_hours": Decimal(25)}, "vehicle_shift_plausible"),
        ({"available_until": time(5)}, "vehicle_hours_in_order"),
        ({"fuel": "foin"}, "vehicle_fuel_known"),
        ({"litres_100km": Decimal(0)}, "vehicle_litres_of_its_fuel"),
        ({"fuel": "electric"}, "vehicle_litres_of_its_fuel"),
    ],
)
def test_the_database_refuses_nonsense_by_name(world, changes, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Vehicle.objects.create(ecopole=world.ecopole, key="vehicule-1", **FIELDS | changes)


@pytest.mark.parametrize(
    ("changes", "name", "column"),
    [
        ({"key": "vehicule-2"}, "vehicle_name_once_while_open", "name"),
        ({"name": "Autre"}, "vehicle_key_once", "key"),
    ],
)
def test_the_database_keeps_one_of_a_name_and_of_a_key(world, changes, name, column):
    made(world)
    said = column if connection.vendor == "sqlite" else name
    with pytest.raises(IntegrityError, match=said), transaction.atomic():
        Vehicle.objects.create(ecopole=world.ecopole, **FIELDS | {"key": "vehicule-1"} | changes)


def ordered(world, quantity="10"):
    entry = OrderEntry(
        world.canteen, TODAY, world.carrot, Decimal(quantity), Money(200), window=(time(7, 30), time(10))
    )
    order(ecopole=world.ecopole, entries=[entry])


def test_what_is_due_is_told_door_by_door_with_its_kilos_and_hours(world):
    ordered(world)
    _, first = world.order("10")
    _, second = world.order("20", product=world.lettuce)
    world.order("5", day=TODAY + timedelta(days=1))
    (drop,) = drops(world.ecopole, TODAY)
    assert (drop.receiver, drop.place, drop.commitments) == (
        "Cantine des Roseaux", "Réception", (first.pk, second.pk),
    )  # fmt: skip
    # 10 kg of carrots and 20 lettuces of 350 g; neither has a temperature to hold.
    assert (drop.kg, drop.chilled_kg) == (Decimal(17), 0)
    assert drop.windows == ((time(7, 30), time(10)),)


def test_dairy_has_a_temperature_to_hold(world):
    world.carrot.family = "dairy"
    world.carrot.save()
    world.order("10")
    assert drops(world.ecopole, TODAY)[0].chilled_kg == 10


def test_what_is_delivered_is_due_no_more(world):
    world.stocked("30")
    wanted, due = world.order("10")
    for act, c in ((pick, wanted), (deliver, due)):
        act(ecopole=world.ecopole, platform=world.platform, done=[Answer(c, c.quantity)], by=None, at=NOW,
            key=f"geste-{c.pk}")  # fmt: skip
    assert drops(world.ecopole, TODAY) == []


def test_what_others_ask_costs_the_same_however_many(world, django_assert_num_queries):
    ordered(world)
    world.order("10")
    world.order("3", customer=world.shop)
    made(world)
    with django_assert_num_queries(2):
        assert len(drops(world.ecopole, TODAY)) == 2
    with django_assert_num_queries(1):
        vehicles(world.ecopole, TODAY)
