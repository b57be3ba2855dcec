"""Surplus in the field to a labelled bottle, to a canteen's order, then called back: a cook's Thursday."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.stories.conftest import PHONE, AHouse, House, Person
from tests.stories.test_rounds import THURSDAY

pytestmark = pytest.mark.story
SignIn = Callable[..., Person]
CYCLE = "0 60\n14 116,5\n30 117\n50 70"


@pytest.fixture(scope="module")
def house(a_house: AHouse) -> Iterator[House]:
    """The demo in the middle of a week: a batch is planned, and something is about to be composted."""
    with a_house(THURSDAY, weeks=1) as served:
        served.open_at(THURSDAY)
        yield served


def button(robin: Person, name: str | re.Pattern[str]) -> None:
    robin.tap(robin.page.get_by_role("button", name=name).first)


def test_surplus_to_a_bottle_to_a_canteens_order_then_called_back(sign_in: SignIn, house: House) -> None:
    proposed(sign_in("plateforme"))
    robin = sign_in("cuisine", PHONE)
    expect(robin.page.get_by_role("link", name=re.compile("Cuisiner"))).to_be_visible()
    robin.shoot("cuisine-aujourdhui")
    robin.go("transformation/")
    expect(robin.page.get_by_text("Cantine de l’école des Roseaux", exact=True)).to_be_visible()
    robin.shoot("cuisine")
    declined(robin)
    robin.taps = 0
    button(robin, re.compile("Prendre"))
    expect(robin.page.locator(".toast")).to_contain_text("c’est à la conserverie")
    assert robin.taps == 1
    robin.page.locator(".toast [data-close]").click()
    robin.tap(robin.page.get_by_role("link", name="Ouvrir la fournée"))
    button(robin, "Mettre dans la fournée")
    expect(robin.page.locator(".toast")).to_contain_text("c’est entré")
    assert robin.taps == 3
    robin.shoot("cuisine-fournee")
    cook(robin)
    labelled(robin, house)
    delivered(robin)
    called_back(robin)


def proposed(lou: Person) -> None:
    """A lot of the store, all of it, as long as it keeps: two taps."""
    lou.go("plateforme/stock/")
    lou.taps = 0
    lou.tap(lou.page.get_by_role("link", name=re.compile("^Proposer à la cuisine")).first)
    lou.shoot("plateforme-proposer")
    button(lou, "Proposer")
    assert lou.taps == 2
    expect(lou.page.locator(".toast")).to_contain_text("proposé à")
    lou.page.locator("td", has_text="à la cuisine, ").evaluate("it => it.scrollIntoView({block: 'center'})")
    lou.shoot("plateforme-propose")


def declined(robin: Person) -> None:
    """Not this time: one tap, and the first page says so no more."""
    page = robin.page
    page.locator("#surplus").evaluate("it => it.scrollIntoView()")
    robin.shoot("cuisine-propose")
    robin.taps = 0
    button(robin, re.compile("^Décliner"))
    assert robin.taps == 1
    expect(page.locator(".toast")).to_contain_text("le lot reste à la plateforme")
    expect(page.get_by_role("button", name=re.compile("^Décliner"))).to_have_count(0)
    page.locator(".toast [data-close]").click()


def cook(robin: Person) -> None:
    """A cycle too short, answered and done again; what came out; the oven."""
    page = robin.page
    page.locator("#point-f0 textarea").fill("0 60\n14 116\n18 116\n40 70")
    page.locator("#point-f0").get_by_label("Numéro de cycle").fill("331-1")
    robin.tap(page.locator("#point-f0").get_by_role("button", name=re.compile("Noter")))
    expect(page.locator("#point-f0")).to_contain_text("Hors limite")
    page.get_by_placeholder("Ce qui a été fait").fill("Second cycle complet aussitôt")
    robin.tap(page.locator("#point-f0").get_by_role("button", name="Noter", exact=True))
    page.get_by_text("Relever de nouveau").first.click()
    page.locator("#point-f0 textarea").fill(CYCLE)
    page.locator("#point-f0").get_by_label("Numéro de cycle").fill("331-2")
    robin.tap(page.locator("#point-f0").get_by_role("button", name="Noter : Cycle d’autoclave (F0)"))
    expect(page.locator("#point-f0").get_by_text("Conforme", exact=True)).to_be_visible()
    page.locator("#points").evaluate("it => it.scrollIntoView()")
    robin.shoot("cuisine-points")
    page.get_by_label("Sorti, en stock").fill("58")
    page.get_by_label("Gardés (étuve, témoins)").fill("2")
    page.get_by_label("Épluchures et parures").fill("3")
    button(robin, "La fournée est finie")
    expect(page.get_by_text("Étuvage : à relever.".replace(" :", "\u202f:"))).to_be_visible()
    page.get_by_label("tous les pots ont tenu").check()
    robin.tap(page.locator("#point-incubation").get_by_role("button", name=re.compile("Noter")))
    button(robin, "Libérer")
    expect(page.locator(".badge.ok", has_text="Libéré")).to_be_visible()
    robin.shoot("cuisine-libere")


def labelled(robin: Person, house: House) -> None:
    page = robin.page
    expect(page.locator("#etiquette")).to_contain_text("potimarron")
    link = page.get_by_role("link", name="Étiquettes en PDF").get_attribute("href")
    assert page.request.get(f"{house.url}{link}").body().startswith(b"%PDF")
    pdf = page.request.get(f"{house.url}{link}").body()
    (robin.shots / "cuisine-etiquettes.pdf").write_bytes(pdf)


def delivered(robin: Person) -> None:
    """What the canteen ordered is promised since yesterday: one tap from the first page, and it is gone."""
    page, batch = robin.page, robin.page.url
    robin.go("transformation/")
    robin.taps = 0
    button(robin, re.compile("Livré.*Roseaux"))
    assert robin.taps == 1
    expect(page.locator(".toast")).to_contain_text("c’est livré")
    expect(page.get_by_text("Aucune commande en attente")).to_be_visible()
    page.goto(batch)


def called_back(robin: Person) -> None:
    """A bottle that swells: the lot is held, and the list says who has some."""
    page = robin.page
    page.get_by_text("Bloquer ce lot, ou l’écarter").click()
    page.locator("#bloquer").get_by_label("Pourquoi").fill("bouteille bombée")
    button(robin, "Bloquer")
    expect(page.locator(".notice")).to_contain_text("bouteille bombée")
    for toast in page.locator(".toast [data-close]").all():
        toast.click()
    page.get_by_text("Bloquer ce lot, ou l’écarter").click()
    robin.tap(page.get_by_role("link", name="la liste de rappel"))
    expect(page.locator("main")).to_contain_text("Cantine de l’école des Roseaux")
    robin.shoot("cuisine-rappel")
    for end, name in (
        ("recettes/", "recettes"),
        ("hygiene/", "hygiene"),
        ("stock/", "stock"),
        ("a-facon/", "facon"),
    ):
        robin.go(f"transformation/{end}")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
        robin.shoot(f"cuisine-{name}")
