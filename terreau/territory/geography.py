"""Distances between communes, and their map as plain shapes: numbers in, numbers out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import asin, cos, inf, radians, sin, sqrt
from typing import Protocol

EARTH_KM = 6371.0088
KM_PER_DEGREE = 111.195
WIDTH = 1000.0
ASPECT = 1.4
MARGIN_KM = 2.5
# Two marks closer than this cannot be told apart by a finger.
APART = 27.0
GOLDEN_ANGLE = 2.39996


class Located(Protocol):
    latitude: float | None
    longitude: float | None


def distance_km(a: Located, b: Located) -> float:
    """As the crow flies; without coordinates, out of reach."""
    if a.latitude is None or a.longitude is None or b.latitude is None or b.longitude is None:
        return float("inf")
    lat_a, lat_b = radians(a.latitude), radians(b.latitude)
    half = sin((lat_b - lat_a) / 2) ** 2
    half += cos(lat_a) * cos(lat_b) * sin(radians(b.longitude - a.longitude) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


def degrees_around(latitude: float, km: float) -> tuple[float, float]:
    """How many degrees of latitude and of longitude a distance is, there."""
    return km / KM_PER_DEGREE, km / (KM_PER_DEGREE * cos(radians(latitude)))


Ring = Sequence[Sequence[float]]


def centroid(ring: Ring) -> tuple[float, float]:
    """The middle of a closed ring, where its name is written."""
    x0, y0 = ring[0][0], ring[0][1]
    twice = x_sum = y_sum = 0.0
    for a, b in pairwise(ring):
        ax, ay, bx, by = a[0] - x0, a[1] - y0, b[0] - x0, b[1] - y0
        cross = ax * by - bx * ay
        twice += cross
        x_sum += (ax + bx) * cross
        y_sum += (ay + by) * cross
    return (x0 + x_sum / (3 * twice), y0 + y_sum / (3 * twice)) if twice else (x0, y0)


@dataclass(frozen=True, slots=True)
class Frame:
    """A window on the ground: a plain projection, true within a percent over fifty kilometres."""

    west: float
    north: float
    scale: float
    squeeze: float
    height: float

    @classmethod
    def around(cls, points: Sequence[Sequence[float]]) -> "Frame":
        """The window that shows every [lon, lat] point, with a margin."""
        lons, lats = [point[0] for point in points], [point[1] for point in points]
        squeeze = cos(radians((min(lats) + max(lats)) / 2))
        margin = MARGIN_KM / KM_PER_DEGREE
        west, north = min(lons) - margin / squeeze, max(lats) + margin
        east, south = max(lons) + margin / squeeze, min(lats) - margin
        # Wider than high, as screens are: the neighbours fill the sides.
        short = (north - south) * ASPECT / squeeze - (east - west)
        west, east = west - max(short, 0) / 2, east + max(short, 0) / 2
        scale = WIDTH / ((east - west) * squeeze)
        return cls(west, north, scale, squeeze, (north - south) * scale)

    def xy(self, longitude: float, latitude: float) -> tuple[float, float]:
        return (longitude - self.west) * self.squeeze * self.scale, (self.north - latitude) * self.scale

    def shows(self, rings: Iterable[Ring]) -> bool:
        """Whether any of a contour falls inside the window."""
        points = [self.xy(point[0], point[1]) for ring in rings for point in ring]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return bool(points) and min(xs) < WIDTH and max(xs) > 0 and min(ys) < self.height and max(ys) > 0

    def holds(self, text: str, spot: "Spot") -> bool:
        """Whether a name fits whole in the window."""
        half = len(text) * LETTER_WIDTH / 2
        return half < spot[0] < WIDTH - half and LINE_HEIGHT < spot[1] < self.height - LINE_HEIGHT

    def path(self, rings: Iterable[Ring]) -> str:
        """The SVG path of a contour, to the tenth of a unit: about four metres."""
        drawn = []
        for ring in rings:
            points = (self.xy(point[0], point[1]) for point in ring[:-1])
            drawn.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
        return "".join(drawn)

    @property
    def km(self) -> float:
        """One kilometre, in units of the drawing."""
        return self.scale / KM_PER_DEGREE


def spread(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Marks moved off one another along a sunflower's spiral; the first of a place stays where it is."""
    placed: list[tuple[float, float]] = []
    for x, y in points:
        step, at = 0, (x, y)
        while any((at[0] - px) ** 2 + (at[1] - py) ** 2 < APART**2 for px, py in placed):
            step += 1
            reach = APART * 0.55 * sqrt(step)
            at = (x + reach * cos(step * GOLDEN_ANGLE), y + reach * sin(step * GOLDEN_ANGLE))
        placed.append(at)
    return placed


Spot = tuple[float, float]
# A letter of a name on the map, and the half-size of a mark, in units of the drawing.
LETTER_WIDTH, LINE_HEIGHT, MARK_HALF = 9.6, 22.0, 12.0
OVERLAP_COST = 0.3
NUDGES = sorted(
    ((dx, dy) for dy in (0, -22, 22, -44, 44, -66, 66) for dx in (0, -24, 24, -48, 48)),
    key=lambda nudge: abs(nudge[0]) + abs(nudge[1]),
)
FARTHEST = 66


def place_names(names: Sequence[tuple[str, Spot]], marks: Sequence[Spot]) -> list[Spot]:
    """Where to write each name: near its own spot, off the marks and off the names already written."""
    taken = [(x - MARK_HALF, y - MARK_HALF, x + MARK_HALF, y + MARK_HALF) for x, y in marks]
    written: list[Spot] = []
    for text, (x, y) in names:
        half, least = len(text) * LETTER_WIDTH / 2, inf
        wide, high = half + FARTHEST, LINE_HEIGHT + FARTHEST
        near = [other for other in taken if _shared((x - wide, y - high, x + wide, y + high), other)]
        for dx, dy in NUDGES:
            # A name far from its commune misleads more than a name that touches a mark.
            far = abs(dx) + abs(dy)
            if far >= least:
                break
            box = (x + dx - half, y + dy - LINE_HEIGHT * 0.8, x + dx + half, y + dy + LINE_HEIGHT * 0.2)
            cost = far + OVERLAP_COST * sum(_shared(box, other) for other in near)
            if cost < least:
                least, best, spot = cost, box, (x + dx, y + dy)
        taken.append(best)
        written.append(spot)
    return written


Box = tuple[float, float, float, float]


def _shared(a: Box, b: Box) -> float:
    """The surface two boxes share."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return width * height if width > 0 and height > 0 else 0.0
