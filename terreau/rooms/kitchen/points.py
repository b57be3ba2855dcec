"""Critical points: the limit of each on a day, what a reading says, what a cycle or a cooling is worth.

Limits, schedules and legal checks are in `points.toml`, with their dates and sources.
"""

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from terreau.measures.dated import in_force
from terreau.measures.french import format_decimal
from terreau.rooms.kitchen.models import Point

HUNDREDTH = Decimal("0.01")
Curve = Sequence[tuple[Decimal, Decimal]]


@cache
def rules() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "points.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Limit:
    """What a point must reach, not exceed, or stay under; and what to do when it does not."""

    point: str
    unit: str
    remedy: str
    source: str
    least: Decimal | None = None
    most: Decimal | None = None
    below: Decimal | None = None

    def broken_by(self, value: Decimal) -> bool:
        return (
            (self.least is not None and value < self.least)
            or (self.most is not None and value > self.most)
            or (self.below is not None and value >= self.below)
        )

    @property
    def said(self) -> str:
        if self.point == Point.INCUBATION:
            return "aucun pot bombé, fuité ou trouble"
        symbol = f"\u00a0{self.unit}" if self.unit else ""
        if self.below is not None:
            return f"moins de {format_decimal(self.below)}{symbol}"
        if self.most is not None:
            return f"{format_decimal(self.most)}{symbol} au plus"
        return f"{format_decimal(self.least or Decimal(0))}{symbol} au moins"


def limit_of(point: str, on: date) -> Limit:
    """The limit in force that day."""
    rule = in_force([rule for rule in rules()["limit"] if rule["point"] == point], on)
    bounds = {name: Decimal(rule[name]) for name in ("least", "most", "below") if name in rule}
    return Limit(point, rule["unit"], rule["remedy"], rule["source"], **bounds)


@dataclass(frozen=True)
class Asked:
    """What a schedule asks before a batch is released, and how long what it makes may keep."""

    points: tuple[str, ...]
    life: str
    days: int
    source: str


def schedule_of(code: str, on: date) -> Asked:
    rule = in_force([rule for rule in rules()["schedule"] if rule["code"] == code], on)
    return Asked(tuple(rule["points"]), rule["life"], rule["days"], rule["source"])


def life_max(code: str, study_days: int | None, on: date) -> int:
    """How many days it may be said to keep: what the schedule allows, or what a validated study proved."""
    return max(schedule_of(code, on).days, study_days or 0)


def f0(curve: Curve) -> Decimal:
    """The sterilising value, in minutes at 121,1 °C: ∫ 10^((T − 121,1) / z) dt (Bigelow).

    Between two readings the temperature is held to go straight, and the integral is exact. The rate being
    convex, trapezoids of the rate would count more than that: readings far apart would make a cycle safe.
    Rounded down, to the hundredth of a minute.
    """
    told = rules()["sterilising"]
    reference, z = float(told["reference"]), float(told["z"])
    total = 0.0
    for (start, first), (end, second) in pairwise(curve):
        minutes = float(end - start)
        a, b = (10 ** ((float(celsius) - reference) / z) for celsius in (first, second))
        # The mean of an exponential between its two ends is their logarithmic mean.
        mean = a if first == second else (b - a) / math.log(b / a)
        total += minutes * mean
    # A hair is given back: three whole minutes at 121,1 °C are three minutes.
    return Decimal(str(round(total, 9))).quantize(HUNDREDTH, ROUND_DOWN)


class CurveRefused(ValueError):
    """The readings do not tell what is asked of them; the message says what is missing."""


def check_curve(curve: Curve) -> None:
    if len(curve) < 2:
        raise CurveRefused("Il faut au moins deux relevés\u202f: une minute et une température par ligne.")
    if any(end[0] <= start[0] for start, end in pairwise(curve)):
        raise CurveRefused("Les minutes doivent aller en croissant, de ligne en ligne.")


def cooling_minutes(curve: Curve) -> Decimal:
    """How long the core took from +63 to +10 °C, between the readings around each; rounded up.

    The clock starts when it last stood at +63, and stops when it first stands at +10.
    """
    check_curve(curve)
    told = rules()["cooling"]
    warm, cold = Decimal(told["from"]), Decimal(told["to"])
    if curve[0][1] < warm:
        raise CurveRefused(
            f"Le premier relevé est à {format_decimal(curve[0][1])}\u00a0°C\u202f: commencez à "
            f"{format_decimal(warm)}\u00a0°C ou au-dessus."
        )
    if curve[-1][1] > cold:
        raise CurveRefused(
            f"Le dernier relevé est à {format_decimal(curve[-1][1])}\u00a0°C\u202f: continuez jusqu’à "
            f"{format_decimal(cold)}\u00a0°C."
        )
    last_warm = max(n for n, (_, celsius) in enumerate(curve) if celsius >= warm)
    first_cold = next(n for n, (_, celsius) in enumerate(curve) if n > last_warm and celsius <= cold)
    start = _crossing(curve[last_warm], curve[last_warm + 1], warm)
    return (_crossing(curve[first_cold - 1], curve[first_cold], cold) - start).quantize(HUNDREDTH, ROUND_UP)


def _crossing(before: tuple[Decimal, Decimal], after: tuple[Decimal, Decimal], at: Decimal) -> Decimal:
    """The minute at which a straight line between two readings passes a temperature."""
    (start, first), (end, second) = before, after
    return start + (end - start) * (first - at) / (first - second)
