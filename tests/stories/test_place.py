"""A workshop from its announcement to a place freed, presence, hours, and credits spent on a basket."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.stories.conftest import PHONE, WEDNESDAY, House, Person

pytestmark = pytest.mark.story
SignIn = Callable[..., Person]


@pytest.fixture
def stranger(house: House, browser: Browser, shots: Path) -> Iterator[Person]:
    """Somebody without an account, on a phone."""
    context = browser.new_context(viewport=PHONE, locale="fr-FR", timezone_id="Europe/Paris")
    page = context.new_page()
    page.set_default_timeout(15_000)
    person = Person(page, house, shots)
    yield person
    context.close()


def test_a_workshop_from_its_announcement_to_credits_spent(
    sign_in: SignIn, stranger: Person, house: House
) -> None:
    house.open_at(WEDNESDAY)
    andrea = sign_in("tierslieu")
    andrea.shoot("place-aujourdhui")
    andrea.go("tiers-lieu/")
    andrea.shoot("place-agenda")
    andrea.go("tiers-lieu/?semaine=2026-W48")
    andrea.shoot("place-semaine")
    address = announced(andrea)
    first, second = signed_up(stranger, address, house)
    stranger.page.goto(first)
    stranger.tap(stranger.page.get_by_role("button", name="Rendre ma place"))
    expect(stranger.page.get_by_text("Votre place est rendue")).to_be_visible()
    stranger.page.goto(second)
    expect(stranger.page.get_by_text("Vous avez votre place")).to_be_visible()
    welcomed(sign_in("tierslieu", PHONE))
    spent(sign_in("membre", PHONE), andrea)
    seen(andrea)
    stranger.page.goto(f"{house.url}/tiers-lieu/audruicq/credits/")
    expect(stranger.page.locator(".stat").first).to_contain_text("Reçues")
    assert "€" not in stranger.page.locator("main").inner_text()
    stranger.shoot("place-public-credits")


def announced(andrea: Person) -> str:
    """Planned with its room, announced in one tap; the address of its public page."""
    page = andrea.page
    andrea.go("tiers-lieu/agenda/nouveau/")
    page.get_by_label("Titre").fill("Pizzas au four à bois")
    page.get_by_label("Annonce").fill("On pétrit, on garnit avec ce que donne le jardin, on cuit dehors.")
    page.get_by_label("Jour", exact=True).fill("25/11/2026")
    page.get_by_label("De", exact=True).fill("18h")
    page.get_by_label("À", exact=True).fill("20:30")
    page.get_by_label("Places").fill("2")
    page.get_by_label("Lieu").fill("Grande salle")
    page.get_by_label("Prix par personne").fill("6")
    page.get_by_label("Four à pain").check()
    page.get_by_label("Scie à ruban").check()
    andrea.shoot("place-nouveau")
    andrea.tap(page.get_by_role("button", name="Mettre au calendrier"))
    expect(page.get_by_text("Scie à ruban est en réparation")).to_be_visible()
    page.get_by_label("Scie à ruban").uncheck()
    andrea.tap(page.get_by_role("button", name="Mettre au calendrier"))
    andrea.tap(page.get_by_role("button", name="Annoncer"))
    expect(page.get_by_text("Annoncé", exact=True)).to_be_visible()
    poster = page.get_by_role("link", name="Affiche A4").get_attribute("href")
    pdf = page.request.get(f"{andrea.house.url}{poster}").body()
    assert pdf.startswith(b"%PDF")
    (andrea.shots / "place-affiche.pdf").write_bytes(pdf)
    address = page.get_by_role("link", name="Page publique").get_attribute("href")
    assert address
    return address


def signed_up(stranger: Person, address: str, house: House) -> tuple[str, str]:
    """A couple takes both places in one form; who comes next waits, and is told so."""
    links = []
    for name, adults, told in (("Nadine", "2", "Vous avez votre place"), ("Wilfrid", "1", "au rang 1")):
        stranger.page.goto(f"{house.url}/tiers-lieu/audruicq/")
        if not links:
            stranger.shoot("place-public")
        stranger.page.goto(address)
        stranger.page.get_by_label("Votre nom").fill(name)
        stranger.page.get_by_label("Votre adresse e-mail").fill(f"{name.lower()}@exemple.invalid")
        stranger.page.get_by_label("Adultes").fill(adults)
        expect(stranger.page.get_by_text("6,00 € par personne")).to_be_visible()
        stranger.shoot(f"place-inscription-{len(links)}")
        stranger.taps = 0
        stranger.tap(stranger.page.locator("form .button.primary"))
        assert stranger.taps == 1
        expect(stranger.page.get_by_text(re.compile(told))).to_be_visible()
        stranger.shoot(f"place-ma-place-{len(links)}")
        links.append(stranger.page.url)
    return links[0], links[1]


def welcomed(andrea: Person) -> None:
    """From the first page to « là »: two taps; then three hours of a member, noted."""
    page = andrea.page
    andrea.taps = 0
    andrea.tap(page.get_by_role("link", name=re.compile("Accueillir.*Pizzas", re.DOTALL)))
    andrea.tap(page.get_by_role("button", name=re.compile("Là.*Wilfrid")))
    assert andrea.taps == 2
    expect(page.locator(".presence .there")).to_contain_text(re.compile("Wilfrid.*6,00.€ reçus", re.DOTALL))
    andrea.shoot("place-presence")
    page.get_by_text("Noter les heures d’un membre").click()
    page.locator("#heures").get_by_label("Membre").select_option(label="Eden Vasseur")
    page.locator("#heures").get_by_label("Heures", exact=True).fill("3")
    andrea.tap(page.get_by_role("button", name="Noter les heures"))
    andrea.go("tiers-lieu/membres/")
    andrea.shoot("place-membres")
    andrea.tap(page.get_by_role("button", name="Tout valider"))
    expect(page.get_by_text("Heures à valider")).to_have_count(0)


def spent(eden: Person, andrea: Person) -> None:
    """A basket in two taps by the member, handed over in one; the stock of the place is one less."""
    eden.shoot("place-membre-aujourdhui")
    eden.taps = 0
    eden.tap(eden.page.get_by_role("link", name=re.compile("Mon carnet.*Mes heures", re.DOTALL)))
    before = eden.page.locator(".purse-total").inner_text()
    eden.shoot("place-carnet")
    eden.tap(eden.page.get_by_role("button", name=re.compile("Utiliser 6 mannes : Un petit panier")))
    assert eden.taps == 2
    expect(eden.page.locator(".purse-total")).not_to_have_text(before)
    andrea.go("tiers-lieu/credits/")
    andrea.shoot("place-credits")
    rows = andrea.page.get_by_role("button", name=re.compile("Remis.*Un petit panier à Eden"))
    count = rows.count()
    andrea.tap(rows.first)
    expect(rows).to_have_count(count - 1)
    eden.page.reload()
    expect(eden.page.get_by_text("À retirer à l’accueil")).to_have_count(int(count > 1))


def seen(andrea: Person) -> None:
    """Every other page of the room, looked at."""
    for end, name in (("salles/", "salles"), ("bilan/", "bilan"), ("parcours/", "parcours")):
        andrea.go(f"tiers-lieu/{end}")
        andrea.shoot(f"place-{name}")
    andrea.go("tiers-lieu/membres/")
    andrea.tap(andrea.page.get_by_role("link", name="Eden Vasseur").last)
    andrea.shoot("place-membre")
    link = andrea.page.get_by_role("link", name="Attestation").get_attribute("href")
    pdf = andrea.page.request.get(f"{andrea.house.url}{link}").body()
    assert pdf.startswith(b"%PDF")
    (andrea.shots / "place-attestation.pdf").write_bytes(pdf)
