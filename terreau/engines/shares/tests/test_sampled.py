"""Too many players to look at every group: orders of arrival are drawn, and the error is said."""

import random
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from terreau.engines.shares import Problem, ProblemRefused, Rule, solve, verify
from terreau.engines.shares.problem import NUCLEOLUS
from terreau.engines.shares.solve.game import game, near
from terreau.engines.shares.solve.shapley import sampled, shapley
from terreau.engines.shares.tests.tiny import actors, drawn, drawn_tour, names

MANY = drawn(5, 12, 22)


def _tours(seed, n_tours, n_actors, aboard):
    """Several tours, each with some of the actors; everybody is on one at least."""
    dice = random.Random(seed)
    found = []
    for k in range(n_tours):
        some = [f"a{(k * aboard + i) % n_actors:02}" for i in range(aboard)]
        rename = dict(zip(names(aboard), some, strict=True))
        tour = drawn_tour(dice.randint(0, 999), aboard, aboard)
        stops = tuple(replace(s, crates={rename[a]: c for a, c in s.crates.items()}) for s in tour.stops)
        found.append(replace(tour, id=f"t{k}", stops=stops))
    return Problem(actors(n_actors), tours=tuple(found))


@pytest.mark.parametrize("seed", range(5))
def test_a_drawn_share_is_within_four_errors_of_the_exact_one(seed):
    of = game(drawn(seed, 9, 9), None, None)
    exact = shapley(of.table)
    drawn_ = sampled(of.cost, of.n, pairs=300, seed=seed)
    assert drawn_.values.sum() == pytest.approx(exact.sum())
    assert bool((np.abs(drawn_.values - exact) <= 4 * drawn_.errors + 1e-6).all())


def test_pairs_and_a_near_game_of_known_value_both_lessen_the_error():
    problem = drawn(2, 9, 9)
    of, kept = game(problem, None, None), near(replace(problem, keep_order=True))
    exact = shapley(of.table)
    plain = sampled(of.cost, of.n, pairs=200, seed=1)
    held = sampled(of.cost, of.n, pairs=200, seed=1, control=kept.cost, control_values=shapley(kept.table))
    assert held.errors.mean() < plain.errors.mean()
    assert bool((np.abs(held.values - exact) <= 4 * held.errors + 1e-6).all())
    # Had each order been drawn on its own, the error would be larger for as many orders.
    rng = np.random.default_rng(1)
    alone = np.array([_one_order(of.table, rng.permutation(of.n)) for _ in range(400)])
    assert plain.errors.mean() < (alone.std(axis=0, ddof=1) / 20).mean()


def _one_order(table, order):
    added, group = np.zeros(len(order)), 0
    for who in order:
        added[who] = table[group | 1 << int(who)] - table[group]
        group |= 1 << int(who)
    return added


def test_twenty_two_aboard_one_tour_get_shares_with_their_error():
    shares = solve(MANY, pairs=300, seed=4)
    assert verify(MANY, shares).violations == ()
    assert (shares.exact, shares.orders, shares.seed, shares.method) == (False, 600, 4, "held_karp")
    assert all(line.error and 0 < line.error < line.fair.cents for line in shares.lines)
    assert not shares.stability.complete
    assert "essayés" in shares.stability.sentence
    assert solve(MANY, pairs=300, seed=4) == shares
    assert solve(MANY, pairs=300, seed=5) != shares


def test_rules_that_look_at_every_group_stop_at_eighteen():
    with pytest.raises(ProblemRefused, match="tournée par tournée"):
        solve(replace(MANY, rule=Rule(NUCLEOLUS)), pairs=50)
    with pytest.raises(ProblemRefused, match="deux paires"):
        solve(MANY, pairs=1)


def test_forty_actors_on_several_tours_add_up_exactly():
    problem = _tours(3, 5, 40, 10)
    shares = solve(problem)
    assert shares.exact
    assert all(line.error is None for line in shares.lines)
    assert verify(problem, shares).violations == ()
    kept = near(replace(problem, keep_order=True))
    drawn_ = sampled(kept.cost, kept.n, pairs=400, seed=2)
    fair = np.array([shares.amount("shapley", p).cents for p in shares.players])
    assert bool((np.abs(drawn_.values - fair) <= 4.5 * drawn_.errors + 1).all())


def test_forty_aboard_with_a_stop_each_are_exact_too():
    tour = drawn_tour(6, 40, 40)
    stops = tuple(replace(s, crates={f"a{k:02}": Decimal(2)}) for k, s in enumerate(tour.stops))
    problem = Problem(actors(40), tours=(replace(tour, stops=stops),))
    shares = solve(problem)
    assert (shares.exact, shares.orders) == (True, 0)
    kept = near(replace(problem, keep_order=True))
    drawn_ = sampled(kept.cost, kept.n, pairs=400, seed=2)
    fair = np.array([shares.amount("shapley", p).cents for p in shares.players])
    assert bool((np.abs(drawn_.values - fair) <= 4.5 * drawn_.errors + 1).all())
    assert verify(problem, shares).violations == ()


def _oracle(problem):
    of = game(problem, None, None)

    def cost(group):
        return float(of.cost(np.array([[p in group for p in of.players]]))[0])

    return cost


def test_an_oracle_is_asked_once_a_group_and_gives_the_same_shares_as_its_costs():
    problem, asked, told = drawn(1, 6, 6), [], []

    def oracle(group):
        asked.append(group)
        return _oracle(problem)(group)

    shares = solve(
        replace(problem, tours=(), sharing=problem.players), oracle=oracle, progress=lambda *p: told.append(p)
    )
    assert len(asked) == len(set(asked)) == 63
    assert told[-1] == (63, 63)
    for rule in solve(problem).rules:
        # Minutes at the stops are within the oracle's costs.
        assert shares.by(rule.rule).amounts == rule.amounts
    assert shares.repairs == 0
    asked_again = replace(problem, tours=(), sharing=problem.players)
    assert verify(asked_again, shares).violations == ()


def test_an_oracle_that_errs_is_repaired_and_it_is_counted():
    costs = {("a00",): 10.0, ("a01",): 30.0, ("a00", "a01"): 25.0, ("a02",): 10.0}

    def oracle(group):
        return costs.get(tuple(sorted(group)), 50.0)

    problem = Problem(actors(3), sharing=names(3))
    shares = solve(problem, oracle=oracle)
    # a01 alone does as with a00: 25, not 30. With a02 apart: 20, 35 and 35 instead of 50.
    assert shares.asked.cents == (0, 10, 25, 25, 10, 20, 35, 35)
    assert shares.repairs == 4
    assert verify(problem, shares).violations == ()


@pytest.mark.parametrize("answer", [-1.0, float("inf"), float("nan")])
def test_an_oracle_that_finds_no_way_is_not_believed(answer):
    with pytest.raises(ProblemRefused, match="groupe a00, a01"):
        solve(Problem(actors(2), sharing=names(2)), oracle=lambda g: answer if len(g) == 2 else 1.0)


def test_an_oracle_of_sixteen_is_drawn_beside_the_cheapest_tour():
    """Which it is: nothing is left to draw."""
    problem = drawn(7, 10, 16)
    exact = solve(problem)
    shares = solve(problem, oracle=_oracle(problem), pairs=60, seed=3)
    assert (shares.method, shares.exact, shares.orders) == ("oracle", False, 120)
    for line, true in zip(shares.lines, exact.lines, strict=True):
        assert (line.fair, line.stops) == (true.fair, true.stops)
        assert line.error == 0
    assert verify(problem, shares, _oracle(problem)).violations == ()
    assert verify(problem, shares).accepted


def test_an_oracle_around_a_tour_that_is_drawn_itself_says_both_errors():
    shares = solve(MANY, oracle=_oracle(MANY), pairs=40, seed=3)
    beside = near(MANY)
    control = sampled(beside.cost, beside.n, pairs=2000, seed=4)
    for line, doubt in zip(shares.lines, control.errors, strict=True):
        assert float(line.error) >= doubt - 1e-3
    assert verify(MANY, shares, _oracle(MANY)).violations == ()
