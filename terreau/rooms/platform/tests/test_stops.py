"""The order of stops, and the lots suggested: worked by hand."""

from dataclasses import dataclass
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terreau.rooms.platform.day import window
from terreau.rooms.platform.stops import nearest_first


@dataclass(frozen=True)
class Point:
    latitude: float | None
    longitude: float | None


HOME = Point(50.0, 2.0)


def order(*stops: Point) -> list[Point]:
    return [stop for stop, _ in nearest_first(HOME, stops, lambda stop: stop)]


def test_one_goes_to_the_nearest_then_to_the_nearest_from_there():
    north, beyond, south = Point(50.1, 2.0), Point(50.25, 2.0), Point(49.85, 2.0)
    # From 50.1, « beyond » is 0.15° away and « south » 0.25°, though south was nearer from home.
    assert order(south, beyond, north) == [north, beyond, south]


def test_each_leg_is_measured_from_the_stop_before():
    legs = [km for _, km in nearest_first(HOME, [Point(50.1, 2.0), Point(50.3, 2.0)], lambda stop: stop)]
    assert legs == pytest.approx([11.12, 22.24], abs=0.01)


def test_a_stop_without_a_position_comes_last_and_has_no_kilometres():
    lost = Point(None, None)
    found = nearest_first(HOME, [lost, Point(50.1, 2.0)], lambda stop: stop)
    assert found[-1] == (lost, None)


degrees = st.floats(-60, 60, allow_nan=False)
points = st.builds(Point, st.none() | degrees, st.none() | degrees)


@given(st.lists(points, max_size=12))
def test_no_stop_is_lost_nor_seen_twice(stops):
    assert sorted(map(repr, order(*stops))) == sorted(map(repr, stops))


@pytest.mark.parametrize(
    ("after", "before", "said"),
    [
        (time(7, 30), time(10, 5), "7\u00a0h\u00a030 – 10\u00a0h\u00a005"),
        (time(7), None, "après 7\u00a0h\u00a000"),
        (None, time(10), "avant 10\u00a0h\u00a000"),
        (None, None, ""),
    ],
)
def test_hours_are_said_the_french_way(after, before, said):
    assert window(after, before) == said
