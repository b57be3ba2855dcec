"""Fair shares against their budgets: one tour exact, an oracle, forty actors sampled, the nucleolus.

Usage: python bench/shares.py

Processor seconds, all threads together: other work on the machine does not count, or hardly.
"""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np

from terreau.engines import rounds
from terreau.engines.shares import Actor, Problem, Shares, Stop, Tour, solve, verify
from terreau.engines.shares.solve.core import nucleolus
from terreau.engines.shares.solve.game import Game, additive, game, near
from terreau.engines.shares.solve.groups import Every
from terreau.engines.shares.solve.shapley import sampled
from terreau.engines.shares.solve.tour import members
from terreau.measures.money import Money
from terreau.planning.shares.oracle import PAIRS, Oracle


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


def rich(n: int, places: int, seed: int) -> tuple[Problem, Oracle]:
    """Several drops an actor, most of them shared, hours, two kinds of crates, seven hours, three vans."""
    dice = random.Random(seed)
    at = [(20_000.0, 20_000.0)] + [(dice.uniform(0, 40_000), dice.uniform(0, 40_000)) for _ in range(places)]
    metres = tuple(tuple(int(1.35 * ((x - u) ** 2 + (y - v) ** 2) ** 0.5) for u, v in at) for x, y in at)
    seconds = tuple(tuple(int(m * 3.6 / 45) for m in row) for row in metres)
    stops, parts = [], {}
    for k in range(places):
        aboard = {k % n, *dice.sample(range(n), dice.choice((0, 1, 1, 2)))}
        loads = {f"a{who:02}": (dice.randint(1, 6), dice.randint(0, 2)) for who in sorted(aboard)}
        opens = dice.choice((6, 7, 8, 9)) * 3600
        window = rounds.Window(opens, opens + dice.choice((3, 4, 6)) * 3600)
        crates = tuple(sum(load[d] for load in loads.values()) for d in (0, 1))
        stops.append(rounds.Stop(f"s{k}", f"s{k}", f"{k + 1}", crates, (0, 0), (window,), 600))
        parts[f"s{k}"] = {actor: Decimal(sum(load)) for actor, load in loads.items()}
    vans = tuple(
        rounds.Vehicle(
            f"v{k}", f"v{k}", (40, 12), "h", "h", 5 * 3600, 20 * 3600, 7 * 3600, "r", day=450_000, km=3000,
            hour=240_000,
        )
        for k in range(3)
    )  # fmt: skip
    day = rounds.Problem(
        date(2026, 11, 27), (rounds.Dimension("c", "caisse", "caisses"), rounds.Dimension("f", "f", "f")),
        tuple(map(str, range(places + 1))), (rounds.Matrix("r", seconds, metres),),
        (rounds.Hub("h", "Quai", "0", 5 * 3600, 20 * 3600),), vans, tuple(stops),
    )  # fmt: skip
    plan = rounds.solve(day, iterations=500, seeds=1)
    made = [(t.vehicle, [[call.key for call in trip] for trip in t.calls]) for t in plan.tours]
    return Problem(actors(n), sharing=tuple(a.id for a in actors(n))), Oracle(day, parts, made)


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
    """The rounds engine answers for each group; some are asked again with a hundred times its budget."""
    problem, oracle = rich(n, 16, seed=3)
    shares, seconds = _timed(lambda: solve(problem, oracle=oracle))
    dice, names, off = random.Random(1), problem.players, []
    longer = replace(oracle, iterations=100 * oracle.iterations)
    for _ in range(41):
        group = frozenset(dice.sample(names, dice.randint(1, n)))
        off.append(float(oracle(group) / longer(group)) - 1)
    said = f"repairs {shares.repairs}, ε {shares.least_core.epsilon / shares.modelled.cents * 100:.1f} %, "
    said += f"answers {100 * sum(off) / len(off):.2f} % above a search a hundred times longer"
    _line(f"{n} actors, rich, {2**n - 1} groups of rounds", seconds, 15, said)
    _accepted(problem, shares)


def drawn_by_oracle(n: int) -> None:
    """Too many aboard to ask of every group: orders are drawn."""
    problem, oracle = rich(n, 16, seed=5)
    shares, seconds = _timed(lambda: solve(problem, oracle=oracle, pairs=PAIRS))
    errors = [float(line.error or 0) / line.fair.cents * 100 for line in shares.lines]
    said = f"errors {min(errors):.1f} to {max(errors):.1f} % of each share, without a tour beside"
    _line(f"{n} actors, rich, {shares.orders} orders of rounds", seconds, None, said)


def drawn(pairs: int) -> None:
    """Six tours add up exactly, which tells what the drawing is worth."""
    problem = many(40, 6, 102, seed=4)
    of = near(problem)
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
    drawn_by_oracle(16)
    drawn(2000)
    aboard_one(18)
    for n in (12, 16, 18):
        settled(n)


if __name__ == "__main__":
    main()
