"""The journey this house was made for, by the pages alone, each step by whoever does it: a planting by people
in insertion, its harvest beside two farms’ produce, a surplus in jars, a canteen, a solidarity basket, a
workshop, credits, costs shared, invoices, a tester installed; then the answer, where all is found again.

Nothing else happens in 2027. What the answer counts is summed again here, in SQL, without the house’s code.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.stories.conftest import PHONE, AHouse, House, Person
from tests.stories.test_incubator import settled
from tests.stories.test_insertion import fill, number
from tests.stories.test_rounds import THURSDAY

pytestmark = pytest.mark.story
SignIn = Callable[..., Person]
LONG = 90_000
PLANTED, DECIDED, LIVED, COOKED, ENDED = (
    "2027-03-05T16:00", "2027-05-25T09:00", "2027-05-26T07:00", "2027-05-31T09:00", "2027-06-01T09:00",
)  # fmt: skip
WEEK, NEXT = "2027-W21", "2027-W22"
CANTEEN, JAM = "Cantine de l’école des Roseaux", "Confiture de rhubarbe"
# Gestures of every day: how many taps each may take, from the page where one is.
BUDGETS = {
    "une récolte, pesée": 4, "une arrivée comme prévu": 1, "une livraison comme prévu": 1,
    "offrir comme la semaine dernière": 2, "commander comme la semaine dernière": 2,
    "sauter son panier": 2, "la semaine d’heures d’une équipe": 3, "planifier la semaine, publier": 3,
    "d’un lot à qui prévenir": 1, "facturer le mois": 3, "s’inscrire à un atelier, sans compte": 1,
}  # fmt: skip
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


counted: dict[str, int] = {}


@contextmanager
def gesture(person: Person, name: str) -> Iterator[None]:
    """Its taps are counted, and are within what it may take."""
    before = person.taps
    yield
    counted[name] = person.taps - before
    assert counted[name] <= BUDGETS[name], name


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
    evening_comes(house)
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
    """Last Wednesday at the depot: two baskets alike, whoever pays."""
    noa.go("paniers/soirees/")
    noa.tap(noa.page.locator(".lines a.what", has_text="Audruicq · mairie").first)
    noa.shoot("parcours-soiree")
    noa.tap(button(noa, re.compile("^Pris.*Eden Vasseur")))
    noa.tap(button(noa, re.compile("^Le dernier est pris")))
    expect(noa.page.locator(".presence .there")).to_have_count(2)


def as_last_week(sign_in: SignIn) -> None:
    """Too late for this week: it is offered and asked all the same; and a basket is skipped."""
    for who, link, name, page, again in (
        ("ferme", "Offre", "offrir comme la semaine dernière", "offres", "Reprendre la semaine"),
        ("cantine", "Commande", "commander comme la semaine dernière", "commandes",
         "Commander comme la semaine"),
    ):  # fmt: skip
        person = sign_in(who, PHONE)
        with gesture(person, name):
            person.tap(person.page.get_by_role("link", name=link).first)
            person.go(f"plateforme/{page}/?semaine={NEXT}")
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


def ledger(house: House) -> sqlite3.Connection:
    """The database itself, read by none of the house’s code."""
    return sqlite3.connect(Path(house.environment["TERREAU_VAR"]) / "terreau.sqlite3")


def evening_comes(house: House) -> None:
    """The worker lives at the machine’s hour: what the house’s has made due is so for it too."""
    with closing(ledger(house)) as base, base:
        base.execute(
            "UPDATE django_tasks_database_dbtaskresult SET run_after = '2026-01-01 00:00:00' "
            "WHERE run_after <= ?",
            [ENDED.replace("T", " ")],
        )


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


# --- the answer -----------------------------------------------------------------------------------------


# What the year holds, in SQL: thousandths of a gram, of an hour, cents.
OF_THE_YEAR = """
SELECT coalesce(sum({}), 0) FROM ledger_event e JOIN territory_product p ON p.id = e.product_id
JOIN territory_agent t ON t.id = e.receiver_id JOIN territory_agent f ON f.id = e.provider_id
LEFT JOIN ledger_process r ON r.id = e.process_id LEFT JOIN ledger_lot l ON l.id = e.lot_id
LEFT JOIN territory_agent m ON m.id = l.producer_id
WHERE e.occurred_at >= '2027-01-01' AND ({})
"""
KILOS, PRICE, AMOUNT = "e.quantity * p.unit_kg", "e.price", "e.quantity"
TO_CANTEENS = "t.kind = 'canteen' AND e.action IN ('transfer', 'transfer_rights')"
EATEN = f"({TO_CANTEENS}) OR (r.kind = 'packing' AND e.action = 'consume')"
SOLD = "(t.kind = 'canteen' AND e.action = 'transfer') OR p.code = 'tiers-lieu-entree'"
# In the price of a basket; on top of a canteen's.
FOOD_VAT = Decimal("1.055")


def of_the_year(house: House, what: str, where: str) -> Decimal:
    with closing(ledger(house)) as base:
        [[total]] = base.execute(OF_THE_YEAR.format(what, where)).fetchall()
    return Decimal(total) / {KILOS: 1_000_000, PRICE: 100, AMOUNT: 1_000}[what]


def whole_grams(value: float) -> Decimal:
    """Sums of floats, without their dust."""
    return round(Decimal(value), 3)


def answered(dominique: Person, house: House, road: tuple[Decimal, Decimal]) -> None:
    """Asked for 2027: its kilos, hours and euros are those of the ledger, and open down to the bed."""
    page = dominique.page
    dominique.go("reponse/")
    page.get_by_label("Année").select_option("2027")
    button(dominique, "Calculer la réponse").click()
    expect(page.get_by_role("heading", name="Emploi et parcours")).to_be_visible(timeout=LONG)
    dominique.shoot("parcours-reponse")
    address = page.get_by_role("link", name="JSON").get_attribute("href")
    whole = page.request.get(f"{house.url}{address}").json()
    exact = {kind: [whole_grams(x) for x in said["total"]] for kind, said in whole["flows"].items()}
    figures = {one["indicator"]: one["gross"] for one in whole["answer"]["effects"]}

    # To the kilo: canteen and baskets, and of these what the site grew or made itself.
    kilos = of_the_year(house, KILOS, EATEN)
    own = of_the_year(house, KILOS, f"({EATEN}) AND m.kind IN ('garden', 'kitchen')")
    assert exact["sale"][0] == kilos == Decimal("64.6")
    assert whole_grams(figures["tonnes"]["value"] * 1000) == own == Decimal("26.8")
    # To the hour: those of the team that planted.
    hours = of_the_year(house, AMOUNT, "p.code LIKE 'insertion-%'")
    assert exact["insertion_work"] == [hours] == [208]
    assert figures["etp_insertion"]["value"] == pytest.approx(float(hours / 1820))
    # To the cent: what was sold, the basket of the solidarity household at its full price; what was bought.
    baskets = of_the_year(house, PRICE, "p.family = 'basket' AND t.kind = 'person'")
    sold = of_the_year(house, PRICE, SOLD) + baskets / FOOD_VAT
    assert round(exact["sale"][1], 2) == round(sold, 2) == Decimal("283.41")
    bought = "f.kind IN ('farm', 'shop') AND t.kind IN ('platform', 'kitchen')"
    assert exact["purchase"] == [of_the_year(house, PRICE, bought)] == [Decimal("84.28")]
    # One farm settled is too few to be counted aloud: it is said, not shown as none.
    assert figures["fermes_installees"]["value"] is None
    assert "moins de cinq" in figures["fermes_installees"]["missing"]
    # Hours given, apart from paid ones; one volunteer is too few for a number of people. Credits, of no euro.
    given = of_the_year(house, AMOUNT, "p.code LIKE 'benevolat-%'")
    assert exact["volunteer_work"] == [given] == [Decimal("2.5")]
    assert figures["heures_donnees"]["value"] == 2.5
    assert "moins de cinq" in figures["benevoles"]["missing"]
    used = of_the_year(house, AMOUNT, "p.code = 'credit-participation' AND e.action = 'consume'")
    assert whole_grams(figures["credits_utilises"]["value"]) == used > 0
    # The road made together: what each agreed to pay of it, and the platform’s own part; what it saved.
    cost, saved = road
    assert [round(exact[kind][0], 2) for kind in ("shared_cost", "shared_saving")] == [cost, saved]
    with closing(ledger(house)) as base:
        [[agreed]] = base.execute("SELECT sum(promised_value) FROM ledger_agreement WHERE kind = 'sharing'")
        [[platform]] = base.execute("SELECT name FROM territory_agent WHERE kind = 'platform'")
    parts = {name: round(Decimal(euros), 2) for name, _, euros in whole["flows"]["shared_cost"]["actor"]}
    assert sum(parts.values()) - parts[platform] == Decimal(agreed) / 100
    address = page.url
    down_to_the_bed(dominique, kilos)
    page.goto(address)
    part_by_part(dominique, cost)
    dominique.go("tiers-lieu/bilan/?annee=2027")
    assert number(page.locator(".stat", has_text="Heures données").locator("dd").first.inner_text()) == given


def part_by_part(dominique: Person, cost: Decimal) -> None:
    """From the cost of the road to what each aboard pays of each tour."""
    page = dominique.page
    dominique.tap(page.get_by_role("link", name="Coût des tournées partagées", exact=True))
    dominique.shoot("parcours-fiche-tournees")
    dominique.tap(page.get_by_role("link", name="tous les mouvements").first)
    dominique.shoot("parcours-parts")
    paid = page.locator("td[data-label='Compté']").all_inner_texts()
    assert len(paid) == 4
    assert sum(number(text) for text in paid) == cost


def down_to_the_bed(dominique: Person, kilos: Decimal) -> None:
    """From the figure to its movements, each with its lot; from the jars back to the bed."""
    page = dominique.page
    dominique.tap(page.get_by_role("link", name="Nourriture livrée", exact=True))
    dominique.shoot("parcours-fiche")
    dominique.tap(page.get_by_role("link", name="tous les mouvements").first)
    table = page.get_by_role("region", name="Mouvements du grand livre")
    rows = table.locator("tbody tr")
    for words in (
        f"Rhubarbe.*{CANTEEN}.*12.kg", f"Carotte.*{CANTEEN}.*15.kg",
        f"Pomme de terre.*Fossé.*{CANTEEN}.*20.kg", f"{JAM}.*Conserverie.*{CANTEEN}.*40.pièces",
        "Petit panier.*Dépôt.*2.pièces", "Petit panier.*une personne", "La Bourrine.*une personne.*12.€",
    ):  # fmt: skip
        expect(rows.filter(has_text=re.compile(words, re.DOTALL)).first).to_be_visible()
    counted = table.locator("td[data-label='Compté']").all_inner_texts()
    assert sum(number(text) for text in counted if "kg" in text) == kilos
    dominique.shoot("parcours-mouvements")
    dominique.tap(rows.filter(has_text=JAM).get_by_role("link").first)
    dominique.tap(page.locator("#main a[href*='-RHU-']").first)
    expect(page.locator("#main")).to_contain_text("Planche A5")
    dominique.shoot("parcours-lot")
    with gesture(dominique, "d’un lot à qui prévenir"):
        dominique.tap(page.get_by_role("link", name="Qui prévenir"))
    expect(page.locator("#main")).to_contain_text(CANTEEN)
