"""A bound on the whole that owes nothing to the solver but a guess: the duals.

For any prices of the rows, no plan costs less than what the rows are worth at these prices plus, column by
column, the cheapest end of each column. Prices of the optimum make it the optimum of the season seen from
above; wrong prices only make it weaker, never false.
"""

from math import inf

import numpy as np

from .highs import Columns, Floats
from .model import Model


def bound(model: Model, costs: dict[int, float], duals: Floats) -> float:
    """The least that any plan can cost, at these prices of the rows."""
    prices = usable(model, duals)
    total = least(prices, np.array(model.row_lower), np.array(model.row_upper))
    return total + least(reduced(model, costs, prices), np.array(model.lower), np.array(model.upper))


def usable(model: Model, duals: Floats) -> Floats:
    """A price that would lean on a side the row does not have is no price."""
    prices = np.zeros(len(model.row_names))
    prices[: len(duals)] = duals[: len(prices)]
    prices[(prices > 0) & np.isinf(model.row_lower)] = 0.0
    prices[(prices < 0) & np.isinf(model.row_upper)] = 0.0
    return prices


def reduced(model: Model, costs: dict[int, float], prices: Floats) -> Floats:
    """What each column costs, once what it asks of the rows is paid for."""
    left = np.zeros(len(model.column_names))
    left[list(costs.keys())] = list(costs.values())
    np.subtract.at(left, owners(model), np.array(model.values) * prices[np.array(model.indices, np.int64)])
    return left


def owners(model: Model) -> Columns:
    """The column of each term."""
    lengths = np.diff([*model.starts, len(model.indices)])
    return np.repeat(np.arange(len(model.column_names)), lengths)


def least(prices: Floats, lower: Floats, upper: Floats) -> float:
    """The cheapest end of each."""
    ends = np.where(prices > 0, lower, upper)
    free = np.isinf(ends)
    if np.any(np.abs(prices[free]) > 1e-7):
        return -inf
    return float(np.sum(np.where(free, 0.0, prices * np.where(free, 0.0, ends))))
