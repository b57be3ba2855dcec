"""The answer at the end of the journey: its figures are summed again in SQL, without the house’s code."""

import re
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.stories.conftest import House, Person
from tests.stories.gestures import LONG, button, gesture
from tests.stories.test_insertion import number

CANTEEN, JAM = "Cantine de l’école des Roseaux", "Confiture de rhubarbe"
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


def ledger(house: House) -> sqlite3.Connection:
    """The database itself, read by none of the house’s code."""
    return sqlite3.connect(Path(house.environment["TERREAU_VAR"]) / "terreau.sqlite3")


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
    # Hours given, of a workshop and of a depot, apart from paid ones; so few people are not counted aloud.
    given = of_the_year(house, AMOUNT, "p.code LIKE 'benevolat-%'")
    assert exact["volunteer_work"] == [given] == [Decimal("4")]
    assert figures["heures_donnees"]["value"] == 4
    assert "moins de cinq" in figures["benevoles"]["missing"]
    # Credits, of no euro.
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
