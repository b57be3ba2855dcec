"""The way for large weeks: look from above, dive, then better the baskets lot by lot.

Seen from above, a portion may be a fraction: each goal then takes a hundredth of a second, and gives a bound
that no real plan can pass. Diving settles the portions a few at a time, always those that are most nearly
whole, paying for every bound that is not held. The climb (see search.py) then betters and proves the plan.
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
_NEARLY = 1e-6
# Most of what a lot can gain is found at once; the rest of the time proves that there is no more.
_LOT_SECONDS = 1.0


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
    seconds = _dive(program, model, costs, sales / 100, (seconds_max - spent) / 2)
    spent += seconds
    program.whole([i for i, whole in enumerate(model.integer) if whole])
    answer = program.minimise(costs, gap_absolute=0.001 * sales, seconds_max=max(0.5, seconds_max - spent))
    spent += answer.seconds
    if answer.values is None or cost_of(model.goals.get("promises", {}), answer.values) > broken_max + FREE:
        return None, spent
    tell(0.3, "Améliorer les paniers, lot par lot")
    values, seconds = _better_lot_by_lot(
        program, model, costs, answer.values, 0.001 * sales, seconds_max - spent
    )
    return values[: len(model.column_names)], spent + seconds


def _priced(
    problem: Problem, model: Model, broken_max: float, seed: int
) -> tuple[Model | None, dict[int, float], float]:
    """The program with every goal's bound, and what each costs when it is not held; and the margin."""
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
        above.keep(name, goal, answer.objective + allowed)
        if name == "promises":
            allowed = min(allowed, max(0.0, broken_max - answer.objective) + FREE)
        given = near.column(f"given[{name}]")
        near.row(f"goal[{name}]", [*goal.items(), (given, -1.0)], -inf, answer.objective + allowed)
        costs[given] = _PRICE[kind] * sales / scale
    return near, costs, spent


def _dive(program: Program, model: Model, costs: dict[int, float], jump: float, seconds_max: float) -> float:
    """Settles every portion, the most nearly whole of each lot first.

    Two at a time; when that costs more than `jump`, or cannot be, the first alone; and if that one costs as
    much, it is left out.
    """
    lots = _lots(model)
    every = [y for columns in lots for y in columns]
    ones = np.ones(max(every, default=0) + 1)
    answer = program.minimise(costs, seconds_max=seconds_max)
    spent = answer.seconds
    while answer.values is not None and spent < seconds_max:
        values = answer.values
        partial = [[y for y in columns if _NEARLY < values[y] < 1 - _NEARLY] for columns in lots]
        taken = sorted(
            (max(some, key=values.__getitem__) for some in partial if some), key=lambda y: -values[y]
        )
        if not taken:
            program.fix(every, values)
            break
        for some, settled in ((taken[:2], ones), (taken[:1], ones), (taken[:1], 1 - ones)):
            program.fix(some, settled)
            tried = program.minimise(costs, seconds_max=seconds_max)
            spent += tried.seconds
            if settled[0] == 0 or (tried.values is not None and tried.objective < answer.objective + jump):
                break
            program.free(some)
        answer = tried
    return spent


def _better_lot_by_lot(
    program: Program,
    model: Model,
    costs: Mapping[int, float],
    values: Floats,
    gap: float,
    seconds_max: float,
) -> tuple[Floats, float]:
    """One lot of baskets is composed again while the others stay, round after round while it pays."""
    lots = _lots(model)
    reached = cost_of(costs, values)
    idle, spent = 0, 0.0
    program.fix([y for columns in lots for y in columns], values)
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


def _lots(model: Model) -> list[list[int]]:
    """The portions of each lot of baskets."""
    lots: dict[str, list[int]] = defaultdict(list)
    for (lot, _, _), y in model.portions.items():
        lots[lot].append(y)
    return list(lots.values())
