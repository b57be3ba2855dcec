"""A worksite order to its report, on the desk; the day's sheet on a phone, in numbers and never in names."""

import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.stories.conftest import PHONE, WEDNESDAY, House, Person

pytestmark = pytest.mark.story
SignIn = Callable[..., Person]


def test_a_worksite_order_to_its_report(sign_in: SignIn, house: House, tmp_path: Path) -> None:
    house.open_at(WEDNESDAY)
    sacha = sign_in("jardin")
    sacha.go("chantiers/sites/")
    sacha.shoot("chantier-sites")
    sacha.tap(sacha.page.get_by_role("link", name="Sentier des Roseaux").last)
    sacha.tap(sacha.page.get_by_role("link", name="Nouvelle commande"))
    sacha.page.get_by_label("Ce que demande le client").fill("Dégager les marches")
    sacha.page.get_by_label("Travail").select_option(label="Petits aménagements de site")
    sacha.tap(sacha.page.get_by_role("button", name="Noter la demande"))
    sacha.page.get_by_label("à la journée").check()
    sacha.page.get_by_label("Montant").fill("620")
    sacha.page.get_by_label("Heures d’équipe prévues").fill("30")
    sacha.tap(sacha.page.get_by_role("button", name="Noter le devis"))
    sacha.tap(sacha.page.get_by_role("button", name="Le client accepte"))
    sacha.tap(sacha.page.get_by_role("button", name="Planifier", exact=True))
    for number, side in enumerate(("avant", "après")):
        picture_of(sacha, side, camera(tmp_path / f"{side}.png", shade=120 + 90 * number))
    expect(sacha.page.locator(".pair img")).to_have_count(2)
    sacha.page.locator("#photos").evaluate("it => it.scrollIntoView()")
    sacha.shoot("chantier-commande")
    address = sacha.page.url
    on_the_ground(sign_in("jardin", PHONE))
    sacha.page.goto(address)
    sacha.tap(sacha.page.get_by_role("button", name="Tout est fait, terminer la commande"))
    sacha.go("chantiers/bilan/")
    sacha.page.get_by_label("Client").select_option(label="CC de la Région d’Audruicq")
    sacha.tap(sacha.page.get_by_role("button", name="Voir"))
    row = sacha.page.get_by_role("row", name=re.compile("Sentier des Roseaux"))
    # 35 h and 650 € were there, of a day lived before; 7 people of 4,5 h at 620 € a day are added.
    expect(row).to_contain_text(re.compile("66,5.h"))
    expect(row).to_contain_text(re.compile("1.270,00.€"))
    sacha.shoot("chantier-bilan")
    link = sacha.page.get_by_role("link", name="Bilan en PDF").get_attribute("href")
    assert sacha.page.request.get(f"{house.url}{link}").body().startswith(b"%PDF")


def on_the_ground(sacha: Person) -> None:
    """Tools out, the day as it was, tools back: three taps and what differs."""
    expect(sacha.page.get_by_role("link", name=re.compile("Aller au chantier"))).to_be_visible()
    sacha.go("chantiers/")
    sacha.shoot("chantiers")
    sacha.page.get_by_role("link", name="Mer. 25 nov. · Sentier des Roseaux").click()
    sacha.taps = 0
    sacha.page.get_by_label("Faux (sur 6)").fill("4")
    sacha.tap(sacha.page.get_by_role("button", name="Sortir", exact=True))
    sacha.shoot("chantier-feuille")
    sacha.page.get_by_label("Personnes").fill("7")
    sacha.page.get_by_label("Heures par personne").fill("4,5")
    sacha.tap(sacha.page.get_by_role("button", name="La journée est faite"))
    expect(sacha.page.locator(".stat").first).to_contain_text("31,5 h")
    sacha.page.locator(".toast [data-close]").click()
    sacha.tap(sacha.page.get_by_role("button", name="Tout est rentré"))
    expect(sacha.page.locator("#outils")).to_contain_text("Rien n’est sorti")
    assert sacha.taps == 3


def picture_of(sacha: Person, side: str, file: Path) -> None:
    sacha.page.get_by_text("Ajouter une photo").click()
    sacha.page.locator("#photos").get_by_label(side, exact=True).check()
    sacha.page.get_by_label("Photo", exact=True).set_input_files(file)
    expect(sacha.page.get_by_role("button", name="Garder la photo")).to_be_enabled()
    sacha.tap(sacha.page.get_by_role("button", name="Garder la photo"))


def camera(file: Path, shade: int) -> Path:
    """A picture wider than what is kept: the page makes it smaller before it leaves."""
    wide, high = 2400, 1800
    head = struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + bytes([shade]) * wide) * high, 1)
    parts = ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    ))  # fmt: skip
    return file
