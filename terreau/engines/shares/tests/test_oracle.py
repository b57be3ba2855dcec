"""Independent judges: every order of stops, every order of arrival, and another package's nucleolus."""

import random
from itertools import pairwise, permutations

import coopgame
import numpy as np
import pytest

from terreau.engines.shares.solve.core import epm, least_core, nucleolus
from terreau.engines.shares.solve.groups import Every, Seen
from terreau.engines.shares.solve.shapley import shapley
from terreau.engines.shares.solve.tour import arcs, closed_form, held_karp, in_order, members, sums
from terreau.engines.shares.tests.tiny import drawn_tour


def _by_every_order(table, n):
    """The Shapley value as it is told: who comes when, what each adds, the mean over all orders."""
    added, orders = [0.0] * n, list(permutations(range(n)))
    for order in orders:
        group = 0
        for who in order:
            added[who] += table[group | 1 << who] - table[group]
            group |= 1 << who
    return [a / len(orders) for a in added]


@pytest.mark.parametrize("seed", range(8))
def test_the_cheapest_tour_is_that_of_the_best_order_of_all(seed):
    n = seed % 6 + 2
    road = arcs(drawn_tour(seed, n, 3))
    road += np.random.default_rng(seed).uniform(0, 500, road.shape)  # one way is not the other
    cheapest = held_karp(road)
    for group in range(1 << n):
        stops = [k + 1 for k in range(n) if group >> k & 1]
        ways = (sum(road[a, b] for a, b in pairwise((0, *way, 0))) for way in permutations(stops))
        assert cheapest[group] == pytest.approx(min(ways) if stops else 0, abs=1e-9)


def test_a_detour_cheaper_than_the_straight_road_is_taken():
    tour = drawn_tour(1, 6, 3)
    slow = tuple(
        tuple(s * (50 if (i, j) == (1, 2) else 1) for j, s in enumerate(row))
        for i, row in enumerate(tour.duration_s)
    )
    road = arcs(type(tour)(**{**vars(tour), "duration_s": slow}))
    via = road[:, :, None] + road[None, :, :]
    assert bool((road[:, None, :] <= via + 1e-9).all())


@pytest.mark.parametrize("seed", range(6))
def test_the_closed_form_is_every_order_of_arrival(seed):
    n = seed % 4 + 3
    road = arcs(drawn_tour(seed, n, n))
    table = in_order(road, members(n))
    assert closed_form(road) == pytest.approx(_by_every_order(table, n), abs=1e-9)
    assert closed_form(road) == pytest.approx(shapley(table), abs=1e-9)


@pytest.mark.parametrize("n", range(1, 7))
def test_the_exact_value_is_every_order_of_arrival(n):
    table = np.concatenate([[0.0], np.random.default_rng(n).uniform(0, 100, 2**n - 1)])
    assert shapley(table) == pytest.approx(_by_every_order(table, n), abs=1e-10)


def _random_tables(n):
    rng = np.random.default_rng(n)
    yield np.concatenate([[0.0], rng.uniform(10, 100, 2**n - 1)])
    yield 10 * np.sqrt(sums(list(rng.uniform(1, 50, n))))
    yield np.ceil(sums(list(rng.integers(1, 9, n).astype(float))) / 10) * 45.0
    yield np.floor(rng.uniform(0, 5, 2**n)) * (np.arange(2**n) > 0)  # many ties


@pytest.mark.parametrize("n", range(4, 11))
def test_the_nucleolus_is_the_other_package_s(n):
    for table in _random_tables(n):
        game = coopgame.Game((-table[1:]).tolist())
        ours = nucleolus(Every(n), table[1:-1], float(table[-1]))
        theirs = [-x for x in coopgame.prenucleolus(game)["allocation"]]
        assert ours.shares == pytest.approx(theirs, abs=1e-9)
        left = table - members(n) @ np.array(theirs)
        assert ours.epsilon == pytest.approx(left[1:-1].min(), abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_seen_groups_alone_never_make_the_least_core_look_worse(seed):
    n = 8
    table = next(_random_tables(n)) if seed == 0 else np.ceil(sums(list(range(1, n + 1))) / (5 + seed))
    groups, costs = members(n)[1:-1], table[1:-1]
    whole = float(table[-1])
    sizes = groups.sum(axis=1)
    some = (sizes == 1) | (sizes == n - 1) | (np.random.default_rng(seed).uniform(size=len(groups)) < 0.2)
    seen, every = least_core(Seen(groups[some]), costs[some], whole), least_core(Every(n), costs, whole)
    assert seen.epsilon >= every.epsilon - 1e-9
    assert float((costs - groups @ every.shares).min()) == pytest.approx(every.epsilon, abs=1e-8)


@pytest.mark.parametrize("seed", range(6))
def test_equal_profit_wrongs_no_more_than_must_be_and_is_never_less_even_than_the_nucleolus(seed):
    n = 6
    dice = random.Random(seed)
    road = arcs(drawn_tour(seed, n, n))
    table = held_karp(road) + dice.choice((0, 4500)) * (np.arange(2**n) > 0)
    groups, costs, whole = members(n)[1:-1], table[1:-1], float(table[-1])
    core, alone = nucleolus(Every(n), costs, whole), table[1 << np.arange(n)]
    shares, spread = epm(Every(n), costs, whole, alone, core)
    assert shares.sum() == pytest.approx(whole)
    assert float((costs - groups @ shares).min()) >= min(core.epsilon, 0) - 1e-4
    assert float(np.ptp(shares / alone)) == pytest.approx(spread, abs=1e-6)
    assert spread <= float(np.ptp(core.shares / alone)) + 1e-6


@pytest.mark.parametrize("n", range(3, 8))
def test_when_vans_fill_up_equal_profit_still_takes_nobody_above_its_cost_alone(n):
    table = np.ceil(sums(list(np.random.default_rng(n).integers(4, 30, n).astype(float))) / 40) * 4500
    core = nucleolus(Every(n), table[1:-1], float(table[-1]))
    alone = table[1 << np.arange(n)]
    shares, _ = epm(Every(n), table[1:-1], float(table[-1]), alone, core)
    assert bool((shares <= alone + 1e-3).all())
    assert float((table - members(n) @ shares)[1:-1].min()) >= min(core.epsilon, 0) - 1e-3
