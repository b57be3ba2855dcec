"""Finding a lot, following it, calling it back, undoing what a form wrote."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import Client

from terreau.formats.qr import qr_svg
from terreau.ledger import trace
from terreau.ledger.actions import judge, record
from terreau.ledger.labels import told
from terreau.ledger.models import Event, Lot
from terreau.ledger.tests.world import make_world
from terreau.territory.abilities import Role
from terreau.territory.tests.factories import someone
from terreau.territory.tests.pages import cost
from terreau.web.lot_sheets import letter
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


def test_what_was_made_of_it_then_passed_on_is_counted_once(world, soup):
    made = Lot.objects.get(product__name="soupe")
    world.add("transfer", "8", made, "cantine", "jardin")
    links = whereabouts(trace.journey(soup))
    assert ("Origine\u202f: jardin", "soupe", Decimal(10)) in links
    assert {("soupe", "cantine", Decimal(6)), ("soupe", "jardin", Decimal(4))} <= set(links)


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


def paper(client: Client, lot, end: str = ""):
    return client.get(f"/e/bourg/lots/{lot.code}/rappel/lettre.pdf{end}")


def letters(world, lot) -> dict:
    return letter(world.ecopole, lot, calls(trace.recall(lot)), NOW.date(), to_all=True)


def test_the_letter_says_what_was_received_when_and_whom_to_call(world, soup):
    data = letters(world, soup)
    assert (data["lot"]["code"], data["why"]) == (soup.code, "")
    first, second = data["letters"]
    assert (first["name"], first["content"]) == ("plateforme", "60\u00a0kg")
    assert (second["name"], second["content"]) == ("cantine", "15\u00a0kg")
    assert {(li["product"], li["quantity"], li["content"]) for li in second["lines"]} == {
        ("carotte", "5\u00a0kg", "5\u00a0kg"), ("soupe", "20\u00a0L", "10\u00a0kg"),
    }  # fmt: skip
    assert {li["when"] for li in second["lines"]} == {"20 nov. 2026", "21 nov. 2026"}
    assert second["givers"] == [{"name": "plateforme", "reach": "À l’accueil · 03 00 00 00 00"}]


def test_the_letter_gives_the_reason_that_was_written_and_no_longer_once_released(world, soup):
    for number, (kind, reason, said) in enumerate(
        [("held", "corps étranger", "corps étranger"), ("released", "analyse bonne", "")]
    ):
        judge(lot=soup, kind=kind, reason=reason, by=None, at=NOW, key=f"verdict-{number}")
        assert letters(world, soup)["why"] == said


def test_one_letter_for_all_or_one_for_one(world, soup):
    client, canteen = visitor(world, Role.PLATFORM), world.agents["cantine"]
    pages = []
    for end in ("", f"?pour={canteen.pk}"):
        answer = paper(client, soup, end)
        assert answer["Content-Type"] == "application/pdf"
        pages.append(len(re.findall(rb"/Type\s*/Page\b", answer.content)))
    assert pages == [3, 1], "the list and two letters; one letter alone, without the list"


def test_names_that_look_like_markup_are_printed_as_they_are(world, soup):
    world.agents["cantine"].name = "#panic() $ *[_ \\ ]"
    world.agents["cantine"].save()
    assert paper(visitor(world, Role.PLATFORM), soup).content.startswith(b"%PDF")


@pytest.mark.parametrize("end", ["?pour=x", "?pour=-1", "?pour=999999", f"?pour={'9' * 40}"])
def test_a_letter_to_somebody_else_is_not_found(world, soup, end):
    assert paper(visitor(world, Role.PLATFORM), soup, end).status_code == 404


def test_a_lot_nobody_received_has_no_paper(world):
    lot = world.harvested("carotte", "3")
    client = visitor(world, Role.PLATFORM)
    assert paper(client, lot).status_code == 404
    assert "lettre.pdf" not in page(client, f"/e/bourg/lots/{lot.code}/rappel/")


def test_only_those_who_may_recall_have_the_paper(world, soup):
    assert paper(visitor(world, Role.GROWER), soup).status_code == 403


def test_the_recall_page_and_its_letter_cost_the_same_however_many_receivers(world, soup):
    client, found = visitor(world, Role.PLATFORM), []
    for rank in range(5):
        world.agent(f"école {rank}", "canteen")
        world.add("transfer", "1", soup, "plateforme", f"école {rank}")
        if rank in (0, 4):
            counts = []
            for end in ("", "lettre.pdf"):
                counts.append(cost(client, f"/e/bourg/lots/{soup.code}/rappel/{end}"))
            found.append(counts)
    assert found[0] == found[1]
    assert max(found[0]) <= 6


def test_a_label_says_what_is_in_the_crate_and_its_code_opens_the_lot(world):
    lot = world.lot("carotte", keeps_until=date(2026, 11, 30))
    label = told(lot, "https://exemple.fr/e/bourg/lots/x/")
    assert label.pop("code") == qr_svg("https://exemple.fr/e/bourg/lots/x/")
    assert label == {
        "product": "carotte", "producer": "jardin", "lot": lot.code, "born": "20 nov. 2026",
        "quality": "bio", "until": "30 nov. 2026",
    }  # fmt: skip
    assert told(world.lot("poireau"), "x")["until"] == ""


def labels(client: Client, lot, end: str = ""):
    return client.get(f"/e/bourg/lots/{lot.code}/etiquettes.pdf{end}")


@pytest.mark.parametrize(("end", "sheets"), [("", 1), ("?nombre=1", 1), ("?nombre=13", 2), ("?nombre=48", 4)])
def test_a_sheet_holds_twelve_labels(world, end, sheets):
    lot = world.lot("carotte", keeps_until=date(2026, 11, 30))
    answer = labels(visitor(world, Role.GROWER), lot, end)
    assert answer["Content-Type"] == "application/pdf"
    assert len(re.findall(rb"/Type\s*/Page\b", answer.content)) == sheets


@pytest.mark.parametrize("number", ["0", "49", "-1", "x", "9" * 40])
def test_no_label_or_too_many_are_not_printed(world, number):
    lot = world.lot("carotte")
    assert labels(visitor(world, Role.PLATFORM), lot, f"?nombre={number}").status_code == 404


def test_from_a_label_to_the_recall_list_is_a_scan_and_one_tap(world, soup):
    client = visitor(world, Role.PLATFORM)
    html = page(client, f"/e/bourg/lots/{soup.code}/")
    assert "etiquettes.pdf" in html
    assert f'href="/e/bourg/lots/{soup.code}/rappel/"' in html


def test_a_farm_prints_no_label_of_another(world, soup):
    assert labels(visitor(world, Role.FARMER, "ferme"), soup).status_code == 403
