"""What reduced costs settle is truly settled: the whole program, asked to move such a choice, cannot."""

import pytest

from terreau.engines.week.account import goal_names
from terreau.engines.week.solve.highs import Program
from terreau.engines.week.solve.model import build
from terreau.engines.week.tests.tiny import pieces_week

# What the goal may give back, in its own unit: cents would be too little to leave any choice open.
ROOM = {"promises": 0.5, "baskets": 0.3, "waste": 1.0, "margin": 0.3}


def _settled(seed: int):
    """Each settled choice of each goal of a small week, its value, and the goal's cost allowed."""
    model = build(pieces_week(seed))
    for name in goal_names(pieces_week(seed)):
        goal = model.goals.get(name, {})
        above = Program(model, seed=0, relaxed=True)
        most = above.minimise(goal, seconds_max=5).objective + ROOM.get(name, 0.05)
        settled, values = above.settle(model.yes_or_no, most)
        for column in settled:
            yield model, name, goal, most, column, round(values[column])


@pytest.mark.parametrize("seed", range(20))
def test_no_plan_within_what_a_goal_may_give_back_moves_a_settled_choice(seed):
    for model, name, goal, most, column, value in _settled(seed):
        exact = Program(model, seed=0)
        exact.keep(name, goal, most)
        moved = exact.minimise({column: 1.0 if value else -1.0}, seconds_max=5)
        assert moved.values is None or round(moved.values[column]) == value


def test_some_choices_are_settled_both_in_and_out():
    assert {value for seed in range(20) for *_, value in _settled(seed)} == {0, 1}
