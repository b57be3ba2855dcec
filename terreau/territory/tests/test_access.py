"""The door: who is let in, who is told nothing, who is told no."""

import pytest

from terreau.territory.abilities import ABILITIES, ROLE_LABELS, Role, abilities_of
from terreau.territory.access import acting_for, needs
from terreau.territory.models import Membership
from terreau.territory.tests.factories import someone

PEOPLE = "/e/polder/territoire/personnes/"
MAP = "/e/polder/territoire/"


def test_a_stranger_is_sent_to_the_sign_in_page(client, garden):
    answer = client.get(MAP)
    assert answer.status_code == 302
    assert "/compte/login/" in answer.url
    assert f"next={MAP}" in answer.url


def test_somebody_of_another_ecopole_cannot_even_know_that_this_one_exists(client, garden, elsewhere):
    outsider = someone(
        "oscar@example.org",
        type(garden).objects.create(ecopole=elsewhere, kind="garden", name="Jardin d’Ailleurs"),
        Role.COORDINATOR,
    )
    client.force_login(outsider)
    assert client.get(MAP).status_code == 404
    assert client.get("/e/nulle-part/territoire/").status_code == 404


def test_a_nul_which_nobody_types_is_a_bad_request(client, alice):
    client.force_login(alice)
    assert client.get(MAP, {"q": "a\0b"}).status_code == 400
    assert client.post(PEOPLE, {"email\0": "a"}).status_code == 400
    assert client.get("/e/polder/lots/a%00b/").status_code == 400


def test_a_farmer_sees_the_map_but_may_not_manage_people(client, fanny):
    client.force_login(fanny)
    assert client.get(MAP).status_code == 200
    assert client.get(PEOPLE).status_code == 403


def test_the_director_and_the_coordinator_manage_people(client, alice, daniel):
    for user in (alice, daniel):
        client.force_login(user)
        assert client.get(PEOPLE).status_code == 200


def test_a_door_must_name_an_ability_of_the_table():
    with pytest.raises(KeyError, match="fly"):
        needs("fly")


def test_an_own_ability_reaches_only_the_organisations_of_that_role(rf, ecopole, garden, farm):
    user = someone("paul@example.org", garden, Role.GROWER)
    someone("paul@example.org", farm, Role.FARMER)
    request = rf.get("/")
    request.memberships = list(Membership.objects.filter(user=user))
    assert acting_for(request, "offer_own") == {farm.pk}
    assert acting_for(request, "run_garden") == {garden.pk}


def test_every_ability_has_a_holder_every_role_a_label_and_a_page():
    assert all(holders and holders <= set(Role) for holders in ABILITIES.values())
    assert set(ROLE_LABELS) == set(Role)
    assert all("see_today" in abilities_of(frozenset({role})) for role in Role)
    elsewhere = [role for role in Role if "see_territory" not in abilities_of(frozenset({role}))]
    assert elsewhere == [Role.PARTICIPANT, Role.MEMBER], "one's own page, and nothing else"


def test_running_a_trade_implies_seeing_it():
    for name, holders in ABILITIES.items():
        if name.startswith(("run_", "plan_")):
            assert holders <= ABILITIES["see_" + name.split("_")[1]]


def test_the_coordinator_stands_in_nobody_s_place_nor_opens_a_file_of_insertion_nor_of_a_test():
    theirs = {"answer_season_own", "see_sharing_own", "see_insertion", "accompany", "see_own_pathway"}
    theirs |= {"see_credits_own", "run_incubator", "see_own_test", "keep_own_test"}
    theirs |= {
        "see_basket_own",
        "see_invoices_own",
        "run_billing",
        "run_funding",
        "keep_solidarity",
        "sell_packs",
    }
    assert abilities_of(frozenset({Role.COORDINATOR})) == frozenset(ABILITIES) - theirs


def test_no_role_no_ability():
    assert abilities_of(frozenset()) == frozenset()
