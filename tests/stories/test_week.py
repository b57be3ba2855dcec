"""One week lived through the pages: planned on Monday, harvested, received, picked, delivered, undone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.stories.conftest import DESK, MONDAY, PHONE, TUESDAY, WEDNESDAY, WEEK, House, Person

pytestmark = [pytest.mark.story, pytest.mark.xdist_group("stories")]
SignIn = Callable[..., Person]
LONG = 90_000


def button(person: Person, name: str) -> Locator:
    return person.page.get_by_role("button", name=re.compile(name)).first


def wait_for_plan(person: Person) -> None:
    expect(person.page.get_by_role("heading", name="Les cinq buts").or_(button(person, "^Publier$"))).to_be_visible(
        timeout=LONG
    )


def test_the_week_is_planned_locked_compared_and_published(sign_in: SignIn, house: House) -> None:
    camille = sign_in("coordination", DESK)
    camille.shoot("aujourdhui")
    camille.go(f"semaine/{WEEK}/")
    camille.shoot("semaine")
    camille.tap(button(camille, "Planifier la semaine"))
    expect(camille.page.get_by_role("heading", name="Calcul du plan").or_(button(camille, "^Publier$"))).to_be_visible()
    wait_for_plan(camille)
    camille.shoot("plan")
    first = camille.page.url

    # One decision is kept by hand: this canteen's first line is halved.
    line = camille.page.locator("#clients details").first
    line.locator("summary").click()
    lock = line.locator(".lock").first
    lock.get_by_role("checkbox").check()
    entry = lock.get_by_role("textbox")
    entry.fill("abc")
    camille.tap(button(camille, "avec ces verrous"))
    expect(camille.page.get_by_text("rien n’a été perdu")).to_be_visible()
    entry = camille.page.locator(".lock.wrong").get_by_role("textbox")
    expect(entry).to_have_value("abc")
    entry.fill("2")
    camille.tap(button(camille, "avec ces verrous"))
    wait_for_plan(camille)
    expect(camille.page.get_by_role("heading", name="Verrous")).to_be_visible()
    assert camille.page.url != first

    camille.page.get_by_text("Comparer avec un autre plan").click()
    camille.page.locator("details[open] .lines a").first.click()
    expect(camille.page.get_by_role("heading", name="Comparer deux plans")).to_be_visible()
    camille.shoot("comparer")
    camille.page.go_back()
    camille.tap(button(camille, "^Publier$"))
    expect(camille.page.get_by_text("Publié", exact=True).first).to_be_visible()
    house.terreau("verify")


def test_the_grower_harvests_ten_percent_less_in_four_taps_and_the_weight(sign_in: SignIn) -> None:
    sacha = sign_in("jardin", PHONE)
    sacha.shoot("jardin-aujourdhui")
    sacha.tap(sacha.page.get_by_role("link", name=re.compile("Récolter")).first)
    sacha.shoot("recolte")
    line = sacha.page.locator(".lines > li").first
    line.get_by_text("Corriger").click()
    entry = line.get_by_role("textbox").first
    planned = float(entry.input_value().replace("\u202f", "").replace(",", "."))
    weighed = round(planned * 0.9, 1) if "kg" in line.inner_text() else int(planned * 0.9)
    entry.fill(str(weighed).replace(".", ","))
    sacha.taps += 1
    sacha.tap(line.get_by_role("button").first)
    expect(sacha.page.locator(".toast")).to_contain_text("récolt")
    assert sacha.taps <= 4
    sacha.shoot("recolte-faite")
    while button(sacha, "comme prévu").or_(button(sacha, "^Récolté")).first.is_visible():
        sacha.tap(button(sacha, "comme prévu").or_(button(sacha, "^Récolté")).first)
    expect(sacha.page.get_by_text("Rien à récolter aujourd’hui")).to_be_visible()


def test_the_platform_receives_what_came_refuses_what_is_spoilt_and_undoes(sign_in: SignIn) -> None:
    lou = sign_in("plateforme", PHONE)
    lou.go("plateforme/arrivees/")
    lou.shoot("arrivees")
    farm = lou.page.locator("form").filter(has_text="Corriger").nth(1)
    line = farm.locator(".lines > li").first
    product = line.locator(".what").inner_text()
    line.get_by_text("Corriger").click()
    line.get_by_label("Refusé, parce que").fill("trop abîmé")
    lou.tap(line.get_by_role("button", name=re.compile("Conforme")).first)
    expect(lou.page.locator(".toast")).to_be_visible()
    lou.tap(lou.page.locator(".toast").get_by_role("button", name="Annuler"))
    expect(lou.page.locator(".toast")).to_contain_text("annulé")
    expect(lou.page.locator(".lines .what", has_text=product).first).to_be_visible()
    lou.taps = 0
    while (everything := button(lou, "Tout est conforme")).is_visible():
        before = lou.page.locator(".lines > li").count()
        lou.tap(everything)
        if lou.page.locator(".lines > li").count() >= before:
            # The garden harvested less than planned: what there is, is received.
            receive_what_there_is(lou)
    lou.go("plateforme/stock/")
    expect(lou.page.get_by_role("heading", name="Stock")).to_be_visible()
    lou.shoot("stock")


def receive_what_there_is(person: Person) -> None:
    wrong = person.page.locator("li.wrong").first
    left = re.search(r"il reste ([\d,\u202f ]+)", wrong.inner_text())
    wrong.get_by_role("textbox").first.fill(left[1].strip() if left else "0")
    person.tap(wrong.get_by_role("button").first)
