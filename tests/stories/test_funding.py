"""A director finds an aid, builds a project on it, and hands in the final report with its evidence."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.stories.conftest import PHONE, WEDNESDAY, House, Person

pytestmark = pytest.mark.story
SignIn = Callable[..., Person]


def fill(who: Person, **typed: str) -> None:
    """By the labels of a form, « _ » for a space."""
    for label, words in typed.items():
        who.page.locator("form.form").get_by_label(label.replace("_", " "), exact=False).first.fill(words)


def press(who: Person, name: str) -> None:
    who.tap(who.page.get_by_role("button", name=name, exact=True))


def follow(who: Person, name: str) -> None:
    who.tap(who.page.get_by_role("link", name=name, exact=True).first)


def test_a_project_from_what_fits_to_its_final_report(sign_in: SignIn, house: House) -> None:
    house.open_at(WEDNESDAY)
    dominique = sign_in("direction")
    expect(dominique.page.get_by_role("link", name=re.compile("Répondre aux financeurs"))).to_be_visible()
    dominique.go("financements/")
    dominique.shoot("financements")
    expect(dominique.page.locator("#no + ul")).to_contain_text("ne s’adresse pas à")
    follow(dominique, "Appel PTCE émergents")
    dominique.shoot("financement-dispositif")
    follow(dominique, "Nouveau projet")
    fill(dominique, Titre="Cuisine partagée", Ce_qui_sera_fait="Une cuisine à plusieurs")
    fill(dominique, Commence_le="01/01/2026", Finit_le="31/10/2026")
    fill(dominique, Plafond="80", Où_ce_plafond="règlement de l’appel")
    press(dominique, "Créer le projet")
    project = dominique.page.url
    follow(dominique, "Dépense")
    fill(dominique, Dépense="Fours", Hors_taxe="8 000", TVA="1 600")
    dominique.page.get_by_label("Nature").select_option(label="investissement")
    press(dominique, "Ajouter la dépense")
    dominique.page.goto(f"{project}financeur/?dispositif=ptce")
    fill(dominique, Montant_prévu="4 800", Taux_plafond="50")
    press(dominique, "Ajouter le financeur")
    expect(dominique.page.locator(".notice.warn")).to_contain_text(re.compile("Il manque 4.800,00.€"))
    follow(dominique, "Financeur")
    fill(dominique, Financeur="Conserverie", Montant_prévu="4 800")
    dominique.page.get_by_label("Nature").select_option(label="fonds propres")
    press(dominique, "Ajouter le financeur")
    expect(dominique.page.locator(".notice.ok")).to_contain_text("équilibré au centime")
    dominique.shoot("financement-projet")
    asked_and_obtained(dominique)
    proved(dominique)
    follow(dominique, "Bilan")
    expect(dominique.page.get_by_role("heading", name="Bilan final")).to_be_visible()
    expect(dominique.page.locator("#proof + .table tfoot")).to_contain_text(re.compile("2.400,00.€"))
    dominique.shoot("financement-bilan")
    link = dominique.page.get_by_role("link", name="Bilan en PDF").get_attribute("href")
    assert dominique.page.request.get(f"{house.url}{link}").body().startswith(b"%PDF")
    dominique.go("financements/projets/")
    dominique.shoot("financement-projets")
    dominique.go("financements/pieces/")
    dominique.shoot("financement-pieces")
    dominique.go("financements/dossiers/1/")
    dominique.shoot("financement-dossier")
    assert not overflows(sign_in("coordination", PHONE))


def asked_and_obtained(dominique: Person) -> None:
    """Each step is the large button of the funder's page."""
    follow(dominique, "État")
    follow(dominique, "Repéré")
    press(dominique, "Noter")
    follow(dominique, "En préparation")
    fill(dominique, Responsable="Direction")
    press(dominique, "Noter")
    follow(dominique, "Demandé")
    fill(dominique, Numéro="PTCE-3", Taux="60")
    press(dominique, "Noter")
    expect(dominique.page.locator(".error")).to_contain_text(re.compile("l’aide s’arrête à 50"))
    dominique.shoot("financement-refus")
    fill(dominique, Taux="50")
    press(dominique, "Noter")
    follow(dominique, "Obtenu")
    fill(dominique, Convention="2026-40")
    press(dominique, "Noter")


def proved(dominique: Person) -> None:
    """An invoice, an indicator the ledger measures, a claim."""
    file = dominique.page.url
    follow(dominique, "Indicateur")
    dominique.page.get_by_label("Indicateur").select_option(label="Kilos livrés aux cantines (kg)")
    fill(dominique, Promis="500")
    press(dominique, "Promettre")
    dominique.go("financements/pieces/")
    follow(dominique, "Facture")
    fill(dominique, Fournisseur="Fours du Nord", Numéro_de_facture="77", Objet="four", Date="12/09/2026",
         Hors_taxe="4 000", TVA="800")  # fmt: skip
    press(dominique, "Ajouter la facture")
    dominique.page.goto(file)
    follow(dominique, "Rattacher")
    piece = dominique.page.get_by_label("Pièce", exact=True)
    piece.select_option(piece.locator("option", has_text="Fours du Nord").get_attribute("value"))
    press(dominique, "Rattacher")
    follow(dominique, "Demander")
    dominique.page.get_by_label("solde", exact=True).check()
    press(dominique, "Envoyer la demande")
    expect(dominique.page.locator("#claims")).to_be_visible()


def overflows(camille: Person) -> list[str]:
    """Pages wider than a narrow phone."""
    wide = []
    camille.page.set_viewport_size({"width": 320, "height": 700})
    for end in ("", "projets/", "projets/1/", "dossiers/1/", "dossiers/1/bilan/", "pieces/"):
        camille.go(f"financements/{end}")
        if camille.page.evaluate("document.documentElement.scrollWidth") > 320:
            wide.append(end)
    return wide
