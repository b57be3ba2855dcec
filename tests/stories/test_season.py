"""A season decided together through the pages: planned, one sowing locked, planned again, published; the
farm reads its share on its phone and accepts it. Then hail, and a farm that drops out: planned again."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.stories.conftest import DESK, MONDAY, PHONE, House, Person
from tests.stories.test_week import SignIn, button

pytestmark = pytest.mark.story
# One farm of thirty-two beds, on a busy machine.
LONG = 120_000
GARDEN, FARM = "Jardin des Alouettes", "Ferme du Héron cendré"


def together(camille: Person, *farms: str, time: str = "10 s") -> None:
    """Those farms alone, and a first look at what they can do."""
    for tick in camille.page.locator("input[name=farm]").all():
        tick.uncheck()
    for farm in farms:
        camille.page.get_by_label(farm).check()
    camille.page.get_by_label("Temps donné au calcul").select_option(time)


def planned(camille: Person) -> None:
    button(camille, "Planifier la saison").click()
    expect(camille.page.get_by_text("Besoins servis, semaine par semaine")).to_be_visible(timeout=LONG)


def test_a_season_is_planned_locked_planned_again_published_and_accepted(
    sign_in: SignIn, house: House
) -> None:
    house.open_at(MONDAY)
    camille = sign_in("coordination", DESK)
    page = camille.page
    camille.go("saison/")
    camille.tap(page.get_by_role("link", name=re.compile("Préparer la saison")))
    camille.shoot("saison-besoins")
    together(camille, FARM)
    camille.tap(button(camille, "Voir l’effet"))
    expect(page.get_by_text("1 ferme", exact=True)).to_be_visible()
    planned(camille)
    camille.shoot("saison-plan")

    camille.tap(page.get_by_role("link", name="Assolement"))
    camille.shoot("saison-assolement")
    block = page.locator("details", has=page.locator(".lock")).first
    block.locator("summary").first.click()
    lock = block.locator(".lock").first
    lock.get_by_role("checkbox").check()
    lock.get_by_role("textbox").fill("0,3")
    camille.tap(button(camille, "avec ces verrous"))
    expect(page.get_by_text("rien n’a été perdu")).to_be_visible()
    page.locator(".lock:has(input:checked)").first.get_by_role("textbox").fill("0,5")
    button(camille, "avec ces verrous").click()
    expect(page.get_by_text("Besoins servis, semaine par semaine")).to_be_visible(timeout=LONG)
    page.get_by_text("Comparer avec un autre plan").click()
    camille.tap(page.locator("details[open] .lines a").first)
    expect(page.get_by_role("heading", name="Comparer deux plans")).to_be_visible()
    camille.shoot("saison-comparer")
    page.go_back()
    camille.tap(button(camille, "Publier la saison"))
    expect(page.get_by_text(re.compile("Saison publiée"))).to_be_visible()

    farmer = sign_in("ferme", PHONE)
    farmer.tap(farmer.page.get_by_role("link", name=re.compile("Répondre à ma part")))
    farmer.shoot("saison-part")
    farmer.tap(button(farmer, "Accepter ma part"))
    expect(farmer.page.get_by_text(re.compile("Part acceptée")).first).to_be_visible()
    assert farmer.taps == 2
    camille.go("saison/")
    expect(page.get_by_text("Part acceptée")).to_be_visible()


def test_after_hail_and_without_a_farm_the_season_is_planned_again_and_feeds_the_week(
    sign_in: SignIn, house: House
) -> None:
    house.open_at(MONDAY)
    camille = sign_in("coordination", DESK)
    camille.go("saison/besoins/")
    together(camille, GARDEN, FARM, time="1 min")
    planned(camille)
    camille.tap(button(camille, "Publier la saison"))
    lost = hail(sign_in("jardin", PHONE))

    # What the hail took is no longer in the ground, and the farm is no longer there.
    page = camille.page
    camille.tap(page.get_by_role("link", name="Reprendre terres et besoins"))
    together(camille, GARDEN, time="20 s")
    planned(camille)
    camille.shoot("saison-manques")
    expect(page.locator("#manques .lines > li").first).to_be_visible()
    page.get_by_text("Comparer avec un autre plan").click()
    camille.tap(page.locator("details[open] .lines a").first)
    gone = page.get_by_role("region", name="Fermes").locator("tr", has_text=FARM)
    expect(gone.locator("td").first).to_have_text("–")
    page.go_back()
    camille.tap(button(camille, "Publier la saison"))
    expect(page.get_by_text(re.compile("Saison publiée"))).to_be_visible()
    before, now = (
        set(ids.split()) for ids in house.terreau("shell", "-v", "0", "-c", STOOD).splitlines()[-2:]
    )
    assert lost <= before
    assert now == before - lost
    farmer = sign_in("ferme", PHONE)
    farmer.go("saison/ma-part/")
    expect(farmer.page.get_by_text("Aucune part pour l’instant")).to_be_visible()
    the_week_is_fed(camille)
    house.terreau("verify")


# What stood in the ground, for each of the two seasons.
STOOD = """
from terreau.planning.models import SeasonPlan
for row in SeasonPlan.objects.filter(state__in=["replaced", "published"]).order_by("id").reverse()[:2][::-1]:
    print(*[planting["id"] for planting in row.problem["fixed"]])
"""


def hail(sacha: Person) -> set[str]:
    """Two plantings in the ground are lost; which."""
    page, lost = sacha.page, set()
    sacha.go("jardin/cultures/?semaine=2026-W49&vue=tableau")
    standing = page.locator("tbody tr", has_text="en place").locator("th a")
    for link in [standing.nth(n).get_attribute("href") or "" for n in (0, 1)]:
        page.goto(sacha.house.url + link)
        page.get_by_text("Terminée ou perdue").click()
        page.get_by_label("Elle est perdue").check()
        page.get_by_label("Ce qui a été vu").fill("Grêle de dimanche")
        sacha.tap(button(sacha, "Enregistrer"))
        expect(page.get_by_text(re.compile("est perdue"))).to_be_visible()
        lost.add(link.strip("/").rpartition("/")[2])
    return lost


FIRST_TO_RIPEN = """
from terreau.ledger.models import Process
from terreau.planning.models import SeasonPlan
from terreau.rooms.garden.queries import catalogue
row = SeasonPlan.objects.get(state="published")
sown = Process.objects.filter(kind="planting", key__startswith=f"{row.reference}:")
first = min(sown, key=lambda planting: (planting.detail["first_harvest"], planting.pk))
crop = catalogue(row.ecopole)[first.detail["crop"]]
supply = f"forecast:{crop.product_id}-{first.place_id}"
print(first.detail["first_harvest"], supply, crop.product, first.place.name, sep="|")
"""


def the_week_is_fed(camille: Person) -> None:
    """The first planting of the season to ripen is there that week, in the forecast and in the plan."""
    told = camille.house.terreau("shell", "-v", "0", "-c", FIRST_TO_RIPEN).strip().splitlines()[-1]
    week, supply, product, bed = told.split("|")
    camille.go(f"semaine/{week}/")
    source = camille.page.locator("details", has_text=GARDEN).first
    source.locator("summary").click()
    line = source.locator("tr", has_text=product).filter(has_text=bed)
    expect(line.first).to_be_visible()
    camille.shoot("saison-semaine")
    answer = camille.house.terreau("plan", "week", "--week", week, "--seconds", "5", "--json")
    plan = json.loads(answer)["plan"]
    assert supply in {line["supply"] for line in (*plan["flows"], *plan["rests"])}
