"""The map of the stores: worked by hand, by place, product and age."""

from copy import copy
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from terreau.ledger.queries import stock
from terreau.rooms.platform.stores import AGES, PRODUCTS_SHOWN, store_maps
from terreau.rooms.platform.tests.factories import TODAY, small


def maps(world, on: date = TODAY):
    places = [world.cold, world.dry, world.dock]
    return store_maps(places, stock(world.ecopole, holder=world.platform), on)


def test_a_place_says_how_full_it_is_and_how_old_its_lots_are(world):
    world.stocked("12")
    world.stocked("5.5")
    world.stocked("3", place=world.dock)
    cold, dry, dock = maps(world)
    assert (cold.filling.place, cold.filling.kg, cold.lots) == (world.cold, Decimal("17.5"), 2)
    assert cold.rows == [("Carotte", [Decimal("17.5"), *[Decimal(0)] * 5])]
    assert (dry.rows, dry.lots) == ([], 0)
    assert dock.rows[0][1][0] == 3


def test_each_age_begins_on_its_day_and_nothing_is_lost(world):
    world.stocked("4")
    for band, (youngest, _) in enumerate(AGES):
        for days in (youngest, youngest + 1):
            row = maps(world, TODAY + timedelta(days=days))[0].rows[0][1]
            assert [n for n, kg in enumerate(row) if kg] == [band]
    assert maps(world, TODAY + timedelta(days=400))[0].rows[0][1][-1] == 4


def test_many_products_are_told_together_and_the_kilos_stay(world):
    world.stocked("50")
    line = stock(world.ecopole, holder=world.platform)[0]
    many = [_other(line, number) for number in range(PRODUCTS_SHOWN + 5)]
    (cold,) = store_maps([world.cold], many, TODAY)
    assert len(cold.rows) == PRODUCTS_SHOWN
    assert cold.rows[-1][0] == "6 autres produits"
    assert sum(sum(row) for _, row in cold.rows) == cold.filling.kg == sum(line.quantity for line in many)


def _other(line, number: int):
    product = copy(line.product)
    product.name = f"Produit {number:02}"
    return replace(line, product=product, quantity=Decimal(100 - number))


def test_the_page_draws_each_store_with_its_table(world, lou):
    world.stocked("12")
    text = lou.get(world.url("stock/carte/")).content.decode()
    assert text.count("<svg width=") >= 1
    assert "Voir les chiffres" in text
    assert "Rien n’y est rangé." in text
    assert f"?lieu={world.cold.pk}" in text


def test_another_ecopole_has_its_own(world, lou):
    small("ailleurs").stocked("77")
    assert "Carotte" not in lou.get(world.url("stock/carte/")).content.decode()
