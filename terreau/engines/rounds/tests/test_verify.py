"""The judge refuses every kind of broken plan, one by one, with its amount."""

from dataclasses import replace
from decimal import Decimal

import pytest

from terreau.engines.rounds import BreakRule, Lock, Pause, Plan, Window, by_hand, units, verify
from terreau.engines.rounds.plan import Call, Unserved
from terreau.engines.rounds.tests.tiny import (
    COLLEGE,
    FARM,
    MIN,
    SCHOOL,
    TINY,
    H,
    at,
    call,
    with_stop,
    with_vans,
)

ORDER = [[call(SCHOOL), call(COLLEGE), call(FARM)]]
PLAN = by_hand(TINY, [("fourgon", ORDER)])
TWO_TRIPS = with_vans(TINY, reload_at="hub", reloads_max=1)
TWICE = by_hand(TWO_TRIPS, [("fourgon", [[call(SCHOOL)], [call(COLLEGE), call(FARM)]])])


def _trip(plan: Plan, number: int = 0, **changes) -> Plan:
    (tour,) = plan.tours
    trips = tuple(replace(t, **changes) if n == number else t for n, t in enumerate(tour.trips))
    return replace(plan, tours=(replace(tour, trips=trips),))


def _visit(plan: Plan, number: int, **changes) -> Plan:
    visits = plan.tours[0].trips[0].visits
    changed = tuple(replace(v, **changes) if n == number else v for n, v in enumerate(visits))
    return _trip(plan, visits=changed)


def _tour(**changes) -> Plan:
    return replace(PLAN, tours=(replace(PLAN.tours[0], **changes),))


def _ordered(*stops, problem=TINY) -> Plan:
    return by_hand(problem, [("fourgon", [[call(s) for s in stops]])])


def _called(*calls: Call) -> Plan:
    return by_hand(TINY, [("fourgon", [calls])])


BROKEN = {
    # 0. What does not exist.
    "an unknown vehicle": (TINY, _tour(vehicle="lune"), "unknown", 1),
    "an unknown stop": (TINY, _visit(PLAN, 0, call=Call("mairie", "stop", (6, 2), (0, 0))), "unknown", 1),
    "an unknown hub": (TINY, _trip(PLAN, start="lune"), "unknown", 1),
    "an empty trip": (TINY, _trip(PLAN, visits=()), "unknown", 1),
    "a dimension forgotten": (TINY, _trip(PLAN, load=(14,)), "unknown", 1),
    # 1. Each order whole, once.
    "a stop forgotten": (TINY, _ordered(SCHOOL, FARM), "unserved", 1),
    "a stop served twice": (TINY, _ordered(SCHOOL, COLLEGE, SCHOOL, FARM), "parts", 6),
    "a part missing": (TINY, _called(Call("ecole", "stop", (4, 2), (0, 0)), *ORDER[0][1:]), "parts", 2),
    "a visit for nothing": (TINY, _called(*ORDER[0], Call("ecole", "stop", (0, 0), (0, 0))), "parts", 1),
    "a stop said to be left that is not": (
        TINY, replace(PLAN, unserved=(Unserved("ecole", "hand", ""),)), "unsaid", 1,
    ),
    # 2. Loads.
    "too much aboard": (with_vans(TINY, capacity=(13, 10)), PLAN, "capacity", 1),
    "too much cold aboard": (with_vans(TINY, capacity=(20, 3)), PLAN, "capacity", 3),
    "a load badly counted": (TINY, _visit(PLAN, 0, load_after=(9, 4)), "load", 1),
    # 3. Loading, readiness, windows, closing.
    "loaded before the hub opens": (with_vans(TINY, from_s=at(7, 30)), PLAN, "loading", 15 * MIN),
    "left before loading ends": (TINY, _trip(PLAN, departure_s=at(7, 20)), "loading", 10 * MIN),
    "loaded before ready": (with_stop(TINY, "ecole", ready_s=at(7, 20)), PLAN, "ready", 5 * MIN),
    "too late": (with_stop(TINY, "ecole", windows=(Window(at(7), at(7, 28)),)), PLAN, "late", 12 * MIN),
    "too early": (with_stop(TINY, "college", windows=(Window(at(8, 10), at(9)),)), PLAN, "early", 10 * MIN),
    "back too late": (with_vans(TINY, until_s=at(8, 45)), PLAN, "closing", 10 * MIN),
    # 4. Hours, shift, breaks.
    "a road too short": (TINY, _visit(PLAN, 1, arrival_s=at(7, 55)), "hours", 5 * MIN),
    "a service cut short": (TINY, _visit(PLAN, 1, departure_s=at(8, 10)), "hours", 1),
    "served before arriving": (TINY, _visit(PLAN, 2, start_s=at(8, 20)), "hours", 1),
    "a shift too long": (with_vans(TINY, shift_s=H), PLAN, "shift", 40 * MIN),
    "no break": (with_vans(TINY, breaks=(BreakRule(H, 20 * MIN),)), PLAN, "break", 20 * MIN),
    "a break on the job": (TINY, _tour(pauses=(Pause(at(7, 41), at(7, 45)),)), "break", 1),
    "a break on the road": (TINY, _tour(pauses=(Pause(at(7, 50), at(7, 55)),)), "hours", 5 * MIN),
    "too long without a break": (with_vans(TINY, stretch_s=H), PLAN, "stretch", 40 * MIN),
    # 5. Range, tags, cold, reloads, vehicle once.
    "too far": (with_vans(TINY, range_m=45_000), PLAN, "range", 5000),
    "without the tail lift": (with_stop(TINY, "ecole", tags=("hayon",)), PLAN, "tags", 1),
    "at the wrong place": (TINY, _visit(PLAN, 0, place="college"), "place", 1),
    "one reload too many": (with_vans(TWO_TRIPS, reload_at="", reloads_max=0), TWICE, "reloads", 1),
    "from another hub": (with_vans(TWO_TRIPS, reload_at="", reloads_max=0), TWICE, "hub", 1),
    "a second loading before the return": (
        TWO_TRIPS, _trip(TWICE, 1, loading_s=TWICE.tours[0].trips[0].return_s - 60), "loading", 60,
    ),
    "one van out twice": (TINY, replace(PLAN, tours=PLAN.tours * 2), "twice", 1),
    # 6. Money.
    "kilometres badly counted": (TINY, _tour(distance_m=49_000), "distance", 1000),
    "a cost badly counted": (
        TINY, _tour(cost=replace(PLAN.tours[0].cost, hours=PLAN.tours[0].cost.hours - 1)), "cost", 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_plan_is_refused(what):
    problem, plan, kind, amount = BROKEN[what]
    found = {(v.kind, v.amount) for v in verify(problem, plan).violations}
    assert (kind, amount) in found
    assert all(v.sentence.endswith((".", "?")) for v in verify(problem, plan).violations)


def test_the_plan_they_were_broken_from_is_accepted():
    assert verify(TINY, PLAN).accepted
    assert verify(TWO_TRIPS, TWICE).accepted


def test_cold_crates_do_not_ride_too_long_without_cold():
    # Loaded by 7:30, at the collège at 8:00: half an hour aboard, and 25 minutes are allowed.
    car = with_vans(TINY, cold=False)
    assert verify(car, PLAN).accepted
    hot = replace(car, dimensions=(TINY.dimensions[0], replace(TINY.dimensions[1], without_cold_s=25 * MIN)))
    (violation,) = verify(hot, PLAN).violations
    assert (violation.kind, violation.stop, violation.amount) == ("cold", "college", 5 * MIN)
    assert "4\u00a0caisses froides 5\u00a0min de trop sans froid" in violation.sentence
    assert verify(replace(hot, vehicles=TINY.vehicles), PLAN).accepted


def test_two_positions_of_one_bulkhead_do_not_go_out_together():
    positions = tuple(replace(TINY.vehicles[0], id=f"v{n}", van="Fourgon") for n in range(2))
    van = replace(TINY, vehicles=positions)
    plan = by_hand(van, [("v0", [ORDER[0][:2]]), ("v1", [ORDER[0][2:]])])
    assert [v.kind for v in verify(van, plan).violations] == ["twice"]


@pytest.mark.parametrize(
    ("lock", "kept"),
    [
        (Lock("tour", "fourgon", trips=tuple(map(tuple, ORDER))), True),
        (Lock("tour", "fourgon", trips=((call(COLLEGE), call(SCHOOL), call(FARM)),)), False),
        (Lock("tour", "second", trips=tuple(map(tuple, ORDER))), False),
        (Lock("vehicle", "fourgon", stops=("ecole", "ferme")), True),
        (Lock("vehicle", "second", stops=("ecole",)), False),
        (Lock("order", stops=("college", "ferme")), True),
        (Lock("order", stops=("ecole", "ferme")), False),
        (Lock("order", stops=("ecole", "lune")), False),
    ],
)
def test_a_lock_is_respected_or_the_plan_refused(lock, kept):
    verdict = verify(TINY, PLAN, (lock,))
    assert verdict.accepted == kept
    assert kept or [v.kind for v in verdict.violations] == ["lock"]


def test_what_is_optional_may_be_left_and_the_cost_is_counted_again():
    free = with_stop(TINY, "college", worth=units(Decimal(10)))
    plan = _ordered(SCHOOL, FARM, problem=free)
    verdict = verify(free, plan)
    assert verdict.accepted
    assert verdict.cost == plan.cost
