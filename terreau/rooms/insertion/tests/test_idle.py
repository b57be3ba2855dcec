"""A shared computer: the screen left alone closes, and the browser keeps nothing."""

from datetime import timedelta

import pytest
from django.core.signing import b62_encode, get_cookie_signer
from django.test import Client
from django.utils import timezone

from terreau.rooms.insertion.idle import COOKIE, SALT


def signed(minutes: int, who: str) -> str:
    """As the house signed it so many minutes ago."""
    signer, then = get_cookie_signer(salt=COOKIE + SALT), timezone.now() - timedelta(minutes=minutes)
    signer.timestamp = lambda: b62_encode(int(then.timestamp()))
    return signer.sign(who)


def signed_in(world, name: str, *, minutes_ago: int) -> Client:
    client, user = Client(), world.people[name]
    client.force_login(user)
    type(user).objects.filter(pk=user.pk).update(last_login=timezone.now() - timedelta(minutes=minutes_ago))
    return client


@pytest.mark.parametrize("name", ["maxence", "morgan", "daniel"])
def test_a_screen_left_alone_half_an_hour_asks_who_is_there(world, name):
    client = signed_in(world, name, minutes_ago=300)
    client.cookies[COOKIE] = signed(31, str(world.people[name].pk))
    answer = client.get(world.url())
    assert (answer.status_code, "/compte/login/" in answer.url) == (302, True)
    assert "_auth_user_id" not in client.session
    assert "Écran resté 30" in client.get(answer.url).content.decode()


def test_each_page_starts_the_half_hour_again(world):
    client = signed_in(world, "maxence", minutes_ago=300)
    client.cookies[COOKIE] = signed(29, str(world.people["maxence"].pk))
    answer = client.get(world.url())
    assert answer.status_code == 200
    fresh = answer.cookies[COOKIE]
    assert (fresh["httponly"], fresh["samesite"]) == (True, "Lax")
    assert client.get(world.url()).status_code == 200


def test_neither_thrown_away_nor_borrowed_nor_forged_is_the_hour_believed(world):
    other = signed(0, str(world.people["daniel"].pk))
    for told in (None, other, "1:abc:def"):
        client = signed_in(world, "maxence", minutes_ago=31)
        if told:
            client.cookies[COOKIE] = told
        assert client.get(world.url()).status_code == 302


def test_who_reads_no_file_stays_in_the_field_all_day(world):
    client = signed_in(world, "gael", minutes_ago=600)
    answer = client.get(f"/e/{world.ecopole.slug}/")
    assert (answer.status_code, COOKIE in answer.cookies) == (200, False)


def test_no_browser_keeps_a_page_of_the_room(world, maxence):
    for path in (
        "",
        f"{world.ana.code}/",
        f"{world.ana.code}/contrat/",
        f"{world.ana.code}/donnees/tout.pdf",
    ):
        assert maxence.get(world.url(path))["Cache-Control"] == "no-store"
    assert maxence.get(world.url("P-RIEN/"))["Cache-Control"] == "no-store"
    form = maxence.get(world.url("nouvelle/")).content.decode()
    assert form.count('autocomplete="off"') >= form.count("<input") - form.count('type="hidden"')
