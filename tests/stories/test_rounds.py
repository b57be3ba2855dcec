"""The rounds of a Friday through the pages, on the Thursday before: planned, a stop moved, a trip corrected,
published; then read on the phone of who drives."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.stories.conftest import DESK, PHONE, AHouse, House, Person
from tests.stories.test_week import SignIn, button

pytestmark = pytest.mark.story
THURSDAY, FRIDAY = "2026-11-26T16:00", "2026-11-27T06:00"
LONG = 90_000


@pytest.fixture(scope="module")
def house(a_house: AHouse) -> Iterator[House]:
    """The demo in the middle of a week: what is due on Friday is already promised."""
    with a_house(THURSDAY, weeks=1) as served:
        served.open_at(THURSDAY)
        yield served


def check(person: Person) -> None:
    """The page fits a narrow screen and breaks no rule of accessibility."""
    person.page.set_viewport_size({"width": 320, "height": 640})
    assert person.page.evaluate("() => document.documentElement.scrollWidth") <= 320
    person.page.set_viewport_size(DESK)
    found = Axe().run(person.page)
    assert not found.violations_count, found.generate_report()


def test_the_rounds_of_a_day_are_planned_changed_by_hand_and_published(sign_in: SignIn, house: House) -> None:
    lou = sign_in("plateforme", DESK)
    page = lou.page
    lou.go("plateforme/tournees/?jour=2026-11-27")
    lou.shoot("tournees-jour")
    check(lou)
    button(lou, "Planifier la tournée").click()
    expect(page.get_by_text("Le mieux trouvé")).to_be_visible(timeout=LONG)
    lou.shoot("tournees-plan")
    check(lou)

    page.get_by_label("Arrêt", exact=True).select_option(index=0)
    page.get_by_label("Le mettre").select_option(index=2)
    lou.tap(button(lou, "Voir ce que cela change"))
    expect(page.get_by_text("en tout,")).to_be_visible()
    lou.shoot("tournees-deplacer")
    check(lou)
    lou.tap(page.get_by_role("link", name="Ne rien changer"))

    lou.tap(page.get_by_role("link", name=re.compile("^corriger")).first)
    page.get_by_label("Minutes").fill("12")
    lou.tap(button(lou, "Corriger"))
    expect(page.get_by_text("Planifiez de nouveau pour en tenir compte")).to_be_visible()
    lou.tap(button(lou, "Publier"))
    expect(page.get_by_text("Des temps de trajet ont changé depuis.")).to_be_visible()
    button(lou, "Planifier de nouveau").first.click()
    expect(page.get_by_text("Le mieux trouvé")).to_be_visible(timeout=LONG)
    lou.tap(button(lou, "Publier"))
    expect(page.get_by_text(re.compile(r"publiées?\s:\sl’ordre et les heures"))).to_be_visible()

    lou.go("plateforme/vehicules/")
    check(lou)
    lou.go("plateforme/tournees/temps-de-trajet/")
    expect(page.get_by_text("Aucune carte n’est importée")).to_be_visible()
    check(lou)

    house.open_at(FRIDAY)
    driver = sign_in("plateforme", PHONE)
    driver.go("plateforme/livraisons/")
    expect(driver.page.get_by_text(re.compile("km de route")).first).to_be_visible()
    expect(driver.page.get_by_text(re.compile(r"vers [678]\sh")).first).to_be_visible()
    driver.shoot("tournees-livraisons")
