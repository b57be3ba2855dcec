"""The director prepares the yearly meeting: accounts, the answer, down to the ledger, then public."""

import re

import pytest
from playwright.sync_api import expect

from tests.stories.conftest import MONDAY

pytestmark = pytest.mark.story
WAIT = 90_000


def test_the_director_prepares_the_yearly_meeting(sign_in, house, browser):
    house.open_at(MONDAY)
    director = sign_in("direction")
    page = director.page
    director.go("reponse/comptabilite/?annee=2026&nature=basket_sales")
    page.get_by_label("Montant de l’année").fill("12 400")
    page.get_by_label("Commune").fill("Atlantide")
    page.get_by_label("D’où vient le chiffre").fill("abonnements encaissés")
    director.tap(page.get_by_role("button", name="Écrire"))
    expect(page.get_by_text("n’est pas une commune connue")).to_be_visible()
    expect(page.get_by_label("Montant de l’année")).to_have_value("12 400")
    page.get_by_label("Commune").fill("Audruicq")
    director.tap(page.get_by_role("button", name="Écrire"))
    expect(page.get_by_text("Écrit pour 2026")).to_be_visible()

    director.go("reponse/")
    if page.get_by_text("Calculer de nouveau").is_visible():
        page.get_by_text("Calculer de nouveau").click()
    page.get_by_label("Année").select_option("2026")
    page.get_by_role("button", name="Calculer la réponse").click()
    expect(page.get_by_role("heading", name="Emploi et parcours")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("année en cours, chiffres provisoires")).to_be_visible()
    answer = page.url
    director.shoot("reponse")

    director.tap(page.get_by_role("link", name="Multiplicateur local (LM3)"))
    expect(page.get_by_role("heading", name="Les flux derrière")).to_be_visible()
    director.shoot("reponse-fiche")
    director.tap(page.get_by_role("link", name=re.compile("Novembre 2026")).first)
    expect(page.get_by_role("region", name="Mouvements du grand livre")).to_be_visible()
    director.tap(page.get_by_role("region", name="Mouvements du grand livre").get_by_role("link").first)
    expect(page).to_have_url(re.compile("/lots/"))

    page.goto(answer)
    director.tap(page.get_by_role("button", name="Publier"))
    expect(page.get_by_text("La réponse est publique.")).to_be_visible()
    anybody = browser.new_page()
    anybody.goto(f"{house.url}/contribution/audruicq/")
    expect(anybody.get_by_role("heading", name="Ce qu’on ne sait pas")).to_be_visible()
    anybody.close()
    report = page.request.get(f"{answer}rapport.pdf")
    assert report.body().startswith(b"%PDF")
