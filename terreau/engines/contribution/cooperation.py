"""Cooperation: the graph of who exchanges with whom over twelve months, and what it would be by chance.

n actors, E linked pairs. The null keeps each actor's number of links (configuration model): density, degree
and centralisation are the same in it by construction, so only reciprocity and resilience are compared.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import mean

from .problem import Flow, Missing

Arc = tuple[str, str]


@dataclass(frozen=True)
class Graph:
    """Directed arcs without repetition; `kinds`: how many kinds of flows a linked pair has."""

    arcs: frozenset[Arc]
    kinds: dict[frozenset[str], int]

    @property
    def actors(self) -> frozenset[str]:
        return frozenset(actor for arc in self.arcs for actor in arc)

    @property
    def pairs(self) -> frozenset[frozenset[str]]:
        return frozenset(frozenset(arc) for arc in self.arcs)


def graph(rows: Iterable[Flow]) -> Graph:
    kinds: dict[frozenset[str], set[str]] = {}
    arcs = set()
    for row in rows:
        if row.from_actor and row.to_actor and row.from_actor != row.to_actor:
            arcs.add((row.from_actor, row.to_actor))
            kinds.setdefault(frozenset((row.from_actor, row.to_actor)), set()).add(row.kind)
    if not arcs:
        raise Missing("Liens entre acteurs\u202f: aucun flux n’a deux acteurs nommés sur la période.")
    return Graph(frozenset(arcs), {pair: len(found) for pair, found in kinds.items()})


def density(g: Graph) -> float:
    """2E / (n (n − 1)): falls mechanically with n, never shown without the mean degree."""
    n = len(g.actors)
    return 2 * len(g.pairs) / (n * (n - 1))


def mean_degree(g: Graph) -> float:
    """2E / n."""
    return 2 * len(g.pairs) / len(g.actors)


def reciprocity(g: Graph) -> float:
    """Share of directed links that are returned."""
    return sum((b, a) in g.arcs for a, b in g.arcs) / len(g.arcs)


def multiplexity(g: Graph) -> float:
    """Kinds of flows per linked pair."""
    return mean(g.kinds.values())


def centralisation(g: Graph) -> float:
    """Freeman's, on degrees: Σ (d_max − d_i) / ((n − 1)(n − 2)); 1 for a star, 0 for a ring."""
    degrees = list(_degrees(g).values())
    n = len(degrees)
    if n < 3:
        raise Missing("Centralisation\u202f: il faut au moins trois acteurs liés.")
    return sum(max(degrees) - d for d in degrees) / ((n - 1) * (n - 2))


def resilience(g: Graph, without: str) -> float:
    """The largest group still linked when one actor, the écopôle, is gone, over n − 1."""
    rest = g.actors - {without}
    return _largest([pair for pair in g.pairs if without not in pair], rest) / (len(g.actors) - 1)


def shared(rows: Iterable[Flow], at_least: int = 3) -> int:
    """Lots that at least so many actors hold in common."""
    holders: dict[str, set[str]] = {}
    for row in rows:
        if row.lot:
            holders.setdefault(row.lot, set()).update(a for a in (row.from_actor, row.to_actor) if a)
    return sum(len(actors) >= at_least for actors in holders.values())


def percentile(g: Graph, of: Callable[[Graph], float], *, seed: int, times: int = 200) -> float:
    """Share of graphs with the same degrees, drawn at random, that have less of it (half of those equal)."""
    chance, value = random.Random(seed), of(g)
    drawn = [of(_rewired(g, chance)) for _ in range(times)]
    return (sum(x < value for x in drawn) + sum(x == value for x in drawn) / 2) / times


def _rewired(g: Graph, chance: random.Random) -> Graph:
    """Ends of arcs swapped two by two, ten times an arc; no loop, no arc twice."""
    arcs = sorted(g.arcs)
    present = set(arcs)
    for _ in range(10 * len(arcs)):
        i, j = chance.randrange(len(arcs)), chance.randrange(len(arcs))
        (a, b), (c, d) = arcs[i], arcs[j]
        if a != d and c != b and (a, d) not in present and (c, b) not in present:
            present -= {(a, b), (c, d)}
            present |= {(a, d), (c, b)}
            arcs[i], arcs[j] = (a, d), (c, b)
    return Graph(frozenset(arcs), {})


def _degrees(g: Graph) -> dict[str, int]:
    degrees = dict.fromkeys(sorted(g.actors), 0)
    for pair in g.pairs:
        for actor in pair:
            degrees[actor] += 1
    return degrees


def _largest(pairs: Iterable[frozenset[str]], actors: Iterable[str]) -> int:
    parent = {actor: actor for actor in actors}

    def root(actor: str) -> str:
        while parent[actor] != actor:
            parent[actor] = parent[parent[actor]]
            actor = parent[actor]
        return actor

    for one, other in pairs:
        parent[root(one)] = root(other)
    sizes: dict[str, int] = {}
    for actor in parent:
        sizes[root(actor)] = sizes.get(root(actor), 0) + 1
    return max(sizes.values(), default=0)
