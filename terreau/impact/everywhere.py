"""One scenario on every intercommunality known, spread over processes: a line each.

The processes know neither Django nor the database: they are given the territory and the scenario whole.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from multiprocessing import get_context

from terreau.engines.contribution import Missing, Parameter, Scenario, Territory, solve, source
from terreau.impact.indicators import CATALOGUE
from terreau.impact.parameters import parameters, tables

HEADLINES = tuple(i for i in CATALOGUE if i.headline)
Row = dict[str, str | float | None]
Task = tuple[str, Territory, Scenario, Scenario | None, date, tuple[Parameter, ...], int, int]


def heads() -> list[str]:
    """The columns of the file: net figures, between their P5 and their P95."""
    figures = [f"{i.id}{end}" for i in HEADLINES for end in ("_p5", "_p50", "_p95")]
    return ["epci", "nom", "communes", "habitants", "emplois", *figures, "manque"]


def line(task: Task) -> Row:
    """One territory: relays are those of nobody else, so the most peopled commune is the seat."""
    code, where, planned, without, on, own, draws, seed = task
    seat = (max(where.communes, key=lambda commune: commune.population).code,)
    moved = [replace(one, relays=seat) if one else None for one in (planned, without)]
    assert moved[0] is not None
    found = solve(
        HEADLINES, source(moved[0], where, moved[1]), where, parameters(on, own), tables(),
        seed=seed, n=draws, n_sensitivity=0,
    )  # fmt: skip
    try:
        jobs: float | None = where.employment
    except Missing:
        jobs = None
    row: Row = {
        "epci": code, "nom": where.name, "communes": float(len(where.communes)),
        "habitants": where.population, "emplois": jobs,
    }  # fmt: skip
    missing = []
    for effect in found.effects:
        net = effect.net
        middle = net.value if net.mid is None else net.mid
        ends = (middle if net.low is None else net.low, middle, middle if net.high is None else net.high)
        row |= {
            f"{effect.indicator}{end}": value
            for end, value in zip(("_p5", "_p50", "_p95"), ends, strict=True)
        }
        if net.missing:
            missing.append(net.missing)
    return row | {"manque": " ".join(dict.fromkeys(missing))}


def lines(tasks: Iterable[Task], workers: int) -> Iterator[Row]:
    """In the order asked. Processes are started anew, never forked: they hold no connection of ours."""
    if workers < 2:
        yield from map(line, tasks)
        return
    with get_context("spawn").Pool(workers) as pool:
        yield from pool.imap(line, tasks, chunksize=4)
