"""The game: what any group of players would cost, in floating cents, whatever the problem's source."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import inf

import numpy as np

from ..problem import EXACT_MAX, Problem, ProblemRefused, Tour
from .shapley import shapley
from .tour import Bools, Floats, arcs, closed_form, held_karp, in_order, members, minutes, sums, unions

Oracle = Callable[[frozenset[str]], Decimal | float]
Progress = Callable[[int, int], None]
# Each answer of an oracle is a search: 4,095 of them.
ORACLE_EXACT_MAX = 12
_CENT = 1.0


@dataclass(frozen=True)
class Game:
    """`table`: the cost of every group when there are few enough players; `cost` answers for any groups.

    `stops`: each player's own minutes at the stops, part of the cost, where tours are told. `hub`: what each
    alone would cost with the hub's van; `own`: with its own. `method`: "held_karp", "kept_order", "oracle" or
    "table". `repairs`: groups whose answer was lowered because those for others showed a cheaper way.
    """

    players: tuple[str, ...]
    method: str
    cost: Callable[[Bools], Floats]
    stops: Floats
    hub: Floats
    own: Floats
    table: Floats | None = None
    repairs: int = 0

    @property
    def n(self) -> int:
        return len(self.players)


def game(problem: Problem, oracle: Oracle | None, progress: Progress | None) -> Game:
    players, own = problem.players, _own(problem)
    if oracle:
        spent = [minutes(tour, players) for tour in problem.tours]
        stops: Floats = np.sum(spent, axis=0) if spent else np.zeros(len(players))
        return _asked(players, own, stops, oracle, progress)
    if problem.table:
        bits = [1 << problem.table.players.index(p) for p in players]
        table = np.array(problem.table.cents, dtype=np.float64)[unions(bits)]
        return _tabled(players, "table", table, np.zeros(len(bits)), own)
    if not problem.tours:
        raise ProblemRefused(
            "Ce problème ne dit pas les coûts\u202f: donnez un oracle à «\u202fsolve\u202f»."
        )
    return _toured(problem, own)


def near(problem: Problem) -> Game:
    """The game beside which an oracle's is drawn: one tour made the cheapest way, several as they were."""
    return _toured(problem, np.full(len(problem.players), inf))


def _own(problem: Problem) -> Floats:
    own = {a.id: a.own for a in problem.actors}
    costs = (own[p] for p in problem.players)
    return np.array([inf if cost is None else float(cost.cents) for cost in costs])


def _tabled(
    players: tuple[str, ...], method: str, asked: Floats, stops: Floats, own: Floats, *, repair: bool = False
) -> Game:
    bits = 1 << np.arange(len(players))
    table = _leaving(asked.copy(), own)
    repairs = 0
    if repair:
        before = table.copy()
        table = in_parts(monotone(table))
        repairs = int(np.sum(table < before - 1e-6))
    return Game(players, method, lambda groups: table[groups @ bits], stops, asked[bits], own, table, repairs)


def _toured(problem: Problem, own: Floats) -> Game:
    """Several tours add up: each group keeps, on each, what it has aboard."""
    players = problem.players
    each = [_Executed(tour, players) for tour in problem.tours]
    stops: Floats = np.sum([t.stops for t in each], axis=0)
    free = len(each) == 1 and not problem.keep_order and len(each[0].tour.stops) <= EXACT_MAX
    cheapest = held_karp(each[0].road) if free else np.zeros(1)

    def cost(groups: Bools) -> Floats:
        total: Floats = np.sum(
            [t.cheapest(groups, cheapest) if free else t.kept(groups) for t in each], axis=0
        )
        return total

    method = "held_karp" if free else "kept_order"
    if len(players) > EXACT_MAX:
        return Game(players, method, cost, stops, cost(np.eye(len(players), dtype=bool)), own)
    table = each[0].every(cheapest) if free else cost(members(len(players)))
    return _tabled(players, method, table, stops, own)


def bound(tours: Sequence[Tour]) -> bool:
    """Whether hours or loads held these tours back: several trips, or an order that is not the cheapest.

    Beyond eighteen stops, the cheapest is not known: the order is then held to be free.
    """
    if len(tours) != 1:
        return True
    stops = len(tours[0].stops)
    if stops > EXACT_MAX:
        return False
    road = arcs(tours[0])
    return bool(in_order(road, np.ones((1, stops), dtype=bool))[0] > held_karp(road)[-1] + _CENT)


def additive(problem: Problem) -> Floats | None:
    """Shapley value of executed tours, the sum of each one's among those aboard.

    None when a tour has too many aboard who share its stops.
    """
    if not problem.tours:
        return None
    place = {actor: k for k, actor in enumerate(problem.players)}
    values = np.zeros(len(place))
    for tour in problem.tours:
        aboard = tour.actors
        executed = _Executed(tour, aboard)
        if sum(len(stop.crates) for stop in tour.stops) == len(aboard) == len(tour.stops):
            shares = closed_form(executed.road) + executed.day / len(aboard) + executed.stops
        elif len(aboard) <= EXACT_MAX:
            shares = shapley(executed.kept(members(len(aboard))))
        else:
            return None
        values[[place[actor] for actor in aboard]] += shares
    return values


class _Executed:
    def __init__(self, tour: Tour, players: Sequence[str]) -> None:
        place = {actor: k for k, actor in enumerate(players)}
        self.tour, self.road, self.stops = tour, arcs(tour), minutes(tour, players)
        self.day = float(tour.day.cents)
        self.uses = np.zeros((len(players), len(tour.stops)), dtype=np.float32)
        for k, stop in enumerate(tour.stops):
            self.uses[[place[actor] for actor in stop.crates], k] = 1

    def kept(self, groups: Bools) -> Floats:
        return self._whole(groups, in_order(self.road, self._stops_of(groups)))

    def cheapest(self, groups: Bools, of_stops: Floats) -> Floats:
        bits = 1 << np.arange(len(self.tour.stops))
        return self._whole(groups, of_stops[self._stops_of(groups) @ bits])

    def every(self, of_stops: Floats) -> Floats:
        """`cheapest` of all groups, in the order of their bits."""
        bits = 1 << np.arange(len(self.tour.stops))
        stops = unions([int(bits[use > 0].sum()) for use in self.uses])
        table: Floats = of_stops[stops] + self.day * (stops > 0) + sums(self.stops.tolist())
        return table

    def _stops_of(self, groups: Bools) -> Bools:
        kept: Bools = groups.astype(np.float32) @ self.uses > 0
        return kept

    def _whole(self, groups: Bools, road: Floats) -> Floats:
        aboard = groups @ (self.uses.any(axis=1))
        total: Floats = road + self.day * aboard + groups @ self.stops
        return total


def _leaving(table: Floats, own: Floats) -> Floats:
    """Anyone may go with its own vehicle instead: one pass per player tries every set of leavers."""
    for i in np.flatnonzero(np.isfinite(own)):
        halves = table.reshape(-1, 2, 1 << int(i))
        np.minimum(halves[:, 1], halves[:, 0] + own[i], out=halves[:, 1])
    return table


def _asked(
    players: tuple[str, ...], own: Floats, stops: Floats, oracle: Oracle, progress: Progress | None
) -> Game:
    n, known = len(players), {0: 0.0}
    total = (1 << n) - 1 if n <= ORACLE_EXACT_MAX else 0

    def ask(mask: int) -> float:
        if mask not in known:
            group = frozenset(p for k, p in enumerate(players) if mask >> k & 1)
            known[mask] = float(oracle(group))
            if not 0 <= known[mask] < inf:
                raise ProblemRefused(
                    f"L’oracle répond {known[mask]} pour le groupe {', '.join(sorted(group))}\u202f: il faut "
                    "un coût en centimes, ni négatif ni infini."
                )
            if progress:
                progress(len(known) - 1, total)
        return known[mask]

    def cost(groups: Bools) -> Floats:
        masks = groups.astype(object) @ np.array([1 << k for k in range(n)], dtype=object)
        return np.array([ask(int(m)) for m in masks])

    if n > ORACLE_EXACT_MAX:
        return Game(players, "oracle", cost, stops, cost(np.eye(n, dtype=bool)), own)
    answers = np.array([ask(m) for m in range(1 << n)])
    return _tabled(players, "oracle", answers, stops, own, repair=True)


def in_parts(table: Floats) -> Floats:
    """A group never costs more than its parts apart: the lowest member goes with each possible company."""
    whole = table.copy()
    for mask in range(3, len(table)):
        low = mask & -mask
        rest = mask ^ low
        if not rest:
            continue
        company = unions([1 << k for k in range(rest.bit_length()) if rest >> k & 1])
        whole[mask] = (table[low | company] + whole[rest ^ company]).min()
    return whole


def monotone(table: Floats) -> Floats:
    """A smaller group never costs more than a larger one: it would do as the larger one does.

    Done before `in_parts`, which keeps it so; the other way round would not.
    """
    for i in range(len(table).bit_length() - 1):
        halves = table.reshape(-1, 2, 1 << i)
        np.minimum(halves[:, 0], halves[:, 1], out=halves[:, 0])
    return table
