"""The search in a process of its own: it may, seldom, search without end, and only a process can be stopped.

Nothing of Django is imported here: the child starts from nothing, and knows the engine alone.
"""

from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import monotonic

from terreau.engines.rounds import Lock, Plan, Problem, solve
from terreau.engines.rounds.solve.search import Tell


class SearchStopped(Exception):
    """Stopped by force, or dead: the day may be planned again."""


def solve_apart(
    problem: Problem,
    *,
    start: Plan | None,
    seconds_max: int,
    stop_after: float,
    seed: int,
    locks: Sequence[Lock] = (),
    progress: Tell | None = None,
) -> Plan:
    """As the engine's `solve`, and never longer than `stop_after` seconds."""
    context = get_context("spawn")
    here, there = context.Pipe(duplex=False)
    told = there, problem, locks, start, seconds_max, seed
    child = context.Process(target=_search, args=told, daemon=True)
    child.start()
    there.close()
    try:
        return _awaited(here, monotonic() + stop_after, progress)
    finally:
        child.kill()
        child.join()
        here.close()


def _awaited(here: Connection, until: float, progress: Tell | None) -> Plan:
    while here.poll(max(0.0, until - monotonic())):
        try:
            said = here.recv()
        except EOFError:
            raise SearchStopped("La recherche s’est arrêtée d’elle-même.") from None
        if isinstance(said, Plan):
            return said
        if progress:
            progress(*said)
    raise SearchStopped("La recherche ne finissait pas\u202f: elle a été arrêtée.")


def _search(
    there: Connection,
    problem: Problem,
    locks: Sequence[Lock],
    start: Plan | None,
    seconds_max: int,
    seed: int,
) -> None:
    def tell(share: float, words: str) -> None:
        there.send((share, words))

    there.send(solve(problem, locks=locks, start=start, seconds_max=seconds_max, seed=seed, progress=tell))
