"""An OpenStreetMap extract (.osm.pbf) as roads: which are driven, how fast, which way, how far from home."""

import tomllib
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from terreau.measures.dated import in_force
from terreau.territory.geography import degrees_around, distance_km
from terreau.territory.rates import VAT_FILE
from terreau.territory.roads.graph import Roads

TRAVEL_FILE = VAT_FILE.with_name("travel.toml")
CLOSED = {"no", "private"}
FORWARD = {"yes", "1", "true"}
# The reading says where it is every so many roads.
TOLD_EVERY = 50_000
# What Geofabrik and Osmosis write in the file about its date.
DATED = "osmosis_replication_timestamp"

Tags = Mapping[str, str]


class ExtractRefused(Exception):
    """Nothing is kept of the file; the message says why, and what to give instead."""


@cache
def travel_rules() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(TRAVEL_FILE.read_text(encoding="utf-8"))


@dataclass(slots=True)
class _Spot:
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True)
class RoadRule:
    """How fast each class of road is driven; what is not named is not driven."""

    since: date
    km_per_hour: Mapping[str, float]
    maxspeed_share: float
    access_km_per_hour: float
    access_km_max: float

    @classmethod
    def on(cls, day: date) -> "RoadRule":
        told = in_force(travel_rules()["roads"], day)
        return cls(
            told["since"],
            {road: float(speed) for road, speed in told["km_per_hour"].items()},
            *(float(told[name]) for name in ("maxspeed_share", "access_km_per_hour", "access_km_max")),
        )

    def speed(self, tags: Tags) -> float | None:
        """Its class's, or its share of the sign if that is slower; none where nobody may drive."""
        speed = self.km_per_hour.get(tags.get("highway", ""))
        if speed is None or {tags.get("access"), tags.get("motor_vehicle")} & CLOSED:
            return None
        sign = tags.get("maxspeed", "")
        # « FR:urban », « 30 mph », « walk » say nothing here.
        if sign.isascii() and sign.isdigit() and int(sign):
            return min(speed, self.maxspeed_share * int(sign))
        return speed


def directions(tags: Tags) -> tuple[bool, bool]:
    """Whether a road is driven as it is drawn, and the other way round."""
    oneway = tags.get("oneway")
    if oneway == "-1":
        return False, True
    forward = oneway in FORWARD or tags.get("junction") == "roundabout" or tags["highway"] == "motorway"
    return True, not forward


@dataclass(frozen=True, slots=True)
class Circle:
    """What is kept: so many kilometres around a spot."""

    latitude: float
    longitude: float
    km: float

    def holds(self, latitude: float, longitude: float) -> bool:
        # Most of a region is too far north or south: said without a sine.
        near, _ = degrees_around(self.latitude, self.km)
        if abs(latitude - self.latitude) > near:
            return False
        return distance_km(_Spot(latitude, longitude), _Spot(self.latitude, self.longitude)) <= self.km


@dataclass(frozen=True)
class Extract:
    """`of`: the date of the data, if the file says it."""

    roads: Roads
    of: date | None


def read(path: Path, rule: RoadRule, circle: Circle | None, tell: Callable[[str], None]) -> Extract:
    """The roads of a file. It is read once, in order; nothing of it is kept but nodes and arcs."""
    reading = _Reading(rule, circle)
    try:
        of = reading.read(path, tell)
    except RuntimeError as error:
        raise ExtractRefused(
            f"{path.name} ne se lit pas comme une carte OpenStreetMap ({error}). Donnez un extrait "
            ".osm.pbf entier, comme ceux de Geofabrik."
        ) from error
    if not reading.tail:
        where = f" à {circle.km:g}\u00a0km ou moins du point donné" if circle else ""
        raise ExtractRefused(
            f"{path.name} n’a aucune route{where}\u202f: vérifiez le fichier, --around et --radius."
        )
    tell("Le plus grand réseau d’un seul tenant…")
    return Extract(reading.roads(), of)


class _Reading:
    """Nodes in the order they are met, arcs from one to the next."""

    def __init__(self, rule: RoadRule, circle: Circle | None):
        self.rule, self.circle = rule, circle
        # By the number of a node its rank here; none for one out of the circle.
        self.rank: dict[int, int | None] = {}
        self.latitude, self.longitude = array("d"), array("d")
        self.tail, self.head, self.speed = array("i"), array("i"), array("d")

    def read(self, path: Path, tell: Callable[[str], None]) -> date | None:
        import osmium

        file = osmium.FileProcessor(str(path)).with_locations()
        file.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
        file.with_filter(osmium.filter.KeyFilter("highway"))
        # Without a date of its own, a file is as young as its youngest road.
        said = file.header.get(DATED)
        newest = date.fromisoformat(said[:10]) if said else None
        way: Any
        for number, way in enumerate(file, 1):
            if not number % TOLD_EVERY:
                tell(f"{number} voies lues, {len(self.tail)} tronçons gardés…")
            if not said and way.timestamp.year > 1970:
                newest = max(newest or date.min, way.timestamp.date())
            self._way(way)
        return newest

    def _way(self, way: Any) -> None:
        speed = self.rule.speed(way.tags)
        if speed is None:
            return
        ahead, back = directions(way.tags)
        for a, b in pairwise(self._ranks(way.nodes)):
            if a is None or b is None or a == b:
                continue
            if ahead:
                self._arc(a, b, speed)
            if back:
                self._arc(b, a, speed)

    def _ranks(self, nodes: Any) -> Iterator[int | None]:
        for node in nodes:
            if node.ref not in self.rank:
                self.rank[node.ref] = self._node(node.location)
            yield self.rank[node.ref]

    def _node(self, location: Any) -> int | None:
        # A clipped extract names nodes that it does not hold.
        if not location.valid() or (self.circle and not self.circle.holds(location.lat, location.lon)):
            return None
        self.latitude.append(location.lat)
        self.longitude.append(location.lon)
        return len(self.latitude) - 1

    def _arc(self, tail: int, head: int, speed: float) -> None:
        self.tail.append(tail)
        self.head.append(head)
        self.speed.append(speed)

    def roads(self) -> Roads:
        return Roads.largest(
            np.array(self.latitude), np.array(self.longitude), np.array(self.tail, np.int32),
            np.array(self.head, np.int32), np.array(self.speed),
        )  # fmt: skip
