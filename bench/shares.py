"""Fair shares against their budgets: one tour exact, an oracle, forty actors sampled, the nucleolus.

Usage: python bench/shares.py

Processor seconds, all threads together: other work on the machine does not count, or hardly.
"""

import random
import time
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise

import numpy as np

from terreau.engines.shares import Actor, Problem, Shares, Stop, Tour, solve, verify
from terreau.engines.shares.solve.core import nucleolus
from terreau.engines.shares.solve.game import Game, additive, game, kept_order
from terreau.engines.shares.solve.groups import Every
from terreau.engines.shares.solve.shapley import sampled
from terreau.engines.shares.solve.tour import members
from terreau.measures.money import Money


def tour(name: str, seed: int, stops: tuple[Stop, ...], *, day: int = 4500) -> Tour:
    """A plain of 40 × 40 km, road factor 1.35, 45 km/h; 45 € a day, 0.30 €/km, 24 €/h."""
    dice = random.Random(seed)
    at = [(dice.uniform(0, 40_000), dice.uniform(0, 40_000)) for _ in range(len(stops) + 1)]
    metres = tuple(tuple(int(1.35 * ((x - u) ** 2 + (y - v) ** 2) ** 0.5) for u, v in at) for x, y in at)
    seconds = tuple(tuple(int(m * 3.6 / 45) for m in row) for row in metres)
    return Tour(name, Money(day), Decimal("0.30"), Decimal(24), metres, seconds, stops)


def actors(n: int) -> tuple[Actor, ...]:
    return tuple(Actor(f"a{k:02}", f"Acteur {k}", Decimal(k % 7 + 4)) for k in range(n))


def one_tour(n: int, seed: int) -> Problem:
    """One drop an actor."""
    stops = tuple(Stop(a.id, 600, {a.id: a.crates}) for a in actors(n))
    return Problem(actors(n), tours=(tour("lundi", seed, stops),))


def many(n: int, n_tours: int, drops: int, seed: int) -> Problem:
    """Several tours of `drops / n_tours` stops, nearest first, each stop for one actor or two."""
    dice = random.Random(seed)
    found = []
    for k in range(n_tours):
        some = [(drops // n_tours * k + i) % n for i in range(drops // n_tours)]
        stops = tuple(
            Stop(f"s{i}", 420, {f"a{who:02}": Decimal(dice.randint(2, 20)) for who in {a, dice.choice(some)}})
            for i, a in enumerate(some)
        )
        found.append(_nearest_first(tour(f"t{k}", seed + k, stops)))
    return Problem(actors(n), tours=tuple(found))


def _nearest_first(t: Tour) -> Tour:
    order, left = [0], set(range(1, len(t.stops) + 1))
    while left:
        order.append(min(left, key=lambda p: t.distance_m[order[-1]][p]))
        left.remove(order[-1])
    metres = tuple(tuple(t.distance_m[i][j] for j in order) for i in order)
    seconds = tuple(tuple(t.duration_s[i][j] for j in order) for i in order)
    stops = tuple(t.stops[p - 1] for p in order[1:])
    return Tour(t.id, t.day, t.per_km, t.per_hour, metres, seconds, stops)


def slow_oracle(problem: Problem) -> Callable[[frozenset[str]], float]:
    """Stands for the rounds engine: each group its own tour, by insertion then 2-opt."""
    (t,) = problem.tours

    def cost(group: frozenset[str]) -> float:
        way = [0, 0]
        for stop in (k for k, s in enumerate(t.stops, 1) if group & s.crates.keys()):
            place = min(range(1, len(way)), key=lambda p: _added(t, way[p - 1], stop, way[p]))
            way.insert(place, stop)
        better = True
        while better:
            better = False
            for i in range(1, len(way) - 2):
                for j in range(i + 1, len(way) - 1):
                    other = way[:i] + way[i : j + 1][::-1] + way[j + 1 :]
                    if _metres(t, other) < _metres(t, way):
                        way, better = other, True
        road = _metres(t, way) * (0.03 + 2400 * 3.6 / 45 / 3600)
        service = sum(s.service_s for s in t.stops if group & s.crates.keys()) * 2400 / 3600
        return t.day.cents + road + service

    return cost


def _added(t: Tour, before: int, stop: int, after: int) -> int:
    d = t.distance_m
    return d[before][stop] + d[stop][after] - d[before][after]


def _metres(t: Tour, way: list[int]) -> int:
    return sum(t.distance_m[a][b] for a, b in pairwise(way))


def _timed(run: Callable[[], Shares]) -> tuple[Shares, float]:
    start = time.process_time()
    return run(), time.process_time() - start


def _line(name: str, seconds: float, budget: float | None, said: str = "") -> None:
    ratio = "" if budget is None else f"{budget:>8.0f} s {seconds / budget:>7.2f}"
    print(f"{name:<44}{seconds:>8.2f} s{ratio:<18}  {said}", flush=True)


def _accepted(problem: Problem, shares: Shares) -> None:
    start = time.process_time()
    verdict = verify(problem, shares)
    if not verdict.accepted:
        print("\n".join(verdict.violations))
    _line("  judged again", time.process_time() - start, None, "accepté" if verdict.accepted else "REFUSÉ")


def exact(n: int) -> None:
    problem = one_tour(n, seed=n)
    shares, seconds = _timed(lambda: solve(problem))
    epsilon = shares.least_core.epsilon / shares.modelled.cents * 100
    wronged = {r.rule: r.stability.wronged for r in shares.rules}
    _line(f"one tour, {n} actors, six rules, every group", seconds, 1, f"ε {epsilon:.1f} %, lésés {wronged}")
    _accepted(problem, shares)


def by_oracle(n: int) -> None:
    problem = one_tour(n, seed=n)
    alone = Problem(problem.actors, sharing=problem.players)
    shares, seconds = _timed(lambda: solve(alone, oracle=slow_oracle(problem)))
    true = solve(problem)
    off = max(abs(a.fair.cents - b.fair.cents) / 100 for a, b in zip(shares.lines, true.lines, strict=True))
    _line(
        f"{n} actors by an oracle, {2**n - 1} groups",
        seconds,
        15,
        f"repairs {shares.repairs}, {off:.2f} € off at most",
    )
    _accepted(alone, shares)


def drawn(pairs: int) -> None:
    """Six tours add up exactly, which tells what the drawing is worth."""
    problem = many(40, 6, 102, seed=4)
    of = kept_order(problem)
    start = time.process_time()
    found = sampled(of.cost, of.n, pairs=pairs, seed=1)
    seconds = time.process_time() - start
    true = additive(problem)
    if true is None:
        raise SystemExit("More than eighteen aboard a tour: nothing to compare with.")
    gaps = np.abs(found.values - true) / found.errors
    mean = found.errors.mean() / true.mean() * 100
    said = f"error {mean:.2f} % of the mean share, {gaps.max():.1f} errors off at most"
    _line(f"40 actors, 102 stops, 6 tours, {2 * pairs} orders", seconds, 2, said)
    shares, seconds = _timed(lambda: solve(problem))
    _line("  the same added tour by tour, exact", seconds, 2, shares.stability.sentence)
    _accepted(problem, shares)


def aboard_one(stops: int) -> None:
    """Two actors a stop, on one tour: too many aboard to look at every group."""
    shared = tuple(
        Stop(f"s{k}", 420, {f"a{k:02}": Decimal(5), f"a{k + stops:02}": Decimal(k % 9 + 4)})
        for k in range(stops)
    )
    problem = Problem(actors(2 * stops), tours=(tour("lundi", 9, shared),))
    shares, seconds = _timed(lambda: solve(problem, seed=1))
    errors = [float(line.error or 0) / line.fair.cents * 100 for line in shares.lines]
    said = f"errors {min(errors):.1f} to {max(errors):.1f} % of each share"
    _line(f"{2 * stops} aboard one tour of {stops} stops, {shares.orders} orders", seconds, 2, said)
    _accepted(problem, shares)


def settled(n: int) -> None:
    """On a game whose core is empty as well: vans that fill up."""
    for name, of in (("one tour", game(one_tour(n, seed=n), None, None)), ("full vans", full_vans(n))):
        if of.table is None:
            raise SystemExit("Too many players.")
        start = time.process_time()
        core = nucleolus(Every(n), of.table[1:-1], float(of.table[-1]))
        seconds = time.process_time() - start
        said = f"ε {core.epsilon / of.table[-1] * 100:.1f} %, {core.programmes} programmes"
        _line(f"nucleolus, {n} actors, {name}", seconds, None, said)


def full_vans(n: int) -> Game:
    """45 € a van of forty crates, and each stop's own road."""
    dice = np.random.default_rng(n)
    crates, road = dice.integers(4, 30, n), dice.uniform(200, 2000, n)
    groups = members(n)
    table = np.ceil(groups @ crates / 40) * 4500 + groups @ road
    nothing = np.zeros(n)
    return Game(tuple(map(str, range(n))), "table", lambda g: nothing, nothing, nothing, nothing, table)


def main() -> None:
    print(f"{'':<44}{'measured':>10}{'budget':>10}{'ratio':>8}")
    solve(one_tour(4, seed=1))  # libraries load once
    exact(18)
    by_oracle(12)
    drawn(2000)
    aboard_one(18)
    for n in (12, 16, 18):
        settled(n)


if __name__ == "__main__":
    main()
