"""A name is found whatever its accents, by who may open its page; people have their room for that."""

from types import SimpleNamespace

import pytest

from terreau.ledger.tests.world import make_world
from terreau.territory.models import Agent, Place
from terreau.territory.search import Sought, found


@pytest.fixture
def world(db):
    world = make_world()
    farm = Agent.objects.create(ecopole=world.ecopole, kind="farm", name="Ferme de l’Œillet")
    Place.objects.create(ecopole=world.ecopole, agent=farm, kind="bed", name="Planche Œillet")
    Agent.objects.create(ecopole=world.ecopole, kind="person", name="P-7K3D")
    world.products["carotte"].name = "Carotte d’hiver"
    world.products["carotte"].save()
    return world


def names(world, words: str, *abilities: str) -> list[tuple[str, str]]:
    request = SimpleNamespace(ecopole=world.ecopole, abilities={"see_territory", *abilities})
    return sorted((one.kind, one.name) for one in found(request, Sought(words)))


def test_accents_capitals_and_the_order_of_words_do_not_matter(world, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert names(world, "OEILLET ferme") == [("Acteurs", "Ferme de l’Œillet")]
    assert names(world, "ferme carotte") == []
    assert names(world, "plateforme") == [("Acteurs", "plateforme"), ("Lieux", "plateforme")]


def test_a_product_leads_where_its_reader_may_go(world):
    request = SimpleNamespace(ecopole=world.ecopole, abilities={"see_territory", "see_lots"})
    assert [one.url for one in found(request, Sought("d'hiver"))] == [
        "/e/bourg/lots/?q=Carotte+d%E2%80%99hiver"
    ]
    request.abilities = {"see_territory", "offer_own"}
    assert [one.url for one in found(request, Sought("hiver"))] == ["/e/bourg/plateforme/offres/"]
    assert names(world, "hiver") == []


def test_people_and_single_letters_are_not_sought_here(world):
    assert names(world, "7K3D") == []
    assert not Sought("é ")
    assert Sought("éa")
