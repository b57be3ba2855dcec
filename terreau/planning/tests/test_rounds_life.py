"""The rounds of a day: gathered by hand, asked, found, and refused in words."""

import json
from datetime import time, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from terreau.engines.rounds import Plan, Problem, verify
from terreau.engines.rounds.plan import IMPOSSIBLE
from terreau.planning.models import PlanState, RoundsPlan
from terreau.planning.rounds.actions import request_rounds, solve_rounds
from terreau.planning.rounds.apart import SearchStopped, solve_apart
from terreau.planning.rounds.gather import NothingToDrive, gather
from terreau.planning.running import AlreadyPlanning
from terreau.planning.tests.mornings import DAY, LEG_M, LEG_S, NOW, TODAY, asked, morning, solved
from terreau.rooms.platform.models import Vehicle
from terreau.territory.travel import PlacesNotLocated, correct_travel

H, MIN = 3600, 60


@pytest.fixture
def m(db):
    return morning()


def test_the_problem_of_a_day_is_gathered_as_worked_by_hand(m):
    m.hours("ecole", time(7), time(8, 30))
    problem = gather(m.ecopole, DAY).problem
    # From the dock: the school at a tenth of a degree, the secondary school at two, the depot at one.
    names = [s.name for s in problem.stops]
    assert names == ["Cantine de l’école", "Cantine du collège", "Dépôt de la gare"]
    assert problem.matrices[0].distance_m[0] == (0, LEG_M, 2 * LEG_M - 1, LEG_M)
    assert problem.matrices[0].duration_s[0] == (0, LEG_S, 2 * LEG_S - 1, LEG_S)
    school, college, depot = problem.stops
    # 200 kg are ten crates of 20 kg; six minutes at the door and 0.3 for each crate: nine minutes.
    assert (school.delivery, school.service_s) == ((10, 0, 200), 9 * MIN)
    assert (school.windows[0].opens_s, school.windows[0].closes_s) == (7 * H, 8 * H + 30 * MIN)
    assert (college.delivery, depot.delivery) == ((4, 0, 80), (6, 0, 120))
    # Who asks for no hour is served whenever the platform is open.
    assert (depot.windows[0].opens_s, depot.windows[0].closes_s) == (5 * H, 20 * H)
    (van,) = problem.vehicles
    assert (van.capacity, van.shift_s, van.day, van.km, van.hour) == (
        (40, 0, 800),
        7 * H,
        450000,
        3000,
        240000,
    )
    assert [(b.over_s, b.break_s) for b in van.breaks] == [(6 * H, 20 * MIN)]


def test_what_has_a_temperature_to_hold_has_its_own_crates(m):
    m.due("ecole", "30", product="yaourt")
    school = gather(m.ecopole, DAY).problem.stops[0]
    assert school.delivery == (12, 2, 230)


def test_hours_that_do_not_meet_go_from_the_first_to_the_last(m):
    m.hours("ecole", time(7), time(8))
    m.hours("ecole", time(9), time(10), product="yaourt")
    (window,) = gather(m.ecopole, DAY).problem.stops[0].windows
    assert (window.opens_s, window.closes_s) == (7 * H, 10 * H)


def test_a_day_is_gathered_in_the_same_number_of_queries_however_many_stops(m, django_assert_num_queries):
    with django_assert_num_queries(7):
        assert len(gather(m.ecopole, DAY).problem.stops) == 3
    for n in range(4):
        m.door(f"cantine-{n}", "canteen", f"Cantine {n}", 50.05)
        m.due(f"cantine-{n}", "20")
    m.van("Second")
    with django_assert_num_queries(7):
        assert len(gather(m.ecopole, DAY).problem.stops) == 7


def test_the_small_morning_is_driven_as_worked_by_hand(m):
    row = solved(m)
    problem, plan = Problem.from_json(row.problem), Plan.from_json(row.plan)
    assert row.state == PlanState.READY
    assert verify(problem, plan).accepted
    (tour,) = plan.tours
    # To the end of the north and back, to the south and back: six tenths of a degree.
    assert tour.distance_m in range(6 * LEG_M - 6, 6 * LEG_M + 1)
    # Twenty minutes of loading, 9 + 7.2 + 7.8 minutes at the doors, and the road.
    assert tour.duration_s == pytest.approx(6 * LEG_S + 44 * MIN, abs=6)
    assert (plan.solver, plan.seed) == ("PyVRP", 1)


def test_asking_twice_with_the_same_key_asks_once_and_one_day_at_a_time(m):
    assert asked(m).pk == asked(m).pk
    with pytest.raises(AlreadyPlanning, match=r"27 nov\. 2026"):
        asked(m, "autre-plan")


def test_a_day_gone_is_refused(m):
    with pytest.raises(NothingToDrive, match="est passé"):
        asked(m, at=NOW + timedelta(days=3))


def test_without_a_delivery_or_a_vehicle_what_to_do_is_said(m):
    with pytest.raises(NothingToDrive, match="publiez d’abord le plan de la semaine"):
        request_rounds(
            ecopole=m.ecopole, day=DAY + timedelta(days=1), today=TODAY, by=None, at=NOW, key="lendemain"
        )
    Vehicle.objects.update(closed_on=TODAY)
    with pytest.raises(NothingToDrive, match="Aucun véhicule ne roule le 27 nov"):
        asked(m)


def test_a_door_without_position_is_named(m):
    m.door("perdu", "canteen", "Cantine perdue", None)
    m.places["perdu"].longitude = None
    m.places["perdu"].save()
    m.due("perdu", "20")
    with pytest.raises(PlacesNotLocated, match="Cantine perdue"):
        asked(m)


def test_an_order_larger_than_a_van_is_split_and_whole(m):
    m.due("college", "900")
    plan = Plan.from_json(solved(m).plan)
    parts = [v.call.delivery[0] for t in plan.tours for trip in t.trips for v in trip.visits
             if v.call.key.startswith(f"{m.places['college'].pk}:")]  # fmt: skip
    # 980 kg are 49 crates: more than the van's 40.
    assert len(parts) >= 2
    assert sum(parts) == 49


def test_a_tour_beyond_its_shift_names_the_stop_to_drop(m):
    m.door("loin", "canteen", "Cantine lointaine", 51.5)
    m.due("loin", "20")
    row = solved(m)
    plan = Plan.from_json(row.plan)
    assert (row.state, plan.status) == (PlanState.IMPOSSIBLE, IMPOSSIBLE)
    (left,) = plan.unserved
    assert left.sentence.startswith("Cantine lointaine")
    # The rest can be done, and is shown.
    assert len(plan.tours[0].trips[0].visits) == 3


def test_dairy_without_cold_stays_and_says_why(m):
    m.due("depot", "20", product="yaourt")
    row = solved(m)
    assert row.state == PlanState.IMPOSSIBLE
    assert "caisse froide" in Plan.from_json(row.plan).unserved[0].sentence
    m.van("Fourgon froid", cold=True)
    assert solved(m, "second-plan", at=NOW + timedelta(minutes=5)).state == PlanState.READY


def test_a_corrected_trip_is_driven_as_told(m):
    correct_travel(
        ecopole=m.ecopole, from_place=m.places["quai"], to_place=m.places["ecole"], minutes=30,
        km=Decimal("20"), by=None, at=NOW, key="trajet-1",
    )  # fmt: skip
    row = asked(m)
    quai, ecole = m.places["quai"].pk, m.places["ecole"].pk
    assert sorted(row.corrected) == sorted([[quai, ecole], [ecole, quai]])
    assert Problem.from_json(row.problem).matrices[0].duration_s[0][1] == 30 * MIN


def test_a_search_without_end_is_stopped_by_force(m):
    problem = gather(m.ecopole, DAY).problem
    with pytest.raises(SearchStopped, match="a été arrêtée"):
        solve_apart(problem, start=None, seconds_max=30, stop_after=0.5, seed=1)


def test_a_stopped_search_is_kept_in_words(m, monkeypatch):
    row = asked(m)

    def endless(*args, **kwargs):
        raise SearchStopped

    monkeypatch.setattr("terreau.planning.rounds.actions.solve_apart", endless)
    with pytest.raises(SearchStopped):
        solve_rounds.func(plan_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.message) == (PlanState.FAILED, "Calcul interrompu (SearchStopped).")


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"state": "rêvé"}, "rounds_plan_state_known"),
        ({"progress": 101}, "rounds_plan_progress_percent"),
    ],
)
def test_the_database_refuses_nonsense_by_name(m, changes, name):
    fields = {"day": DAY, "key": "k", "problem": {}, "seconds_max": 1, "created_at": NOW} | changes
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        RoundsPlan.objects.create(ecopole=m.ecopole, **fields)


@pytest.mark.parametrize(
    ("changes", "name", "column"),
    [
        ({"key": "un-plan"}, "rounds_plan_key_once", "key"),
        ({"key": "autre-plan"}, "rounds_plan_published_once", "day"),
    ],
)
def test_the_database_keeps_one_of_a_key_and_one_published(m, changes, name, column):
    fields = {"day": DAY, "problem": {}, "seconds_max": 1, "created_at": NOW, "state": "published"}
    RoundsPlan.objects.create(ecopole=m.ecopole, key="un-plan", **fields)
    if changes["key"] == "un-plan":
        fields["state"] = "ready"
    said = column if connection.vendor == "sqlite" else name
    with pytest.raises(IntegrityError, match=said), transaction.atomic():
        RoundsPlan.objects.create(ecopole=m.ecopole, **fields | changes)


def test_the_command_tells_the_rounds_on_paper_only(m, settings):
    settings.CLOCK = "2026-11-26T17:00"
    said = StringIO()
    call_command("plan", "rounds", "--day", str(DAY), "--seconds", "1", "--json", stdout=said)
    told = json.loads(said.getvalue())
    assert verify(Problem.from_json(told["problem"]), Plan.from_json(told["plan"])).accepted
    said = StringIO()
    call_command("plan", "rounds", "--day", str(DAY), "--seconds", "1", stdout=said)
    assert "Cantine du collège" in said.getvalue()
    assert not RoundsPlan.objects.exists()
    with pytest.raises(CommandError, match="Aucune livraison"):
        call_command("plan", "rounds", "--day", "2026-11-30")
