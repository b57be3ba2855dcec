"""Adding and changing who takes part, and where."""

import re
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from terreau.territory.models import Agent, Commune, Place
from terreau.territory.queries import bed_order, commune_named
from terreau.territory.settling import ActorEntry, PlatformStands, add_actor

TYPED = {
    "name": "Ferme du Courlis",
    "kind": "farm",
    "commune": "Audruicq",
    "contact": "Ida",
    "phone": "03 21 00 00 00",
}


@pytest.fixture
def guemps(commune) -> Commune:
    return Commune.objects.create(
        code="62393", name="Guemps", departement="62", epci_code="246200844", latitude=50.92, longitude=1.99
    )


@pytest.fixture
def platform(ecopole, commune) -> Agent:
    return add_actor(ecopole=ecopole, entry=ActorEntry("Plateforme du Polder", "platform", commune))


def at(name: str, *args: object) -> str:
    return reverse(f"territory:{name}", args=["polder", *args])


# Actors


def test_an_actor_comes_with_its_first_place_at_its_town_hall(client, alice, commune):
    client.force_login(alice)
    answer = client.post(at("add_actor"), TYPED | {"email": "ida@example.org"}, follow=True)
    actor = Agent.objects.get(name="Ferme du Courlis")
    assert answer.redirect_chain == [(at("actor", actor.pk), 302)]
    assert "« Ferme du Courlis » fait partie de l’écopôle" in answer.content.decode()
    assert (actor.commune, actor.contact, actor.phone, actor.email) == (
        commune, "Ida", "03 21 00 00 00", "ida@example.org",
    )  # fmt: skip
    (place,) = Place.objects.filter(agent=actor)
    assert (place.kind, place.name, place.commune) == ("door", "Cour", commune)
    assert (place.latitude, place.longitude) == (commune.latitude, commune.longitude)


@pytest.mark.parametrize(
    ("kind", "places"),
    [
        ("farm", [("door", "Cour")]),
        ("kitchen", [("door", "Réception")]),
        ("canteen", [("door", "Réception")]),
        ("shop", [("door", "Réception")]),
        ("grocery", [("door", "Réception")]),
        ("depot", [("depot", "mairie")]),
        ("garden", []),
        ("association", []),
        ("authority", []),
        ("platform", [("cold", "Chambre froide"), ("ambient", "Réserve sèche"), ("dock", "Quai")]),
    ],
)
def test_the_kind_of_an_actor_chooses_its_first_places(ecopole, commune, kind, places):
    actor = add_actor(ecopole=ecopole, entry=ActorEntry("Dépôt mairie", kind, commune))
    assert [(p.kind, p.name) for p in Place.objects.filter(agent=actor).order_by("id")] == places


def test_the_form_proposes_the_communes_around_and_no_household(client, alice, guemps):
    client.force_login(alice)
    page = client.get(at("add_actor")).content.decode()
    assert '<option value="Guemps">62393</option>' in page
    assert 'list="communes"' in page
    assert 'value="person"' not in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"commune": "Nulle-Part"}, "« Nulle-Part » n’est pas une commune connue"),
        ({"commune": ""}, "Dans quelle commune"),
        ({"name": "  "}, "Comment s’appelle cet acteur"),
        ({"kind": ""}, "Choisissez ce que fait cet acteur"),
        ({"kind": "person"}, "n’en fait pas partie"),
        ({"phone": "demain"}, "Écrivez un numéro de téléphone"),
        ({"email": "ida@"}, "adresse"),
        (
            {"name": "jardin du polder"},
            "« Jardin du Polder » est déjà un acteur de l’écopôle (jardin, Audruicq)",
        ),
    ],
)
def test_a_refused_actor_keeps_what_was_typed_and_says_why(client, alice, typed, said):
    client.force_login(alice)
    answer = client.post(at("add_actor"), TYPED | {"contact": "Ida Lemaire"} | typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    assert 'value="Ida Lemaire"' in page
    assert all(f'value="{value}"' in page for value in typed.values() if value.strip() and value != "person")
    assert Agent.objects.count() == 1


def test_a_second_platform_is_refused(client, alice, platform, commune):
    client.force_login(alice)
    answer = client.post(at("add_actor"), TYPED | {"kind": "platform"})
    assert answer.status_code == 422
    assert "a déjà sa plateforme, « Plateforme du Polder »" in answer.content.decode()


def test_an_actor_is_changed_and_may_keep_its_name(client, alice, farm):
    client.force_login(alice)
    page = client.get(at("change_actor", farm.pk)).content.decode()
    assert 'value="Ferme des Saules"' in page
    assert 'value="Audruicq"' in page
    answer = client.post(
        at("change_actor", farm.pk), TYPED | {"name": farm.name, "kind": "shop"}, follow=True
    )
    assert "est à jour" in answer.content.decode()
    farm.refresh_from_db()
    assert (farm.name, farm.kind, farm.contact) == ("Ferme des Saules", "shop", "Ida")


def test_an_actor_cannot_take_the_name_of_another(client, alice, farm):
    client.force_login(alice)
    answer = client.post(at("change_actor", farm.pk), TYPED | {"name": "Jardin du Polder"})
    assert answer.status_code == 422
    assert "est déjà un acteur" in answer.content.decode()
    farm.refresh_from_db()
    assert farm.name == "Ferme des Saules"


def test_places_left_at_the_town_hall_follow_their_actor_to_another_commune(
    client, alice, guemps, commune, ecopole
):
    actor = add_actor(ecopole=ecopole, entry=ActorEntry("Ferme du Courlis", "farm", commune))
    field = Place.objects.create(
        ecopole=ecopole, agent=actor, kind="field", name="Pré", commune=commune, latitude=50.8, longitude=2.0
    )
    client.force_login(alice)
    client.post(at("change_actor", actor.pk), TYPED | {"commune": "62393"})
    door = Place.objects.get(agent=actor, kind="door")
    assert (door.commune, door.latitude, door.longitude) == (guemps, 50.92, 1.99)
    field.refresh_from_db()
    assert (field.commune, field.latitude, field.longitude) == (guemps, 50.8, 2.0)


def test_a_platform_stays_a_platform_and_nobody_becomes_one(client, alice, platform, farm):
    client.force_login(alice)
    for actor, kind in ((platform, "shop"), (farm, "platform")):
        answer = client.post(at("change_actor", actor.pk), TYPED | {"name": actor.name, "kind": kind})
        assert answer.status_code == 422
        assert f"{actor} reste de nature" in answer.content.decode()


def test_an_actor_of_a_far_commune_shows_its_code_and_can_be_saved_again(client, alice, ecopole):
    for code in ("13001", "84001"):
        far = Commune.objects.create(
            code=code, name="Aix", departement=code[:2], latitude=43.5, longitude=5.4
        )
    actor = add_actor(ecopole=ecopole, entry=ActorEntry("Moulin", "shop", far))
    client.force_login(alice)
    assert 'value="84001"' in client.get(at("change_actor", actor.pk)).content.decode()


# Communes, as typed


def test_a_commune_is_known_by_its_code_or_its_name_however_typed(commune, guemps):
    capelle = Commune.objects.create(code="62774", name="Saint-Omer-Capelle", departement="62")
    near = [commune, guemps, capelle]
    for typed in ("Saint-Omer-Capelle", "saint omer capelle", " SAINT-OMER-CAPELLE ", "62774"):
        assert commune_named(typed, near) == capelle
    assert commune_named("Saint-Omer-Capelle") == capelle


def test_among_namesakes_the_near_one_is_meant_and_otherwise_the_code_is_asked(commune):
    for code, departement in (("62000", "62"), ("80000", "80")):
        Commune.objects.create(code=code, name="L’Épine", departement=departement)
    near = [Commune.objects.get(pk="62000")]
    assert commune_named("l'epine", near).pk == "62000"
    with pytest.raises(ValidationError, match=r"62000 \(62\), 80000 \(80\)"):
        commune_named("L'Épine")


# Places and beds


def test_a_place_is_added_with_what_was_typed_the_french_way(client, alice, platform):
    client.force_login(alice)
    typed = {
        "name": "Chambre 2",
        "kind": "cold",
        "capacity_kg": "1 500,5 kg",
        "latitude": "50,9278",
        "longitude": "-2,0351",
    }
    answer = client.post(at("add_place", platform.pk), typed, follow=True)
    assert "Plateforme du Polder a un lieu de plus\u202f: « Chambre 2 »" in answer.content.decode()
    place = Place.objects.get(name="Chambre 2")
    assert (place.capacity_kg, place.latitude, place.longitude) == (Decimal("1500.5"), 50.9278, -2.0351)
    assert place.commune == platform.commune
    page = client.get(at("change_place", place.pk)).content.decode()
    for shown in ('value="1\u202f500,5"', 'value="50,9278"', 'value="\u22122,0351"'):
        assert shown in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"capacity_kg": "0"}, "au moins"),
        ({"capacity_kg": "-5"}, "au moins"),
        ({"capacity_kg": "beaucoup"}, "n’est pas un nombre"),
        ({"capacity_kg": "0,0001"}, "trop de chiffres"),
        ({"kind": "door", "capacity_kg": "100"}, "Une capacité ne se donne qu’à une chambre froide"),
        ({"kind": "moon"}, "n’en fait pas partie"),
        ({"latitude": "95", "longitude": "2"}, "au plus"),
        ({"latitude": "50,9"}, "Écrivez aussi la longitude"),
        ({"longitude": "2,1"}, "Écrivez aussi la latitude"),
        ({"name": "chambre FROIDE"}, "a déjà un lieu « Chambre froide » (chambre froide)"),
    ],
)
def test_a_refused_place_keeps_what_was_typed_and_says_why(client, alice, platform, typed, said):
    client.force_login(alice)
    answer = client.post(at("add_place", platform.pk), {"name": "Chambre 2", "kind": "cold"} | typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    assert all(f'value="{value}"' in page for name, value in typed.items() if value != "moon")
    assert Place.objects.count() == 3


def test_a_place_is_changed_and_may_lose_its_coordinates(client, alice, platform):
    cold = Place.objects.get(kind="cold")
    client.force_login(alice)
    client.post(at("change_place", cold.pk), {"name": "Chambre froide", "kind": "cold", "capacity_kg": "900"})
    cold.refresh_from_db()
    assert (cold.capacity_kg, cold.latitude, cold.longitude) == (Decimal(900), None, None)


def test_a_platform_keeps_one_of_each_of_its_stores(client, alice, platform, ecopole):
    cold = Place.objects.get(kind="cold")
    client.force_login(alice)
    typed = {"name": "Chambre froide", "kind": "door"}
    answer = client.post(at("change_place", cold.pk), typed)
    assert answer.status_code == 422
    assert "n’en a pas d’autre" in answer.content.decode()
    Place.objects.create(ecopole=ecopole, agent=platform, kind="cold", name="Chambre 2")
    assert client.post(at("change_place", cold.pk), typed).status_code == 302


def test_a_store_without_capacity_is_pointed_out_to_who_can_say_it(client, alice, fanny, platform):
    client.force_login(alice)
    assert client.get(at("actor", platform.pk)).content.decode().count("Capacité à indiquer") == 2
    client.force_login(fanny)
    page = client.get(at("actor", platform.pk)).content.decode()
    assert "Capacité à indiquer" not in page
    assert "modifier" not in page


def test_beds_are_added_by_the_block_and_only_those_missing(client, alice, garden):
    client.force_login(alice)
    assert "Aucune planche" in client.get(at("actor", garden.pk)).content.decode()
    answer = client.post(at("add_beds", garden.pk), {"block": "a", "count": "3"}, follow=True)
    assert "3 planches ajoutées au bloc A" in answer.content.decode()
    answer = client.post(at("add_beds", garden.pk), {"block": "A", "count": "4"}, follow=True)
    assert "Une planche ajoutée au bloc A" in answer.content.decode()
    beds = Place.objects.filter(agent=garden, kind="bed").order_by("id")
    assert [bed.name for bed in beds] == ["Planche A1", "Planche A2", "Planche A3", "Planche A4"]
    answer = client.post(at("add_beds", garden.pk), {"block": "A", "count": "4"})
    assert answer.status_code == 422
    assert "Jardin du Polder a déjà Planche A1 à Planche A4" in answer.content.decode()


def test_the_same_form_of_beds_sent_twice_adds_them_once_and_says_so_twice(client, alice, garden):
    client.force_login(alice)
    page = client.get(at("add_beds", garden.pk)).content.decode()
    typed = {"block": "A", "count": "3", "after": re.search(r'name="after" value="(\d+)"', page)[1]}
    for _ in range(2):
        answer = client.post(at("add_beds", garden.pk), typed, follow=True)
        assert "3 planches ajoutées au bloc A" in answer.content.decode()
    assert Place.objects.filter(agent=garden, kind="bed").count() == 3
    # Asked anew, they are there already.
    last = Place.objects.latest("pk").pk
    assert client.post(at("add_beds", garden.pk), typed | {"after": str(last)}).status_code == 422


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"block": "AB", "count": "3"}, "Une seule lettre"),
        ({"block": "É", "count": "3"}, "Une seule lettre"),
        ({"block": "B", "count": "0"}, "au moins"),
        ({"block": "B", "count": "100"}, "au plus"),
        ({"block": "B", "count": "2,5"}, "nombre entier"),
        ({"block": "", "count": ""}, "Quelle lettre"),
    ],
)
def test_refused_beds_keep_what_was_typed_and_say_why(client, alice, garden, typed, said):
    client.force_login(alice)
    answer = client.post(at("add_beds", garden.pk), typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    assert all(f'value="{value}"' in page for value in typed.values() if value)
    assert not Place.objects.exists()


def test_beds_are_listed_in_the_order_one_walks_them():
    names = ["Planche A10", "Planche B1", "Planche A2"]
    assert sorted(names, key=bed_order) == ["Planche A2", "Planche A10", "Planche B1"]


# Who may, and where


def pages(actor: Agent, garden: Agent, place: Place) -> list[str]:
    return [
        at("add_actor"),
        at("change_actor", actor.pk),
        at("add_place", actor.pk),
        at("add_beds", garden.pk),
        at("change_place", place.pk),
    ]


def test_only_who_manages_people_adds_and_changes_actors(client, fanny, daniel, farm, garden, platform):
    place = Place.objects.filter(agent=platform).first()
    for page in pages(farm, garden, place):
        client.force_login(fanny)
        assert (client.get(page).status_code, client.post(page, TYPED).status_code) == (403, 403)
        client.force_login(daniel)
        assert client.get(page).status_code == 200
    client.force_login(daniel)
    assert "Ajouter un acteur" in client.get(at("map")).content.decode()
    client.force_login(fanny)
    assert "Ajouter un acteur" not in client.get(at("map")).content.decode()


def test_actors_and_places_of_another_ecopole_are_out_of_reach(client, alice, elsewhere, commune):
    far = add_actor(ecopole=elsewhere, entry=ActorEntry("Ferme lointaine", "farm", commune))
    plot = add_actor(ecopole=elsewhere, entry=ActorEntry("Jardin lointain", "garden", commune))
    client.force_login(alice)
    for page in pages(far, plot, Place.objects.get(agent=far))[1:]:
        assert client.get(page).status_code == 404
        assert client.post(page, TYPED).status_code == 404
    far.refresh_from_db()
    assert far.name == "Ferme lointaine"


def test_a_household_and_its_places_are_not_changed_here(client, alice, ecopole, farm):
    household = Agent.objects.create(ecopole=ecopole, kind="person", name="Foyer Martel")
    door = Place.objects.create(ecopole=ecopole, agent=household, kind="door", name="Porte")
    client.force_login(alice)
    for page in (
        at("change_actor", household.pk),
        at("add_place", household.pk),
        at("change_place", door.pk),
    ):
        assert client.get(page).status_code == 404
    assert client.get(at("add_beds", farm.pk)).status_code == 404
    page = client.get(at("actor", household.pk)).content.decode()
    assert "modifier" not in page


def test_two_ecopoles_may_use_the_same_names(ecopole, elsewhere, commune):
    for where in (ecopole, elsewhere):
        add_actor(ecopole=where, entry=ActorEntry("Plateforme", "platform", commune))
    with pytest.raises(PlatformStands):
        add_actor(ecopole=ecopole, entry=ActorEntry("Autre", "platform", commune))


def test_the_pages_ask_the_same_questions_for_two_or_forty(
    client, alice, ecopole, commune, garden, farm, platform, django_assert_num_queries
):
    client.force_login(alice)
    place = Place.objects.filter(agent=platform).first()
    every = [*pages(farm, garden, place), at("actor", garden.pk), at("map")]
    Place.objects.create(ecopole=ecopole, agent=garden, kind="bed", name="Planche A1")
    counts = {}
    for page in every:
        with CaptureQueriesContext(connection) as asked:
            client.get(page)
        counts[page] = len(asked)
    for number in range(40):
        Commune.objects.create(
            code=str(62100 + number), name=f"Bourg {number}", departement="62", epci_code="246200844"
        )
        add_actor(ecopole=ecopole, entry=ActorEntry(f"Ferme {number}", "farm", commune))
        Place.objects.create(ecopole=ecopole, agent=garden, kind="bed", name=f"Planche B{number}")
    for page in every:
        with django_assert_num_queries(counts[page]):
            client.get(page)
    assert max(counts.values()) <= 8


def test_the_middle_of_a_page_is_that_of_the_whole_page(client, alice, farm):
    client.force_login(alice)
    page = at("change_actor", farm.pk)
    fragment = client.get(page, headers={"HX-Request": "true"}).content.decode()
    whole = client.get(page).content.decode()
    assert "<html" not in fragment
    form = fragment[fragment.index("<form") : fragment.index("</form>")].partition("csrfmiddlewaretoken")
    assert form[0] in whole
    assert fragment.count('class="field') == whole.count('class="field') == 7


def test_a_siret_is_checked_and_belongs_to_one_actor(client, alice, farm, commune):
    client.force_login(alice)
    answer = client.post(at("change_actor", farm.pk), TYPED | {"siret": "210 100 343 00017"})
    assert answer.status_code == 422
    assert "un de ses chiffres est faux" in answer.content.decode()
    client.post(at("change_actor", farm.pk), TYPED | {"siret": "210 100 343 00016"})
    farm.refresh_from_db()
    assert farm.siret == "21010034300016"
    client.post(at("change_actor", farm.pk), TYPED | {"siret": farm.siret})  # its own, said again
    answer = client.post(at("add_actor"), TYPED | {"name": "Autre", "siret": farm.siret})
    assert answer.status_code == 422
    assert "déjà celui de" in answer.content.decode()
