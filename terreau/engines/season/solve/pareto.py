"""The picture of the choice between the lowest income and the whole."""

from dataclasses import dataclass
from decimal import Decimal

from ..problem import PARTNER, Problem
from .highs import Program
from .model import build, weigh, wish

# From not looking at the lowest income to looking at hardly anything else.
_WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0, 8.0)
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Point:
    """Cents: the whole without it, and the lowest income per bed of partner farms, at one `weight` of it."""

    weight: Decimal
    total_cents: Decimal
    lowest_cents: Decimal


def trade_off(problem: Problem, *, seconds_max: float = 60.0, seed: int = 0) -> tuple[Point, ...]:
    """Seen from above, half-beds split without end: no plan is beyond the line that joins these points.

    At each weight, nobody can have more of one without less of the other. No partner farm, no picture.
    """
    if not any(f.kind == PARTNER for f in problem.farms):
        return ()
    model = build(problem)
    costs, beds = weigh(problem, model), wish(problem, weight=1.0)
    costs.pop(model.lowest, None)
    waste = model.constants["waste"] * problem.tolerances.waste_cents
    points: list[Point] = []
    spent = 0.0
    for weight in _WEIGHTS:
        # At no weight at all the lowest income is not even looked for: a trace of weight tells it.
        wished = {**costs, model.lowest: -beds * max(weight, 1e-4)}
        program = Program(model, wished, seed=seed, spent=spent)
        answer = program.run(seconds_max=seconds_max - spent, interior=True, crossover=False)
        spent = program.seconds
        if answer.values is None or not answer.complete:
            break
        euros = sum(cost * answer.values[x] for x, cost in costs.items())
        total = Decimal(str(-100 * euros - waste)).quantize(_CENT)
        lowest = Decimal(str(100 * answer.values[model.lowest])).quantize(_CENT)
        points.append(Point(Decimal(str(weight)), total, lowest))
    return tuple(points)
