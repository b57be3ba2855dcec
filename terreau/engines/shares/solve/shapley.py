"""The Shapley value: what each adds on average, whatever the order of arrival; exact, or with its error."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from math import factorial

import numpy as np

from .tour import Bools, Floats, Masks, sums

_PAIRS_AT_ONCE = 250


def shapley(table: Floats) -> Floats:
    """x_i = Σ over S without i of |S|!·(n−|S|−1)!/n! · (c(S∪i) − c(S)), from the cost of every group."""
    n = len(table).bit_length() - 1
    sizes = sums([1.0] * n).astype(np.int64)
    weights = np.array([factorial(s) * factorial(n - s - 1) / factorial(n) for s in range(n)] + [0.0])[sizes]
    values = np.zeros(n)
    for i in range(n):
        costs, weight = table.reshape(-1, 2, 1 << i), weights.reshape(-1, 2, 1 << i)
        values[i] = np.sum(weight[:, 0] * (costs[:, 1] - costs[:, 0]))
    return values


@dataclass(frozen=True)
class Sampled:
    """`errors`: one standard error of each value. `groups`, `costs`: those met on the way."""

    values: Floats
    errors: Floats
    pairs: int
    groups: Bools
    costs: Floats


def sampled(
    cost: Callable[[Bools], Floats],
    n: int,
    *,
    pairs: int,
    seed: int,
    control: Callable[[Bools], Floats] | None = None,
    control_values: Floats | None = None,
    keep: int = 200,
) -> Sampled:
    """Orders of arrival drawn in pairs, one the reverse of the other: what one favours the other does not.

    With a control (a game near ours whose value is known), only the difference between the two is drawn.
    """
    dice = random.Random(seed)
    means: list[Floats] = []
    seen: list[Bools] = []
    seen_costs: list[Floats] = []
    for first in range(0, pairs, _PAIRS_AT_ONCE):
        orders = _drawn(dice, n, min(_PAIRS_AT_ONCE, pairs - first))
        groups = _arrivals(orders)
        costs = cost(groups.reshape(-1, n))
        if first < keep:
            seen.append(groups[: 2 * keep].reshape(-1, n))
            seen_costs.append(costs[: len(seen[-1])])
        if control:
            costs = costs - control(groups.reshape(-1, n))
        added = np.diff(costs.reshape(len(orders), n), axis=1, prepend=0.0)
        each = np.empty_like(added)
        np.put_along_axis(each, orders, added, axis=1)
        means.append((each[0::2] + each[1::2]) / 2)
    drawn = np.concatenate(means)
    values = drawn.mean(axis=0)
    if control_values is not None:
        values = values + control_values
    errors = drawn.std(axis=0, ddof=1) / np.sqrt(len(drawn))
    found, places = np.unique(np.concatenate(seen), axis=0, return_index=True)
    return Sampled(values, errors, pairs, found, np.concatenate(seen_costs)[places])


def _drawn(dice: random.Random, n: int, pairs: int) -> Masks:
    """Python's own shuffle, which gives the same orders for the same seed from one year to the next."""
    orders = np.empty((2 * pairs, n), dtype=np.int64)
    order = list(range(n))
    for k in range(pairs):
        dice.shuffle(order)
        orders[2 * k], orders[2 * k + 1] = order, order[::-1]
    return orders


def _arrivals(orders: Masks) -> Bools:
    """For each order, the group after each arrival: arrivals × arrivals in the order, one column a player."""
    ranks = np.argsort(orders, axis=1)
    groups: Bools = ranks[:, None, :] <= np.arange(orders.shape[1])[None, :, None]
    return groups
