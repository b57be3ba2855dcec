"""An écopôle starts: one command, one letter, one person who comes in."""

import re

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from terreau.territory.abilities import Role
from terreau.territory.models import Agent, Ecopole, Invitation, Membership, Place, User
from terreau.territory.products import load_products
from terreau.territory.tests.factories import PASSWORD, someone

EMAIL = "cora@example.org"
GIVEN = {"name": "Écopôle du Marais", "commune": "62057", "coordinator": EMAIL}


def start(slug="marais", **given):
    call_command("open", slug, **(GIVEN | given))


def link_in(mail) -> str:
    return re.search(r"http://localhost:8000(/invitation/\S+)", mail.body)[1]


def test_an_ecopole_opens_with_its_platform_its_stores_and_a_letter(commune, mailoutbox, capsys):
    start()
    ecopole = Ecopole.objects.get(slug="marais")
    assert (ecopole.name, ecopole.commune) == ("Écopôle du Marais", commune)
    platform = Agent.objects.get(ecopole=ecopole)
    assert (platform.kind, platform.name) == ("platform", "Plateforme d’Audruicq")
    places = Place.objects.filter(agent=platform).order_by("id")
    assert [(p.kind, p.name) for p in places] == [
        ("cold", "Chambre froide"),
        ("ambient", "Réserve sèche"),
        ("dock", "Quai"),
    ]
    assert {(p.latitude, p.longitude) for p in places} == {(commune.latitude, commune.longitude)}
    (mail,) = mailoutbox
    assert mail.to == [EMAIL]
    assert "vient d’ouvrir" in mail.body
    assert "None" not in mail.body
    told = capsys.readouterr().out
    assert f"http://localhost:8000{link_in(mail)}" in told
    assert "terreau import products" in told


def test_the_platform_bears_the_name_given_and_the_link_the_site_given(commune, mailoutbox, capsys):
    load_products()
    start(platform="Halle du Marais", host="https://terreau.example.org/")
    assert Agent.objects.get().name == "Halle du Marais"
    told = capsys.readouterr().out
    assert "https://terreau.example.org/invitation/" in told
    assert "import products" not in told


def test_the_coordinator_comes_in_and_every_door_opens_on_the_empty_house(client, commune, mailoutbox):
    start()
    link = link_in(mailoutbox[0])
    page = client.get(link).content.decode()
    assert "L’écopôle vient d’ouvrir" in page
    assert "None" not in page
    client.post(link, {"name": "Cora", "password": PASSWORD})
    client.logout()
    client.post(reverse("account_login"), {"login": EMAIL, "password": PASSWORD})
    home = client.get("/", follow=True)
    assert home.redirect_chain[-1][0] == "/e/marais/"
    assert "Aujourd’hui" in home.content.decode()
    doors = set(re.findall(r'href="(/e/marais/[^"]*)"', home.content.decode()))
    assert len(doors) >= 6
    for door in doors:
        assert client.get(door, follow=True).status_code == 200, door


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_opened(db, mailoutbox):
    with pytest.raises(CommandError) as refusal:
        start("é a", name=" ", commune="62057", coordinator="cora", host="terreau")
    told = str(refusal.value)
    for wrong in ("« é a »", "--name", "terreau import communes", "« cora »", "« terreau »"):
        assert wrong in told
    assert not Ecopole.objects.exists()
    assert not mailoutbox


def test_a_name_too_long_and_a_missing_commune_are_said(commune):
    with pytest.raises(CommandError, match=r"120 caractères au plus\.\n.*code INSEE"):
        start(commune="", platform="x" * 121)
    with pytest.raises(CommandError, match="50 caractères"):
        start("x" * 51)


def test_the_second_time_says_what_exists_and_what_to_do(commune, mailoutbox):
    start()
    with pytest.raises(CommandError, match=r"Écopôle du Marais, commune d’Audruicq.*--again"):
        start(coordinator="zoe@example.org")
    someone(EMAIL, Agent.objects.get(), Role.COORDINATOR)
    with pytest.raises(CommandError, match=f"coordonné par {EMAIL}.*demandez-lui une invitation"):
        start(coordinator="zoe@example.org")
    assert len(mailoutbox) == 1
    assert Ecopole.objects.count() == 1


def test_a_lost_letter_is_sent_again_and_the_first_one_opens_nothing(client, commune, mailoutbox):
    start()
    call_command("open", "marais", coordinator="nina@example.org", again=True)
    first, second = (link_in(mail) for mail in mailoutbox)
    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200
    assert Invitation.objects.get().email == "nina@example.org"


def test_a_letter_is_sent_again_only_where_nobody_coordinates(commune, ecopole, mailoutbox):
    with pytest.raises(CommandError, match="Aucun écopôle « marais »"):
        call_command("open", "marais", coordinator=EMAIL, again=True)
    start()
    someone("bob@example.org", Agent.objects.get(), Role.COORDINATOR)
    with pytest.raises(CommandError, match=r"déjà coordonné par bob@example\.org"):
        call_command("open", "marais", coordinator=EMAIL, again=True)
    assert len(mailoutbox) == 1


def test_when_the_post_office_is_closed_the_link_is_still_given(commune, settings, capsys):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    start()
    told = capsys.readouterr()
    assert "n’est pas parti" in told.err
    assert "/invitation/" in told.out


def test_an_expired_first_letter_says_whom_to_ask(client, commune, mailoutbox, settings):
    start()
    settings.CLOCK = "2026-12-24T10:00"
    page = client.get(link_in(mailoutbox[0]))
    assert page.status_code == 410
    assert "la personne qui a ouvert l’écopôle" in page.content.decode()


def test_a_known_person_may_coordinate_a_second_ecopole(client, alice, mailoutbox):
    start(coordinator=alice.email)
    client.post(link_in(mailoutbox[0]))
    assert Membership.objects.filter(user=alice, role=Role.COORDINATOR).count() == 2
    assert User.objects.count() == 1
