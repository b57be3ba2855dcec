"""What past harvests teach: how far from the catalogue a crop really gives here, and how surely.

One week of a product is compared on the beds that were harvested. A bed from which the plan asked less than
it should give, and which gave what was asked, says no more than that: it counts for what was asked. Nothing
harvested says nothing: not ripe, or no hands; a planting that is lost is said lost.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import BigIntegerField, ExpressionWrapper, F

from terreau.ledger.effects import Action
from terreau.ledger.models import Event, ProcessKind
from terreau.ledger.queries import STANDING
from terreau.measures.week import IsoWeek
from terreau.territory.models import Ecopole


@dataclass(frozen=True, slots=True)
class Memory:
    """How the past weighs; in weeks (see garden.toml)."""

    weeks: int
    half_life: float
    catalogue_weeks: float
    planting_weeks: float


@dataclass(frozen=True, slots=True)
class Seen:
    """One week of a product, so many weeks ago: expected by the catalogue, and harvested; in one unit."""

    ago: int
    expected: float
    harvested: float


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a product gives of the catalogue's figure, the spread around it, and the mean error of a week.

    `spread` and `error` are shares of what is expected; `error` is None where nothing was seen.
    """

    ratio: float
    spread: float
    error: float | None
    weeks: int


def lesson(seen: Iterable[Seen], *, catalogue_spread: float, memory: Memory) -> Lesson:
    """The ratio, drawn toward the catalogue as long as little was seen.

    ratio = (Σ w·harvested + k·m) / (Σ w·expected + k·m), where w = ½^(weeks ago / half-life), m is the mean
    expected in a week, k the weeks the catalogue is worth. Nothing seen: 1, the catalogue.

    error of a week = (harvested − ratio·expected) / expected, and its variance v = Σ w·error² / Σ w.
    spread² = (k·catalogue² + Σ w·error²) / (k + Σ w), and never less than v: a band is not narrower than what
    was measured.
    """
    weeks = [s for s in seen if s.expected > 0]
    if not weeks:
        return Lesson(1.0, catalogue_spread, None, 0)
    weights = [0.5 ** (s.ago / memory.half_life) for s in weeks]
    k, total = memory.catalogue_weeks, sum(weights)
    prior = k * sum(s.expected for s in weeks) / len(weeks)
    ratio = (sum(w * s.harvested for w, s in zip(weights, weeks, strict=True)) + prior) / (
        sum(w * s.expected for w, s in zip(weights, weeks, strict=True)) + prior
    )
    errors = [(s.harvested - ratio * s.expected) / s.expected for s in weeks]
    squares = sum(w * error**2 for w, error in zip(weights, errors, strict=True))
    shrunk = (k * catalogue_spread**2 + squares) / (k + total)
    mean = sum(w * abs(error) for w, error in zip(weights, errors, strict=True)) / total
    return Lesson(ratio, math.sqrt(max(shrunk, squares / total)), mean, len(weeks))


def own_ratio(ratio: float, *, week: float, expected: float, harvested: float, memory: Memory) -> float:
    """A planting that gave more, or less, than its crop usually does goes on so in its remaining weeks.

    (harvested + k·ratio·week) / (expected + k·week), where `week` is what one of its weeks should give, and k
    the weeks the lesson of its crop is worth.
    """
    k = memory.planting_weeks * week
    return (harvested + k * ratio) / (expected + k) if expected + k > 0 else ratio


Picked = Mapping[tuple[int, int, int], tuple[float, float]]


def picked(ecopole: Ecopole, first: IsoWeek, last: IsoWeek, products: Collection[int]) -> Picked:
    """What was harvested of these products, bed by bed and week by week, and what had been asked. One query.

    A harvest nobody had planned counts as asked. Weeks are counted by `ordinal`.
    """
    rows = Event.objects.filter(
        STANDING,
        action=Action.PRODUCE,
        process__ecopole=ecopole,
        process__kind=ProcessKind.HARVEST,
        process__planned_for__range=(first.monday, last.sunday),
        product__in=products,
    ).order_by()
    found: dict[tuple[int, int, int], tuple[float, float]] = {}
    met: set[int] = set()
    # Whole thousandths, as they are kept: thousands of decimals would be made for floats.
    came, promised = (ExpressionWrapper(F(of), BigIntegerField()) for of in ("quantity", "fulfils__quantity"))
    for product, place, day, milli, promise, wished in rows.values_list(
        "product_id", "to_place_id", "process__planned_for", came, "fulfils_id", promised
    ):
        about = product, place or 0, (day.toordinal() - 1) // 7 if day else 0
        asked = milli if promise is None else 0 if promise in met else wished
        met.add(promise)
        before, wanted = found.get(about, (0.0, 0.0))
        found[about] = before + milli / 1000, wanted + asked / 1000
    return found


@lru_cache(maxsize=1024)
def ordinal(week: IsoWeek) -> int:
    """A week as a number that grows by one each week: ordinal days begin on a Monday."""
    return (week.monday.toordinal() - 1) // 7


def weekly(
    expected: Mapping[tuple[int, int, int], float], told: Picked, *, until: int
) -> dict[int, list[Seen]]:
    """Product by product, the weeks that can be compared, all beds together.

    A bed is compared with what it should have given, or with what was asked, or came, where that was less.
    """
    sums: dict[tuple[int, int], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for (product, place, week), due in expected.items():
        if (found := told.get((product, place, week))) is not None:
            came, asked = found
            total = sums[product, week]
            total[0] += min(due, max(asked, came))
            total[1] += came
    seen: dict[int, list[Seen]] = defaultdict(list)
    for (product, week), (due, came) in sums.items():
        seen[product].append(Seen(until - week, due, came))
    return dict(seen)
