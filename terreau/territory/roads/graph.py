"""The roads as a graph, in plain arrays: its connected part, the node nearest to a spot, the fastest ways.

One arc per pair of consecutive nodes of a road and per way it may be driven.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from terreau.territory.geography import EARTH_KM

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
# What is kept of a position: the ten-millionth of a degree, as OpenStreetMap does.
DEGREE = 1e7
# Times of so many nodes and sources are held at once: 96 MB.
CELLS_MAX = 8_000_000
# Two nodes on one spot: still an arc, where a sparse matrix could read no road.
SECONDS_MIN = 1e-6


class Unreachable(Exception):
    """No road leads from one node to another: by their rank among those asked."""

    def __init__(self, source: int, target: int):
        super().__init__(f"{source} → {target}")
        self.source, self.target = source, target


@dataclass(frozen=True)
class Arcs:
    """What Dijkstra needs: from `tail` to `head`, each pair once."""

    nodes: int
    tail: Ints
    head: Ints
    seconds: Floats
    metres: Floats

    @property
    def reversed(self) -> "Arcs":
        """Every road driven the other way: from a door, the ways that lead to it."""
        return Arcs(self.nodes, self.head, self.tail, self.seconds, self.metres)

    def fastest(self, sources: Sequence[int], targets: Sequence[int]) -> tuple[Floats, Floats]:
        """Seconds of the fastest way from each source to each target, and the metres of that same way.

        Not the shortest way: its metres are added up along the predecessors.
        """
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import dijkstra

        order = np.lexsort((self.head, self.tail))
        first = np.searchsorted(self.tail[order], np.arange(self.nodes + 1))
        heads, metres = self.head[order], self.metres[order]
        weights = np.maximum(self.seconds[order], SECONDS_MIN)
        square = csr_matrix((weights, heads, first), shape=(self.nodes, self.nodes))
        walk = _Walk(first.tolist(), heads.tolist(), metres.tolist())
        times: list[Floats] = []
        lengths: list[list[float]] = []
        for some in _chunks(sources, max(1, CELLS_MAX // max(1, self.nodes))):
            found, before = dijkstra(square, indices=some, return_predecessors=True)
            for row, came, source in zip(found[:, targets], before, some, strict=True):
                if lost := np.flatnonzero(np.isinf(row)).tolist():
                    raise Unreachable(len(times), lost[0])
                times.append(row)
                lengths.append(walk.metres(source, targets, came))
        shape = len(sources), len(targets)
        return np.array(times).reshape(shape), np.array(lengths).reshape(shape)


def _chunks(sources: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(sources), size):
        yield sources[start : start + size]


@dataclass(frozen=True)
class _Walk:
    """Arcs by tail: those of a node are from `first[node]` to `first[node + 1]`."""

    first: list[int]
    heads: list[int]
    lengths: list[float]

    def metres(self, source: int, targets: Sequence[int], before: Ints) -> list[float]:
        """Back from each target to where one has already been."""
        known = {source: 0.0}
        for target in targets:
            back, node = [], target
            while node not in known:
                back.append(node)
                node = before.item(node)
            total = known[node]
            for node in reversed(back):
                total += self._arc(before.item(node), node)
                known[node] = total
        return [known[target] for target in targets]

    def _arc(self, tail: int, head: int) -> float:
        return self.lengths[self.heads.index(head, self.first[tail], self.first[tail + 1])]


@dataclass(frozen=True)
class Roads:
    """The nodes of a part where every place reaches every other, and the speed on each arc."""

    latitude: Ints
    longitude: Ints
    tail: Ints
    head: Ints
    km_per_hour: NDArray[np.float32]

    @classmethod
    def largest(
        cls, latitude: Floats, longitude: Floats, tail: Ints, head: Ints, km_per_hour: Floats
    ) -> "Roads":
        """The largest part one can drive around in; between two nodes, the fastest of their roads."""
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import connected_components

        # The fastest of each pair comes first, and `unique` keeps the first.
        order = np.lexsort((-km_per_hour, head, tail))
        tail, head, km_per_hour = tail[order], head[order], km_per_hour[order]
        _, kept = np.unique(tail.astype(np.int64) * len(latitude) + head, return_index=True)
        tail, head, km_per_hour = tail[kept], head[kept], km_per_hour[kept]
        square = csr_matrix((np.ones(len(tail)), (tail, head)), shape=(len(latitude),) * 2)
        _, part = connected_components(square, connection="strong")
        within = part == np.bincount(part).argmax()
        rank = np.cumsum(within) - 1
        arcs = within[tail] & within[head]
        return cls(
            np.round(latitude[within] * DEGREE).astype(np.int32),
            np.round(longitude[within] * DEGREE).astype(np.int32),
            rank[tail[arcs]].astype(np.int32),
            rank[head[arcs]].astype(np.int32),
            km_per_hour[arcs].astype(np.float32),
        )

    def to_bytes(self) -> bytes:
        out = BytesIO()
        np.savez_compressed(out, **vars(self))
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Roads":
        with np.load(BytesIO(data), allow_pickle=False) as arrays:
            return cls(**arrays)

    @property
    def arcs(self) -> Arcs:
        spots = _sphere(self.latitude / DEGREE, self.longitude / DEGREE)
        metres = _metres(np.linalg.norm(spots[self.tail] - spots[self.head], axis=1))
        seconds = metres * 3.6 / self.km_per_hour
        return Arcs(len(spots), self.tail, self.head, seconds, metres)

    def nearest(self, latitude: Sequence[float], longitude: Sequence[float]) -> tuple[list[int], list[float]]:
        """For each spot the nearest node, and how many metres away it is."""
        from scipy.spatial import KDTree

        tree = KDTree(_sphere(self.latitude / DEGREE, self.longitude / DEGREE))
        chords, nodes = tree.query(_sphere(np.array(latitude), np.array(longitude)))
        return nodes.tolist(), _metres(chords).tolist()


def _sphere(latitude: Any, longitude: Any) -> Floats:
    """Points of a sphere of radius 1: the nearest through the ground is the nearest on it."""
    lat, lon = np.radians(latitude), np.radians(longitude)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def _metres(chord: Any) -> Floats:
    """The haversine length of an arc, from its chord."""
    return np.asarray(2000 * EARTH_KM * np.arcsin(np.minimum(1.0, chord / 2)))
