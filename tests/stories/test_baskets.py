"""Baskets on a phone: joining without an account, skipping, giving, evenings at depots; a referral."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.stories.conftest import MONDAY, PHONE, House, Person

pytestmark = pytest.mark.story
SignIn = Callable[..., Person]


@pytest.fixture
def stranger(house: House, browser: Browser, shots: Path) -> Iterator[Person]:
    """Somebody without an account, on a phone."""
    context = browser.new_context(viewport=PHONE, locale="fr-FR", timezone_id="Europe/Paris")
    page = context.new_page()
    page.set_default_timeout(15_000)
    yield Person(page, house, shots)
    context.close()


def test_a_basket_is_joined_skipped_given_and_noted(sign_in: SignIn, stranger: Person, house: House) -> None:
    house.open_at(MONDAY)
    joined(stranger)
    lived(sign_in("membre", PHONE))
    noa = sign_in("paniers", PHONE)
    noted(noa)
    ahead(sign_in("membre", PHONE), noa)
    kept(stranger, noa)
    referred(stranger, noa)
    paid(sign_in("membre", PHONE), noa)


def joined(stranger: Person) -> None:
    """One form, and the first basket is said."""
    page = stranger.page
    page.goto(f"{stranger.house.url}/paniers/audruicq/")
    stranger.shoot("paniers-public")
    stranger.tap(page.get_by_role("link", name="Je m’abonne"))
    page.get_by_label("Dépôt").select_option(index=20)
    page.get_by_label("Votre nom").fill("Ondine Marchand")
    page.get_by_label("Votre adresse e-mail").fill("ondine@exemple.invalid")
    page.locator("#id_street").fill("3 rue du Canal")
    page.get_by_label("Code postal").fill("62370")
    page.get_by_label("Commune").fill("Audruicq")
    page.get_by_label("virement").check()
    stranger.tap(page.get_by_role("button", name="Je m’abonne"))
    expect(page.get_by_role("heading", name="Bienvenue, Ondine Marchand")).to_be_visible()
    expect(page.get_by_text("Votre premier panier vous attend")).to_be_visible()


LONG = 60_000


def two_taps(eden: Person, first: Locator, then: Locator) -> None:
    before = eden.taps
    eden.tap(first)
    eden.tap(then)
    assert eden.taps - before == 2


def said_before(eden: Person) -> None:
    """What it costs is read before the second tap."""
    summary = eden.page.get_by_text("Sauter", exact=True)
    summary.click()
    expect(eden.page.locator(".next-basket details[open]")).to_contain_text("rien n’est dû")
    eden.shoot("paniers-sauter")
    summary.click()


def lived(eden: Person) -> None:
    """Each gesture in two taps, the money said between them."""
    page = eden.page
    eden.go("paniers/moi/")
    eden.shoot("paniers-membre")
    said_before(eden)
    two_taps(
        eden, page.get_by_text("Sauter", exact=True), page.get_by_role("button", name="Oui, je le saute")
    )
    expect(page.locator(".next-basket")).to_contain_text("Rien n’est dû.")
    eden.tap(page.get_by_role("button", name="Comme prévu, finalement"))
    two_taps(
        eden,
        page.get_by_text("Donner", exact=True),
        page.get_by_role("button", name="À Épicerie solidaire du Pays"),
    )
    expect(page.get_by_text("Pour Épicerie solidaire du Pays")).to_be_visible()


def noted(noa: Person) -> None:
    """An evening of last week, corrected; lists on paper."""
    page = noa.page
    noa.go("paniers/soirees/")
    noa.shoot("paniers-soirees")
    noa.tap(page.locator(".lines li", has_text="Noté").first.locator("a.what"))
    there = page.locator(".presence .there")
    count = there.count()
    noa.tap(page.get_by_role("button", name=re.compile("^Retirer")).first)
    expect(there).to_have_count(count - 1)
    noa.shoot("paniers-soiree")
    noa.tap(page.get_by_role("button", name=re.compile("^Pris")).first)
    expect(there).to_have_count(count)
    pdf = page.request.get(f"{noa.house.url}/e/audruicq/paniers/listes.pdf?jour=2026-11-25").body()
    assert pdf.startswith(b"%PDF")


def ahead(eden: Person, noa: Person) -> None:
    """Ten baskets paid ahead in two taps, what becomes of them said before; both read what is left."""
    page = eden.page
    eden.go("paniers/moi/")
    eden.tap(page.get_by_role("link", name="Payer d’avance"))
    eden.shoot("paniers-avance")
    first = page.locator("summary", has_text="10 × ")
    first.click()
    expect(page.locator("details[open]")).to_contain_text("sont gardés, sans limite de temps")
    first.click()
    eden.tap(first)
    # The second tap buys, and the official rules judge the invoice: as long as they take.
    page.get_by_role("button", name=re.compile("^Oui, je paie")).first.click()
    expect(page.get_by_text(re.compile(r"Facture PW-F\d+-\d+"))).to_be_visible(timeout=LONG)
    expect(page.locator(".lede")).to_contain_text("Il vous reste 10 paniers")
    eden.go("paniers/moi/")
    expect(page.get_by_text("Il vous reste 10 paniers")).to_be_visible()
    eden.shoot("paniers-membre-avance")
    noa.go("paniers/avance/")
    expect(noa.page.locator("li", has_text="Eden Vasseur")).to_contain_text("reste 10")
    noa.shoot("paniers-avance-jardin")


def kept(keeper: Person, noa: Person) -> None:
    """The evening of a depot, by its keeper's secret link: a tap each, a mistake undone, a basket left."""
    page = noa.page
    noa.go("paniers/soirees/")
    evening = page.locator(".lines li", has_text="À noter").first.locator("a.what")
    depot, address = evening.inner_text(), evening.get_attribute("href") or ""
    noa.go(f"paniers/regles/depots/{address.split('/')[-2]}/")
    noa.shoot("paniers-depot-lien")
    link = page.locator("code.address").inner_text()
    page = keeper.page
    page.goto(f"{link}?{address.partition('?')[2]}")
    expect(page.get_by_role("heading", name=depot)).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("€")
    lines, there = page.locator(".presence li"), page.locator(".presence .there")
    count, before = lines.count(), keeper.taps
    keeper.shoot("paniers-gardien")
    keeper.tap(page.get_by_role("button", name=re.compile("^Pris")).first)
    expect(there).to_have_count(1)
    left = lines.nth(1)
    mistaken = left.locator(".what").inner_text()
    keeper.tap(left.get_by_role("button", name=re.compile("^Pris")))
    keeper.tap(left.get_by_role("button", name=f"Retirer {mistaken}"))
    expect(there).to_have_count(1)
    assert keeper.taps - before == 3, "presence is a tap, and so is its undoing"
    two_taps(keeper, left.get_by_text("Pas venu"), left.get_by_role("button", name="Laissé, donné"))
    expect(left).to_contain_text("donné")
    keeper.tap(page.get_by_role("button", name=re.compile("(autres sont pris|dernier est pris)$")))
    expect(there).to_have_count(count)
    keeper.shoot("paniers-gardien-fini")
    page = noa.page
    noa.go("paniers/soirees/")
    expect(page.locator(".lines li", has_text=depot).filter(has_text="À noter")).to_have_count(0)
    page.goto(f"{noa.house.url}{address}")
    expect(page.locator(".presence li").filter(has_text=mistaken)).to_contain_text("donné")
    expect(page.locator(".presence .there")).to_have_count(count)


def referred(worker: Person, noa: Person) -> None:
    """A social worker's link, one form; then the household, a member like any other, enters the scheme."""
    noa.go("paniers/solidarite/regles/")
    noa.shoot("solidarite-regles")
    page = worker.page
    page.goto(noa.page.locator("code.address").first.inner_text())
    page.get_by_label("Nom du foyer").fill("Eden Vasseur")
    page.get_by_label("Téléphone ou adresse e-mail").fill("01 99 00 00 00")
    page.get_by_label("Dispositif").select_option(label="Paniers solidaires")
    page.get_by_label("Tranche").select_option(label="moins de 400 €")
    page.get_by_label("Le foyer est d’accord").check()
    worker.shoot("solidarite-orienter")
    worker.tap(page.get_by_role("button", name="Envoyer"))
    expect(page.get_by_text("La demande est partie")).to_be_visible()
    page = noa.page
    noa.go("paniers/solidarite/")
    noa.shoot("solidarite")
    noa.tap(page.locator("li", has_text="Eden Vasseur").get_by_role("link", name="Inscrire"))
    page.get_by_label("Foyer").fill("Eden Vasseur")
    page.get_by_label("Du", exact=True).fill("16/11/2026")
    noa.shoot("solidarite-inscrire")
    noa.tap(page.get_by_role("button", name="Inscrire"))
    expect(page.get_by_text("Eden Vasseur est dans Paniers solidaires")).to_be_visible()


def paid(eden: Person, noa: Person) -> None:
    """The first basket is last week's: the member reads a third, the payer a number, and nobody a name."""
    eden.go("paniers/moi/")
    expect(eden.page.locator(".next-basket")).to_contain_text(re.compile(r"Dû\s?: (3,33|4,83|6,50)"))
    expect(eden.page.get_by_text("solidaires")).to_have_count(0)
    page = noa.page
    noa.go("paniers/solidarite/")
    noa.tap(page.get_by_role("link", name="Paniers solidaires"))
    noa.shoot("solidarite-dispositif")
    noa.tap(page.get_by_role("link", name="Relevé de CCAS d’Audruicq"))
    noa.shoot("solidarite-releve")
    expect(page.locator("main")).not_to_contain_text("Eden")
    expect(page.locator("tfoot")).to_contain_text("€")
    noa.go("paniers/solidarite/cagnotte/")
    noa.shoot("solidarite-cagnotte")
    noa.go("paniers/solidarite/dispositifs/ajouter/")
    noa.shoot("solidarite-ajouter")
