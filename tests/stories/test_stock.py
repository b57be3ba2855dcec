"""The stock, on a phone: a store is counted, undone; a lot has its labels and its letters."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.stories.conftest import PHONE, WEDNESDAY, House, Person

pytestmark = pytest.mark.story
SignIn = Callable[..., Person]


def test_a_store_is_counted_and_undone_and_a_lot_is_called_back(sign_in: SignIn, house: House) -> None:
    house.open_at(WEDNESDAY)
    lou = sign_in("plateforme", PHONE)
    lou.go("plateforme/stock/")
    lou.tap(lou.page.get_by_role("link", name="Carte"))
    lou.shoot("carte-des-reserves")
    lou.go("plateforme/stock/")
    lou.tap(lou.page.get_by_role("link", name="Inventaire"))
    lou.shoot("inventaire")
    lou.page.get_by_label(re.compile("^Compté")).first.fill("0,5")
    lou.tap(lou.page.get_by_role("button", name="Enregistrer le comptage"))
    expect(lou.page.locator(".error").first).to_contain_text("Dites pourquoi")
    expect(lou.page.get_by_label(re.compile("^Compté")).first).to_have_value("0,5")
    lou.page.get_by_label(re.compile("^Pourquoi")).first.fill("mal pesé")
    lou.tap(lou.page.get_by_role("button", name="Enregistrer le comptage"))
    expect(lou.page.locator(".toast")).to_contain_text("un écart")
    expect(lou.page.locator("nav[aria-label='Lieux']")).to_contain_text("compté mer. 25 nov.")
    lou.shoot("inventaire-compte")
    lou.tap(lou.page.locator(".toast").get_by_role("button", name="Annuler"))
    expect(lou.page.locator("nav[aria-label='Lieux']")).not_to_contain_text("compté mer.")
    call_back(lou)


def call_back(lou: Person) -> None:
    """From a lot: its labels; in one tap the list, then the letter, for all and for one."""
    lou.go("plateforme/stock/")
    lou.page.locator("#main td a[href*='/lots/']").first.click()
    lou.page.get_by_label("Combien").fill("6")
    assert printed(lou, lou.page.locator("form[action$='etiquettes.pdf']").get_attribute("action"))
    lou.shoot("lot")
    lou.tap(lou.page.get_by_role("link", name="Qui prévenir"))
    lou.shoot("rappel")
    letters = lou.page.locator("a[href*='lettre.pdf']").all()
    assert len(letters) > 1
    for link in letters[:2]:
        assert printed(lou, link.get_attribute("href"))


def printed(person: Person, address: Any) -> bool:
    answer = person.page.request.get(f"{person.house.url}{address}")
    return answer.ok and answer.body().startswith(b"%PDF")
