"""The way for large weeks: look from above, keep the most promising, then better the baskets lot by lot.

Seen from above, a portion may be a fraction: each goal then takes a hundredth of a second, and gives a bound
that no real plan can pass. A first plan is made of the portions that look best from there, paying for every
bound that is not held. The climb (see search.py) then betters and proves it.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from math import inf

import numpy as np

from ..account import goal_names, goal_scales
from ..problem import Problem
from .highs import FREE, Floats, Program
from .model import UNIT, Model, kind_of

# What giving back a goal's whole scale costs, in weeks of sales: each goal far above those that follow it.
_PRICE = {"promises": 10.0, "fairness": 2.0, "baskets": 1.0, "waste": 5.0}
# How many portions of a lot are promising: enough for good baskets, few enough to try in two seconds.
_KERNEL = 25
# A first plan is good enough, and better had lot by lot, under this distance to the bound, in weeks of sales.
_PASSABLE = 0.5
# A first plan may take this much longer than the leap was given: without one, the climb is much longer.
_PATIENCE = 1.3
# Most of what a lot can gain is found at once; the rest of the time proves that there is no more.
_LOT_SECONDS = 0.5
# What the solver's own tolerances may break of promises, far below a cent: the rounding pays it back.
_NOTHING = 1e-3
# What is not worth looking for in a lot, in weeks of sales.
_SMALL_GAIN = 0.001


def leap(
    problem: Problem,
    model: Model,
    *,
    broken_max: float,
    seed: int,
    seconds_max: float,
    tell: Callable[[float, str], None],
) -> tuple[Floats | None, float]:
    """A plan near all the bounds at once, and the seconds it took; None if the time was too short.

    None too if more promises are broken than `broken_max`, in the model's unit: what the plan by hand breaks.
    """
    near, costs, spent = _priced(problem, model, broken_max, seed)
    if near is None:
        return None, spent
    program = Program(near, seed=seed, relaxed=True)
    tell(0.1, "Composer les paniers")
    sales = float(goal_scales(problem)["margin"]) / abs(UNIT["margin"])
    seen = program.minimise(costs, seconds_max=10.0)
    spent += seen.seconds
    if seen.values is None:
        return None, spent
    program.fix(_unpromising(near, seen.values, program.reduced_costs()), np.zeros(len(near.column_names)))
    program.whole([i for i, whole in enumerate(near.integer) if whole])
    answer = program.minimise(
        costs,
        target=seen.objective + _PASSABLE * sales,
        gap_absolute=_SMALL_GAIN * sales,
        seconds_max=max(0.5, _PATIENCE * seconds_max - spent),
    )
    spent += answer.seconds
    if answer.values is None:
        return None, spent
    tell(0.3, "Améliorer les paniers, lot par lot")
    values, seconds = _better_lot_by_lot(
        program, near, costs, answer.values, _SMALL_GAIN * sales, seconds_max - spent
    )
    spent += seconds
    if cost_of(model.goals.get("promises", {}), values) > broken_max + _NOTHING:
        return None, spent
    return values[: len(model.column_names)], spent


def _priced(
    problem: Problem, model: Model, broken_max: float, seed: int
) -> tuple[Model | None, dict[int, float], float]:
    """The program with every goal's bound, and what each costs when it is not held; and the margin.

    A portion that no plan holding these bounds can take, or leave, is settled.
    """
    scales, spent = goal_scales(problem), 0.0
    above = Program(model, seed=seed, relaxed=True)
    near, costs = model.copy(), dict(model.goals.get("margin", {}))
    sales = float(scales["margin"]) / abs(UNIT["margin"])
    for name in goal_names(problem)[:-1]:
        goal, kind = model.goals.get(name, {}), kind_of(name)
        answer = above.minimise(goal, seconds_max=10.0)
        spent += answer.seconds
        if answer.values is None:
            return None, costs, spent
        scale = float(scales[name]) / abs(UNIT[kind])
        allowed = float(getattr(problem.tolerances, kind)) * max(abs(answer.objective), scale) + FREE
        settled, values = above.settle(model.yes_or_no, answer.objective + allowed)
        above.keep(name, goal, answer.objective + allowed)
        above.fix(settled, values)
        for column in settled:
            near.lower[column] = near.upper[column] = round(values[column])
        if name == "promises":
            allowed = min(allowed, max(0.0, broken_max - answer.objective) + FREE)
        given = near.column(f"given[{name}]")
        near.row(f"goal[{name}]", [*goal.items(), (given, -1.0)], -inf, answer.objective + allowed)
        costs[given] = _PRICE[kind] * sales / scale
    return near, costs, spent


def _unpromising(near: Model, values: Floats, reduced_costs: Floats) -> list[int]:
    """All but the best portions of each lot: those the view from above takes, then those it nearly takes."""
    aside: list[int] = []
    for columns in _lots(near):
        aside += sorted(columns, key=lambda y: (-values[y], reduced_costs[y]))[_KERNEL:]
    return aside


def _better_lot_by_lot(
    program: Program,
    near: Model,
    costs: Mapping[int, float],
    values: Floats,
    gap: float,
    seconds_max: float,
) -> tuple[Floats, float]:
    """One lot of baskets is composed again while all else is decided, round after round while it pays."""
    lots = _lots(near)
    reached = cost_of(costs, values)
    idle, spent = 0, 0.0
    program.fix([i for i, whole in enumerate(near.integer) if whole], values)
    while idle < len(lots) and seconds_max - spent > 0.2:
        columns = lots.pop(0)
        lots.append(columns)
        program.free(columns)
        left = min(_LOT_SECONDS, seconds_max - spent)
        answer = program.minimise(costs, start=values, gap_absolute=gap, seconds_max=left)
        spent += answer.seconds
        idle = idle + 1 if answer.objective > reached - gap else 0
        if answer.values is not None and answer.objective < reached:
            reached, values = answer.objective, answer.values
        program.fix(columns, values)
    return values, spent


def cost_of(goal: Mapping[int, float], values: Floats) -> float:
    return sum(cost * float(values[i]) for i, cost in goal.items())


def _lots(near: Model) -> list[list[int]]:
    """The portions of each lot of baskets that are still open."""
    lots: dict[str, list[int]] = defaultdict(list)
    for (lot, _, _), y in near.portions.items():
        if near.lower[y] < near.upper[y]:
            lots[lot].append(y)
    return list(lots.values())
