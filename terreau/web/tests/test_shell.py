"""The frame: who sees which doors, whole pages and their middles, and the policy on every answer."""

import re

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from terreau.ledger.tests.world import make_world
from terreau.territory.abilities import Role, abilities_of
from terreau.territory.tests.factories import someone
from terreau.web.shell import DOORS, doors_open


@pytest.fixture
def world(db):
    return make_world()


def visitor(world, role: Role, agent: str = "plateforme") -> Client:
    client = Client()
    client.force_login(someone(f"{role}@example.org", world.agents[agent], role))
    return client


def labels(role: Role) -> list[str]:
    return [door.label for door in doors_open(abilities_of(frozenset({role})))]


def test_each_role_sees_only_the_doors_it_may_open():
    assert labels(Role.COORDINATOR) == [
        "Aujourd’hui", "Semaine", "Saison", "Jardin", "Plateforme", "Partage", "Paniers", "Chantiers",
        "Couveuse", "Tiers-lieu", "Transformation", "Factures", "Financements", "Réponse", "Lots",
        "Territoire",
    ]  # fmt: skip
    assert labels(Role.GROWER) == [
        "Aujourd’hui", "Semaine", "Saison", "Jardin", "Chantiers", "Lots", "Territoire",
    ]  # fmt: skip
    assert labels(Role.FARMER) == [
        "Aujourd’hui", "Ma part", "Offre", "Ma fiche", "À façon", "Mes factures", "Territoire",
    ]  # fmt: skip
    assert labels(Role.TUTOR) == ["Aujourd’hui", "Couveuse", "Territoire"]
    assert labels(Role.TESTER) == ["Aujourd’hui", "Mon projet", "Territoire"]
    assert labels(Role.BUYER) == ["Aujourd’hui", "Commande", "Mes factures", "Territoire"]


def test_the_door_one_is_behind_is_marked_and_only_that_one(world):
    html = visitor(world, Role.PLATFORM).get("/e/bourg/lots/").content.decode()
    assert re.findall(r'href="([^"]+)" aria-current="page"', html) == ["/e/bourg/lots/"]


@pytest.mark.parametrize(
    ("role", "folded"),
    [
        (
            Role.COORDINATOR,
            [
                "Saison",
                "Partage",
                "Chantiers",
                "Couveuse",
                "Tiers-lieu",
                "Transformation",
                "Factures",
                "Financements",
                "Réponse",
                "Lots",
                "Territoire",
            ],
        ),
        (Role.GROWER, ["Saison", "Chantiers", "Lots", "Territoire"]),
        (Role.BUYER, []),
    ],
)
def test_a_bar_too_full_for_a_phone_folds_what_is_opened_less_often(world, role, folded):
    """Six entries at most in the bar; on a desk all are there, and « Plus » is not."""
    html = visitor(world, role).get("/e/bourg/").content.decode()
    nav = html.partition('id="nav"')[2].partition("</nav>")[0]
    bar, _, more = nav.partition('class="plus"')
    assert re.findall(r"<span>([^<]+)</span>", more)[1:] == folded
    assert bar.count('class="folded"') == len(folded)
    assert bar.count("<li>") + bool(more) <= 6


def middle(html: str) -> str:
    inside = re.search(r'<main[^>]*id="main"[^>]*>(.*?)</main>', html, re.DOTALL)
    return (inside[1] if inside else re.split(r"<nav hx-swap-oob", html.partition("</title>")[2])[0]).strip()


@pytest.mark.parametrize("address", ["/e/bourg/", "/e/bourg/lots/", "/e/bourg/territoire/"])
def test_the_fragment_is_the_middle_of_the_whole_page(world, address):
    client = visitor(world, Role.COORDINATOR)
    whole = client.get(address).content.decode()
    fragment = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert whole.lstrip().startswith("<!doctype html>")
    assert "<html" not in fragment
    assert middle(fragment) == middle(whole)


def test_a_page_asked_again_by_the_back_button_is_whole(world):
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    html = visitor(world, Role.COORDINATOR).get("/e/bourg/", headers=headers).content.decode()
    assert html.lstrip().startswith("<!doctype html>")


def test_every_answer_carries_a_strict_policy_and_says_what_it_varies_on(world):
    answer = visitor(world, Role.COORDINATOR).get("/e/bourg/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "HX-Request" in answer.headers["Vary"]


def test_one_ecopole_opens_at_once_and_several_are_listed(world):
    client = visitor(world, Role.GROWER, "jardin")
    assert client.get("/").headers["Location"] == "/e/bourg/"
    someone("grower@example.org", make_world("hameau").agents["jardin"], Role.GROWER)
    html = client.get("/").content.decode()
    assert "/e/bourg/" in html
    assert "/e/hameau/" in html


def test_an_account_without_a_role_is_told_what_to_ask_for(world, django_user_model):
    client = Client()
    client.force_login(django_user_model.objects.create_user("paul@example.org", name="Paul"))
    assert "Demandez une invitation" in client.get("/").content.decode()


def test_a_stranger_at_the_door_is_sent_to_sign_in(db):
    assert Client().get("/").headers["Location"].startswith("/compte/login/")


def test_health_and_robots_answer_to_anybody(db):
    assert Client().get("/sante").content == b"ok"
    assert b"Disallow: /" in Client().get("/robots.txt").content


def test_the_statement_of_accessibility_is_one_tap_from_the_door(db):
    door = Client().get("/compte/login/").content.decode()
    assert '<a href="/accessibilite">Accessibilité\u202f: non conforme</a>' in door
    assert "Défenseur des droits" in Client().get("/accessibilite").content.decode()


def test_errors_are_kind_pages(world):
    client = visitor(world, Role.FARMER, "ferme")
    lost = client.get("/e/nulle-part/")
    assert lost.status_code == 404
    assert "Rien ne pousse" in lost.content.decode()
    forbidden = client.get("/e/bourg/lots/")
    assert forbidden.status_code == 403
    assert "Cette porte ne vous est pas ouverte" in forbidden.content.decode()


def test_a_server_error_page_needs_nothing_that_could_be_broken(db):
    from django.views.defaults import server_error

    answer = server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "Le serveur a trébuché" in answer.content.decode()


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.url_name)
def test_every_door_of_the_navigation_leads_somewhere(door):
    assert reverse(door.url_name, args=["bourg"]).startswith("/e/bourg/")
