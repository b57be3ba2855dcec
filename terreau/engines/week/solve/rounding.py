"""From the solver's fractions to weighable quantities, so that nothing is lost and no rule is broken.

First orders and solidarity, in steps of 100 g near the solver's values: the same program once more, with
baskets and batches decided and these steps whole. Then baskets and kitchen, exact to the gram: a flow in a
network with whole bounds, whose vertices are whole.
"""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from math import ceil, floor, inf

from ..access import BASKET, DEMAND, KITCHEN, SOLIDARITY
from ..account import Decisions, FlowKey, goal_scales
from ..problem import GRAIN, STEP, Problem
from .highs import FREE, Answer, Floats, Line, Program, network
from .model import UNIT, Model, kind_of

_TINY = 1e-6
# How many steps a gift to a grocery may move from the solver's value.
_REACH = 10.0
# What the smallest step of a goal's scale costs when rounding gives it back.
_PRICE = {"promises": 100.0, "fairness": 30.0, "baskets": 1.0, "waste": 1000.0, "margin": 10.0}


def decide(
    problem: Problem,
    model: Model,
    values: Floats,
    *,
    kept: Mapping[str, float],
    seed: int,
    seconds_max: float,
) -> tuple[Decisions | None, float]:
    """Whole decisions next to the solver's values, and the seconds taken.

    None if the time was too short, or if no rounding costs each goal what is `kept` at most.
    """
    decisions = Decisions()
    for (batch, product, portion), y in model.portions.items():
        if values[y] > 0.5:
            decisions.portions[batch, product] = portion
    for (recipe, day), n in model.batches.items():
        decisions.batches[recipe, day] = round(values[n])
    unit = _units(problem, STEP)
    answer, steps = _whole_steps(problem, model, values, kept, seed, seconds_max)
    if answer.values is None:
        return None, answer.seconds
    for key, column in steps.items():
        if round(answer.values[column]):
            decisions.flows[key] = round(answer.values[column]) * unit[key[0]]
    exact = {k: float(answer.values[x]) for k, x in model.flows.items() if k[1] in (BASKET, KITCHEN)}
    _exact_flows(problem, exact, decisions)
    return decisions, answer.seconds


def _units(problem: Problem, of_unit: Mapping[str, Decimal]) -> dict[str, Decimal]:
    products = {p.id: p.unit for p in problem.products}
    return {s.id: of_unit[products[s.product]] for s in problem.supplies}


def _whole_steps(
    problem: Problem, model: Model, values: Floats, kept: Mapping[str, float], seed: int, seconds_max: float
) -> tuple[Answer, dict[FlowKey, int]]:
    """How many steps of 100 g (or pieces) each order and grocery receives from each supply."""
    near, unit = model.copy(), _units(problem, STEP)
    steps: dict[FlowKey, int] = {}
    for column in (*model.portions.values(), *model.batches.values(), *model.switches.values()):
        near.lower[column] = near.upper[column] = float(round(values[column]))
    for key, x in model.flows.items():
        if key[1] not in (DEMAND, SOLIDARITY):
            continue
        size = float(unit[key[0]])
        amount = values[x] / size
        if amount < _TINY and key[1] == DEMAND:
            near.upper[x] = 0.0
            continue
        # A promised weight is met whatever its pieces weigh: 100 g of this and that make up the difference.
        reach = 1.0 if key[1] == DEMAND else _REACH
        least, most = max(0.0, floor(amount + _TINY) - reach), ceil(amount - _TINY) + reach
        name = f"steps[{len(steps)}]"
        steps[key] = near.column(name, most, lower=least, integer=True)
        near.row(name, [(x, 1.0), (steps[key], -size)], 0.0, 0.0)
    costs: dict[int, float] = {}
    for goal, scale in goal_scales(problem).items():
        terms, unit_of = model.goals.get(goal, {}), abs(UNIT[kind_of(goal)])
        reached = sum(cost * float(values[column]) for column, cost in terms.items())
        most = max(0.0, kept.get(goal, inf) + FREE - reached)
        given = near.column(f"given[{goal}]", most)
        near.row(f"goal[{goal}]", [*terms.items(), (given, -1.0)], -inf, reached)
        costs[given] = _PRICE[kind_of(goal)] * unit_of / float(scale)
    program = Program(near, seed=seed)
    answer = program.minimise(costs, gap_absolute=0.02, seconds_max=seconds_max)
    return answer, steps


def _exact_flows(problem: Problem, flows: Mapping[FlowKey, float], decisions: Decisions) -> None:
    """Each basket and batch gets exactly its need, and no supply gives more than it has."""
    grain = _units(problem, GRAIN)
    supplies = {s.id: s for s in problem.supplies}
    spare = {s.id: s.quantity for s in problem.supplies}
    for key, quantity in decisions.flows.items():
        spare[key[0]] -= quantity
    needs = _needs(problem, decisions)
    edges = [
        (key, flows[key] / float(grain[key[0]]))
        for key in flows
        if (*key[1:], supplies[key[0]].product) in needs
    ]
    into: dict[tuple[object, ...], list[int]] = defaultdict(list)
    leaving: dict[str, list[int]] = defaultdict(list)
    for i, (key, _) in enumerate(edges):
        into[(*key[1:], supplies[key[0]].product)].append(i)
        leaving[key[0]].append(i)
    lines: list[Line] = []
    for need, quantity in needs.items():
        count = float(quantity / grain[edges[into[need][0]][0][0]])
        lines.append((into[need], count, count))
    for supply, columns in leaving.items():
        # Rounded down, so that an offer taken by its minimum does not fall a gram below it.
        least = floor(sum(edges[i][1] for i in columns) + _TINY)
        stock = float(spare[supply] / grain[supply])
        lines.append((columns, min(float(least), stock), stock))
    lower = [float(max(0, floor(amount + _TINY))) for _, amount in edges]
    upper = [float(max(0, ceil(amount - _TINY))) for _, amount in edges]
    costs = [least - amount for (_, amount), least in zip(edges, lower, strict=True)]
    for (key, _), count in zip(edges, network(costs, lower, upper, lines), strict=True):
        if count:
            decisions.flows[key] = count * grain[key[0]]


def _needs(problem: Problem, decisions: Decisions) -> dict[tuple[object, ...], Decimal]:
    batches = {b.id: b for b in problem.baskets}
    recipes = {r.id: r for r in problem.recipes}
    needs: dict[tuple[object, ...], Decimal] = {}
    for (batch, product), portion in decisions.portions.items():
        needs[BASKET, batch, batches[batch].day, product] = portion * batches[batch].count
    for (recipe, day), count in decisions.batches.items():
        for product, quantity in recipes[recipe].inputs.items():
            if count:
                needs[KITCHEN, recipe, day, product] = quantity * count
    return needs
