"""The journey this house was made for, by the pages alone, each step by whoever does it: a planting by people
in insertion, its harvest beside two farms’ produce, a surplus in jars, a canteen, a solidarity basket, a
workshop, credits, costs shared, invoices, a tester installed; then the answer, where all is found again.

Nothing else happens in 2027. What the answer counts is summed again here, in SQL, without the house’s code.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from tests.stories.conftest import PHONE, AHouse, House, Person
from tests.stories.gestures import BUDGETS, LONG, add, button, counted, gesture, told
from tests.stories.journey_answer import (
    CANTEEN,
    FOOD_VAT,
    JAM,
    PRICE,
    TO_CANTEENS,
    answered,
    of_the_year,
)
from tests.stories.test_incubator import settled
from tests.stories.test_insertion import fill, number
from tests.stories.test_rounds import THURSDAY

pytestmark = pytest.mark.story
SignIn = Callable[..., Person]
PLANTED, DECIDED, LIVED, COOKED, ENDED = (
    "2027-03-05T16:00", "2027-05-25T09:00", "2027-05-26T07:00", "2027-05-31T09:00", "2027-06-01T09:00",
)  # fmt: skip
WEEK, NEXT = "2027-W21", "2027-W22"
# What the demo sowed for 2027, its subscriptions but two, and what it gives each week to social groceries are
# given up: this year is the journey’s alone. Whoever pays a share of baskets says where to write.
CLEARED = """
from datetime import date
from terreau.ledger.actions import cancel
from terreau.ledger.models import Commitment
from terreau.rooms.baskets.models import Subscription
from terreau.rooms.platform.models import SolidarityPromise
from terreau.territory.clock import now
from terreau.territory.models import Agent
SolidarityPromise.objects.all().delete()
eden = Subscription.objects.get(member__name="Eden Vasseur")
alike = Subscription.objects.exclude(pk=eden.pk).filter(
    size=eden.size, terms__rhythm="weekly", terms__depot=eden.terms.get().depot
)
beside = alike.order_by("pk")[0]
Subscription.objects.exclude(pk__in=[eden.pk, beside.pk]).update(ends_on=date(2026, 12, 31))
Agent.objects.filter(name__in=("CCAS d’Audruicq", "Fonds des paniers solidaires")).update(
    email="solidarite@exemple.invalid"
)
sown = Commitment.objects.filter(process__kind="planting", due_on__year__gte=2027)
cancel(commitments=list(sown), reason="avant le parcours", by=None, at=now(), key="story-cleared")
"""


@pytest.fixture(scope="module")
def house(a_house: AHouse) -> Iterator[House]:
    """People, partners and terms of the demo, and an empty year."""
    with a_house(THURSDAY, weeks=1) as served:
        served.environment["TERREAU_CLOCK"] = PLANTED
        served.terreau("shell", "-v", "0", "-c", CLEARED)
        yield served


def test_from_a_planting_to_the_answer_each_flow_is_found_again(sign_in: SignIn, house: House) -> None:
    house.open_at(PLANTED)
    planted(sign_in("jardin"))
    hours_of_the_week(sign_in)
    house.open_at(DECIDED)
    offered_and_asked(sign_in)
    decided(sign_in("coordination"), WEEK, "parcours-plan")
    harvested(sign_in("jardin", PHONE))
    deposited(sign_in("plateforme", PHONE))
    house.open_at(LIVED)
    packed_and_delivered(sign_in("plateforme"), sign_in("paniers", PHONE))
    house.open_at(COOKED)
    decided(sign_in("coordination"), NEXT)
    cooked(sign_in("cuisine", PHONE))
    handed_over(sign_in("paniers", PHONE))
    as_last_week(sign_in)
    taught(sign_in("tierslieu"), sign_in("membre", PHONE))
    house.open_at(ENDED)
    road = shared(sign_in("direction"))
    billed(sign_in("comptabilite"))
    installed(sign_in("couveuse"))
    answered(sign_in("direction"), house, road)
    assert "aucune différence" in house.terreau("verify")
    assert counted.keys() == BUDGETS.keys()
    for name, taps in counted.items():
        print(f"{taps} sur {BUDGETS[name]} : {name}")


# --- gestures -------------------------------------------------------------------------------------------


def weighed(person: Person, product: str, weight: str, name: str) -> None:
    """A line of the day that differs: its weight is typed."""
    line = person.page.locator(".lines > li", has_text=product).first
    line.get_by_text("Corriger").click()
    line.get_by_role("textbox").first.fill(weight)
    person.taps += 1
    person.tap(line.get_by_role("button", name=re.compile(f"^{name}")).first)


def each(person: Person, name: str) -> None:
    """One tap per card that says so."""
    for _ in range(person.page.locator("#main").get_by_role("button", name=re.compile(name)).count()):
        person.tap(button(person, re.compile(name)))


# --- in the garden --------------------------------------------------------------------------------------


def planted(sacha: Person) -> None:
    """Rhubarb on two thirds of a bed; the gesture done, in the hours it took."""
    page = sacha.page
    sacha.go("jardin/cultures/ajouter/")
    page.get_by_label("Culture", exact=True).select_option(label="Rhubarbe")
    page.get_by_label("Planche", exact=True).select_option(label="Planche A5 (300\u00a0m)")
    page.get_by_label("Mise en place").fill("semaine 9 2027")
    page.get_by_label("Longueur").fill("200")
    sacha.tap(button(sacha, "Prévoir la culture"))
    expect(page.get_by_role("heading", name="Rhubarbe")).to_be_visible()
    sacha.go("jardin/travaux/?semaine=2027-W09&groupe=Semer ou planter")
    line = page.locator(".lines li", has_text="Planche A5").filter(has_text="Rhubarbe").first
    line.get_by_text("Corriger").click()
    line.get_by_label("Heures passées").fill("11,25")
    sacha.shoot("parcours-planter")
    sacha.tap(line.get_by_role("button", name=re.compile("Fait comme prévu")))
    told(sacha, "11,25\u00a0h, c’est noté")


def hours_of_the_week(sign_in: SignIn) -> None:
    """The team that planted: its week as planned, then closed by the direction."""
    morgan = sign_in("encadrement", PHONE)
    with gesture(morgan, "la semaine d’heures d’une équipe"):
        morgan.tap(morgan.page.get_by_role("link", name=re.compile("Noter les heures")).first)
        morgan.tap(morgan.page.locator(".card .lines a").first)
        expect(morgan.page.get_by_text("11,25\u00a0h vendredi")).to_be_visible()
        morgan.shoot("parcours-heures")
        morgan.tap(button(morgan, "Valider la semaine"))
    told(morgan, "La semaine est validée")
    dominique = sign_in("direction")
    dominique.page.goto(morgan.page.url)
    dominique.tap(button(dominique, "Clôturer la semaine"))
    told(dominique, "ses heures comptent")


def harvested(sacha: Person) -> None:
    """Three times what was asked: the rhubarb is generous; the rest as planned."""
    with gesture(sacha, "une récolte, pesée"):
        sacha.tap(sacha.page.get_by_role("link", name=re.compile("Récolter")).first)
        weighed(sacha, "Rhubarbe", "38,4", "Récolté")
    each(sacha, "^Récolté")
    expect(sacha.page.get_by_text("Rien à récolter aujourd’hui")).to_be_visible()
    sacha.shoot("parcours-recolte")


# --- on the platform ------------------------------------------------------------------------------------


def offered_and_asked(sign_in: SignIn) -> None:
    """A farm offers, another leaves potatoes to be sold; a canteen asks, a household enters a scheme."""
    alix = sign_in("ferme", PHONE)
    alix.go(f"plateforme/offres/?semaine={WEEK}")
    for product, amount, price in (
        ("Carotte (", "60", "1,90"), ("Laitue", "40", "0,90"), ("Oignon blanc", "20", "1,80"),
    ):  # fmt: skip
        add(alix, "#ligne", {"Produit": product, "Quantité": amount, "Prix à l’unité": price})
    alix.go("plateforme/certificats/")
    add(alix, "#ajouter", {
        "Organisme de contrôle": "FR-BIO-01", "Numéro du certificat": "2027/62-0451",
        "Valable du": "01/05/2027", "Jusqu’au": "30/04/2028",
    })  # fmt: skip
    lou = sign_in("plateforme")
    lou.go("plateforme/fermes/depots/")
    add(lou, "#laisser", {
        "Ferme": "Ferme du Long Fossé", "Produit": "Pomme de terre (", "Quantité": "80", "Laissé": "à vendre",
    }, "Noter le dépôt")  # fmt: skip
    charlie = sign_in("cantine", PHONE)
    charlie.go(f"plateforme/commandes/?semaine={WEEK}")
    for product, amount in (("Rhubarbe", "12"), ("Carotte (", "15"), ("Pomme de terre (", "20")):
        add(charlie, "#ligne", {"Produit": product, "Jour de livraison": "mer", "Quantité": amount})
        told(charlie, "attend l’accord de la plateforme")
    noa = sign_in("paniers")
    noa.go("paniers/solidarite/inscrire/")
    fill(noa.page, {
        "Foyer": "Eden Vasseur", "Dispositif": "Paniers solidaires", "Tranche": "moins de 400",
        "Orienté par": "CCAS", "Du": "24/05/2027",
    })  # fmt: skip
    noa.tap(button(noa, "Inscrire"))
    told(noa, "Eden Vasseur est dans Paniers solidaires")
    noa.go(f"paniers/depots/?semaine={WEEK}")
    noa.tap(button(noa, "Compter les abonnés"))
    expect(noa.page.get_by_text("2 paniers").first).to_be_visible()


def decided(camille: Person, week: str, picture: str = "") -> None:
    """What came late is granted; the week is planned, and published."""
    page = camille.page
    camille.go("plateforme/commandes/attente/")
    each(camille, "^Accepter")
    camille.go(f"semaine/{week}/")
    with gesture(camille, "planifier la semaine, publier"):
        camille.tap(button(camille, "Planifier la semaine"))
        expect(page.get_by_text("Les cinq buts").first).to_be_visible(timeout=LONG)
        expect(page.get_by_text("Tout est servi", exact=True)).to_be_visible()
        if picture:
            camille.shoot(picture)
        camille.tap(button(camille, re.compile("^Publier$")))
    expect(page.get_by_text("Publié", exact=True).first).to_be_visible()


def deposited(lou: Person) -> None:
    """All the rhubarb comes, with the farm’s crates: the surplus is in the cold store."""
    lou.go("plateforme/arrivees/")
    lou.shoot("parcours-arrivees")
    weighed(lou, "Rhubarbe", "38,4", "Conforme")
    with gesture(lou, "une arrivée comme prévu"):
        lou.tap(button(lou, re.compile("Tout est conforme")))
    each(lou, "Tout est conforme")
    expect(lou.page.get_by_text("Tout est arrivé")).to_be_visible()


def packed_and_delivered(lou: Person, noa: Person) -> None:
    """A tour is planned and published; baskets are made, the order picked; both are delivered."""
    lou.go("plateforme/tournees/?jour=2027-05-26")
    lou.tap(button(lou, "Planifier la tournée"))
    expect(button(lou, "Publier")).to_be_visible(timeout=LONG)
    lou.shoot("parcours-tournee")
    lou.tap(button(lou, "Publier"))
    noa.go("paniers/")
    noa.tap(button(noa, re.compile("Tout est préparé")))
    told(noa, "2 préparés")
    lou.go("plateforme/preparation/")
    with gesture(lou, "une préparation comme prévu"):
        lou.tap(button(lou, re.compile("Tout est préparé")))
    each(lou, "Tout est préparé")
    lou.go("plateforme/livraisons/")
    with gesture(lou, "une livraison comme prévu"):
        lou.tap(button(lou, re.compile("Livré comme prévu")))
    each(lou, "Livré comme prévu")
    expect(lou.page.get_by_text("La tournée est finie")).to_be_visible()


# --- in the kitchen, at the depot, in the third place ---------------------------------------------------


def cooked(robin: Person) -> None:
    """What nobody takes is taken; jam; forty jars for the canteen."""
    page = robin.page
    robin.go("transformation/")
    expect(page.get_by_text("Rhubarbe · 25,5\u00a0kg")).to_be_visible()
    page.locator("#surplus").evaluate("it => it.scrollIntoView()")
    robin.shoot("parcours-surplus")
    robin.tap(button(robin, re.compile("Prendre.*Rhubarbe")))
    told(robin, "c’est à la conserverie")
    robin.go("transformation/stock/")
    for product, amount, price in (("Sucre", "17,5", "2,60"), ("Jus de citron", "0,5", "5,20")):
        add(robin, "#acheter", {
            "Fournisseur": "Épicerie du Bout du Pont", "Ingrédient": product, "Quantité reçue": amount,
            "Prix de l’unité": price, "Lot du fournisseur": "L27-05",
        }, "C’est entré")  # fmt: skip
    robin.go("transformation/fournees/nouvelle/")
    fill(page, {"Recette": JAM, "Combien": "117", "Jour": "31/05/2027"})
    robin.tap(button(robin, "Prévoir"))
    for name, amount in (("Rhubarbe", "25,5"), ("Sucre", "17,5"), ("Jus de citron", "0,5")):
        page.get_by_label(re.compile(f"^{name}")).fill(amount)
    robin.tap(button(robin, "Mettre dans la fournée"))
    for point, words in (("core", {"À cœur": "86", "Pendant": "6"}), ("ph", {"pH mesuré": "3,4"})):
        fill(page.locator(f"#point-{point}"), words)
        robin.tap(button(robin, re.compile("Noter"), f"#point-{point}"))
    fill(page.locator("#finir"), {
        "Sorti, en stock": "117", "Gardés (étuve, témoins)": "2", "Épluchures et parures": "2,5",
        "Évaporé": "2,9", "Heures de travail": "8",
    })  # fmt: skip
    robin.tap(button(robin, "La fournée est finie"))
    page.get_by_label("tous les pots ont tenu").check()
    robin.tap(button(robin, re.compile("Noter"), "#point-incubation"))
    robin.tap(button(robin, "Libérer"))
    expect(page.locator(".badge.ok", has_text="Libéré")).to_be_visible()
    told(robin, "")
    robin.shoot("parcours-bocaux")
    robin.go("transformation/commandes/nouvelle/")
    fill(page, {
        "Pour qui": CANTEEN, "À livrer le": "31/05/2027", "Produit": JAM, "Combien": "40",
        "Prix de l’unité": "3,90",
    })  # fmt: skip
    robin.tap(button(robin, "Commander"))
    robin.go("transformation/")
    robin.tap(button(robin, re.compile(f"Livré.*{JAM}")))
    told(robin, "c’est livré")


def handed_over(noa: Person) -> None:
    """Last Wednesday at the depot: two baskets alike, whoever pays; then how long it was kept."""
    noa.go("paniers/soirees/")
    noa.tap(noa.page.locator(".lines a.what", has_text="Audruicq · mairie").first)
    noa.shoot("parcours-soiree")
    noa.tap(button(noa, re.compile("^Pris.*Eden Vasseur")))
    noa.tap(button(noa, re.compile("^Le dernier est pris")))
    expect(noa.page.locator(".presence .there")).to_have_count(2)
    noa.tap(button(noa, "1 h 30"))
    expect(noa.page.get_by_text("1,5 h")).to_be_visible()


def as_last_week(sign_in: SignIn) -> None:
    """Too late for this week: it is offered and asked all the same; and a basket is skipped."""
    # The usual week opens from the menu, a tap more: test_week counts both.
    for who, name, page, again in (
        ("ferme", "offrir comme la semaine dernière", "offres", "Reprendre la semaine"),
        ("cantine", "commander comme la semaine dernière", "commandes", "Commander comme la semaine"),
    ):
        person = sign_in(who, PHONE)
        person.go(f"plateforme/{page}/?semaine={NEXT}")
        with gesture(person, name):
            person.tap(button(person, re.compile(again)))
        told(person, "")
    eden = sign_in("membre", PHONE)
    eden.go("paniers/moi/")
    with gesture(eden, "sauter son panier"):
        eden.tap(eden.page.get_by_text("Sauter", exact=True))
        eden.tap(button(eden, "Oui, je le saute"))
    expect(eden.page.locator(".next-basket")).to_contain_text("Rien n’est dû.")


def taught(andrea: Person, eden: Person) -> None:
    """The recipe, to whoever comes; a member’s hours, the credits they give, and a meal with them."""
    page = andrea.page
    andrea.go("tiers-lieu/agenda/nouveau/")
    fill(page, {
        "Titre": f"{JAM} : la recette", "Annonce": "On épluche, on cuit, on remplit.", "Jour": "31/05/2027",
        "De": "18h", "À": "20:30", "Places": "8", "Lieu": "Grande salle", "Prix par personne": "6",
    })  # fmt: skip
    andrea.tap(button(andrea, "Mettre au calendrier"))
    andrea.tap(button(andrea, "Annoncer"))
    room, address = page.url, page.get_by_role("link", name="Page publique").get_attribute("href")
    assert address
    page.goto(address)
    asked = page.locator("form input:visible")
    assert [it.get_attribute("name") for it in asked.all() if it.get_attribute("required") is not None] == [
        "name", "email", "adults",
    ]  # fmt: skip
    fill(page, {"Votre nom": "Nadine", "Adultes": "2"})
    page.get_by_label("Votre adresse e-mail").fill("nadine@exemple.invalid")
    andrea.shoot("parcours-atelier")
    with gesture(andrea, "s’inscrire à un atelier, sans compte"):
        andrea.tap(page.locator("form .button.primary"))
    expect(page.get_by_text("Vous avez votre place")).to_be_visible()
    page.goto(room)
    andrea.tap(button(andrea, re.compile("Là.*Nadine")))
    page.get_by_text("Noter les heures d’un membre").click()
    fill(page.locator("#heures"), {"Membre": "Eden Vasseur", "Heures": "2,5"})
    andrea.tap(button(andrea, "Noter les heures"))
    andrea.go("tiers-lieu/membres/")
    andrea.tap(button(andrea, "Tout valider"))
    eden.go("tiers-lieu/moi/")
    eden.tap(button(eden, re.compile("Utiliser.*repas")))
    eden.shoot("parcours-carnet")
    andrea.go("tiers-lieu/credits/")
    andrea.tap(button(andrea, re.compile("Remis.*repas.*Eden")))
    told(andrea, "remis à Eden Vasseur")


# --- the accounts ---------------------------------------------------------------------------------------


def shared(dominique: Person) -> tuple[Decimal, Decimal]:
    """The tour’s cost, to whoever was aboard; the shares add up to it, to the cent. And what it saved."""
    page = dominique.page
    dominique.go("partage/?mois=2027-05")
    expect(button(dominique, "Arrêter le mois")).to_be_visible(timeout=LONG)
    dominique.shoot("parcours-partage")
    cost, saved = (
        number(page.locator(".stat", has_text=words).locator("dd").inner_text().split("€")[0])
        for words in ("Coût partagé", "Économisé ensemble")
    )
    parts = page.locator("tbody td[data-label='Ensemble']").all_inner_texts()
    assert sum(number(part) for part in parts) == cost > 0
    assert len(parts) == 4, "the garden, the platform’s baskets, and two farms"
    dominique.tap(button(dominique, "Arrêter le mois"))
    told(dominique, "Mois arrêté")
    return cost, saved


def billed(lilou: Person) -> None:
    """The month, in one tap: nothing refused; the canteen’s invoice is what it was handed, to the cent."""
    page = lilou.page
    lilou.go("factures/?mois=2027-05")
    with gesture(lilou, "facturer le mois"):
        lilou.tap(button(lilou, re.compile("^Facturer mai 2027")))
    expect(page.locator(".stat", has_text="Émis")).to_be_visible(timeout=LONG)
    expect(page.locator(".stat", has_text="Refusé").locator("dd")).to_have_text(re.compile("^0"))
    lilou.shoot("parcours-factures")
    lilou.go("factures/liste/?q=Roseaux&mois=2027-05")
    rows = page.locator("tbody tr").all_inner_texts()
    amounts = [re.findall(r"[\d\u202f]+,\d\d(?=\s€)", row) for row in rows]
    handed = of_the_year(lilou.house, PRICE, TO_CANTEENS) * FOOD_VAT
    assert sum(number(said[0]) for said in amounts if said) == round(handed, 2) == Decimal("304.31")


def installed(claude: Person) -> None:
    page = claude.page
    claude.go("couveuse/")
    claude.tap(page.get_by_role("link", name="Le Champ du Merle").first)
    settled(claude, page.url)
    claude.shoot("parcours-installation")
