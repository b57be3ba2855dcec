"""The ways between places on the map imported last: computed once, kept until a place moves."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import permutations, product
from math import ceil

from terreau.territory.geography import Located, distance_km
from terreau.territory.models import RoadGraph, RoadLeg
from terreau.territory.roads.extract import RoadRule
from terreau.territory.roads.graph import Roads

Way = tuple[int, int]
Pair = tuple[int, int]
BATCH = 1000


class OffMap(Exception):
    """These places are too far from any road of the map."""

    def __init__(self, places: Sequence[int]):
        super().__init__(", ".join(str(pk) for pk in places))
        self.places = places


def computed(graph: RoadGraph, where: Mapping[int, Located]) -> dict[Pair, Way]:
    """Seconds and metres between all pairs of places: one query, unless some were never asked."""
    ends = {(a, b): f"{_spot(where[a])} {_spot(where[b])}" for a, b in permutations(where, 2)}
    rows = RoadLeg.objects.filter(graph=graph, from_place__in=where, to_place__in=where)
    found = {
        (a, b): (seconds, metres)
        for a, b, at, seconds, metres in rows.values_list(
            "from_place", "to_place", "ends", "seconds", "metres"
        )
        if ends.get((a, b)) == at
    }
    if missing := [pair for pair in ends if pair not in found]:
        new = _fastest(graph, where, missing)
        _keep(graph, new, ends)
        found |= new
    return found | {(a, a): (0, 0) for a in where}


def _spot(at: Located) -> str:
    return f"{at.latitude},{at.longitude}"


def _fastest(graph: RoadGraph, where: Mapping[int, Located], missing: Sequence[Pair]) -> dict[Pair, Way]:
    """From a door straight to the road, along it, straight to the other door; rounded up.

    Two doors on one spot of the road: straight from one to the other.
    """
    rule = RoadRule.on(graph.rule)
    roads = Roads.from_bytes(bytes(RoadGraph.objects.values_list("data", flat=True).get(pk=graph.pk)))
    asked = sorted({pk for pair in missing for pk in pair})
    spots = [where[pk] for pk in asked]
    nodes, away = roads.nearest([s.latitude or 0.0 for s in spots], [s.longitude or 0.0 for s in spots])
    if off := [pk for pk, metres in zip(asked, away, strict=True) if metres > rule.access_km_max * 1000]:
        raise OffMap(off)
    rank = {pk: n for n, pk in enumerate(asked)}
    ahead, back = _runs(missing, len(asked))
    along: dict[Pair, tuple[float, float]] = {}
    for arcs, starts, forward in ((roads.arcs, ahead, True), (roads.arcs.reversed, back, False)):
        seconds, metres = arcs.fastest([nodes[rank[pk]] for pk in starts], nodes)
        for (n, a), b in product(enumerate(starts), asked):
            along[(a, b) if forward else (b, a)] = float(seconds[n, rank[b]]), float(metres[n, rank[b]])
    found = {}
    for a, b in missing:
        straight = away[rank[a]] + away[rank[b]]
        if nodes[rank[a]] == nodes[rank[b]]:
            straight = min(straight, distance_km(where[a], where[b]) * 1000)
        lasts, far = along[a, b]
        lasts += straight * 3.6 / rule.access_km_per_hour
        found[a, b] = ceil(round(lasts, 3)), ceil(round(far + straight, 3))
    return found


def _runs(missing: Sequence[Pair], places: int) -> tuple[list[int], list[int]]:
    """From which places to search ahead, and from which back: one that came or moved is asked both ways."""
    ways = Counter(a for a, _ in missing)
    new = sorted(a for a, count in ways.items() if count == places - 1)
    if 2 * len(new) < len(ways) and all(a in new or b in new for a, b in missing):
        return new, new
    return sorted(ways), []


def _keep(graph: RoadGraph, new: Mapping[Pair, Way], ends: Mapping[Pair, str]) -> None:
    """A pair whose place moved is written over: it is a computation kept, not a fact."""
    RoadLeg.objects.bulk_create(
        [
            RoadLeg(graph=graph, from_place_id=a, to_place_id=b, ends=ends[a, b], seconds=s, metres=m)
            for (a, b), (s, m) in new.items()
        ],
        update_conflicts=True,
        unique_fields=["graph", "from_place", "to_place"],
        update_fields=["ends", "seconds", "metres"],
        batch_size=BATCH,
    )
