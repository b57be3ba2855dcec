"""A bound on the whole that owes nothing to the solver but a guess: the duals.

For any prices of the rows, no plan costs less than what the rows are worth at these prices plus, column by
column, the cheapest end of each column. Prices of the optimum make it the optimum of the season seen from
above; wrong prices only make it weaker, never false.
"""

from math import inf

import numpy as np

from .highs import Floats
from .model import Model


def bound(model: Model, costs: dict[int, float], duals: Floats) -> float:
    """The least that any plan can cost, at these prices of the rows."""
    columns, rows = len(model.column_names), len(model.row_names)
    reduced = np.zeros(columns)
    reduced[list(costs.keys())] = list(costs.values())
    lengths = np.diff([*model.starts, len(model.indices)])
    owner = np.repeat(np.arange(columns), lengths)
    indices, prices = np.array(model.indices, dtype=np.int64), duals[:rows].copy()
    lower, upper = np.array(model.row_lower), np.array(model.row_upper)
    # A price that would lean on a side the row does not have is no price.
    prices[(prices > 0) & np.isinf(lower)] = 0.0
    prices[(prices < 0) & np.isinf(upper)] = 0.0
    np.subtract.at(reduced, owner, np.array(model.values) * prices[indices])
    total = _least(prices, lower, upper)
    return total + _least(reduced, np.array(model.lower), np.array(model.upper))


def _least(prices: Floats, lower: Floats, upper: Floats) -> float:
    ends = np.where(prices > 0, lower, upper)
    free = np.isinf(ends)
    if np.any(np.abs(prices[free]) > 1e-7):
        return -inf
    return float(np.sum(np.where(free, 0.0, prices * np.where(free, 0.0, ends))))
