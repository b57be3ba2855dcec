"""A vehicle stops on the road: what is done stays, what it carries is taken over, the others go on.

By hand: Fourgon goes north to the school then the secondary school, Second goes south to the depot. Both load
at 6:00 and leave at 6:20; the first doors are 19 min 17 s away, at 6:39.
"""

import json
from datetime import UTC, datetime, time
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from terreau.engines.rounds import Plan, Problem, by_hand, verify
from terreau.engines.rounds.tests.tiny import whole_call
from terreau.ledger.actions import Entry, NewLot, new_lots, record
from terreau.ledger.models import Commitment, Process, ProcessKind
from terreau.measures.quantity import Unit
from terreau.planning.models import PlanState, RoundsPlan
from terreau.planning.publish import InputsChanged
from terreau.planning.rounds.actions import request_rest, solve_rounds
from terreau.planning.rounds.gather import NothingToDrive, gather
from terreau.planning.rounds.publish import publish_rounds
from terreau.planning.rounds.rest import Lost
from terreau.planning.shares.tours import driven
from terreau.planning.tests.mornings import DAY, LEG_M, NOW, Morning, morning
from terreau.planning.tests.test_pages import text
from terreau.rooms.platform.models import Vehicle

H, MIN = 3600, 60
# Seven o'clock in the morning in France, on the day.
SEVEN = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
KEY = "0f5a2b14-panne"


@pytest.fixture
def m(db, settings):
    settings.CLOCK = f"{DAY}T07:00"
    m = morning()
    m.van("Second")
    return m


def van(name: str) -> str:
    return str(Vehicle.objects.get(name=name).pk)


def publish(m: Morning, **stops: list[str]) -> list[Process]:
    """Each van with its doors in order, by the names of the morning; more than one trip: a list of lists."""
    problem = gather(m.ecopole, DAY).problem
    keys = {name: next(s.id for s in problem.stops if s.place == str(m.places[name].pk))
            for doors in stops.values() for name in doors}  # fmt: skip
    orders = [
        (van(name), [[whole_call(problem, keys[door]) for door in doors]]) for name, doors in stops.items()
    ]
    row = RoundsPlan.objects.create(
        ecopole=m.ecopole, day=DAY, key="matin-00", state=PlanState.READY, problem=problem.to_json(),
        plan=by_hand(problem, orders).to_json(), seconds_max=1, created_at=NOW,
    )  # fmt: skip
    return publish_rounds(plan_id=row.pk, by=None, at=NOW)


def done(m: Morning, *doors: str) -> None:
    """What was due at these doors is handed over, or fetched there."""
    for due in Commitment.objects.filter(ecopole=m.ecopole, due_on=DAY).order_by("pk"):
        for name in doors:
            if m.agents[name].pk in (due.receiver_id, due.provider_id):
                _done(m, due)


def _done(m: Morning, due: Commitment) -> None:
    at = datetime(2026, 11, 27, 5, 45, tzinfo=UTC)
    lot = new_lots(ecopole=m.ecopole, lots=[NewLot(due.product, due.provider_id, 0, at, f"lot-{due.pk}")])[0]
    told = {"product_id": due.product_id, "quantity": due.quantity, "unit": Unit.KG, "lot": lot,
            "occurred_at": at}  # fmt: skip
    start = due.from_place_id
    entries = [
        Entry("produce", due.provider_id, due.provider_id, key=f"p-{due.pk}", to_place_id=start, **told),
        Entry("transfer", due.provider_id, due.receiver_id, key=f"t-{due.pk}", from_place_id=start,
              to_place_id=due.to_place_id, fulfils_id=due.pk, **told),
    ]  # fmt: skip
    record(ecopole=m.ecopole, entries=entries, recorded_by=None, recorded_at=at)


def lost(m: Morning, name: str, place: str = "", key: str = KEY, at: datetime = SEVEN) -> RoundsPlan:
    where = str(m.places[place].pk) if place else ""
    row = request_rest(
        ecopole=m.ecopole, day=DAY, today=at.date(), lost=[Lost(van(name), "06:50", where)],
        by=m.users["alice"], at=at, key=key,
    )  # fmt: skip
    RoundsPlan.objects.filter(pk=row.pk).update(seconds_max=1)
    solve_rounds.func(plan_id=row.pk)
    row.refresh_from_db()
    return row


def answer(row: RoundsPlan) -> tuple[Problem, Plan]:
    problem, plan = Problem.from_json(row.problem), Plan.from_json(row.plan)
    assert row.state == PlanState.READY, plan.clash
    assert verify(problem, plan).accepted
    return problem, plan


def tours(m: Morning) -> dict[str, dict]:
    rows = Process.objects.filter(ecopole=m.ecopole, kind=ProcessKind.ROUND).order_by("pk")
    last = rows.last().detail["plan"]
    return {r.detail["vehicle"]["name"]: r.detail for r in rows if r.detail["plan"] == last}


def test_what_it_carried_is_taken_where_it_stands_by_another(m):
    publish(m, Fourgon=["ecole", "college"], Second=["depot"])
    done(m, "ecole", "depot")
    problem, plan = answer(lost(m, "Fourgon"))
    # Only the secondary school is left: four crates, aboard Fourgon at the school.
    (carried,) = problem.transfers
    assert (carried.name, carried.amount, problem.stops) == ("Cantine du collège", (4, 0, 80), ())
    assert carried.load.place == str(m.places["ecole"].pk)
    (second,) = problem.vehicles
    # From the depot where it was at 7:05, it is back at the dock at 7:24:17, and its day is paid.
    assert (second.name, second.from_s, second.day) == ("Second", 7 * H + 24 * MIN + 17, 0)
    (tour,) = plan.tours
    assert [(v.call.leg, v.place) for v in tour.trips[0].visits] == [
        ("load", str(m.places["ecole"].pk)), ("drop", str(m.places["college"].pk)),
    ]  # fmt: skip
    assert tour.trips[0].visits[0].load_after == (4, 0, 80)


def test_the_day_is_published_again_whole_with_what_was_done(m):
    first = publish(m, Fourgon=["ecole", "college"], Second=["depot"])
    done(m, "ecole", "depot")
    row = lost(m, "Fourgon")
    publish_rounds(plan_id=row.pk, by=None, at=SEVEN)
    told = tours(m)
    assert set(told) == {"Fourgon", "Second"}
    (school,) = told["Fourgon"]["stops"]
    assert school["done"]
    assert (told["Fourgon"]["returns"], told["Fourgon"]["stopped"]) == ("06:50", "06:50")
    assert Decimal(told["Fourgon"]["km"]) == Decimal(LEG_M) / 1000
    depot, relay, college = told["Second"]["stops"]
    assert (depot["done"], relay["relay"], relay["crates"], college["crates"]) == (True, "Fourgon", 4, 4)
    assert [s["trip"] for s in told["Second"]["stops"]] == [1, 2, 2]
    assert college["commitments"] == first[0].detail["stops"][1]["commitments"]
    # South, then from the dock to the far north and back: one leg, and four.
    assert Decimal(told["Second"]["km"]) == pytest.approx(Decimal(5 * LEG_M) / 1000, abs=Decimal("0.01"))
    # Who shares: what was handed over in the morning, then what the second van brings.
    done(m, "college")
    shared = {t.vehicle: [h.place_id for h in t.halts] for t in driven(m.ecopole, DAY, DAY)}
    assert shared == {
        "Fourgon": [m.places["ecole"].pk], "Second": [m.places["depot"].pk, m.places["college"].pk],
    }  # fmt: skip


def test_the_road_books_follow_and_the_old_page_still_sends(m):
    old = {p.detail["vehicle"]["name"]: p for p in publish(m, Fourgon=["ecole", "college"], Second=["depot"])}
    done(m, "ecole")
    publish_rounds(plan_id=lost(m, "Fourgon").pk, by=None, at=SEVEN)
    client, book = Client(), f"/e/{m.ecopole.slug}/plateforme/tournee/"
    client.force_login(m.users["lou"])

    def stops() -> list[dict]:
        day = client.get(f"{book}donnees.json").json()["tours"]
        return next(tour["stops"] for tour in day if tour["vehicle"] == "Second")

    relay = next(stop for stop in stops() if stop["name"] == "À bord de Fourgon")
    assert (relay["done"], relay["part"][:12], relay["lines"]) == (False, "Prenez ici c", [])
    one = Process.objects.filter(kind=ProcessKind.ROUND).order_by("pk").last()
    sent = [
        {"key": "11111111-aaaa-4bbb-8ccc-000000000001", "kind": "passage", "round": one.pk,
         "stop": relay["rank"], "occurred_at": f"{DAY}T05:59:00.000Z"},
        # Written by a phone that has not heard of the change yet.
        {"key": "11111111-aaaa-4bbb-8ccc-000000000002", "kind": "problem", "round": old["Second"].pk,
         "stop": 1, "text": "retard", "occurred_at": f"{DAY}T05:59:00.000Z"},
    ]  # fmt: skip
    answer = client.post(f"{book}envoi/", json.dumps(sent), content_type="application/json").json()
    assert [one["state"] for one in answer["answers"]] == ["ok", "ok"]
    assert next(stop for stop in stops() if stop["name"] == "À bord de Fourgon")["done"]


def test_what_is_aboard_another_stays_with_it_from_where_it_is(m):
    m.van("Troisième", available_from=time(9))
    publish(m, Fourgon=["ecole", "college"], Second=["depot"])
    problem, plan = answer(lost(m, "Fourgon", at=datetime(2026, 11, 27, 5, 30, tzinfo=UTC)))
    second = next(v for v in problem.vehicles if v.name == "Second")
    (aboard,) = problem.stops
    assert (aboard.name, aboard.tags, second.tags) == ("Dépôt de la gare", (second.id,), (second.id,))
    # Nothing was delivered: both stand at the dock, and what Fourgon carries is handed over there.
    assert {t.load.place for t in problem.transfers} == {str(m.places["quai"].pk)}
    third = next(v for v in problem.vehicles if v.name == "Troisième")
    assert (third.from_s, third.start, third.day) == (9 * H, problem.hubs[0].id, 450000)
    (tour,) = plan.tours
    assert (tour.vehicle, tour.trips[0].load, tour.start_s) == (second.id, (6, 0, 120), 6 * H + 35 * MIN)
    assert max(v.load_after[0] for v in tour.trips[0].visits) <= 20


def test_one_that_had_not_left_leaves_all_it_had_at_the_platform(m):
    m.van("Tard", available_from=time(9))
    publish(m, Tard=["ecole", "college"], Second=["depot"])
    done(m, "depot")
    problem, _ = answer(lost(m, "Tard"))
    assert problem.transfers == ()
    assert [(s.name, s.ready_s > 7 * H) for s in problem.stops] == [
        ("Cantine de l’école", True), ("Cantine du collège", True),
    ]  # fmt: skip


def test_what_it_had_fetched_comes_back_and_what_it_had_to_fetch_is_fetched(m):
    m.farm("aulnes", "Ferme des Aulnes", 50.1, time(5), time(9))
    m.farm("butte", "Ferme de la Butte", 50.2, time(5), time(12))
    for farm in ("aulnes", "butte"):
        m.fetched(farm, "60")
    publish(m, Fourgon=["aulnes", "butte"], Second=["ecole", "college", "depot"])
    done(m, "aulnes", "ecole", "college", "depot")
    row = lost(m, "Fourgon")
    problem, _ = answer(row)
    assert {(s.name, s.pickup, s.place) for s in problem.stops} == {
        ("Ce que Fourgon avait ramassé", (3, 0, 60), str(m.places["aulnes"].pk)),
        ("Ferme de la Butte", (3, 0, 60), str(m.places["butte"].pk)),
    }
    publish_rounds(plan_id=row.pk, by=None, at=SEVEN)
    relay = next(s for s in tours(m)["Second"]["stops"] if s.get("relay"))
    assert (relay["back"], relay["amounts"]) == (True, [3, 0, 60])


def test_a_second_one_may_stop_the_same_day(m):
    m.van("Troisième", available_from=time(6), per_day=Vehicle.objects.first().per_day)
    publish(m, Fourgon=["ecole", "college"], Second=["depot"])
    done(m, "ecole", "depot")
    publish_rounds(plan_id=lost(m, "Fourgon").pk, by=None, at=SEVEN)
    (rescuer,) = (name for name, told in tours(m).items() if any(s.get("relay") for s in told["stops"]))
    later = datetime(2026, 11, 27, 6, 10, tzinfo=UTC)
    row = lost(m, rescuer, key="deuxieme-panne", at=later)
    problem, _ = answer(row)
    assert {one["vehicle"] for one in row.rest["lost"]} == {van("Fourgon"), van(rescuer)}
    # Still aboard the first one, at the school.
    assert [t.load.place for t in problem.transfers] == [str(m.places["ecole"].pk)]
    publish_rounds(plan_id=row.pk, by=None, at=later)
    assert {s["relay"] for told in tours(m).values() for s in told["stops"] if s.get("relay")} == {"Fourgon"}


def test_from_the_day_to_the_plan_of_the_rest_on_the_pages(m):
    publish(m, Fourgon=["ecole", "college"], Second=["depot"])
    done(m, "ecole", "depot")
    client = Client()
    client.force_login(m.users["lou"])
    assert "Un véhicule est arrêté" in text(client.get(m.url(f"?jour={DAY}")))
    page = client.get(m.url("panne"))
    assert "Là où il a servi en dernier" in text(page)
    wrong = client.post(m.url("panne"), {"key": KEY, "vehicle": van("Fourgon"), "since": "09:30"})
    assert (wrong.status_code, "n’est pas venue" in text(wrong)) == (422, True)
    assert 'value="09:30"' in wrong.content.decode()
    said = {"key": KEY, "vehicle": van("Fourgon"), "since": "06:50", "place": ""}
    for _ in range(2):
        assert client.post(m.url("panne"), said).url == m.url(f"plan/{KEY}/")
    RoundsPlan.objects.update(seconds_max=1)
    solve_rounds.func(plan_id=RoundsPlan.objects.get(key=KEY).pk)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        told = text(client.get(m.url(f"plan/{KEY}/")))
    assert len(seen) <= 12
    assert "Le reste de la journée, à partir de 7 h 05, sans Fourgon" in told
    assert "À bord de Fourgon, pour Cantine du collège" in told
    assert "pris : 4 caisses, 80 kg" in told
    assert "Déplacer un arrêt" not in told
    assert client.post(m.url(f"plan/{KEY}/publier"), {"key": KEY}).status_code == 302
    # Asked again from there, it starts from what is published now.
    again = client.post(m.url(f"plan/{KEY}/planifier"), {"key": "encore-une-fois"})
    assert again.status_code == 302
    assert RoundsPlan.objects.get(key="encore-une-fois").rest["resumes"] == KEY
    client.force_login(m.users["daniel"])
    assert client.get(m.url("panne")).status_code == 403


def test_the_rest_of_other_tours_than_those_published_is_refused(m):
    publish(m, Fourgon=["ecole", "college"], Second=["depot"])
    row, other = lost(m, "Fourgon"), lost(m, "Second", key="autre-panne")
    publish_rounds(plan_id=other.pk, by=None, at=SEVEN)
    with pytest.raises(InputsChanged, match="publiées depuis"):
        publish_rounds(plan_id=row.pk, by=None, at=SEVEN)


def test_where_there_is_no_rest_it_is_said(m):
    with pytest.raises(NothingToDrive, match="Aucune tournée n’est publiée"):
        lost(m, "Fourgon")
    publish(m, Fourgon=["ecole", "college"], Second=["depot"])
    with pytest.raises(NothingToDrive, match="n’a pas commencé"):
        lost(m, "Fourgon", at=NOW)
    done(m, "ecole", "college", "depot")
    with pytest.raises(NothingToDrive, match="Tout est déjà fait"):
        lost(m, "Fourgon")
