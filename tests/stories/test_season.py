"""A season decided together through the pages: planned, one sowing locked, planned again, published;
the farm reads its share on its phone and accepts it."""

import re

import pytest
from playwright.sync_api import expect

from tests.stories.conftest import DESK, MONDAY, PHONE, House
from tests.stories.test_week import SignIn, button

pytestmark = pytest.mark.story
# One farm of thirty-two beds, on a busy machine.
LONG = 300_000
FARM = "Ferme du Héron cendré"


def test_a_season_is_planned_locked_planned_again_published_and_accepted(
    sign_in: SignIn, house: House
) -> None:
    house.open_at(MONDAY)
    camille = sign_in("coordination", DESK)
    page = camille.page
    camille.go("saison/")
    camille.tap(page.get_by_role("link", name=re.compile("Préparer la saison")))
    camille.shoot("saison-besoins")
    for tick in page.locator("input[name=farm]").all():
        tick.uncheck()
    page.get_by_label(FARM).check()
    camille.tap(button(camille, "Voir l’effet"))
    expect(page.get_by_text("1 ferme", exact=True)).to_be_visible()
    button(camille, "Planifier la saison").click()
    expect(page.get_by_text("Besoins servis, semaine par semaine")).to_be_visible(timeout=LONG)
    camille.shoot("saison-plan")

    camille.tap(page.get_by_role("link", name="Assolement"))
    camille.shoot("saison-assolement")
    block = page.locator("details", has=page.locator(".lock")).first
    block.locator("summary").first.click()
    lock = block.locator(".lock").first
    lock.get_by_role("checkbox").check()
    lock.get_by_role("textbox").fill("0,3")
    camille.tap(button(camille, "avec ces verrous"))
    expect(page.get_by_text("rien n’a été perdu")).to_be_visible()
    page.locator(".lock:has(input:checked)").first.get_by_role("textbox").fill("0,5")
    button(camille, "avec ces verrous").click()
    expect(page.get_by_text("Besoins servis, semaine par semaine")).to_be_visible(timeout=LONG)
    page.get_by_text("Comparer avec un autre plan").click()
    camille.tap(page.locator("details[open] .lines a").first)
    expect(page.get_by_role("heading", name="Comparer deux plans")).to_be_visible()
    camille.shoot("saison-comparer")
    page.go_back()
    camille.tap(button(camille, "Publier la saison"))
    expect(page.get_by_text(re.compile("Saison publiée"))).to_be_visible()

    farmer = sign_in("ferme", PHONE)
    farmer.tap(farmer.page.get_by_role("link", name=re.compile("Répondre à ma part")))
    farmer.shoot("saison-part")
    farmer.tap(button(farmer, "Accepter ma part"))
    expect(farmer.page.get_by_text(re.compile("Part acceptée")).first).to_be_visible()
    assert farmer.taps == 2
    camille.go("saison/")
    expect(page.get_by_text("Part acceptée")).to_be_visible()
