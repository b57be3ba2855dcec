"""What a fair share promises, on any game: all is paid, equals pay the same, who adds nothing pays 0 €."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from terreau.engines.shares import Problem, solve, verify
from terreau.engines.shares.problem import ACAM, PROPORTIONAL, SHAPLEY
from terreau.engines.shares.solve.game import in_parts, monotone
from terreau.engines.shares.tests.tiny import actors, drawn, drawn_tour, names, tabled
from terreau.measures.money import Money

COSTS = st.integers(1, 5).flatmap(
    lambda n: st.lists(st.integers(0, 500_000), min_size=2**n - 1, max_size=2**n - 1)
)
QUICK = settings(max_examples=60, deadline=None)


def _rising(costs: list[int]) -> list[float]:
    """Costs as they are on the road: no more than those of the parts apart, no more than a larger group's."""
    return in_parts(monotone(np.array([0.0, *costs]))).tolist()


@QUICK
@given(COSTS)
def test_under_every_rule_the_shares_make_the_cost_to_the_cent(costs):
    for table in ([0, *costs], [c / 10 for c in _rising(costs)]):
        problem = tabled(table)
        shares = solve(problem)
        for rule in shares.rules:
            assert sum(a.cents for a in rule.amounts) == shares.modelled.cents
        assert sum(line.total.cents for line in shares.lines) == shares.real.cents
    assert verify(problem, shares).violations == ()


@QUICK
@given(COSTS)
def test_two_actors_who_cost_the_same_everywhere_pay_the_same_to_the_cent(costs):
    table = np.array(_rising(costs))
    n = len(table).bit_length() - 1
    if n < 2:
        return
    masks = np.arange(2**n)
    swapped = masks & ~3 | (masks & 1) << 1 | (masks & 2) >> 1
    shares = solve(tabled(np.minimum(table, table[swapped]).tolist()))
    for rule in shares.rules:
        first, second = rule.amounts[:2]
        # EPM leaves several answers open; it promises the same percentage, not the same choice among equals.
        assert rule.rule == "epm" or 0 <= (first - second).cents <= 1


@QUICK
@given(COSTS)
@example([1, 1, 1, 1, 1, 1, 2])  # nobody saves by coming last, and the parts so added are more than the whole
def test_who_adds_nothing_to_any_group_pays_nothing(costs):
    table = _rising(costs)
    shares = solve(tabled([*table, *table]))  # the last actor never changes a cost
    for rule in (SHAPLEY, ACAM, PROPORTIONAL):
        assert shares.by(rule).amounts[-1] == Money(0)


@QUICK
@given(COSTS, st.randoms(use_true_random=False))
def test_another_order_of_actors_moves_the_last_cents_only(costs, dice):
    problem = tabled(_rising(costs))
    shuffled = list(problem.actors)
    dice.shuffle(shuffled)
    before, after = solve(problem), solve(replace(problem, actors=tuple(shuffled)))
    for rule in before.rules:
        for actor in before.players:
            gap = before.amount(rule.rule, actor) - after.amount(rule.rule, actor)
            assert rule.rule == "epm" or abs(gap.cents) <= 1
        assert rule.stability.wronged == after.by(rule.rule).stability.wronged or rule.rule == "epm"


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_two_days_together_are_the_sum_of_each_day(seed):
    first, second = drawn_tour(seed, 6, 5), replace(drawn_tour(seed + 1, 5, 5), id="mardi")
    together = solve(Problem(actors(5), tours=(first, second)))
    each = [solve(Problem(actors(5), tours=(tour,), keep_order=True)) for tour in (first, second)]
    for k, line in enumerate(together.lines):
        apart = sum(day.lines[k].fair.cents for day in each)
        assert abs(line.fair.cents - apart) <= 2


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_on_one_tour_nobody_pays_more_than_alone_and_the_judge_agrees(seed):
    problem = drawn(seed, 7, 6)
    shares = solve(problem)
    assert verify(problem, shares).violations == ()
    for rule in (SHAPLEY, "nucleolus", "epm", ACAM, PROPORTIONAL):
        for line in shares.lines:
            assert shares.amount(rule, line.actor) <= line.alone + Money(1)
    assert all(line.fair >= line.stops - Money(1) for line in shares.lines)


def test_equals_at_every_stop_pay_the_same_but_for_the_last_cent():
    tour = drawn_tour(3, 4, 2)
    stops = tuple(replace(s, crates=dict.fromkeys(names(2), Decimal(3))) for s in tour.stops)
    shares = solve(Problem(actors(2), tours=(replace(tour, stops=stops),)))
    a, b = (line.fair for line in shares.lines)
    assert 0 <= (a - b).cents <= 1
