"""A morning without network: what is noted on the phone waits there, is sent once, and is never lost."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.stories.conftest import DESK, PHONE, TUESDAY, House, Person

pytestmark = pytest.mark.story
SignIn = Callable[..., Person]
# The very hour of the house: a phone's clock is believed, within reason.
HOUR = f"{TUESDAY}:00+01:00"
# To the gram: nobody else ever weighed this.
WEIGHT, AGAIN, LATE, LETTUCES = "17,321", "4,123", "2,617", "7"
COUNT = """
from terreau.ledger.models import Event
print(Event.objects.filter(quantity="{}", recorded_by__isnull=False).count())
"""


def events(house: House, weight: str) -> int:
    code = COUNT.format(weight.replace(",", "."))
    return int(house.terreau("shell", "-v", "0", "-c", code).strip().splitlines()[-1])


def state(page: Page) -> Locator:
    return page.locator("#state")


def in_the_field(sign_in: SignIn, house: House) -> Person:
    """Sacha opens the page once with network, and waits until the phone has kept it."""
    house.open_at(TUESDAY)
    sacha = sign_in("jardin", PHONE)
    sacha.page.clock.set_fixed_time(HOUR)
    sacha.go("jardin/terrain/")
    expect(sacha.page.get_by_role("heading", name="Où êtes-vous ?")).to_be_visible()
    expect(sacha.page.locator(".field-beds a").first).to_be_visible()
    sacha.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    sacha.page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    return sacha


def a_bed_with(page: Page, kind: str) -> tuple[int, int]:
    """A bed and a product that is expected on it this week, counted in that unit."""
    found: list[int] = page.evaluate(
        """async ([kind]) => {
          const day = await (await fetch(document.body.dataset.data)).json();
          const unit = (id) => day.products.find((product) => product.id === id)?.unit;
          const ripe = day.ripe.find((line) => unit(line.product) === kind);
          return [ripe.bed, ripe.product];
        }""",
        [kind],
    )
    return found[0], found[1]


def note_a_harvest(person: Person, bed: int, product: int, weight: str) -> None:
    page = person.page
    person.tap(page.locator(f'a[href="#planche-{bed}"]').first)
    person.tap(page.locator(f'a[href="#planche-{bed}/recolte-{product}"]'))
    page.get_by_label("Poids ou nombre").fill(weight)
    person.tap(page.get_by_role("button", name="Enregistrer"))
    expect(page.locator(".toast")).to_contain_text("Noté")


def test_a_harvest_noted_without_network_is_written_once(sign_in: SignIn, house: House) -> None:
    sacha = in_the_field(sign_in, house)
    page, context = sacha.page, sacha.page.context
    sacha.shoot("terrain")
    bed, product = a_bed_with(page, "kg")

    context.set_offline(True)
    sacha.taps = 0
    note_a_harvest(sacha, bed, product, WEIGHT)
    assert sacha.taps <= 4, "a harvest is four taps and the weight"
    expect(state(page)).to_contain_text("1 en attente")
    expect(page.get_by_text("Noté", exact=True)).to_be_visible()
    sacha.shoot("terrain-planche")

    # The tab is closed without network, and the label of the bed opens another.
    page.close()
    sacha.page = page = context.new_page()
    page.clock.set_fixed_time(HOUR)
    sacha.go(f"jardin/planche/{bed}/")
    expect(page.get_by_role("heading", name=re.compile("^Planche"))).to_be_visible()
    expect(state(page)).to_contain_text("1 en attente")
    expect(state(page)).to_contain_text("Hors réseau")
    assert events(house, WEIGHT) == 0

    context.set_offline(False)
    expect(state(page)).to_have_text("Tout est envoyé")
    assert events(house, WEIGHT) == 1
    page.reload()
    expect(state(page)).to_have_text("Tout est envoyé")
    assert events(house, WEIGHT) == 1
    assert "aucune différence" in house.terreau("verify")


def test_what_is_refused_stays_and_is_corrected(sign_in: SignIn, house: House) -> None:
    sacha = in_the_field(sign_in, house)
    page = sacha.page
    bed, product = a_bed_with(page, "pièce")
    before = events(house, LETTUCES)
    sacha.page.context.set_offline(True)
    note_a_harvest(sacha, bed, product, "7,5")
    page.context.set_offline(False)
    expect(state(page)).to_have_text("1 refusée")
    page.reload()
    sacha.tap(state(page))
    expect(page.get_by_text("Saisissez un nombre entier de pièces")).to_be_visible()
    sacha.shoot("terrain-refus")
    sacha.tap(page.get_by_role("link", name="Corriger"))
    expect(page.get_by_label("Poids ou nombre")).to_have_value("7,5")
    page.get_by_label("Poids ou nombre").fill(LETTUCES)
    sacha.tap(page.get_by_role("button", name="Enregistrer"))
    expect(state(page)).to_have_text("Tout est envoyé")
    assert events(house, LETTUCES) == before + 1


def test_a_lost_session_keeps_what_was_noted(sign_in: SignIn, house: House) -> None:
    sacha = in_the_field(sign_in, house)
    page = sacha.page
    bed, product = a_bed_with(page, "kg")
    page.context.clear_cookies(name="sessionid")
    note_a_harvest(sacha, bed, product, AGAIN)
    expect(state(page)).to_contain_text("Reconnectez-vous")
    expect(state(page)).to_contain_text("1 en attente")
    page.get_by_role("link", name="Reconnectez-vous", exact=True).click()
    page.get_by_label("Adresse e-mail").fill("jardin@exemple.invalid")
    page.get_by_label("Mot de passe", exact=True).fill("terreau-demo")
    page.get_by_role("button", name="Entrer").click()
    expect(state(page)).to_have_text("Tout est envoyé")
    assert events(house, AGAIN) == 1


def test_a_server_in_trouble_keeps_the_queue_and_the_hand_may_take_back(
    sign_in: SignIn, house: House
) -> None:
    sacha = in_the_field(sign_in, house)
    page = sacha.page
    bed, product = a_bed_with(page, "kg")
    page.route("**/terrain/envoi/", lambda route: route.fulfill(status=500))
    note_a_harvest(sacha, bed, product, LATE)
    expect(state(page)).to_have_text("1 en attente")
    expect(page.get_by_text("un nouvel essai suivra")).to_be_visible()
    sacha.tap(state(page))
    page.get_by_role("button", name="Retirer").click()
    page.get_by_role("button", name="Oui, la jeter").click()
    expect(page.get_by_text("ne garde plus rien")).to_be_visible()
    page.unroute("**/terrain/envoi/")
    page.reload()
    expect(state(page)).to_have_text("Tout est envoyé")
    assert events(house, LATE) == 0


def test_an_observation_leaves_with_its_photo_reduced(
    sign_in: SignIn, house: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sacha = in_the_field(sign_in, house)
    page = sacha.page
    bed, _ = a_bed_with(page, "kg")
    picture = tmp_path_factory.mktemp("photo") / "planche.png"
    page.set_viewport_size({"width": 2000, "height": 1500})
    page.screenshot(path=picture)
    page.set_viewport_size(PHONE)
    sacha.tap(page.locator(f'a[href="#planche-{bed}"]').first)
    sacha.tap(page.get_by_role("link", name=re.compile("^Observer")))
    page.get_by_label("Ce qui a été vu").fill("Feuilles trouées par les altises")
    page.get_by_label("Photo").set_input_files(picture)
    expect(page.locator("canvas")).to_be_visible()
    sacha.shoot("terrain-observer")
    with page.expect_response("**/terrain/envoi/"):
        sacha.tap(page.get_by_role("button", name="Enregistrer"))
    expect(state(page)).to_have_text("Tout est envoyé")
    sacha.go("jardin/observations/")
    expect(page.get_by_text("Feuilles trouées par les altises")).to_be_visible()
    photo = page.get_by_alt_text(re.compile("Photo prise"))
    photo.scroll_into_view_if_needed()
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")
    assert photo.evaluate("(image) => image.naturalWidth") == 1600
    sacha.shoot("observations")


@pytest.mark.parametrize("path", ["jardin/terrain/", "jardin/travaux/", "jardin/observations/"])
def test_a_page_fits_320_pixels_and_breaks_no_accessibility_rule(
    sign_in: SignIn, house: House, path: str
) -> None:
    house.open_at(TUESDAY)
    person = sign_in("jardin", {"width": 320, "height": 640})
    person.go(path)
    person.page.wait_for_load_state("networkidle")
    assert person.page.evaluate("() => document.documentElement.scrollWidth") <= 320
    assert person.page.evaluate("() => document.querySelectorAll('h1').length") == 1
    person.page.set_viewport_size(DESK)
    found = Axe().run(person.page)
    assert not found.violations_count, found.generate_report()
