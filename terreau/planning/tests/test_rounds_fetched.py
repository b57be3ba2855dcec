"""What is fetched at farms: said on the offer, promised from the farm's gate, on the tour, on the road book.

To the school and the secondary school in the north, the depot in the south, and the farm of Les Aulnes by the
school: its carrots come back with the van.
"""

import json
from datetime import time, timedelta
from decimal import Decimal

import pytest

from terreau.engines.rounds import Plan, Problem
from terreau.ledger.models import Event, Process
from terreau.planning.rounds.gather import gather
from terreau.planning.rounds.publish import publish_rounds
from terreau.planning.shares.tours import driven
from terreau.planning.tests.mornings import DAY, NOW, morning, solved, visitor
from terreau.planning.tests.test_pages import text
from terreau.rooms.platform.models import StopNote

H, MIN = 3600, 60
KEY = "0f5a2b14-ramasse"


@pytest.fixture
def m(db, settings):
    settings.CLOCK = "2026-11-26T17:00"
    m = morning()
    m.farm("aulnes", "Ferme des Aulnes", 50.1, time(7), time(9))
    m.fetched("aulnes", "110")
    return m


def published(m) -> Process:
    return publish_rounds(plan_id=solved(m).pk, by=m.users["alice"], at=NOW)[0]


def test_what_is_fetched_is_a_stop_that_loads_within_the_hours_of_the_farm(m, django_assert_num_queries):
    with django_assert_num_queries(7):
        problem = gather(m.ecopole, DAY).problem
    (farm,) = (s for s in problem.stops if any(s.pickup))
    # 110 kg fill six crates; six minutes at the gate and 0.3 for each: 7.8 minutes.
    assert (farm.name, farm.delivery, farm.pickup) == ("Ferme des Aulnes", (0, 0, 0), (6, 0, 110))
    assert (farm.windows[0].opens_s, farm.windows[0].closes_s) == (7 * H, 9 * H)
    assert farm.service_s == 7 * MIN + 48
    assert problem.hubs[0].place == str(m.places["quai"].pk)


def test_the_load_of_the_tour_falls_at_the_doors_and_grows_at_the_farm(m):
    row = solved(m)
    problem, plan = Problem.from_json(row.problem), Plan.from_json(row.plan)
    (tour,) = plan.tours
    assert tour.trips[0].load == (20, 0, 400)
    taken = next(v for v in tour.trips[0].visits if any(v.call.pickup))
    before = [v for v in tour.trips[0].visits if v.start_s < taken.start_s]
    left = sum(v.call.delivery[0] for v in before)
    assert taken.load_after[0] == 20 - left + 6
    assert 7 * H <= taken.start_s <= 9 * H
    assert tour.trips[0].visits[-1].load_after == (6, 0, 110)
    told = text(visitor(m).get(m.url("plan/premier-plan/")))
    assert "pris : 6 caisses, 110 kg" in told
    assert "demandé 7 h 00 – 9 h 00" in told
    assert {s.name for s in problem.stops} >= {"Ferme des Aulnes", "Dépôt de la gare"}


def test_the_page_of_the_day_tells_apart_what_is_left_and_what_is_fetched(m):
    told = text(visitor(m).get(m.url(f"?jour={DAY}")))
    assert "4 arrêts, 400 kg, 110 kg à prendre" in told
    assert "À prendre dans les fermes 6 caisses 110 kg" in told
    assert "Ferme des Aulnes Porte · à prendre 6 110 kg 7 h 00 – 9 h 00" in told


def test_a_day_on_which_one_only_fetches_has_its_tour(m):
    later = DAY + timedelta(days=1)
    m.fetched("aulnes", "40", day=later)
    assert f"jour={later}" in visitor(m).get(m.url(f"?jour={DAY}")).content.decode()
    problem = gather(m.ecopole, later).problem
    assert [s.name for s in problem.stops] == ["Ferme des Aulnes"]
    assert problem.hubs[0].place == str(m.places["quai"].pk)


def test_one_tap_at_the_gate_makes_it_the_platform_s_and_the_farm_shares_the_tour(m, settings):
    tour = published(m)
    (fetched,) = (s for s in tour.detail["stops"] if s["collects"])
    assert (fetched["crates"], fetched["hours"]) == (6, "7\u00a0h\u00a000 – 9\u00a0h\u00a000")
    settings.CLOCK = f"{DAY}T10:00"
    client = visitor(m, "lou")
    book = f"/e/{m.ecopole.slug}/plateforme/tournee/"
    (told,) = (s for s in client.get(f"{book}donnees.json").json()["tours"][0]["stops"] if s["collects"])
    assert (told["name"], told["hours"], told["done"], told["crates"]) == (
        "Ferme des Aulnes", fetched["hours"], False, 6,
    )  # fmt: skip
    (line,) = told["lines"]
    assert (line["product"], line["quantity"]) == ("Carotte", "110")
    sent = {
        "key": KEY, "kind": "collection", "occurred_at": f"{DAY}T08:10:00.000Z", "round": tour.pk,
        "stop": told["rank"], "lines": [{"id": line["id"], "quantity": "100"}],
    }  # fmt: skip
    for _ in range(2):
        answer = client.post(f"{book}envoi/", json.dumps([sent]), content_type="application/json")
        assert answer.json()["answers"][0]["state"] == "ok"
    taken = Event.objects.get(action="transfer", fulfils=line["id"])
    assert (taken.receiver, taken.quantity) == (m.agents["plateforme"], Decimal(100))
    assert (taken.to_place, taken.occurred_at.hour) == (m.places["quai"], 8)
    assert taken.lot.origin == m.places["aulnes"]
    assert StopNote.objects.get().kind == "collected"
    # Ten kilos fewer were there: the promise is closed, and the stop done.
    stops = client.get(f"{book}donnees.json").json()["tours"][0]["stops"]
    assert [s["done"] for s in stops if s["collects"]] == [True]
    (shared,) = driven(m.ecopole, DAY, DAY)
    assert shared.halts[0].kilos == {m.agents["aulnes"].pk: Decimal(100)}
    assert shared.aboard == {m.agents["aulnes"].pk}


@pytest.mark.parametrize(("kind", "collects"), [("delivery", True), ("collection", False)])
def test_one_does_not_leave_where_one_takes(m, settings, kind, collects):
    tour = published(m)
    settings.CLOCK = f"{DAY}T10:00"
    rank = next(n for n, s in enumerate(tour.detail["stops"], 1) if s["collects"] is collects)
    sent = {
        "key": KEY, "kind": kind, "occurred_at": f"{DAY}T08:10:00.000Z", "round": tour.pk, "stop": rank,
        "lines": [{"id": tour.detail["stops"][rank - 1]["commitments"][0], "quantity": "1"}],
    }  # fmt: skip
    book = f"/e/{m.ecopole.slug}/plateforme/tournee/envoi/"
    answer = visitor(m, "lou").post(book, json.dumps([sent]), content_type="application/json")
    assert "on ne fait pas cela" in answer.json()["answers"][0]["message"]
    assert not Event.objects.exists()
