"""Finding a lot, following it, calling it back, undoing what a form wrote."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client

from terreau.ledger import trace
from terreau.ledger.actions import record
from terreau.ledger.models import Event
from terreau.ledger.tests.world import make_world
from terreau.territory.abilities import Role
from terreau.territory.tests.factories import someone
from terreau.web.lots import calls, whereabouts

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def world(db, settings):
    settings.CLOCK = "2026-11-23T14:00"
    return make_world()


@pytest.fixture
def soup(world):
    """100 kg of carrots: 60 to the platform, of which 40 made into soup, 30 l of it for the canteen."""
    carrots = world.harvested("carotte", "100")
    world.add("transfer", "60", carrots, "jardin", "plateforme")
    process = world.process()
    made = world.lot("soupe", "plateforme", at=datetime(2026, 11, 21, 8, tzinfo=UTC))
    world.add("consume", "40", carrots, "plateforme", process_id=process.pk)
    world.add("produce", "80", made, "plateforme", process_id=process.pk)
    world.add("transfer", "20", made, "plateforme", "cantine")
    world.add("transfer", "5", carrots, "plateforme", "cantine")
    return carrots


def visitor(world, role: Role, agent: str = "plateforme", email: str = "") -> Client:
    client = Client()
    client.force_login(someone(email or f"{role}@example.org", world.agents[agent], role))
    return client


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_lot_is_found_by_its_product_and_an_exact_number_opens_it(world, soup):
    client = visitor(world, Role.PLATFORM)
    assert soup.code in page(client, "/e/bourg/lots/?q=carot")
    assert "Aucun lot ne répond" in page(client, "/e/bourg/lots/?q=panais")
    assert (
        client.get(f"/e/bourg/lots/?q={soup.code.lower()}").headers["Location"]
        == f"/e/bourg/lots/{soup.code}/"
    )


def test_without_words_only_what_is_in_stock_is_listed(world, soup):
    gone = world.harvested("poireau", "3")
    world.add("lower", "3", gone, "jardin")
    html = page(visitor(world, Role.PLATFORM), "/e/bourg/lots/")
    assert soup.code in html
    assert gone.code not in html


def test_a_lot_of_another_ecopole_is_nowhere(world):
    other = make_world("hameau").harvested("carotte", "1")
    client = visitor(world, Role.COORDINATOR)
    assert client.get(f"/e/bourg/lots/{other.code}/").status_code == 404
    assert other.code not in page(client, "/e/bourg/lots/")


def test_where_a_lot_went_adds_up_to_what_it_was(world, soup):
    assert set(whereabouts(trace.journey(soup))) == {
        ("Origine\u202f: jardin", "carotte", Decimal(60)),
        ("Origine\u202f: jardin", "soupe", Decimal(10)),
        ("carotte", "jardin", Decimal(40)),
        ("carotte", "plateforme", Decimal(15)),
        ("carotte", "cantine", Decimal(5)),
        ("soupe", "cantine", Decimal(10)),
    }


def test_the_journey_tells_where_it_went_and_what_became_of_it(world, soup):
    html = page(visitor(world, Role.PLATFORM), f"/e/bourg/lots/{soup.code}/")
    for words in ("Son chemin", "Remis", "Utilisé", "soupe", "cantine"):
        assert words in html


def test_the_recall_list_has_one_call_per_receiver_the_greatest_first(world, soup):
    made = calls(trace.recall(soup))
    assert [(call.receiver.name, call.content) for call in made] == [
        ("plateforme", Decimal(60)),
        ("cantine", Decimal(15)),
    ]
    html = page(visitor(world, Role.PLATFORM), f"/e/bourg/lots/{soup.code}/rappel/")
    assert "tel:0300000000" in html
    assert "15\u00a0kg" in html


def test_only_those_who_may_recall_see_the_list(world, soup):
    assert visitor(world, Role.GROWER).get(f"/e/bourg/lots/{soup.code}/rappel/").status_code == 403


@pytest.fixture
def form(world):
    """What one form wrote: two events under one key."""
    lots = [world.lot("carotte"), world.lot("poireau")]
    grower = someone("grower@example.org", world.agents["jardin"], Role.GROWER)
    entries = [world.entry("produce", "5", lot, "jardin", key=f"form:{n}") for n, lot in enumerate(lots)]
    record(ecopole=world.ecopole, entries=entries, recorded_by=grower, recorded_at=NOW)
    return lots


def undo(client: Client, **data: str):
    return client.post("/e/bourg/annuler/form", {"key": "undo-123456", **data})


def test_undoing_takes_back_everything_a_form_wrote_and_goes_back_to_its_page(world, form):
    client = visitor(world, Role.COORDINATOR)
    assert undo(client, next="/e/bourg/lots/").headers["Location"] == "/e/bourg/lots/"
    assert [world.held(lot, "jardin") for lot in form] == [0, 0]
    assert Event.objects.filter(reverses__isnull=False).count() == 2


def test_undoing_twice_from_the_same_page_undoes_once(world, form):
    client = visitor(world, Role.COORDINATOR)
    undo(client)
    undo(client)
    assert Event.objects.filter(reverses__isnull=False).count() == 2


@pytest.mark.parametrize("wrong", ["https://ailleurs.example/", "//ailleurs.example/", "12 kg", "jardin"])
def test_only_a_page_of_this_site_is_gone_back_to(world, form, wrong):
    assert undo(visitor(world, Role.COORDINATOR), next=wrong).headers["Location"] == "/e/bourg/"


def test_one_undoes_one_s_own_writing_of_today_and_nobody_else_s(world, form, settings):
    assert undo(visitor(world, Role.PLATFORM)).status_code == 403
    own = Client()
    own.force_login(world.agents["jardin"].memberships.get().user)
    settings.CLOCK = "2026-11-24T08:00"
    assert undo(own).status_code == 403
    settings.CLOCK = "2026-11-23T14:00"
    assert undo(own).status_code == 302
    assert world.held(form[0], "jardin") == 0


def test_what_has_moved_on_is_not_undone_and_says_so(world, form):
    world.add("transfer", "5", form[0], "jardin", "plateforme")
    client = visitor(world, Role.COORDINATOR)
    undo(client)
    html = page(client, "/e/bourg/lots/")
    assert "toast error" in html
    assert world.held(form[1], "jardin") == 5


@pytest.mark.parametrize("key", ["", "undo", "x" * 200])
def test_an_undoing_without_a_proper_key_is_a_bad_request(world, form, key):
    assert undo(visitor(world, Role.COORDINATOR), key=key).status_code == 400
    assert world.held(form[0], "jardin") == 5


def test_a_key_nobody_wrote_under_is_not_found(world):
    assert undo(visitor(world, Role.COORDINATOR)).status_code == 404
