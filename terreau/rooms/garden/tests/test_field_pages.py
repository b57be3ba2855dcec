"""The field page: what it takes along, its labels, what it costs."""

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext

from terreau.measures.week import IsoWeek
from terreau.rooms.garden import actions, queries
from terreau.rooms.garden.queries import NewPlanting
from terreau.rooms.garden.tests.entries import KEY, client_of, harvest, note, ok, send, work
from terreau.rooms.garden.tests.factories import NOW, TODAY, WEEK, make_garden, make_land
from terreau.territory.abilities import Role
from terreau.territory.models import Product
from terreau.territory.tests.pages import cost, text

pytestmark = pytest.mark.django_db


def day(garden, client=None):
    return (client or client_of(garden)).get(garden.url("terrain/donnees.json")).json()


def test_the_list_holds_beds_what_is_ripe_and_what_is_due(garden, planted):
    planting, task = planted
    garden.due("carotte", "A2", "12.5", TODAY - timedelta(days=1))
    garden.due("poireau", "B1", "3", TODAY + timedelta(days=2))
    garden.expects("carotte", "A2", "8", "10")
    garden.expects("laitue", "B2", "8", "10")
    told = day(garden)
    assert [bed["name"] for bed in told["beds"]] == [
        "Planche A1", "Planche A2", "Planche A3", "Planche A10", "Planche B1", "Planche B2", "Planche B3",
    ]  # fmt: skip
    assert {bed["name"]: bed["block"] for bed in told["beds"]}["Planche A10"] == "Hors bloc"
    names = {product["id"]: product["name"] for product in told["products"]}
    places = {bed["id"]: bed["name"] for bed in told["beds"]}
    ripe = {(places[r["bed"]], names[r["product"]]): (r["due"], r["late"]) for r in told["ripe"]}
    assert ripe == {
        ("Planche A2", "Carotte"): ("12,5", True),
        ("Planche B1", "Poireau"): ("3", False),
        ("Planche B2", "Laitue"): (None, False),
    }
    (gesture,) = told["tasks"]
    assert gesture["id"] == task.pk
    assert gesture["gesture"] == "Semer ou planter"
    assert gesture["hours"] == "0,96"
    assert [(line["id"], line["name"]) for line in told["growing"]] == [(planting.pk, "Blette")]


def test_what_ripens_in_the_ground_is_there_without_a_forecast(garden, settings):
    land = make_land(garden)
    week = IsoWeek(2027, 21)
    new = NewPlanting(land.crops["blette"], land.bed("A2"), IsoWeek(2027, 12), Decimal(30))
    planting = actions.plan_planting(ecopole=land.ecopole, new=new, at=NOW, key="culture-1")
    settings.CLOCK = f"{week.monday}T10:00"
    client = client_of(garden)
    assert day(garden, client)["ripe"] == [], "what was never set up does not ripen"
    set_up = work(garden, trade="travail-implantation", bed=garden.beds["A2"].pk, planting=planting.pk)
    assert send(garden, set_up | {"occurred_at": f"{week.monday}T07:00:00Z"}, client=client) == ok(KEY)
    (ripe,) = day(garden, client)["ripe"]
    assert (ripe["product"], ripe["due"]) == (Product.objects.get(code="blette").pk, None)


def test_the_page_is_the_same_for_everybody_and_for_every_bed(garden):
    """The phone keeps one: nothing of a person, of a day or of a bed is written in it."""
    place = garden.beds["A2"].pk
    pages = {
        text(client_of(garden, role).get(garden.url(end)))
        for role in (Role.GROWER, Role.COORDINATOR)
        for end in ("terrain/", f"planche/{place}/")
    }
    assert len(pages) == 1
    assert "csrf" not in pages.pop()


def test_a_bed_of_elsewhere_has_no_page(garden):
    stranger, client = make_garden("ailleurs"), client_of(garden)
    assert client.get(garden.url(f"planche/{stranger.beds['A2'].pk}/")).status_code == 404
    assert client.get(garden.url(f"planche/{'9' * 40}/")).status_code == 404


def test_the_worker_answers_for_the_field_and_its_files_exist(garden):
    client = client_of(garden)
    response = client.get(garden.url("terrain/sw.js"))
    assert response["Content-Type"].startswith("text/javascript")
    assert response["Service-Worker-Allowed"] == garden.url()
    assert response["Cache-Control"] == "private, no-cache"
    told = json.loads(re.search(r"const told = (.*);", text(response))[1])
    assert told["page"] == garden.url("terrain/")
    assert len(told["files"]) > 5
    for url in (*told["files"], told["page"], told["data"]):
        name = url.removeprefix("/static/")
        assert finders.find(name) if name != url else client.get(url).status_code == 200, url
    home = client.get(garden.url("terrain/terrain.webmanifest")).json()
    assert home["start_url"] == home["scope"] == garden.url("terrain/")


@pytest.mark.parametrize("end", ["", "?bloc="])
def test_labels_are_printed_for_all_beds_and_for_a_block(garden, end):
    client = client_of(garden)
    assert client.get(garden.url("etiquettes.pdf")).content.startswith(b"%PDF")
    make_land(garden)
    block = queries.beds(garden.ecopole)[0].block_id if end else ""
    assert client.get(garden.url(f"etiquettes.pdf{end}{block}")).content.startswith(b"%PDF")
    assert client.get(garden.url("etiquettes.pdf?bloc=999999")).status_code == 404


@pytest.mark.parametrize("end", ["terrain/", "terrain/donnees.json", "observations/", "etiquettes.pdf"])
def test_the_queries_of_a_page_do_not_grow_with_its_rows(garden, end):
    land, client = make_land(garden), client_of(garden)

    def counted():
        return cost(client, garden.url(end))

    def lived(name):
        new = NewPlanting(land.crops["blette"], land.bed(name), WEEK, Decimal(30), reason="essai")
        actions.plan_planting(ecopole=land.ecopole, new=new, at=NOW, key=f"culture-{name}")
        assert (
            send(garden, note(garden, bed=name, key=f"note-{name}-0000"), client=client)[0]["state"] == "ok"
        )
        garden.due("carotte", name, "5")
        garden.expects("poireau", name, "1", "2")

    lived("A2")
    few = counted()
    for name in ("B1", "B2"):
        lived(name)
    assert counted() == few <= 15


def test_the_queries_of_an_entry_are_those_of_its_gesture(garden):
    """A letter of many entries costs each entry the same: nothing is read again for all."""
    client = client_of(garden)

    def counted(*keys):
        entries = [harvest(garden, key=f"{key}-00000000") for key in keys]
        with CaptureQueriesContext(connection) as seen:
            assert all(answer["state"] == "ok" for answer in send(garden, *entries, client=client))
        return len(seen)

    one, three = counted("a1"), counted("b1", "b2", "b3")
    assert counted("c1", "c2", "c3", "c4", "c5") - three == three - one
