"""What any group would pay for a tour: the cheapest one for it, or the executed one without its other stops.

All amounts here are floats, in cents.
"""

from collections.abc import Sequence
from math import factorial, inf

import numpy as np
import numpy.typing as npt

from ..problem import Tour

Floats = npt.NDArray[np.float64]
Masks = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def arcs(tour: Tour) -> Floats:
    """Cents of the road from place to place; a van may pass by a third place when that is cheaper.

    Skipping a stop then never costs more, and two tours never cost less than the same stops in one.
    """
    km = np.array(tour.distance_m, dtype=np.float64) / 1000
    hours = np.array(tour.duration_s, dtype=np.float64) / 3600
    cents = 100 * (float(tour.per_km) * km + float(tour.per_hour) * hours)
    np.fill_diagonal(cents, 0.0)
    for k in range(len(cents)):
        cents = np.minimum(cents, cents[:, k, None] + cents[None, k, :])
    return cents


def held_karp(road: Floats) -> Floats:
    """The cheapest way out of the hub, through every stop of each subset and back, for all subsets at once.

    b[S, j] = min over i in S∖j of b[S∖j, i] + d(i, j), by size of S; then min over j of b[S, j] + d(j, hub).
    """
    n = len(road) - 1
    best = np.full((1 << n, n), inf)
    sizes = np.bitwise_count(np.arange(1 << n))
    for j in range(n):
        best[1 << j, j] = road[0, j + 1]
    for size in range(2, n + 1):
        subsets = np.flatnonzero(sizes == size)
        for j in range(n):
            through = subsets[(subsets >> j) & 1 == 1]
            best[through, j] = (best[through ^ (1 << j)] + road[1:, j + 1]).min(axis=1)
    cheapest: Floats = (best + road[1:, 0]).min(axis=1)
    cheapest[0] = 0.0
    return cheapest


def in_order(road: Floats, kept: Bools) -> Floats:
    """The executed order, skipping what is not kept: one row of `kept` a group, one column a stop."""
    last = np.zeros(len(kept), dtype=np.intp)
    total = np.zeros(len(kept))
    for stop in range(1, len(road)):
        here = kept[:, stop - 1]
        total += np.where(here, road[last, stop], 0.0)
        last = np.where(here, stop, last)
    back: Floats = total + road[last, 0]
    return back


def closed_form(road: Floats) -> Floats:
    """Exact Shapley value of the executed order when each stop is one actor (Levinger, Hazon & Azaria 2020).

    The leg from place a to place b is driven by the groups that hold its ends and nobody between. With A ends
    that are stops and B stops between, each end bears w·(A−1)!·B!/(A+B)!, each between −w·A!·(B−1)!/(A+B)!.
    """
    n = len(road) - 1
    shares = np.zeros(n + 2)
    for a in range(n + 1):
        for b in range(a + 1, n + 2):
            ends = [place for place in (a, b) if 0 < place <= n]
            if not ends:
                continue
            between, w = b - a - 1, road[a, b % (n + 1)]
            all_orders = factorial(len(ends) + between)
            shares[ends] += w * factorial(len(ends) - 1) * factorial(between) / all_orders
            if between:
                shares[a + 1 : b] -= w * factorial(len(ends)) * factorial(between - 1) / all_orders
    return shares[1:-1]


def unions(parts: Sequence[int]) -> Masks:
    """For every subset of the parts (each a mask), the union of their masks."""
    found = np.zeros(1, dtype=np.int64)
    for part in parts:
        found = np.concatenate([found, found | part])
    return found


def sums(parts: Sequence[float]) -> Floats:
    """For every subset of the parts, their sum."""
    found = np.zeros(1)
    for part in parts:
        found = np.concatenate([found, found + part])
    return found


def members(n: int) -> Bools:
    """Every subset of n, one row each: bit i of the row number is column i."""
    rows: Bools = (np.arange(1 << n)[:, None] >> np.arange(n)) & 1 == 1
    return rows


def minutes(tour: Tour, players: Sequence[str]) -> Floats:
    """Cents of each player's own minutes at the stops: those of a stop go with the crates handled there."""
    place = {actor: k for k, actor in enumerate(players)}
    cents = np.zeros(len(players))
    for stop in tour.stops:
        whole = 100 * float(tour.per_hour) * stop.service_s / 3600
        crates = float(sum(stop.crates.values()))
        for actor, own in stop.crates.items():
            cents[place[actor]] += whole * float(own) / crates
    return cents
