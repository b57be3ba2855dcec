"""Gestures of every day, done in the browser, their taps counted."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, expect

from tests.stories.conftest import Person
from tests.stories.test_insertion import fill

LONG = 90_000
# How many taps each may take, from the page where one is.
BUDGETS = {
    "une récolte, pesée": 4, "une arrivée comme prévu": 1, "une préparation comme prévu": 1,
    "une livraison comme prévu": 1,
    "offrir comme la semaine dernière": 2, "commander comme la semaine dernière": 2,
    "sauter son panier": 2, "la semaine d’heures d’une équipe": 3, "planifier la semaine, publier": 3,
    "d’un lot à qui prévenir": 1, "facturer le mois": 3, "s’inscrire à un atelier, sans compte": 1,
}  # fmt: skip
counted: dict[str, int] = {}


@contextmanager
def gesture(person: Person, name: str) -> Iterator[None]:
    """Its taps are counted, by the story and by the browser, and are within what it may take."""
    taps, touched, typed = person.taps, person.touched, person.address_typed
    yield
    person.page.evaluate("document.title")  # what the browser has to tell is heard
    counted[name] = max(person.taps - taps, person.touched - touched)
    assert counted[name] <= BUDGETS[name], name
    assert person.address_typed == typed, f"{name}: nobody types an address"


def button(person: Person, name: str | re.Pattern[str], within: str = "#main") -> Locator:
    return person.page.locator(within).get_by_role("button", name=name).first


def told(person: Person, words: str) -> None:
    """The message that passes; then it is sent away."""
    expect(person.page.locator(".toast").filter(has_text=words).first).to_be_visible()
    for close in person.page.locator(".toast [data-close]").all():
        close.click()


def add(person: Person, within: str, words: dict[str, str], name: str = "Ajouter") -> None:
    fill(person.page.locator(f"{within} form"), words)
    person.tap(button(person, name, within))
