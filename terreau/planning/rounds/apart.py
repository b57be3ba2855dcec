"""The search in a process of its own: it may, seldom, search without end, and only a process can be stopped.

Nothing of Django is imported here: the child starts from nothing, and knows the engine alone.
"""

from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import monotonic
from typing import Any

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
    plan: Plan = apart(
        _search, problem, locks, start, seconds_max, seed, stop_after=stop_after, progress=progress
    )
    return plan


def _search(
    problem: Problem, locks: Sequence[Lock], start: Plan | None, seconds_max: int, seed: int, tell: Tell
) -> Plan:
    return solve(problem, locks=locks, start=start, seconds_max=seconds_max, seed=seed, progress=tell)


def apart(job: Callable[..., Any], *told: Any, stop_after: float, progress: Tell | None = None) -> Any:
    """What the job answers to what it is told, and to whom it tells its progress."""
    context = get_context("spawn")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_do, args=(there, job, told), daemon=True)
    child.start()
    there.close()
    try:
        return _awaited(here, monotonic() + stop_after, progress)
    finally:
        child.kill()
        child.join()
        here.close()


def _awaited(here: Connection, until: float, progress: Tell | None) -> Any:
    while here.poll(max(0.0, until - monotonic())):
        try:
            done, said = here.recv()
        except EOFError:
            raise SearchStopped("La recherche s’est arrêtée d’elle-même.") from None
        if done:
            return said
        if progress:
            progress(*said)
    raise SearchStopped("La recherche ne finissait pas\u202f: elle a été arrêtée.")


def _do(there: Connection, job: Callable[..., Any], told: tuple[Any, ...]) -> None:
    def tell(share: float, words: str) -> None:
        there.send((False, (share, words)))

    there.send((True, job(*told, tell)))
