"""Travel times on roads: a synthetic graph of a small country's size, then of a département's.

Usage: python bench/roads.py

Processor seconds. The budget is on the first: 17,000 nodes, 100 places each to each, ≤ 0.5 s.
"""

import time

import numpy as np

from terreau.territory.roads.graph import Roads

PLACES = 100


def streets(side: int, seed: int) -> Roads:
    """A grid of lanes about a hundred metres apart, a quarter of them missing, at four speeds, both ways."""
    dice = np.random.default_rng(seed)
    row, column = np.divmod(np.arange(side * side), side)
    latitude = 50 + row * 0.001 + dice.uniform(-3e-4, 3e-4, side * side)
    longitude = 2 + column * 0.0015 + dice.uniform(-3e-4, 3e-4, side * side)
    at = np.arange(side * side, dtype=np.int32).reshape(side, side)
    a = np.concatenate([at[:, :-1].ravel(), at[:-1].ravel()])
    b = np.concatenate([at[:, 1:].ravel(), at[1:].ravel()])
    kept = dice.random(len(a)) < 0.75
    a, b, speed = a[kept], b[kept], dice.choice([25.0, 45.0, 55.0, 70.0], kept.sum())
    return Roads.largest(
        latitude, longitude, np.concatenate([a, b]), np.concatenate([b, a]), np.concatenate([speed, speed])
    )


def measure(side: int) -> None:
    start = time.process_time()
    kept = streets(side, seed=1).to_bytes()
    built = time.process_time() - start
    dice = np.random.default_rng(2)
    start = time.process_time()
    roads = Roads.from_bytes(kept)
    nodes, _ = roads.nearest(50 + dice.random(PLACES) * side * 0.001, 2 + dice.random(PLACES) * side * 0.0015)
    roads.arcs.fastest(nodes, nodes)
    asked = time.process_time() - start
    print(
        f"{len(roads.latitude):>7} nodes, {len(roads.tail):>8} arcs: built in {built:.2f} s, "
        f"{len(kept) / 1e6:.1f} MB; {PLACES} × {PLACES} in {asked:.2f} s"
    )


streets(10, seed=0).nearest([50], [2])  # the libraries are loaded
for side in (131, 632):
    measure(side)
