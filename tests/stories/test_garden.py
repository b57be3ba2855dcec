"""The garden in a real browser: what is said of the land, and a planting moved by mouse and by keyboard."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from tests.stories.conftest import DESK, MONDAY, PHONE, House, Person

pytestmark = pytest.mark.story
SignIn = Callable[..., Person]


def button(person: Person, name: str) -> Locator:
    return person.page.get_by_role("button", name=re.compile(name)).first


def test_a_planting_is_moved_by_mouse_and_by_keyboard(sign_in: SignIn, house: House) -> None:
    house.open_at(MONDAY)
    sacha = sign_in("jardin", DESK)
    load_the_catalogue(sacha)
    say_the_land(sacha)
    plant(sacha, "Blette", "semaine 12 2027", "Y1")
    sacha.shoot("culture")
    move_by_mouse(sacha)
    move_by_keyboard(sacha)
    plant(sacha, "Radis rose", "semaine 13 2027", "Y2")
    plant(sacha, "Épinard", "semaine 7 2028", "Z1")
    the_rules_answer_as_it_moves(sacha)
    house.terreau("verify")


def load_the_catalogue(sacha: Person) -> None:
    sacha.go("jardin/catalogue/")
    if (load := button(sacha, "Charger le catalogue")).is_visible():
        sacha.tap(load)
    expect(sacha.page.get_by_role("link", name="Blette", exact=True)).to_be_visible()
    sacha.shoot("catalogue")


def say_the_land(sacha: Person) -> None:
    """A plot of its own, with one block of three beds under a roof and three in the open."""
    sacha.go("jardin/planches/parcelle/ajouter/")
    sacha.page.get_by_label("Nom de la parcelle").fill("Le Closeau")
    sacha.tap(button(sacha, "Ajouter la parcelle"))
    for name, shelter in (("Y", "plein champ"), ("Z", "tunnel")):
        sacha.tap(sacha.page.get_by_role("link", name="Ajouter un bloc"))
        sacha.page.get_by_label("Nom du bloc").fill(name)
        sacha.page.get_by_label(shelter).check()
        sacha.page.get_by_label("Combien de planches").fill("3")
        sacha.tap(button(sacha, "Ajouter le bloc"))
        expect(sacha.page.get_by_role("link", name=f"Planche {name}3")).to_be_visible()
        sacha.tap(sacha.page.get_by_role("link", name="Le Closeau"))


def plant(sacha: Person, crop: str, week: str, bed: str) -> None:
    sacha.go("jardin/cultures/ajouter/")
    sacha.page.get_by_label("Culture", exact=True).select_option(label=crop)
    sacha.page.get_by_label("Planche", exact=True).select_option(label=f"Planche {bed} (30\u00a0m)")
    sacha.page.get_by_label("Mise en place").fill(week)
    sacha.tap(button(sacha, "Prévoir la culture"))
    expect(sacha.page.get_by_role("heading", name=crop)).to_be_visible()


def the_bar(sacha: Person, bed: str) -> Locator:
    return sacha.page.locator(f'svg[data-name="{bed}"] a[data-crop="Blette"]')


def move_by_mouse(sacha: Person) -> None:
    """Down one bed and two weeks later; the rules answer beside it as it moves."""
    sacha.go("jardin/cultures/?semaine=2027-W10&sur=52")
    sacha.shoot("cultures")
    sacha.tap(sacha.page.get_by_role("link", name="Le Closeau · Y"))
    assert not Axe().run(sacha.page).response["violations"]
    bar, verdict = the_bar(sacha, "Planche Y1"), sacha.page.locator("#verdict")
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    row = sacha.page.locator('svg[data-name="Planche Y2"]').bounding_box()
    assert box
    assert row
    slot = row["width"] / 52
    hand = sacha.page.mouse
    hand.move(box["x"] + 20, box["y"] + box["height"] / 2)
    hand.down()
    hand.move(box["x"] + 40, row["y"] + row["height"] / 2, steps=4)
    # Far out of its window: the objection comes while it is still held.
    hand.move(box["x"] + 20 + 20 * slot, row["y"] + row["height"] / 2, steps=4)
    expect(verdict.get_by_text("ne se met pas en place en semaine 32")).to_be_visible()
    hand.move(box["x"] + 20 + 2 * slot, row["y"] + row["height"] / 2, steps=4)
    expect(verdict.get_by_text("Elle y tient")).to_be_visible()
    hand.up()
    expect(sacha.page.get_by_text("c’est déplacé")).to_be_visible()
    expect(the_bar(sacha, "Planche Y2")).to_have_attribute("data-week", "2027-W14")
    expect(the_bar(sacha, "Planche Y1")).to_have_count(0)


def move_by_keyboard(sacha: Person) -> None:
    """Escape puts it back; Enter drops it; a rule that may be forced asks why."""
    page, said = sacha.page, sacha.page.locator("#said")
    bar = the_bar(sacha, "Planche Y2")
    bar.focus()
    page.keyboard.press("ArrowDown")
    expect(said).to_have_text(re.compile("Blette, Planche Y3, semaine 14 de 2027|Elle y tient"))
    page.keyboard.press("Escape")
    expect(said).to_have_text("Blette reste où elle était.")
    expect(the_bar(sacha, "Planche Y2")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#verdict").get_by_text("ne se met pas en place en semaine 15")).to_be_visible()
    page.keyboard.press("Enter")
    reason = page.get_by_label("Pourquoi passer outre")
    expect(reason).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#verdict")).to_be_hidden()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#verdict").get_by_text("Elle y tient")).to_be_visible()
    assert not Axe().run(page).response["violations"]
    page.keyboard.press("Enter")
    expect(page.get_by_text("c’est déplacé")).to_be_visible()
    expect(the_bar(sacha, "Planche Y1")).to_have_attribute("data-week", "2027-W13")
    sacha.go("jardin/planches/?semaine=2027-W22")
    expect(page.get_by_label("Planche Y1\u202f: Blette (prévue)")).to_be_visible()
    sacha.shoot("planches")
    assert not Axe().run(page).response["violations"]


def the_rules_answer_as_it_moves(sacha: Person) -> None:
    """A bed already taken is refused; a family back too soon in a block asks why."""
    sacha.go("jardin/cultures/?semaine=2027-W10&sur=52")
    page, verdict = sacha.page, sacha.page.locator("#verdict")
    the_bar(sacha, "Planche Y1").focus()
    page.keyboard.press("ArrowDown")
    expect(verdict.get_by_text("il n’y reste pas de place à côté de Radis")).to_be_visible()
    expect(verdict.get_by_role("button", name="Poser ici")).to_have_count(0)
    sacha.shoot("cultures-refus")
    page.keyboard.press("ArrowDown")
    expect(verdict.get_by_text("il n’y reste pas de place")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(verdict.get_by_text("Épinard était ou sera sur le bloc Z en 2028")).to_be_visible()
    expect(verdict.get_by_label("Pourquoi passer outre")).to_be_visible()
    sacha.shoot("cultures-rotation")
    page.keyboard.press("Escape")
    expect(the_bar(sacha, "Planche Y1")).to_be_visible()


# Nobody else ever worked so long on one gesture.
HOURS = "1,37"
WORKED = """
from terreau.ledger.models import Event
rows = Event.objects.filter(action="work", quantity="1.37", recorded_by__isnull=False, fulfils__isnull=False)
print(rows.count(), rows.filter(process__kind="planting").count())
"""


def test_a_gesture_of_the_week_done_is_hours_worked(sign_in: SignIn, house: House) -> None:
    """The supervisor, standing, on a phone: the hours really spent are in the ledger, once."""
    house.open_at(MONDAY)
    sacha = sign_in("jardin", PHONE)
    page = sacha.page
    sacha.go("jardin/travaux/")
    sacha.shoot("travaux")
    done = page.get_by_role("button", name=re.compile("Fait comme prévu"))
    line = page.locator(".lines li", has=done).first
    line.get_by_text("Corriger").click()
    line.get_by_label("Heures passées").fill(HOURS)
    sacha.taps = 0
    sacha.tap(line.get_by_role("button", name=re.compile("Fait comme prévu")))
    assert sacha.taps == 1
    expect(page.locator(".toast")).to_contain_text(f"{HOURS}\u00a0h, c’est noté")
    page.reload()
    expect(page.get_by_text(f"{HOURS}\u00a0h").first).to_be_visible()
    told = house.terreau("shell", "-v", "0", "-c", WORKED).strip().splitlines()[-1]
    assert told == "1 1"
    assert "aucune différence" in house.terreau("verify")
