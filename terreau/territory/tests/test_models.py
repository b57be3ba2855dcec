"""What the database itself refuses, whoever writes."""

import pytest
from django.db import IntegrityError, connection, transaction

from terreau.territory.abilities import Role
from terreau.territory.models import Agent, Commune, CommuneFigures, Membership, Place


def refused(name: str, columns: str = ""):
    """PostgreSQL names the constraint; SQLite names a check, and the columns of a unique one."""
    return pytest.raises(IntegrityError, match=columns if columns and connection.vendor == "sqlite" else name)


def test_two_actors_of_an_ecopole_cannot_bear_one_name(farm, ecopole, elsewhere):
    with (
        refused("agent_name_once_per_ecopole", r"agent\.ecopole_id, territory_agent\.name"),
        transaction.atomic(),
    ):
        Agent.objects.create(ecopole=ecopole, kind="shop", name=farm.name)
    assert Agent.objects.create(ecopole=elsewhere, kind="farm", name=farm.name).pk


def test_two_actors_of_an_ecopole_cannot_be_one_establishment(farm, garden, ecopole, elsewhere):
    Agent.objects.filter(pk=farm.pk).update(siret="21010034300016")
    with (
        refused("agent_siret_once_per_ecopole", r"agent\.ecopole_id, territory_agent\.siret"),
        transaction.atomic(),
    ):
        Agent.objects.filter(pk=garden.pk).update(siret="21010034300016")
    assert Agent.objects.create(ecopole=elsewhere, kind="farm", name="X", siret="21010034300016").pk


def test_an_actor_is_of_a_known_kind(ecopole):
    with refused("agent_kind_known"), transaction.atomic():
        Agent.objects.create(ecopole=ecopole, kind="castle", name="Château")


def test_two_places_of_an_actor_cannot_bear_one_name(farm, garden, ecopole):
    Place.objects.create(ecopole=ecopole, agent=farm, kind="door", name="Cour")
    with (
        refused(
            "place_name_once_per_agent",
            r"place\.ecopole_id, territory_place\.agent_id, territory_place\.name",
        ),
        transaction.atomic(),
    ):
        Place.objects.create(ecopole=ecopole, agent=farm, kind="field", name="Cour")
    assert Place.objects.create(ecopole=ecopole, agent=garden, kind="door", name="Cour").pk


def test_a_place_is_of_a_known_kind(farm, ecopole):
    with refused("place_kind_known"), transaction.atomic():
        Place.objects.create(ecopole=ecopole, agent=farm, kind="moon", name="Lune")


def test_a_role_is_held_once_for_an_organisation(alice, garden, farm, ecopole):
    same = {"user": alice, "ecopole": ecopole, "role": Role.COORDINATOR}
    columns = r"membership\.user_id, territory_membership\.agent_id, territory_membership\.role"
    with refused("membership_once", columns), transaction.atomic():
        Membership.objects.create(agent=garden, **same)
    assert Membership.objects.create(agent=farm, **same).pk


def test_a_role_is_known(alice, farm, ecopole):
    with refused("membership_role_known"), transaction.atomic():
        Membership.objects.create(user=alice, agent=farm, ecopole=ecopole, role="king")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Audruicq", "d’Audruicq"),
        ("Étaples", "d’Étaples"),
        ("Guemps", "de Guemps"),
        ("Le Portel", "du Portel"),
        ("Les Attaques", "des Attaques"),
        ("La Couture", "de La Couture"),
    ],
)
def test_a_commune_is_said_as_people_say_it(name, said):
    assert Commune(name=name).of_name == said


@pytest.mark.django_db
def test_jobs_of_a_commune_are_not_negative_and_have_their_census():
    with refused("figures_jobs_not_negative"), transaction.atomic():
        CommuneFigures.objects.create(code="62057", jobs=-1, jobs_year=2022)
    with refused("figures_jobs_have_their_year"), transaction.atomic():
        CommuneFigures.objects.create(code="62057", jobs=12)
