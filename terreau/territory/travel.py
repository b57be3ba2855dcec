"""How long it takes from one place to another.

Estimated as the crow flies, or computed on the roads once a map is imported; both lengthened by what the
tours driven have shown; a person's word on a pair beats them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import product
from math import ceil

from django.db import IntegrityError, transaction

from terreau.measures.dated import in_force
from terreau.measures.french import format_date, format_decimal
from terreau.territory.geography import Located, distance_km
from terreau.territory.models import Ecopole, Place, RoadGraph, TravelFactor, TravelTime, User
from terreau.territory.refusals import Refused
from terreau.territory.roads.extract import travel_rules
from terreau.territory.roads.legs import OffMap, computed

MINUTES_MAX, KM_MAX = 600, Decimal(1000)
FACTOR_MIN, FACTOR_MAX = Decimal("0.5"), Decimal(2)


class Origin(StrEnum):
    """Where a trip's minutes come from, as pages say it."""

    ESTIMATED = "estimé"
    COMPUTED = "calculé"
    CORRECTED = "corrigé"


@dataclass(frozen=True, slots=True)
class Leg:
    """From one place to another; `plain_s`: as estimated or computed, before any factor or correction."""

    seconds: int
    metres: int
    origin: Origin = Origin.ESTIMATED
    plain_s: int = 0

    @property
    def corrected(self) -> bool:
        return self.origin == Origin.CORRECTED


@dataclass(frozen=True, slots=True)
class Estimate:
    """The rule in force: kilometres of road for one as the crow flies, and at which speed."""

    road_factor: Decimal
    km_per_hour: Decimal

    def leg(self, a: Located, b: Located) -> Leg:
        """Rounded up: nobody is late for a second too many."""
        km = distance_km(a, b) * float(self.road_factor)
        seconds = ceil(round(km / float(self.km_per_hour) * 3600, 3))
        return Leg(seconds, ceil(round(km * 1000, 3)), plain_s=seconds)

    @property
    def said(self) -> str:
        factor, speed = format_decimal(self.road_factor), format_decimal(self.km_per_hour)
        return f"à vol d’oiseau × {factor}, à {speed}\u00a0km/h"


def estimate(on: date) -> Estimate:
    """The rule of that day; before the first one written, the first."""
    rule = in_force(travel_rules()["estimate"], on)
    return Estimate(Decimal(rule["road_factor"]), Decimal(rule["km_per_hour"]))


def seasons(on: date) -> dict[str, list[int]]:
    """Their months, in the order of the year."""
    return dict(in_force(travel_rules()["seasons"], on)["months"])


def season_of(on: date) -> str:
    return next(season for season, months in seasons(on).items() if on.month in months)


@dataclass(frozen=True)
class Basis:
    """How trips of a day are known, corrections aside."""

    on: date
    graph: RoadGraph | None
    factor: TravelFactor | None

    @property
    def origin(self) -> Origin:
        return Origin.COMPUTED if self.graph else Origin.ESTIMATED

    @property
    def base(self) -> str:
        return base_of(self.graph, self.on)

    @property
    def said(self) -> str:
        """« calculés sur la carte OpenStreetMap du 1 nov. 2026, × 1,15 »"""
        if self.graph is None:
            told = f"estimés {estimate(self.on).said}"
        else:
            day = f"du {format_date(self.graph.of)}" if self.graph.of else "sans date"
            told = f"calculés sur la carte OpenStreetMap {day}"
        if self.factor is None or self.factor.factor == 1:
            return told
        return f"{told}, calés × {format_decimal(self.factor.factor)}"


def base_of(graph: RoadGraph | None, on: date) -> str:
    """What a factor corrects: other speeds, or another estimate, wait for a factor of their own."""
    since = graph.rule if graph else in_force(travel_rules()["estimate"], on)["since"]
    return f"{'roads' if graph else 'estimate'} {since}"


def basis(ecopole: Ecopole, on: date) -> Basis:
    """The map imported last, if there is one, and the factor in force. Two queries."""
    graph = RoadGraph.objects.filter(ecopole=ecopole).defer("data").first()
    return Basis(on, graph, factor_of(factors(ecopole, base_of(graph, on)), season_of(on), on))


def factors(ecopole: Ecopole, base: str) -> list[TravelFactor]:
    """All that were accepted of a base, the newest first. One query."""
    rows = TravelFactor.objects.filter(ecopole=ecopole, base=base)
    return list(rows.select_related("recorded_by"))


def factor_of(accepted: Iterable[TravelFactor], season: str, on: date) -> TravelFactor | None:
    """The season's own, accepted last; until it has one, the last accepted of another: better than none."""
    begun = [row for row in accepted if row.starts_on <= on]
    return max(begun, key=lambda row: (row.season == season, row.recorded_at, row.pk), default=None)


class PlacesNotLocated(Exception):
    """Without a position, nothing can be estimated; `places` are those to complete."""

    def __init__(self, places: Sequence[Place]):
        super().__init__(
            f"Sans position, pas de trajet\u202f: {_named(places)}. Donnez-leur une commune ou des "
            "coordonnées, sur la page Territoire."
        )
        self.places = places


class PlacesOffMap(PlacesNotLocated):
    """Too far from any road of the map: no way leads there. Never a trip without end."""

    def __init__(self, places: Sequence[Place], graph: RoadGraph):
        Exception.__init__(
            self,
            f"Hors de la carte des routes ({graph.file_name}), pas de trajet\u202f: {_named(places)}. "
            "Corrigez leur position sur la page Territoire, ou importez une carte plus large "
            "(terreau roads import).",
        )
        self.places = places


def _named(places: Iterable[Place]) -> str:
    return ", ".join(f"{place.agent.name} ({place.name})" for place in places)


def position(place: Place) -> Located | None:
    """Its own, or that of its town hall, or that of its keeper's."""
    for spot in (place, place.commune, place.agent.commune):
        if spot is not None and spot.latitude is not None and spot.longitude is not None:
            return spot
    return None


def legs(
    ecopole: Ecopole, places: Iterable[Place], on: date, day: Basis | None = None
) -> dict[tuple[int, int], Leg]:
    """Between all pairs of these places, read with their commune and keeper. Three queries, four on a map.

    The newest word on a pair wins; without its kilometres, those are estimated or computed.
    """
    known = {place.pk: place for place in places}
    where = {pk: spot for pk, place in known.items() if (spot := position(place))}
    if lost := [place for pk, place in known.items() if pk not in where]:
        raise PlacesNotLocated(lost)
    day, told = day or basis(ecopole, on), _corrections(ecopole, where)
    table = _plain(day, known, where)
    if day.factor:
        table = {pair: _calibrated(leg, day.factor.factor) for pair, leg in table.items()}
    for pair in told.keys() & table.keys():
        said, leg = told[pair], table[pair]
        metres = leg.metres if said.km is None else int(said.km * 1000)
        table[pair] = Leg(said.minutes * 60, metres, Origin.CORRECTED, leg.plain_s)
    return table


def _plain(day: Basis, places: dict[int, Place], where: dict[int, Located]) -> dict[tuple[int, int], Leg]:
    """Before any factor or correction."""
    if day.graph is None:
        rule = estimate(day.on)
        return {(a, b): rule.leg(where[a], where[b]) for a, b in product(where, repeat=2)}
    try:
        found = computed(day.graph, where)
    except OffMap as off:
        raise PlacesOffMap([places[pk] for pk in off.places], day.graph) from None
    return {pair: Leg(s, m, Origin.COMPUTED, s) for pair, (s, m) in found.items()}


def _calibrated(leg: Leg, factor: Decimal) -> Leg:
    return replace(leg, seconds=ceil(leg.seconds * factor))


def _corrections(ecopole: Ecopole, places: Iterable[int]) -> dict[tuple[int, int], TravelTime]:
    """The newest word on each way of each pair."""
    among = list(places)
    rows = TravelTime.objects.filter(ecopole=ecopole, from_place__in=among, to_place__in=among)
    told: dict[tuple[int, int], TravelTime] = {}
    for row in rows.order_by("recorded_at", "pk"):
        told[row.from_place_id, row.to_place_id] = row
        if row.both_ways:
            told[row.to_place_id, row.from_place_id] = row
    return told


class TravelRefused(Refused):
    """Nothing was written; the message says what to type instead, and `field` where."""


def correct_travel(
    *,
    ecopole: Ecopole,
    from_place: Place,
    to_place: Place,
    minutes: int,
    km: Decimal | None = None,
    both_ways: bool = True,
    by: User | None,
    at: datetime,
    key: str,
) -> TravelTime:
    """What a person who drives it says of a pair. Never edited: a later word is another line."""
    if known := TravelTime.objects.filter(ecopole=ecopole, key=key).first():
        return known
    trip = f"De {from_place.agent.name} à {to_place.agent.name}"
    if from_place.pk == to_place.pk:
        raise TravelRefused(f"{trip}\u202f: choisissez deux lieux différents.", "minutes")
    if not 0 < minutes <= MINUTES_MAX:
        raise TravelRefused(f"{trip}\u202f: saisissez de 1 à {MINUTES_MAX} minutes.", "minutes")
    if km is not None and not 0 < km <= KM_MAX:
        raise TravelRefused(f"{trip}\u202f: saisissez de 0,001 à {KM_MAX} km, ou laissez vide.", "km")
    try:
        with transaction.atomic():
            return TravelTime.objects.create(
                ecopole=ecopole, from_place=from_place, to_place=to_place, minutes=minutes, km=km,
                both_ways=both_ways, recorded_by=by, recorded_at=at, key=key,
            )  # fmt: skip
    except IntegrityError:
        return TravelTime.objects.get(ecopole=ecopole, key=key)


@transaction.atomic
def accept_factor(
    *,
    ecopole: Ecopole,
    base: str,
    season: str,
    factor: Decimal,
    legs: int,
    starts_on: date,
    by: User | None,
    at: datetime,
    key: str,
) -> TravelFactor:
    """A person takes for true what the tours driven have shown. The same key is one line."""
    Ecopole.objects.select_for_update().get(pk=ecopole.pk)
    if known := TravelFactor.objects.filter(ecopole=ecopole, key=key).first():
        return known
    if not FACTOR_MIN <= factor <= FACTOR_MAX:
        raise TravelRefused(
            f"× {format_decimal(factor)} est trop loin de 1\u202f: vérifiez les positions des lieux et les "
            "heures notées en route.",
            "factor",
        )
    return TravelFactor.objects.create(
        ecopole=ecopole, base=base, season=season, factor=factor, legs=legs, starts_on=starts_on,
        recorded_by=by, recorded_at=at, key=key,
    )  # fmt: skip
