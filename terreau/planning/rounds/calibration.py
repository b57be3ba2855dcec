"""By how much trips last longer than said: seen on the tours driven, proposed by season, applied if accepted.

A leg driven is the time between what was noted at two stops that followed each other, on the plan and on the
road, less the time planned at the second. From the hub, nobody notes the departure: those legs do not count.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import quantiles
from typing import Any

from terreau.ledger.models import Process
from terreau.measures.dated import in_force
from terreau.planning.shares.tours import published, seconds_there
from terreau.rooms.platform import queries as platform
from terreau.territory.models import Ecopole, TravelFactor, User
from terreau.territory.roads.extract import travel_rules
from terreau.territory.travel import (
    Basis,
    TravelRefused,
    accept_factor,
    basis,
    factors,
    season_of,
    seasons,
)

HUNDREDTH = Decimal("0.01")
# Said instead of a proposal: what was accepted is taken back.
NONE = Decimal(1)


@dataclass(frozen=True)
class Proposal:
    """Of a season: how many legs were driven, and what they say once there are enough of them.

    `aside`: legs too long or too short to be the road. `low`, `high`: half of the legs lie between.
    """

    season: str
    legs: int
    aside: int
    legs_min: int
    factor: Decimal | None
    low: Decimal | None
    high: Decimal | None
    accepted: TravelFactor | None

    @property
    def news(self) -> bool:
        """There is something to accept that is not in force already."""
        return self.factor is not None and (self.accepted is None or self.accepted.factor != self.factor)

    @property
    def asked(self) -> str:
        """As a form sends it back."""
        return str(self.factor)


@dataclass(frozen=True)
class Calibration:
    basis: Basis
    proposals: list[Proposal]
    accepted: list[TravelFactor]


def calibration(ecopole: Ecopole, today: date) -> Calibration:
    """What a year of tours says of the times that are used today. Five queries."""
    day, rule = basis(ecopole, today), in_force(travel_rules()["calibration"], today)
    accepted = factors(ecopole, day.base)
    least, most = float(rule["ratio_min"]), float(rule["ratio_max"])
    kept: dict[str, list[float]] = defaultdict(list)
    aside: dict[str, int] = defaultdict(int)
    since = today - timedelta(days=rule["days"])
    for on, ratio in _driven(ecopole, day.base, since, today, rule["seconds_min"]):
        if least <= ratio <= most:
            kept[season_of(on)].append(ratio)
        else:
            aside[season_of(on)] += 1
    found = [
        _proposal(season, kept[season], aside[season], rule["legs_min"], accepted)
        for season in seasons(today)
    ]
    return Calibration(day, found, accepted)


def _proposal(
    season: str, ratios: list[float], aside: int, legs_min: int, accepted: list[TravelFactor]
) -> Proposal:
    last = next((row for row in accepted if row.season == season), None)
    if len(ratios) < legs_min:
        return Proposal(season, len(ratios), aside, legs_min, None, None, None, last)
    quarters = quantiles(ratios, n=4, method="inclusive")
    low, middle, high = (Decimal(value).quantize(HUNDREDTH) for value in quarters)
    return Proposal(season, len(ratios), aside, legs_min, middle, low, high, last)


def _driven(
    ecopole: Ecopole, base: str, first: date, last: date, seconds_min: int
) -> Iterator[tuple[date, float]]:
    """The day of each leg driven, and how long it took for a second that was said. Two queries."""
    tours = [row for row in published(ecopole, first, last) if row.detail.get("base") == base]
    noted: dict[int, dict[int, datetime]] = defaultdict(dict)
    for (tour, rank), at in platform.noted_at(ecopole, [row.pk for row in tours]).items():
        noted[tour][rank] = at
    for row in tours:
        for seconds, said in _legs(row, noted[row.pk]):
            if said >= seconds_min:
                yield row.planned_for or first, seconds / said


def _legs(row: Process, noted: dict[int, datetime]) -> Iterator[tuple[float, int]]:
    """Seconds driven and seconds said, where two stops followed each other as planned, on one trip."""
    stops: list[dict[str, Any]] = row.detail["stops"]
    for before, after in pairwise(sorted(noted, key=lambda rank: (noted[rank], rank))):
        if after != before + 1 or stops[after - 1]["trip"] != stops[before - 1]["trip"]:
            continue
        stop = stops[after - 1]
        if "road_s" not in stop:  # after a vehicle stopped, the road is no longer the one that was said
            continue
        gone = (noted[after] - noted[before]).total_seconds()
        yield gone - seconds_there(stop), stop["road_s"]


def accept(
    *, ecopole: Ecopole, season: str, asked: str, today: date, by: User | None, at: datetime, key: str
) -> TravelFactor:
    """Apply from today what is proposed of a season, or nothing any more; only what the person has read."""
    seen = calibration(ecopole, today)
    if known := next((row for row in seen.accepted if row.key == key), None):
        return known
    proposal = next((one for one in seen.proposals if one.season == season), None)
    if proposal is None:
        raise TravelRefused(f"« {season:.40} » n’est pas une saison. Rechargez la page.", "season")
    back = asked == str(NONE)
    if not back and asked != proposal.asked:
        raise TravelRefused(
            "Entre-temps, le coefficient proposé a changé, d’autres trajets ont été faits\u202f: relisez-le, "
            "puis acceptez.",
            "factor",
        )
    factor, legs = (NONE, 0) if back or proposal.factor is None else (proposal.factor, proposal.legs)
    return accept_factor(
        ecopole=ecopole, base=seen.basis.base, season=season, factor=factor, legs=legs, starts_on=today,
        by=by, at=at, key=key,
    )  # fmt: skip
