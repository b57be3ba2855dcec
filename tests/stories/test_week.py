"""One week lived through the pages: planned on Monday, harvested and received on Tuesday, packed,
picked and delivered on Wednesday; one thing undone on the way."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.stories.conftest import DESK, MONDAY, PHONE, TUESDAY, WEDNESDAY, WEEK, House, Person

pytestmark = pytest.mark.story
SignIn = Callable[..., Person]
LONG = 90_000


def button(person: Person, name: str) -> Locator:
    return person.page.get_by_role("button", name=re.compile(name)).first


def wait_for_plan(person: Person, end: str = "Les cinq buts") -> None:
    """Until the progress bar has given way to the plan."""
    expect(person.page.get_by_text(re.compile(end)).first).to_be_visible(timeout=LONG)


def test_a_week_is_planned_on_monday_and_lived_until_its_baskets_are_delivered(
    sign_in: SignIn, house: House
) -> None:
    house.open_at(MONDAY)
    plan_lock_compare_publish(sign_in, house)
    house.open_at(TUESDAY)
    harvest_ten_percent_less(sign_in)
    receive_refuse_and_undo(sign_in)
    house.open_at(WEDNESDAY)
    pack_the_baskets(sign_in, house)
    pick_deliver_and_follow_a_lot(sign_in, house)


def plan_lock_compare_publish(sign_in: SignIn, house: House) -> None:
    camille = sign_in("coordination", DESK)
    camille.shoot("aujourdhui")
    camille.go("territoire/")
    camille.shoot("territoire")
    camille.go(f"semaine/{WEEK}/")
    camille.shoot("semaine")
    camille.tap(button(camille, "Planifier la semaine"))
    expect(camille.page.get_by_role("progressbar")).to_be_visible()
    wait_for_plan(camille)
    camille.shoot("plan")
    assert camille.taps == 1

    # One decision is kept by hand.
    line = camille.page.locator("#clients details").first
    line.locator("summary").click()
    lock = line.locator(".lock").first
    lock.get_by_role("checkbox").check()
    entry = lock.get_by_role("textbox")
    planned = entry.input_value()
    entry.fill("abc")
    camille.tap(button(camille, "avec ces verrous"))
    expect(camille.page.get_by_text("rien n’a été perdu")).to_be_visible()
    entry = camille.page.locator(".lock.wrong").get_by_role("textbox")
    expect(entry).to_have_value("abc")
    entry.fill("99999")
    camille.tap(button(camille, "avec ces verrous"))
    wait_for_plan(camille, "décision verrouillée est impossible")
    camille.shoot("plan-impossible")
    camille.page.locator("#verrous").get_by_role("textbox").fill(planned)
    camille.tap(button(camille, "Planifier de nouveau"))
    wait_for_plan(camille)
    expect(camille.page.get_by_role("heading", name="Verrous")).to_be_visible()

    camille.page.get_by_text("Comparer avec un autre plan").click()
    camille.page.locator("details[open] .lines a").first.click()
    expect(camille.page.get_by_role("heading", name="Comparer deux plans")).to_be_visible()
    camille.shoot("comparer")
    camille.page.go_back()
    camille.tap(button(camille, "^Publier$"))
    expect(camille.page.get_by_text("Publié", exact=True).first).to_be_visible()
    house.terreau("verify")


def harvest_ten_percent_less(sign_in: SignIn) -> None:
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
    expect(sacha.page.locator(".toast")).to_contain_text("c’est noté")
    assert sacha.taps <= 4
    sacha.shoot("recolte-faite")
    while sacha.page.get_by_role("button", name=re.compile("^Récolté")).count():
        sacha.tap(button(sacha, "^Récolté"))
    expect(sacha.page.get_by_text("Rien à récolter aujourd’hui")).to_be_visible()


def receive_refuse_and_undo(sign_in: SignIn) -> None:
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
    while (due := lou.page.locator("main > form[method=post]")).count():
        lou.tap(due.first.get_by_role("button", name=re.compile("Tout est conforme")))
        if lou.page.locator(".wrong").count():
            # The garden harvested less than planned: what there is, is received.
            say_what_there_is(lou, "Tout est conforme")
    lou.go("plateforme/stock/")
    expect(lou.page.get_by_role("heading", name="Stock")).to_be_visible()
    lou.shoot("stock")


def say_what_there_is(person: Person, again: str) -> None:
    """A refused line says how much there is: it is typed in its field, and the gesture made again."""
    for wrong in person.page.locator(".wrong:not(:has(.wrong))").all():
        left = re.search(r"il reste ([\d,\u202f ]+)", wrong.inner_text())
        wrong.get_by_role("textbox").first.fill(left[1].strip() if left else "0")
    form = person.page.locator("form").filter(has=person.page.locator(".wrong")).first
    person.tap(form.get_by_role("button", name=re.compile(again)).first)


def pack_the_baskets(sign_in: SignIn, house: House) -> None:
    noa = sign_in("paniers", PHONE)
    noa.go("paniers/")
    noa.shoot("paniers")
    noa.taps = 0
    answer_all(noa, "Tout est préparé", "main > section")
    expect(noa.page.locator("main > section").first.get_by_text("Préparé", exact=True)).to_have_count(3)
    assert noa.taps <= 2 * 3, "one tap a batch, one more where the harvest fell short"
    assert "aucune différence" in house.terreau("verify")


def pick_deliver_and_follow_a_lot(sign_in: SignIn, house: House) -> None:
    lou = sign_in("plateforme", PHONE)
    lou.go("plateforme/preparation/")
    lou.shoot("preparation")
    answer_all(lou, "Tout est préparé")
    lou.go("plateforme/livraisons/")
    lou.shoot("livraisons")
    lou.taps = 0
    customer = lou.page.locator("main article h2").first.inner_text().partition(". ")[2]
    lou.tap(button(lou, "Livré comme prévu"))
    assert lou.taps == 1
    expect(lou.page.locator(".toast")).to_be_visible()
    answer_all(lou, "Livré comme prévu")
    expect(lou.page.get_by_text("La tournée est finie")).to_be_visible()

    # From a label to the recall list: the code is scanned, one tap.
    camille = sign_in("coordination", DESK)
    camille.go("lots/?q=carotte")
    code = camille.page.get_by_role("link", name=re.compile(r"^26328-CAR")).first.inner_text().split()[0]
    camille.go(f"lots/{code}/")
    camille.shoot("lot")
    expect(camille.page.get_by_role("heading", name="Son chemin")).to_be_visible()
    camille.taps = 0
    camille.tap(camille.page.get_by_role("link", name="Qui prévenir"))
    assert camille.taps == 1
    expect(camille.page.get_by_text("01 99 00").first).to_be_visible()
    camille.shoot("rappel")
    assert code in house.terreau("trace", code)
    assert "Plateforme des Wateringues" in house.terreau("recall", code)

    camille.go(f"semaine/{WEEK}/")
    expect(camille.page.get_by_text("Engagements tenus").first).to_be_visible()
    camille.shoot("semaine-vecue")
    assert customer
    assert "aucune différence" in house.terreau("verify")


def answer_all(person: Person, name: str, within: str = "main") -> None:
    """One tap per card; where the harvest fell short, what there is."""
    cards = person.page.locator(within).first.get_by_role("button", name=re.compile(name))
    for _ in range(200):
        if not cards.count() or not cards.first.is_visible():
            return
        person.tap(cards.first)
        while person.page.locator(".wrong").count():
            say_what_there_is(person, name)
    raise AssertionError(f"« {name} » never ends")


def test_a_farm_offers_as_last_week_in_two_taps(sign_in: SignIn, house: House) -> None:
    house.open_at(MONDAY)
    alix = sign_in("ferme", PHONE)
    alix.tap(alix.page.get_by_role("link", name="Offre").first)
    alix.shoot("offre")
    alix.tap(button(alix, "Reprendre la semaine dernière"))
    assert alix.taps == alix.touched == 2
    expect(alix.page.locator(".toast")).to_be_visible()


def test_a_canteen_orders_as_last_week_in_two_taps_and_a_refused_line_keeps_what_was_typed(
    sign_in: SignIn, house: House
) -> None:
    house.open_at(MONDAY)
    charlie = sign_in("cantine", PHONE)
    charlie.tap(charlie.page.get_by_role("link", name="Commande").first)
    charlie.tap(button(charlie, "Commander comme la semaine dernière"))
    assert charlie.taps == charlie.touched == 2
    expect(charlie.page.locator(".toast")).to_be_visible()
    charlie.page.locator(".toast-close").click()
    form = charlie.page.locator("#ligne form")
    form.get_by_label("Produit").select_option(index=1)
    form.get_by_label(re.compile("Jour")).first.select_option(index=1)
    form.get_by_label(re.compile("Quantité")).first.fill("douze")
    charlie.tap(form.get_by_role("button", name="Ajouter"))
    expect(charlie.page.get_by_label(re.compile("Quantité")).first).to_have_value("douze")
    expect(charlie.page.get_by_text("douze").first).to_be_visible()


def test_a_week_is_planned_and_published_by_keyboard_alone(
    house: House, browser: Browser, shots: Path
) -> None:
    house.open_at(MONDAY)
    page = browser.new_page(viewport=DESK, locale="fr-FR")
    camille = Person(page, house, shots)
    camille.go("")
    page.get_by_label("Adresse e-mail").focus()
    page.keyboard.type("coordination@exemple.invalid")
    page.keyboard.press("Tab")
    page.keyboard.type("terreau-demo")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{house.url}/e/audruicq/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("carotte")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Chercher")).to_be_visible()
    camille.key(page.get_by_role("link", name="Semaine").first)
    camille.key(page.get_by_role("link", name=re.compile("Semaine suivante|S49")).first)
    camille.key(button(camille, "Planifier la semaine"))
    wait_for_plan(camille)
    camille.key(button(camille, "^Publier$"))
    expect(page.get_by_text("Publié", exact=True).first).to_be_visible()
    page.close()


def test_a_gesture_works_without_javascript(house: House, browser: Browser) -> None:
    house.open_at(MONDAY)
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(f"{house.url}/compte/login/")
    page.get_by_role("button", name="Ferme partenaire").click()
    page.goto(f"{house.url}/e/audruicq/plateforme/offres/?semaine=2026-W50")
    page.get_by_role("button", name="Reprendre la semaine dernière").click()
    expect(page.locator("table")).to_be_visible()
    context.close()
