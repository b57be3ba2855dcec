"""A person who tries a farm, from their application to the land they settle on; their tutor beside them."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.stories.conftest import PHONE, WEDNESDAY, House, Person

pytestmark = pytest.mark.story
SignIn = Callable[..., Person]
LETTER = """
from terreau.rooms.incubator import actions
from terreau.territory.hand import Hand
from terreau.rooms.incubator.models import Project
from terreau.territory.clock import now
from terreau.territory.models import User
by = User.objects.get(email="couveuse@exemple.invalid")
project = Project.objects.get(title="La Haie Vive")
print("TOKEN=" + actions.invite_tester(project=project, by=by, hand=Hand(by, now(), "story-letter"))[1])
"""
CLAUSES = {
    "Programme de préparation": "Une saison, trois bilans, une formation à la gestion.",
    "Moyens mis à disposition": "Une planche, l’eau, deux heures d’accompagnement par mois.",
    "Rémunération de la couveuse": "Dix pour cent des ventes, retenus à chaque relevé.",
    "nature, et qui les assume": "Plants et graines ; la couveuse en répond.",
    "Informations comptables": "Ventes, achats et heures notés chaque semaine.",
    "Rupture anticipée": "Un mois de préavis, par écrit.",
    "Rémunération éventuelle": "Aucune.",
    "Remboursement des cotisations": "Retenues sur le solde.",
}


def test_a_tester_from_application_to_installation(sign_in: SignIn, house: House, browser: Browser) -> None:
    house.open_at(WEDNESDAY)
    claude = sign_in("couveuse")
    expect(claude.page.get_by_role("link", name=re.compile("Accompagner les tests"))).to_be_visible()
    claude.shoot("couveuse-aujourdhui")
    address = welcomed(claude)
    under_contract(claude, house)
    lent(claude, address)
    written = re.search(r"TOKEN=(\S+)", house.terreau("shell", "-c", LETTER))
    assert written
    person = newcomer(browser, house, claude, written[1])
    lived(person, address)
    claude.page.goto(f"{address}chiffres/")
    expect(claude.page.locator(".stats")).to_contain_text(re.compile("40,00.€"))
    claude.shoot("couveuse-chiffres")
    settled(claude, address)
    person.page.goto(f"{address}installation/")
    expect(person.page.get_by_role("heading", name="Installé à Audruicq")).to_be_visible()
    person.shoot("couveuse-installation")
    # Another who tests finds nothing there.
    ariel = sign_in("test", PHONE)
    assert ariel.page.request.get(f"{address}chiffres/").status == 404
    ariel.page.get_by_role("link", name=re.compile("Mon test")).click()
    ariel.shoot("couveuse-mon-projet")
    for name in ("Plan", "DJA", "Conversion"):
        ariel.tap(ariel.page.get_by_role("link", name=name, exact=True))
        ariel.shoot(f"couveuse-{name.lower()}")
    person.page.context.close()


def welcomed(claude: Person) -> str:
    """The candidate, met and accepted; the address of the project."""
    claude.go("couveuse/")
    claude.shoot("couveuse")
    claude.tap(claude.page.get_by_role("link", name="Nouvelle candidature"))
    for label, words in (
        ("Nom de la personne", "Lou Vanhove"), ("Adresse e-mail", "lou.vanhove@exemple.invalid"),
        ("Date de naissance", "02/05/1994"), ("Nom du projet", "La Haie Vive"),
        ("Ce qui sera produit", "Légumes et petits fruits"), ("Candidature reçue le", "02/11/2026"),
    ):  # fmt: skip
        claude.page.get_by_label(label).fill(words)
    claude.tap(claude.page.get_by_role("button", name="Noter la candidature"))
    claude.tap(claude.page.get_by_role("link", name="La Haie Vive"))
    claude.tap(claude.page.get_by_role("link", name="Accepter"))
    claude.page.get_by_label("Accepté le").fill("10/11/2026")
    claude.page.get_by_label("Préfixe de ses lots").fill("HAI")
    claude.tap(claude.page.get_by_role("button", name="Accepter le projet"))
    return claude.page.url


def under_contract(claude: Person, house: House) -> None:
    """A clause is missing: it is named, written, and the contract is signed."""
    claude.tap(claude.page.get_by_role("link", name="Écrire le contrat"))
    claude.page.get_by_label("Commence le").fill("16/11/2026")
    claude.page.get_by_label("Finit le").fill("15/11/2027")
    claude.page.get_by_label("Montant maximal").fill("2000")
    for label, words in CLAUSES.items():
        if label != "Rupture anticipée":
            claude.page.get_by_label(label).fill(words)
    claude.tap(claude.page.get_by_role("button", name="Enregistrer le projet de contrat"))
    claude.tap(claude.page.get_by_role("link", name="Signer"))
    claude.tap(claude.page.get_by_role("button", name="Signé par les deux"))
    expect(claude.page.get_by_role("alert")).to_contain_text("Clause manquante\u202f: Rupture anticipée")
    claude.shoot("couveuse-clause")
    claude.page.get_by_role("link", name="Retour").click()
    claude.tap(claude.page.get_by_role("link", name="Corriger le contrat"))
    claude.page.get_by_label("Rupture anticipée").fill(CLAUSES["Rupture anticipée"])
    claude.tap(claude.page.get_by_role("button", name="Enregistrer le projet de contrat"))
    claude.tap(claude.page.get_by_role("link", name="Signer"))
    claude.page.get_by_label("Signé le").fill("16/11/2026")
    claude.tap(claude.page.get_by_role("button", name="Signé par les deux"))
    link = claude.page.get_by_role("link", name=re.compile("PDF")).get_attribute("href")
    paper = claude.page.request.get(f"{house.url}{link}").body()
    assert paper.startswith(b"%PDF")
    (claude.shots / "couveuse-contrat.pdf").write_bytes(paper)
    claude.shoot("couveuse-projet")


def lent(claude: Person, address: str) -> None:
    claude.page.goto(f"{address}moyens/")
    claude.tap(claude.page.get_by_role("link", name="Prêter une planche"))
    claude.page.get_by_label("Planche ou parcelle").select_option(
        label="Espace-test 14 (Jardin des Alouettes)"
    )
    claude.page.get_by_label("Surface").fill("80")
    claude.tap(claude.page.get_by_role("button", name="Prêter"))
    expect(claude.page.locator("#main")).to_contain_text("80 m² de Jardin des Alouettes")


def newcomer(browser: Browser, house: House, claude: Person, token: str) -> Person:
    """The letter is answered: the person opens an account, on a phone."""
    context = browser.new_context(viewport=PHONE, locale="fr-FR", timezone_id="Europe/Paris")
    person = Person(context.new_page(), house, claude.shots)
    person.page.goto(f"{house.url}/invitation/{token}")
    person.page.get_by_label("Votre nom").fill("Lou Vanhove")
    person.page.get_by_label("Choisissez un mot de passe").fill("trois mots étonnants")
    person.page.get_by_role("button").last.click()
    person.page.wait_for_url(f"{house.url}/e/audruicq/")
    expect(person.page.get_by_role("link", name=re.compile("Mon test"))).to_be_visible()
    return person


def lived(person: Person, address: str) -> None:
    """Harvested, sold, hours noted: from the phone."""
    for link, fields, button in (
        ("Récolter", {"Produit": "Carotte", "Quantité pesée": "25"}, "Enregistrer la récolte"),
        ("Vendre", {"Client": "Halle du Canal", "Produit": "Carotte", "Quantité": "20",
                    "Prix de la ligne": "40"}, "Enregistrer la vente"),
        ("Heures", {"Heures travaillées": "6"}, "Enregistrer les heures"),
    ):  # fmt: skip
        person.page.goto(f"{address}chiffres/")
        person.tap(person.page.locator("#main").get_by_role("link", name=link, exact=True))
        for label, words in fields.items():
            entry = person.page.get_by_label(label, exact=True)
            if entry.evaluate("it => it.tagName") == "SELECT":
                entry.select_option(label=words)
            else:
                entry.fill(words)
        if link == "Récolter":
            person.shoot("couveuse-recolter")
        person.tap(person.page.get_by_role("button", name=button))


def settled(claude: Person, address: str) -> None:
    claude.page.goto(address)
    claude.tap(claude.page.get_by_role("link", name="Immatriculer"))
    claude.page.get_by_label("SIRET").fill("00000000077776")
    claude.tap(claude.page.get_by_role("button", name="Immatriculer"))
    claude.tap(claude.page.get_by_role("link", name="Sortie"))
    for label, words in (
        ("Commune d’installation", "Audruicq"), ("Hectares", "2,5"), ("Emplois", "1,5"),
        ("Dont non délocalisables", "1,5"),
    ):  # fmt: skip
        claude.page.get_by_label(label).fill(words)
    claude.tap(claude.page.get_by_role("button", name="Noter la sortie"))
    expect(claude.page.locator(".timeline")).to_contain_text("installation")
