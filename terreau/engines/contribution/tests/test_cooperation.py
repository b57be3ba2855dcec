"""The graph of exchanges: a star and a ring by hand, and networkx as judge on a drawn network."""

import random
from datetime import date

import networkx as nx
import pytest

from terreau.engines.contribution import Flow, Kind, Missing, cooperation

DAY = date(2026, 6, 15)


def network(*arcs, kind=Kind.SALE, lot=None):
    return [Flow(DAY, kind, a, b, lot=lot) for a, b in arcs]


STAR = network(*(("ecopole", f"ferme{k}") for k in range(5)))
RING = network(*((f"f{k}", f"f{(k + 1) % 5}") for k in range(5)))


def drawn():
    chance = random.Random(7)
    names = [f"acteur{k}" for k in range(40)]
    return network(*((chance.choice(names), chance.choice(names)) for _ in range(120)))


def test_a_star_hangs_on_its_centre_and_a_ring_on_nobody():
    star, ring = cooperation.graph(STAR), cooperation.graph(RING)
    assert cooperation.centralisation(star) == 1
    assert cooperation.centralisation(ring) == 0
    assert cooperation.resilience(star, "ecopole") == 0.2
    assert cooperation.resilience(ring, "f0") == 1
    assert cooperation.mean_degree(ring) == 2
    assert cooperation.reciprocity(ring) == 0
    assert cooperation.reciprocity(cooperation.graph(network(("a", "b"), ("b", "a"), ("a", "c")))) == 2 / 3


def test_several_kinds_on_a_pair_and_lots_in_three_hands():
    rows = network(("a", "b"), ("b", "c"), lot="L1") + network(("a", "b"), kind=Kind.LINK)
    assert cooperation.multiplexity(cooperation.graph(rows)) == 1.5
    assert cooperation.shared(rows) == 1
    assert cooperation.shared(network(("a", "b"), lot="L2")) == 0


def test_networkx_says_the_same():
    rows = drawn()
    g = cooperation.graph(rows)
    theirs = nx.DiGraph([arc for arc in ((r.from_actor, r.to_actor) for r in rows) if arc[0] != arc[1]])
    pairs = theirs.to_undirected()
    n = len(pairs)
    assert cooperation.density(g) == pytest.approx(nx.density(pairs))
    assert cooperation.mean_degree(g) == pytest.approx(2 * pairs.number_of_edges() / n)
    assert cooperation.reciprocity(g) == pytest.approx(nx.overall_reciprocity(theirs))
    degrees = [d for _, d in pairs.degree()]
    freeman = sum(max(degrees) - d for d in degrees) / ((n - 1) * (n - 2))
    assert cooperation.centralisation(g) == pytest.approx(freeman)
    hub = max(pairs, key=pairs.degree)
    rest = pairs.subgraph(set(pairs) - {hub})
    assert cooperation.resilience(g, hub) == len(max(nx.connected_components(rest), key=len)) / (n - 1)


def test_beside_chance():
    """Every exchange returned is more than any network with the same number of links has by chance."""
    returned = [row for a in range(12) for row in network((f"a{a}", f"b{a}"), (f"b{a}", f"a{a}"))]
    g = cooperation.graph(returned)
    assert cooperation.percentile(g, cooperation.reciprocity, seed=1, times=50) > 0.98
    assert cooperation.percentile(g, cooperation.mean_degree, seed=1, times=5) <= 1
    once = cooperation.percentile(cooperation.graph(drawn()), cooperation.reciprocity, seed=1, times=20)
    assert once == cooperation.percentile(
        cooperation.graph(drawn()), cooperation.reciprocity, seed=1, times=20
    )


def test_no_link_is_missing_not_zero():
    with pytest.raises(Missing, match="aucun flux"):
        cooperation.graph([Flow(DAY, Kind.SALE, kg=1.0)])
    with pytest.raises(Missing, match="trois acteurs"):
        cooperation.centralisation(cooperation.graph(network(("a", "b"))))
