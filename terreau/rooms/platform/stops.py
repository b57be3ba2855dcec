"""The order of a round drawn by hand: from where one is, to the nearest stop not yet seen."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from terreau.territory.geography import Located, distance_km

T = TypeVar("T")


def nearest_first(
    start: Located, stops: Sequence[T], where: Callable[[T], Located]
) -> list[tuple[T, float | None]]:
    """The stops in order, with the kilometres from the one before; those without a position come last."""
    ordered: list[tuple[T, float | None]] = []
    here = start
    located = [stop for stop in stops if distance_km(where(stop), where(stop)) == 0]
    lost = [stop for stop in stops if stop not in located]
    while located:
        nearest = min(located, key=lambda stop: distance_km(here, where(stop)))
        km = distance_km(here, where(nearest))
        ordered.append((nearest, km if km != float("inf") else None))
        located.remove(nearest)
        here = where(nearest)
    return [*ordered, *((stop, None) for stop in lost)]
