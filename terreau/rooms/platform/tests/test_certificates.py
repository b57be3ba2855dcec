"""Organic certificates: what a load is received as, who is warned, what is added and withdrawn."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from terreau.ledger.answers import Answer
from terreau.ledger.models import Event, Lot
from terreau.measures.french import parse_date
from terreau.measures.money import Money
from terreau.rooms.platform import actions
from terreau.rooms.platform.certificates import Received, rules, to_renew, validity
from terreau.rooms.platform.models import Certificate
from terreau.rooms.platform.tests.factories import NOW, TODAY, WEEK, form, small
from terreau.territory.models import Agent, AgentKind, Membership, Quality

FILE = Path(__file__).parent / "certificate_cases.csv"
CASES = list(csv.reader(FILE.read_text(encoding="utf-8").splitlines(), delimiter=";"))
QUALITIES = {quality.label: quality for quality in Quality}
PAGE = "certificats/"
TYPED = {
    "key": "cle-certificat", "body": "fr bio 01", "reference": "62/0421", "valid_from": "01/01/2026",
    "valid_until": "31/12/2027",
}  # fmt: skip


def certify(world, until: date, *, farm: Agent | None = None, since: date = date(2026, 1, 1), key: str = ""):
    return actions.add_certificate(
        ecopole=world.ecopole, farm=farm or world.farm, body="FR-BIO-01", reference="62/0421",
        valid_from=since, valid_until=until, by=None, at=NOW, key=key or f"certificate-{until}",
    )  # fmt: skip


def offer(world, quality: Quality = Quality.ORGANIC, farm: Agent | None = None):
    entry = actions.OfferEntry(
        farm or world.farm, world.carrot, Decimal(20), Money(130), WEEK.monday, WEEK.sunday, quality
    )
    actions.offer(ecopole=world.ecopole, week=WEEK, entries=[entry])


def withdraw(world, wrong: Certificate, reason: str = "numéro d’une autre ferme", key: str = "cle-retirer"):
    return actions.withdraw_certificate(
        ecopole=world.ecopole, wrong=wrong, reason=reason, by=None, at=NOW, key=key
    )


def receive(world, due) -> Lot:
    actions.receive(
        ecopole=world.ecopole, platform=world.platform, done=[Answer(due, due.quantity)], by=None, at=NOW,
        key="cle-12345678",
    )  # fmt: skip
    return Lot.objects.get(producer=world.farm)


@pytest.mark.parametrize("case", CASES[1:], ids=lambda case: case[0])
def test_worked_cases(case):
    _, certificates, day, offered, expected, warned = case
    days = [tuple(map(parse_date, one.split(" > "))) for one in certificates.split(", ") if one]
    load = Received(QUALITIES[offered], validity(days, parse_date(day)))
    assert Quality(load.quality).label == expected
    assert load.validity.warned == (warned == "oui")
    assert bool(load.lowering) == (offered != expected)


def test_every_rule_has_its_date_and_its_source():
    assert all(rule["since"] and rule["source"] for rule in rules()["warning"])


@pytest.mark.parametrize(
    ("until", "quality"),
    [
        (None, Quality.CONVENTIONAL),
        (TODAY - timedelta(days=1), Quality.CONVENTIONAL),
        (TODAY, Quality.ORGANIC),
    ],
)
def test_a_load_is_received_as_its_certificate_of_the_day_says(world, until, quality):
    offer(world)
    if until:
        certify(world, until)
    lot = receive(world, world.arrival("12"))
    assert lot.quality == quality
    born = Event.objects.get(lot=lot, action="produce")
    assert ("reçu en conventionnel" in born.note) == (quality == Quality.CONVENTIONAL)


def test_the_page_says_it_before_and_after(world, lou):
    offer(world)
    certify(world, TODAY - timedelta(days=1))
    due = world.arrival("12")
    before = lou.get(world.url("arrivees/")).content.decode()
    assert "Offert en bio, certificat bio échu depuis le" in before
    answer = lou.post(world.url("arrivees/recevoir/"), form([due]), follow=True)
    assert "Sans certificat bio valable, en conventionnel\u202f: Carotte." in answer.content.decode()


def test_a_valid_certificate_says_nothing_on_arrival(world, lou):
    offer(world)
    certify(world, TODAY + timedelta(days=300))
    world.arrival("12")
    assert "certificat bio" not in lou.get(world.url("arrivees/")).content.decode()


def test_a_withdrawn_certificate_counts_no_more_and_stays(world, lou):
    offer(world)
    wrong = certify(world, TODAY + timedelta(days=300))
    withdraw(world, wrong)
    assert receive(world, world.arrival("12")).quality == Quality.CONVENTIONAL
    page = lou.get(world.url(PAGE)).content.decode()
    assert "retiré\u202f: numéro d’une autre ferme" in page
    assert Certificate.objects.count() == 2


def test_the_same_key_twice_is_one_certificate_and_one_withdrawal(world):
    first, again = (certify(world, TODAY, key="la-meme-cle") for _ in range(2))
    assert first == again
    assert withdraw(world, first) == withdraw(world, first, key="cle-encore")
    assert Certificate.objects.count() == 2


def test_a_withdrawal_without_reason_is_refused(world):
    with pytest.raises(actions.CertificateRefused, match="dites pourquoi"):
        withdraw(world, certify(world, TODAY), reason="  ")


def test_the_farm_and_the_platform_are_warned_thirty_days_before(world, client):
    offer(world)
    for days, warned in ((31, False), (30, True)):
        Certificate.objects.all().delete()
        certify(world, TODAY + timedelta(days=days))
        for name, page in (("fanny", "offres/?semaine=2026-W48"), ("lou", "")):
            client.force_login(world.people[name])
            text = client.get(world.url(page)).content.decode()
            assert ("ertificat bio valable jusqu’au" in text) == warned, (name, days)


def test_a_farm_that_offers_nothing_organic_is_asked_for_no_certificate(world, client):
    offer(world, Quality.CONVENTIONAL)
    assert to_renew(world.ecopole, TODAY) == []
    client.force_login(world.people["fanny"])
    assert (
        "aucun certificat" not in client.get(world.url("offres/?semaine=2026-W48")).content.decode().lower()
    )


@pytest.mark.parametrize("who", ["lou", "fanny"])
def test_the_first_page_says_what_ends_soon_to_the_platform_and_to_the_farm(world, client, who):
    offer(world)
    theirs = Agent.objects.create(ecopole=world.ecopole, kind=AgentKind.FARM, name="Ferme voisine")
    offer(world, farm=theirs)
    certify(world, TODAY + timedelta(days=10))
    client.force_login(world.people[who])
    page = client.get(f"/e/{world.ecopole.slug}/").content.decode()
    assert f"{world.farm.name} : certificat bio valable jusqu’au" in page.replace("\u202f", " ")
    assert ("Ferme voisine" in page) == (who == "lou")


def test_a_farm_adds_and_withdraws_its_own(world, client):
    client.force_login(world.people["fanny"])
    answer = client.post(world.url(PAGE), TYPED | {"farm": world.farm.pk}, follow=True)
    assert "certificat noté, valable jusqu’au 31 déc. 2027" in answer.content.decode()
    kept = Certificate.objects.get()
    assert (kept.farm, kept.body, kept.recorded_by) == (world.farm, "FR-BIO-01", world.people["fanny"])
    page = world.url(f"{PAGE}{kept.pk}/retirer/")
    assert client.get(page).status_code == 200
    assert client.post(page, {"key": "cle-retirer", "reason": " "}).status_code == 422
    answer = client.post(page, {"key": "cle-retirer", "reason": "ancien papier"}, follow=True)
    assert "retiré\u202f: ancien papier" in answer.content.decode()
    assert client.get(page).status_code == 404


def test_a_farm_speaks_for_no_other(world, client):
    other = Agent.objects.create(ecopole=world.ecopole, kind=AgentKind.FARM, name="Ferme voisine")
    theirs = certify(world, TODAY, farm=other)
    client.force_login(world.people["fanny"])
    assert client.post(world.url(PAGE), TYPED | {"farm": other.pk}).status_code == 422
    assert client.get(world.url(f"{PAGE}{theirs.pk}/retirer/")).status_code == 404
    assert "Ferme voisine" not in client.get(world.url(PAGE)).content.decode()


def test_the_platform_holds_those_of_all_farms_and_of_no_other_ecopole(world, lou):
    elsewhere = small("ailleurs")
    theirs = certify(elsewhere, TODAY)
    assert lou.post(world.url(PAGE), TYPED | {"farm": world.farm.pk}).status_code == 302
    assert (
        lou.post(world.url(PAGE), TYPED | {"farm": elsewhere.farm.pk, "key": "cle-autre-1"}).status_code
        == 422
    )
    assert lou.get(world.url(f"{PAGE}{theirs.pk}/retirer/")).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"body": "BIO-1"}, "s’écrit FR-BIO- et deux chiffres"),
        ({"valid_until": "31/12/2025"}, "la fin vient avant le début"),
        ({"valid_until": "bientôt"}, "bientôt"),
        ({"reference": ""}, "obligatoire"),
    ],
)
def test_a_refusal_keeps_what_was_typed(world, lou, wrong, said):
    typed = TYPED | {"farm": world.farm.pk, "reference": "62/0421"} | wrong
    answer = lou.post(world.url(PAGE), typed)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert said in text
    assert f'value="{typed["valid_from"]}"' in text
    assert not Certificate.objects.exists()


def test_somebody_of_no_farm_is_told_so(world, client):
    Membership.objects.filter(user=world.people["fanny"]).update(agent=world.shop)
    client.force_login(world.people["fanny"])
    assert "pour personne" in client.get(world.url(PAGE)).content.decode()
    assert client.post(world.url(PAGE), TYPED).status_code == 200


@pytest.mark.parametrize("page", [PAGE, "", "arrivees/"])
def test_a_page_costs_the_same_however_many_farms(world, lou, page):
    counts = []
    for rank in range(6):
        farm = Agent.objects.create(ecopole=world.ecopole, kind=AgentKind.FARM, name=f"Ferme {rank}")
        offer(world, farm=farm)
        withdraw(world, certify(world, TODAY, farm=farm, key=f"wrong-{rank}-cle"), key=f"withdraw-{rank}")
        certify(world, TODAY, farm=farm, key=f"right-{rank}-cle")
        world.arrival("3")
        if rank in (1, 5):
            with CaptureQueriesContext(connection) as caught:
                assert "23 nov. 2026" in lou.get(world.url(page)).content.decode() or page
            counts.append(len(caught))
    assert counts[0] == counts[1] <= 12
