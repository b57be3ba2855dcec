"""A scenario against its budget, and our Sobol indices beside SALib's on the same runs.

Usage: python bench/contribution.py

Processor seconds, all threads together. scipy is loaded before: 1.8 s, once per process.
"""

import time
from collections.abc import Callable
from datetime import date

import numpy as np
from SALib.analyze import sobol

from terreau.engines.contribution import Commune, Scenario, Territory, solve, source, verify
from terreau.engines.contribution.draws import draw
from terreau.engines.contribution.sensitivity import indices
from terreau.impact import everywhere
from terreau.impact.indicators import CATALOGUE
from terreau.impact.parameters import parameters, tables

BUDGET = 3.0
ON = date(2026, 11, 27)
PLACE = Territory(
    "epci",
    "CC d’essai",
    (Commune("99001", "Le Bourg", 28_187, 50.9, 2.1, 27_600, 10_900, 0.13, 15_202),),
    2026,
    jobs_total=6_000,
)
PLAN = Scenario("Écopôle d’essai", 2026, 11, 60, 24, purchases={"AZ": 80_000, "SPR": 120_000}, km_year=30_000)


def timed(what: str, run: Callable[[], object], budget: float | None = None) -> object:
    begun = time.process_time()
    found = run()
    spent = time.process_time() - begun
    print(f"{what:<58} {spent:6.2f} s" + (f"  ratio {spent / budget:.2f}" if budget else ""))
    return found


def model(u: np.ndarray) -> np.ndarray:
    return u[..., 0] + u[..., 1] ** 2 + u[..., 2] * u[..., 3]


if __name__ == "__main__":
    known, plan = parameters(ON), source(PLAN, PLACE)
    draw(known, tables(), n=2, seed=1)

    def asked(n: int, n_sensitivity: int) -> object:
        return solve(CATALOGUE, plan, PLACE, known, tables(), seed=1, n=n, n_sensitivity=n_sensitivity)

    timed("4,096 draws, sensitivity on 512 points", lambda: asked(4096, 512), BUDGET)
    answer = timed("4,096 draws, sensitivity on 512 points, again", lambda: asked(4096, 512), BUDGET)
    timed("4,096 draws, without sensitivity", lambda: asked(4096, 0))
    task = ("990000000", PLACE, PLAN, None, ON, (), 256, 1)
    timed("256 draws, headlines: an EPCI among all", lambda: everywhere.line(task))
    timed("the judge, 1,024 draws anew", lambda: verify(answer, CATALOGUE, plan, PLACE, known, tables()))

    u = np.random.default_rng(1).random((512, 40))
    a, b = u, np.random.default_rng(2).random((512, 40))
    ab = np.stack([np.where(np.arange(40) == k, b, a) for k in range(40)])
    f_a, f_b, f_ab = model(a)[None], model(b)[None], model(ab)[:, None]
    problem = {"num_vars": 40, "names": [f"x{k}" for k in range(40)], "bounds": [[0, 1]] * 40}
    runs = np.concatenate([f_a, f_ab[:, 0], f_b]).T.ravel()
    timed("40 indices and their error, ours", lambda: indices(f_a, f_b, f_ab, seed=1))
    timed("40 indices and their error, SALib", lambda: sobol.analyze(problem, runs, False, seed=1))
