"""Insertion as it is lived: one person from referral to the news after leaving, seen by each role; the hours
of a supervisor's week; the figures of the quarterly meeting."""

import csv
import re
from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Response, expect

from tests.stories.conftest import DESK, MONDAY, PHONE, House, Person

pytestmark = pytest.mark.story
SignIn = Callable[..., Person]
AXE = Axe()
# One comes, six weeks before the contract ends, one leaves, and the news three months after.
FRIDAY, RENEWAL = "2026-11-27T16:00", "2027-04-16T16:00"
LEAVING, NEWS = "2027-06-30T10:00", "2027-09-30T10:00"
# Nothing here is computed in the background: the pages are served alone, and open faster.
PAGES = ("--no-worker",)
NAME, TEAM = "Swann Duquesnoy", "Serre des essais"
# What the counsellor alone writes: nobody who may not read it ever does.
SECRETS = {
    "Santé au travail": "pas de charge au-dessus de 10 kg",
    "Contraintes de justice": "absente le mardi de 9 h à 10 h",
    "Budget": "un dossier est déposé à la Banque de France",
    "Logement": "hébergée chez une amie",
}
# A pseudonym is given an account: no page does it yet.
ACCOUNT = """
from terreau.territory.models import Agent, Membership, User
agent = Agent.objects.get(name="{code}")
user = User.objects.create_user(email="swann@exemple.invalid", password="terreau-demo", name="Swann")
Membership.objects.create(user=user, ecopole=agent.ecopole, agent=agent, role="participant")
"""
IN_THE_LEDGER = """
from django.core.management import call_command
from django.db.models import Sum
from terreau.ledger.models import Event
from terreau.rooms.insertion.hours import event_key
from terreau.rooms.insertion.models import SheetLine
lines = SheetLine.objects.filter(sheet__team={team}, sheet__week="2026-W48")
events = Event.objects.filter(key__in=[event_key(line) for line in lines])
for row in events.order_by().values_list("product__code").annotate(Sum("quantity")):
    print(*row)
call_command("verify")
"""


# --- gestures -------------------------------------------------------------------------------------------


def labelled(within: Page | Locator, label: str) -> Locator:
    return within.get_by_label(re.compile(rf"^{re.escape(label)}( facultatif)?$"))


def fill(within: Page | Locator, words: dict[str, str]) -> None:
    """Each entry by its label, the first of that name; a choice by how it begins."""
    for label, value in words.items():
        entry = labelled(within, label).first
        if entry.evaluate("it => it.tagName") == "SELECT":
            choices = entry.locator("option").all_inner_texts()
            entry.select_option(index=next(n for n, said in enumerate(choices) if said.startswith(value)))
        else:
            entry.fill(value)


def is_post(answer: Response) -> bool:
    return answer.request.method == "POST"


def send(person: Person, button: str, told: str) -> None:
    """The form is sent, and what the page answers is there."""
    person.taps += 1
    with person.page.expect_response(is_post):
        person.page.get_by_role("button", name=button, exact=True).click()
    expect(person.page.locator("#toasts, .notice, .error").filter(has_text=told).first).to_be_visible()


def open_by(person: Person, link: Locator, heading: str) -> None:
    person.taps += 1
    link.click()
    expect(person.page.get_by_role("heading", level=1)).to_contain_text(heading)


def picture(person: Person, name: str) -> None:
    """The screen, without the message that passes."""
    if (message := person.page.locator(".toast [data-close]")).count():
        message.first.click()
    person.shoot(name)


def check(person: Person) -> None:
    """The page fits a narrow screen and breaks no rule of accessibility."""
    before = person.page.viewport_size
    person.page.set_viewport_size({"width": 320, "height": 640})
    assert person.page.evaluate("() => document.documentElement.scrollWidth") <= 320
    assert person.page.evaluate("() => document.querySelectorAll('h1').length") == 1
    person.page.set_viewport_size(DESK)
    found = AXE.run(person.page)
    assert not found.violations_count, found.generate_report()
    person.page.set_viewport_size(before or DESK)


def shut(person: Person, code: str, path: str) -> bool:
    """No way in, and nothing that tells this file from one that does not exist."""
    here = f"{person.house.url}/e/audruicq/insertion"
    real, unknown = (person.page.request.get(f"{here}/{file}/{path}").status for file in (code, "P-0000"))
    return real == unknown and real in (403, 404)


def number(text: str) -> Decimal:
    """A French number, whatever its unit."""
    found = re.search(r"-?\d[\d\s]*(?:,\d+)?", text)
    assert found, text
    return Decimal(re.sub(r"\s", "", found[0]).replace(",", "."))


# --- the quarterly meeting ------------------------------------------------------------------------------


def test_the_quarterly_meeting_reads_figures_that_open_their_lists(sign_in: SignIn, house: House) -> None:
    house.open_at(MONDAY)
    dominique = sign_in("direction")
    page = dominique.page
    dominique.go("insertion/")
    open_by(dominique, page.get_by_role("link", name="Piloter"), "Piloter")
    dominique.shoot("insertion-piloter")
    check(dominique)
    figures = {
        stat.locator("dt").inner_text(): stat.locator("dd").inner_text()
        for stat in page.locator(".stat").all()
    }
    closed = sum(number(cell) for cell in page.locator("td[data-label='Heures closes']").all_inner_texts())
    realised = (closed / 1820).quantize(Decimal("0.01"), ROUND_DOWN)
    assert number(figures["ETP réalisés"]) == realised > 0
    assert number(figures["ETP conventionnés"]) > 0
    for figure in ("ETP réalisés", "Aide due", "Reçue"):
        stat = page.locator(".stat").filter(has_text=figure)
        target = stat.get_by_role("link").first.get_attribute("href")
        assert target
        expect(page.locator(target)).to_be_visible()

    row = page.locator("#mois tbody tr").filter(has_text="Octobre 2026")
    paid = number(row.locator("td[data-label='Heures closes']").inner_text())
    open_by(dominique, row.get_by_role("link"), "Octobre 2026")
    dominique.shoot("insertion-etat-mensuel")
    check(dominique)
    with page.expect_download() as download:
        page.get_by_role("link", name="Exporter (CSV)").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    told = list(csv.DictReader(lines, delimiter=";"))
    assert len(told) == page.locator("tbody tr").count() > 0
    assert sum(number(line["Heures payées"]) for line in told) == paid > 0

    dominique.go("insertion/")
    open_by(dominique, page.get_by_role("link", name="Sorties"), "Sorties")
    counts = [number(cell) for cell in page.locator("td[data-label='Personnes']").all_inner_texts()]
    assert sum(counts[:4]) == counts[4], "each category, and their sum"
    dominique.shoot("insertion-sorties")
    check(dominique)


# --- a supervisor's week --------------------------------------------------------------------------------


def test_a_supervisors_week_is_three_taps_and_reaches_the_ledger(sign_in: SignIn, house: House) -> None:
    house.open_at(MONDAY)
    morgan = sign_in("encadrement", PHONE)
    page = morgan.page
    open_by(morgan, page.get_by_role("link", name="Noter les heures"), "Heures")
    page.locator(".card .lines a").first.click()
    expect(page.get_by_text("d’après ce qui était prévu")).to_be_visible()
    team = page.get_by_role("heading", level=1).inner_text()
    sheet = page.url
    # Somebody is on leave on Tuesday: the hours change column, and say why.
    page.locator("details.hours summary").first.click()
    work = page.locator("[aria-label^='Travail, mardi 24, ']:not([value=''])").first
    who = (work.get_attribute("aria-label") or "").removeprefix("Travail, ")
    page.get_by_label(f"Absence, {who}").fill(work.input_value())
    work.fill("")
    send(morgan, "Enregistrer", "Corrigez les cases signalées")
    expect(page.get_by_text("Choisissez le motif de l’absence.")).to_be_visible()
    page.get_by_label(f"Motif, {who}").select_option(label="Congé payé")
    typed = page.locator("[aria-label^='Absence, ']").evaluate_all("all => all.map(it => it.value)")
    absent = sum(number(hours) for hours in typed if hours)
    check(morgan)
    send(morgan, "Enregistrer", "Les heures sont enregistrées.")
    page.locator("details.hours summary").first.click()
    page.get_by_label(f"Motif, {who}").scroll_into_view_if_needed()
    picture(morgan, "insertion-feuille")
    send(morgan, "Valider la semaine", "qui n’est pas encore là")

    house.open_at(FRIDAY, *PAGES)
    page.goto(f"{house.url}/e/audruicq/")
    morgan.taps = 0
    open_by(morgan, page.get_by_role("link", name="Noter les heures"), "Heures")
    open_by(morgan, week_link(morgan, team), team)
    send(morgan, "Valider la semaine", "La semaine est validée.")
    assert morgan.taps <= 3, "the week's hours of a team, as planned, are three taps"
    total = number(
        page.get_by_text("Validée, à clôturer").locator("..").inner_text().partition("clôturer")[2]
    )
    dominique = sign_in("direction")
    dominique.page.goto(sheet)
    send(dominique, "Clôturer la semaine", "ses heures comptent")
    picture(dominique, "insertion-feuille-close")
    check(dominique)
    written = house.terreau("shell", "-v", "0", "-c", IN_THE_LEDGER.format(team=sheet.split("/")[-3]))
    ledger = {code: Decimal(amount) for code, amount in re.findall(r"^(insertion-\w+) (\S+)$", written, re.M)}
    assert ledger["insertion-absence"] == absent > 0
    assert sum(ledger.values()) == total
    assert "aucune différence" in written


# --- one person, from referral to the news after leaving ------------------------------------------------


def test_one_person_from_referral_to_three_months_after_leaving(sign_in: SignIn, house: House) -> None:
    house.open_at(FRIDAY, *PAGES)
    maxence = sign_in("accompagnement")
    code = welcome(maxence)
    enter(maxence, code)
    contract(maxence, code)
    first_interview(maxence, code)
    house.terreau("shell", "-v", "0", "-c", ACCOUNT.format(code=code))
    house.open_at(RENEWAL, *PAGES)
    morgan, swann = sign_in("encadrement", PHONE), sign_in("swann", PHONE)
    at_work(morgan, code)
    read_and_sign(swann)
    close_the_week(maxence)
    dominique = sign_in("direction")
    renew(morgan, maxence, dominique, code)
    house.open_at(LEAVING, *PAGES)
    leave(maxence, code)
    house.open_at(NEWS, *PAGES)
    ask_for_news(maxence, code)
    seen_by_the_supervisor(morgan, code)
    seen_by_the_direction(dominique, maxence, code)
    seen_by_others(sign_in, code)
    seen_by_the_person(swann)


def welcome(maxence: Person) -> str:
    open_by(maxence, maxence.page.get_by_role("link", name="Insertion").first, "Insertion")
    open_by(maxence, maxence.page.get_by_role("link", name="Nouvelle orientation"), "Nouvelle orientation")
    first, name = NAME.split()
    fill(maxence.page, {
        "Prénom": first, "Nom": name, "Date de naissance": "14/06/1994",
        "Qui nous l’adresse": "France Travail", "Organisme": "Agence d’Audruicq",
    })  # fmt: skip
    send(maxence, "Créer le dossier", "Le dossier est créé.")
    said = re.search(r"P-[0-9A-Z]{4}", maxence.page.locator(".lede").inner_text())
    assert said
    maxence.go(f"insertion/{said[0]}/entree/")
    open_by(maxence, maxence.page.get_by_role("link", name="Noter la réponse"), "Réponse")
    fill(maxence.page, {"Décision": "accueil décidé", "Ce qui la motive": "motivée par le travail dehors"})
    send(maxence, "Enregistrer", "La réponse est notée.")
    return said[0]


def enter(maxence: Person, code: str) -> None:
    """A proof too old is refused, and the date needed is said; what was typed stays."""
    maxence.go(f"insertion/{code}/")
    open_by(maxence, maxence.page.get_by_role("link", name="Éligibilité"), "Éligibilité")
    fill(maxence.page, {
        "Établi par": "nous-mêmes", "PASS IAE à partir du": "30/11/2026", "Critère 1": "Bénéficiaire du RSA",
        "Date de la preuve": "01/08/2026", "Où est la preuve": "classeur 2026, chemise 14",
        "Critère 2": "Demandeur d’emploi de longue durée",
    })  # fmt: skip
    labelled(maxence.page, "Date de la preuve").nth(1).fill("16/11/2026")
    labelled(maxence.page, "Où est la preuve").nth(1).fill("classeur 2026, chemise 14")
    send(maxence, "Enregistrer le diagnostic", "31 août 2026")
    expect(labelled(maxence.page, "Date de la preuve").first).to_have_value("01/08/2026")
    maxence.shoot("insertion-eligibilite-refusee")
    check(maxence)
    fill(maxence.page, {"Date de la preuve": "09/11/2026"})
    send(maxence, "Enregistrer le diagnostic", "Le diagnostic est enregistré.")
    open_by(maxence, maxence.page.get_by_role("link", name="Noter un PASS"), "PASS IAE")
    fill(maxence.page, {"Numéro": "99999 0000 042", "Commence le": "30/11/2026"})
    send(maxence, "Enregistrer le PASS", "Le PASS IAE est enregistré.")


def contract(maxence: Person, code: str) -> None:
    """Three months without a derogation: refused. Six: signed, from Monday on; then a team."""
    maxence.go(f"insertion/{code}/")
    open_by(maxence, maxence.page.get_by_role("link", name="Nouveau contrat"), "Nouveau contrat")
    fill(maxence.page, {
        "Poste": "Ouvrière en maraîchage", "Commence le": "30/11/2026", "Finit le": "26/02/2027",
        "Heures par semaine": "26",
    })  # fmt: skip
    send(maxence, "Enregistrer le contrat", "il dure au moins 4")
    expect(labelled(maxence.page, "Poste")).to_have_value("Ouvrière en maraîchage")
    fill(maxence.page, {"Finit le": "29/05/2027"})
    send(maxence, "Enregistrer le contrat", "Le contrat est enregistré.")
    maxence.go("insertion/equipes/")
    fill(maxence.page, {"Nom de l’équipe": TEAM, "Encadrée par": "Morgan"})
    send(maxence, "Ajouter cette équipe", "L’équipe est créée.")
    maxence.go(f"insertion/{code}/equipe/")
    fill(maxence.page, {"Équipe": TEAM, "Depuis le": "30/11/2026"})
    send(maxence, "Enregistrer", "L’équipe est à jour.")


def first_interview(maxence: Person, code: str) -> None:
    """What is said, part by part; an objective, and an action against an obstacle."""
    page = maxence.page
    maxence.go(f"insertion/{code}/parcours/")
    open_by(maxence, page.get_by_role("link", name="Noter un entretien"), "Entretien")
    fill(page, {"Nature": "diagnostic d’entrée", "Prochain rendez-vous": "15/12/2026"})
    levels = {"Mobilité": "2", "Logement": "2", "Santé": "1", "Justice": "1", "Budget et dettes": "3"}
    fill(page.get_by_role("group", name="Freins"), levels)
    fill(page.get_by_role("group", name="Ce qui a été dit"), SECRETS)
    maxence.shoot("insertion-entretien")
    check(maxence)
    send(maxence, "Enregistrer l’entretien", "L’entretien est noté.")
    open_by(maxence, page.get_by_role("link", name="Objectif", exact=True), "Objectif")
    fill(page, {"Objectif": "Conduire un utilitaire", "Pour le": "30/04/2027"})
    page.get_by_label("Objectif professionnel").check()
    send(maxence, "Ajouter l’objectif", "L’objectif est noté.")
    open_by(maxence, page.get_by_role("link", name="Action", exact=True), "Action")
    fill(page, {
        "Action": "Plan d’apurement", "Répond au frein": "budget", "Accompagnement": "par un partenaire",
        "Partenaire": "Point conseil budget",
    })  # fmt: skip
    send(maxence, "Ajouter l’action", "L’action est notée.")


def at_work(morgan: Person, code: str) -> None:
    """The week as planned, what was seen at work, and the evaluation."""
    page = morgan.page
    morgan.go("insertion/heures/")
    open_by(morgan, week_link(morgan, TEAM), TEAM)
    expect(page.get_by_label(f"Travail, lundi 12, {NAME}")).to_have_value("5,2")
    send(morgan, "Valider la semaine", "La semaine est validée.")
    morgan.go(f"insertion/{code}/parcours/")
    open_by(morgan, page.get_by_role("link", name="Noter des compétences"), "Compétences")
    fill(page, {"Récolter au bon stade": "3", "Désherber, biner": "2"})
    send(morgan, "Enregistrer ces niveaux", "Les compétences sont à jour.")
    open_by(morgan, page.get_by_role("link", name="Évaluation au poste"), "Évaluation au poste")
    fill(page, {
        "Du": "30/11/2026", "Au": "16/04/2027", "Ce que dit l’encadrement": "Soignée, attentive au matériel.",
        "Ce que dit la personne": "J’aime récolter.",
    })  # fmt: skip
    send(morgan, "Enregistrer l’évaluation", "L’évaluation attend la signature")


def read_and_sign(swann: Person) -> None:
    open_by(swann, swann.page.get_by_role("link", name="Mon parcours").first, "Mon parcours")
    open_by(swann, swann.page.get_by_role("link", name="Lire et signer"), "Évaluation au poste")
    swann.shoot("insertion-signer")
    with swann.page.expect_response(is_post):
        swann.page.get_by_role("button", name="J’ai lu, je signe").click()
    expect(swann.page.get_by_text("Lue et signée le 16 avr. 2027")).to_be_visible()


def close_the_week(maxence: Person) -> None:
    maxence.go("insertion/heures/")
    open_by(maxence, week_link(maxence, TEAM), TEAM)
    send(maxence, "Clôturer la semaine", "ses heures comptent")


def week_link(person: Person, team: str) -> Locator:
    """The first week of a team: the present one."""
    card = person.page.locator(".card").filter(has=person.page.get_by_role("heading", name=team))
    return card.get_by_role("link").first


def renew(morgan: Person, maxence: Person, dominique: Person, code: str) -> None:
    """Six weeks before the end: supervisor, counsellor, direction; then the amendment, and an immersion."""
    maxence.go("insertion/")
    row = maxence.page.get_by_role("row", name=re.compile(NAME))
    expect(row).to_contain_text("29 mai 2027")
    maxence.shoot("insertion-liste")
    check(maxence)
    morgan.go(f"insertion/{code}/")
    open_by(morgan, morgan.page.get_by_role("link", name="Renouveler"), "Renouveler")
    fill(morgan.page, {"Renouveler pour": "6", "Avis": "favorable", "Ce qui le motive": "Tient son poste."})
    send(morgan, "Donner mon avis", "Votre avis est transmis.")
    for person, opinion in ((maxence, "favorable avec réserves"), (dominique, "favorable")):
        person.go(f"insertion/{code}/")
        open_by(person, person.page.get_by_role("link", name="Donner mon avis"), "Avis")
        expect(person.page.get_by_text("Tient son poste.")).to_be_visible()
        fill(person.page, {"Avis": opinion})
        send(person, "Donner mon avis", "Votre avis est transmis.")
    maxence.go(f"insertion/{code}/")
    open_by(maxence, maxence.page.get_by_role("link", name="Avenant"), "Avenant")
    fill(
        maxence.page, {"Nature": "renouvellement", "À partir du": "30/05/2027", "Nouvelle fin": "29/11/2027"}
    )
    send(maxence, "Enregistrer l’avenant", "L’avenant est enregistré.")
    open_by(maxence, maxence.page.get_by_role("link", name="Noter une immersion"), "Immersion")
    fill(maxence.page, {
        "Structure d’accueil": "Transports du Marais", "Objet": "confirmer", "Du": "19/04/2027",
        "Au": "18/06/2027",
    })  # fmt: skip
    send(maxence, "Enregistrer l’immersion", "Une convention dure 1")
    fill(maxence.page, {"Au": "30/04/2027"})
    send(maxence, "Enregistrer l’immersion", "L’immersion est notée.")


def leave(maxence: Person, code: str) -> None:
    """Without its reason, no exit; the reason gives the category."""
    maxence.go(f"insertion/{code}/sortie/")
    open_by(maxence, maxence.page.get_by_role("link", name="Noter la sortie"), "Noter la sortie")
    send(maxence, "Enregistrer la sortie", "Sortie sans motif")
    fill(maxence.page, {"Motif": "CDD non aidé de 6 mois et plus", "Précision": "chauffeuse-livreuse"})
    send(maxence, "Enregistrer la sortie", "La sortie est notée.")
    expect(maxence.page.get_by_role("main")).to_contain_text(re.compile("emploi durable", re.I))
    with maxence.page.expect_response(is_post):
        maxence.page.get_by_role("button", name=re.compile("Certificat de travail remis")).click()
    expect(maxence.page.locator("#toasts")).to_contain_text("C’est noté.")


def ask_for_news(maxence: Person, code: str) -> None:
    maxence.go("insertion/")
    row = maxence.page.get_by_role("row", name=re.compile(NAME))
    expect(row).to_contain_text("Prendre des nouvelles après la sortie.")
    maxence.go(f"insertion/{code}/sortie/")
    open_by(maxence, maxence.page.get_by_role("link", name="Noter des nouvelles"), "Nouvelles")
    fill(maxence.page, {"Nouvelles": "à 3 mois", "Situation": "En emploi durable"})
    send(maxence, "Enregistrer", "Les nouvelles sont notées.")
    picture(maxence, "insertion-sortie")
    check(maxence)


# --- the same file, seen by each role -------------------------------------------------------------------


def read(person: Person, path: str) -> str:
    """All that the page brought, what is folded included."""
    person.go(f"insertion/{path}")
    return person.page.content()


def seen_by_the_supervisor(morgan: Person, code: str) -> None:
    seen = read(morgan, f"{code}/")
    morgan.shoot("insertion-dossier-encadrement")
    seen += read(morgan, f"{code}/parcours/")
    assert "Conduire un utilitaire" in seen
    assert "Transports du Marais" in seen
    for hidden in (
        *SECRETS.values(),
        "Plan d’apurement",
        "14 juin 1994",
        "999990000042",
        "Bénéficiaire du RSA",
    ):
        assert hidden not in seen
    for closed in ("entree/", "justice/", "parcours/entretien/", "sortie/", "papier/", "lectures/"):
        assert shut(morgan, code, closed)


def seen_by_the_direction(dominique: Person, maxence: Person, code: str) -> None:
    """The whole file; of justice, only for a reason, which is kept."""
    page = dominique.page
    dominique.go(f"insertion/{code}/")
    dominique.shoot("insertion-dossier")
    check(dominique)
    seen = read(dominique, f"{code}/parcours/")
    dominique.shoot("insertion-parcours")
    check(dominique)
    assert SECRETS["Budget"] in seen
    assert SECRETS["Contraintes de justice"] not in seen
    dominique.go(f"insertion/{code}/justice/")
    fill(page, {"Raison de la lecture": "voir"})
    send(dominique, "Lire", "entre 10 et 500 caractères")
    fill(page, {"Raison de la lecture": "adapter son horaire du mardi"})
    with page.expect_response(is_post):
        page.get_by_role("button", name="Lire").click()
    expect(page.get_by_text(SECRETS["Contraintes de justice"])).to_be_visible()
    assert "adapter son horaire du mardi" in read(maxence, f"{code}/lectures/")
    # One exit more in the year's figures, which open who it is.
    open_by(dominique, page.get_by_role("link", name="Insertion").first, "Insertion")
    open_by(dominique, page.get_by_role("link", name="Sorties"), "Sorties et accompagnement 2027")
    durable = page.get_by_role("row", name=re.compile("^Emploi durable"))
    assert number(durable.locator("td").first.inner_text()) >= 1
    durable.get_by_role("link").click()
    expect(page.locator("#partis")).to_contain_text(NAME)
    expect(page.locator("#partis li").filter(has_text=NAME)).not_to_contain_text("hors compte")


def seen_by_others(sign_in: SignIn, code: str) -> None:
    for who in ("coordination", "jardin"):
        other = sign_in(who)
        for path in ("", "parcours/", "justice/", "parcours/attestation/"):
            assert shut(other, code, path)


def seen_by_the_person(swann: Person) -> None:
    seen = read(swann, "mon-parcours/")
    swann.shoot("insertion-mon-parcours")
    check(swann)
    assert not [said for said in SECRETS.values() if said in seen]
    assert "Soignée, attentive au matériel." in seen
    assert "Conduire un utilitaire" in seen
    link = swann.page.get_by_role("link", name="Mon attestation de compétences").get_attribute("href")
    printed = swann.page.request.get(f"{swann.house.url}{link}")
    assert printed.body().startswith(b"%PDF")
