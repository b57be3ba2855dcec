"""Independent judges: every way of doing a small day is tried; PyVRP's own prices are compared to ours."""

from dataclasses import replace
from decimal import Decimal
from itertools import combinations, permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyvrp import Solution

from terreau.engines.rounds import BreakRule, Lock, Problem, by_hand, solve, units, verify
from terreau.engines.rounds.plan import BEST_FOUND, IMPOSSIBLE
from terreau.engines.rounds.solve.tasks import prepare
from terreau.engines.rounds.solve.vrp import Build
from terreau.engines.rounds.tests.tiny import MIN, TINY, H, small_day, whole_call, with_vans
from terreau.engines.rounds.timetable import Trade

HOUR = units(Decimal(36))
_BREAKS = (BreakRule(3 * H, 20 * MIN), BreakRule(5 * H, 45 * MIN))


def _calls(problem: Problem):
    """Each job with the calls that do it, for each choice of windows."""
    for stop in problem.stops:
        call = whole_call(problem, stop.id)
        yield stop, [[replace(call, window=n)] for n in range(len(stop.windows))]
    for transfer in problem.transfers:
        yield transfer, [[whole_call(problem, transfer.id, leg) for leg in ("load", "drop")]]


def _cheapest(problem: Problem, vehicle, jobs) -> float:
    """The cheapest tour of one vehicle doing these jobs, over all orders, windows and reloads."""
    best = float("inf")
    for ways in product(*(ways for _, ways in jobs)):
        calls = [call for way in ways for call in way]
        for order in permutations(calls):
            for cut in range(len(order) if vehicle.reloads_max else 1):
                trips = [list(order[:cut]), list(order[cut:])] if cut else [list(order)]
                plan = by_hand(problem, [(vehicle.id, trips)])
                if plan.cost < best and not [v for v in verify(problem, plan).violations if v.vehicle]:
                    best = plan.cost
    return best


def _best_of_all(problem: Problem) -> float:
    jobs = list(_calls(problem))
    cost = {}
    for vehicle in problem.vehicles:
        for size in range(len(jobs) + 1):
            for chosen in combinations(range(len(jobs)), size):
                some = [jobs[n] for n in chosen]
                cost[vehicle.id, chosen] = _cheapest(problem, vehicle, some) if some else 0
    best = float("inf")
    for where in product(range(len(problem.vehicles) + 1), repeat=len(jobs)):
        left = [jobs[n][0] for n, at in enumerate(where) if at == len(problem.vehicles)]
        if any(job.worth is None for job in left):
            continue
        total = sum(job.worth for job in left)
        for number, vehicle in enumerate(problem.vehicles):
            total += cost[vehicle.id, tuple(n for n, at in enumerate(where) if at == number)]
        best = min(best, total)
    return best


def _objective(problem: Problem, plan) -> int:
    worth = {job.id: job.worth for job in (*problem.stops, *problem.transfers)}
    return plan.cost + sum(worth[u.stop] for u in plan.unserved)


@pytest.mark.parametrize("seed", range(24))
def test_no_way_of_doing_a_small_day_is_cheaper(seed):
    problem = small_day(seed, stops=3)
    plan, best = solve(problem, iterations=150), _best_of_all(problem)
    if best == float("inf"):
        assert plan.status == IMPOSSIBLE
    else:
        assert plan.status == BEST_FOUND
        # PyVRP's prices are rounded by the metre and the second: a few cents.
        assert _objective(problem, plan) == pytest.approx(best, rel=1e-3)


@pytest.mark.parametrize("seed", range(30))
def test_pyvrp_prices_and_times_the_same_plan_as_we_do(seed):
    # 36 €/h and 0.30 €/km are whole in PyVRP's units, and so is every cost.
    problem = with_vans(small_day(seed, stops=5), hour=HOUR, km=3000, overtime_hour=HOUR, shift_s=2 * H)
    problem = with_vans(problem, overtime_s=4 * H)
    plan = solve(problem, iterations=30)
    build = Build(Trade(problem), prepare(problem, ()), None)
    theirs: Solution = build.read_plan(plan)
    spent = theirs.distance_cost() + theirs.duration_cost() + theirs.fixed_vehicle_cost()
    assert theirs.distance() == sum(t.distance_m for t in plan.tours)
    assert theirs.duration() == sum(t.duration_s for t in plan.tours)
    # Ours is rounded once a tour and part, to the ten-thousandth of a euro.
    assert abs(spent - 10 * plan.cost) <= 10 * 4 * len(plan.tours)
    assert not theirs.has_time_warp()
    assert not theirs.has_excess_load()


@settings(deadline=None, max_examples=60)
@given(st.integers(100, 100_000), st.integers(0, 6), st.booleans())
def test_every_small_day_has_an_accepted_plan_or_is_said_to_be_impossible(seed, stops, broken):
    problem = small_day(seed, stops=stops)
    if broken:
        problem = with_vans(problem, breaks=_BREAKS, stretch_s=3 * H)
    plan = solve(problem, iterations=20, seed=seed)
    verdict = verify(problem, plan)
    if plan.status == BEST_FOUND:
        assert verdict.sentences == ()
        assert verdict.cost == plan.cost
    else:
        assert plan.clash
        assert {v.kind for v in verdict.violations} <= {"impossible", "unserved", "parts"}
        assert {"alone", "clash"} & {u.cause for u in plan.unserved}


@settings(deadline=None, max_examples=30)
@given(st.integers(100, 100_000), st.integers(0, 3))
def test_what_a_plan_holds_can_be_locked_and_is_found_again(seed, which):
    """Each tour of a plan kept, or its order, or its vehicle: the day stays possible."""
    problem = small_day(seed)
    plan = solve(problem, iterations=40)
    if plan.status != BEST_FOUND or not plan.tours:
        return
    tour = plan.tours[which % len(plan.tours)]
    keys = tuple(dict.fromkeys(c.key for c in tour.calls[0] if c.leg == "stop"))
    locks = [Lock("tour", tour.vehicle, trips=tour.calls)]
    locks += [Lock("vehicle", tour.vehicle, stops=keys)] if keys else []
    if len(keys) > 1 and all(c.leg == "stop" for c in tour.calls[0]):
        locks.append(Lock("order", stops=keys))
    for lock in locks:
        again = solve(problem, locks=(lock,), start=plan, iterations=40)
        assert (again.status, verify(problem, again, (lock,)).sentences) == (BEST_FOUND, ())


@pytest.mark.parametrize("seed", [26, 94, 113, 127])
def test_days_that_made_the_solver_search_for_ever_come_to_an_end(seed):
    """Reloads and orders not yet ready, told plainly to PyVRP 0.14.1, never ended on these four days."""
    problem = small_day(seed, stops=6)
    assert any(v.reloads_max for v in problem.vehicles)
    assert any(s.ready_s for s in problem.stops)
    assert solve(problem, iterations=60, seed=7).status in (BEST_FOUND, IMPOSSIBLE)


def test_pyvrp_says_nothing_on_the_screen(capfd):
    solve(TINY, iterations=20)
    assert capfd.readouterr() == ("", "")
