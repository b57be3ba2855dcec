"""A mayor elsewhere tries a scenario without an account; the écopôle then makes it whole, and prints it."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.stories.conftest import DESK, MONDAY, PHONE, House, Person

pytestmark = pytest.mark.story
LONG = 90_000


def test_a_mayor_elsewhere_tries_a_scenario_and_the_ecopole_projects_it(
    sign_in: Callable[..., Person], house: House, browser: Browser
) -> None:
    house.open_at(MONDAY)
    context = browser.new_context(viewport=PHONE, locale="fr-FR")
    the_mayor_tries(context.new_page(), house)
    context.close()
    the_ecopole_projects(sign_in("coordination", DESK))


def the_mayor_tries(page: Page, house: House) -> None:
    """A misspelt name is said, what was typed stays; then seven headlines with their intervals."""
    page.goto(f"{house.url}/essayer")
    page.get_by_role("combobox", name="Territoire").fill("lens leivin")
    page.get_by_label("Personnes en insertion").fill("30")
    page.get_by_role("button", name="Voir").click()
    expect(page.get_by_role("alert")).to_contain_text("ne nous est pas connu")
    expect(page.get_by_label("Personnes en insertion")).to_have_value("30")
    page.get_by_role("combobox", name="Territoire").fill("lens lievin")
    page.get_by_role("button", name="Voir").click()
    expect(page.get_by_role("heading", name="CA de Lens")).to_be_visible()
    assert page.locator("article svg.interval").count() >= 6
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert not Axe().run(page).response["violations"]


def the_ecopole_projects(person: Person) -> None:
    page = person.page
    person.go("reponse/projeter/")
    page.get_by_role("combobox", name="Territoire").fill("246200364")
    page.get_by_label("Personnes en insertion").fill("30")
    person.tap(page.get_by_role("button", name="Continuer"))
    expect(page.get_by_label("Permanents").first).to_have_value("8,4")
    person.shoot("projeter-nombres")
    page.get_by_label("Surface cultivée").first.fill("beaucoup")
    person.tap(page.get_by_role("button", name="Calculer"))
    expect(page.get_by_text("n’est pas un nombre")).to_be_visible()
    page.get_by_label("Surface cultivée").first.fill("6,5")
    person.tap(page.get_by_role("button", name="Calculer"))
    expect(page.get_by_role("heading", name="Ce qu’il faudrait mesurer d’abord")).to_be_visible(timeout=LONG)
    assert not Axe().run(page).response["violations"]
    person.shoot("projeter")
    with page.expect_download() as download:
        page.get_by_role("link", name="Fichier").click()
    assert "garden_ha = 6.5" in download.value.path().read_text(encoding="utf-8")
