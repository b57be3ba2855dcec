"""How long it takes from one place to another: as the crow flies, lengthened; a person's word beats it."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import product
from math import ceil
from typing import Any

from django.db import IntegrityError, transaction

from terreau.measures.dated import in_force
from terreau.measures.french import format_decimal
from terreau.territory.geography import Located, distance_km
from terreau.territory.models import Ecopole, Place, TravelTime, User
from terreau.territory.rates import VAT_FILE

TRAVEL_FILE = VAT_FILE.with_name("travel.toml")
MINUTES_MAX, KM_MAX = 600, Decimal(1000)


@dataclass(frozen=True, slots=True)
class Leg:
    """From one place to another; `corrected`: a person said how long, otherwise it is an estimate."""

    seconds: int
    metres: int
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """The rule in force: kilometres of road for one as the crow flies, and at which speed."""

    road_factor: Decimal
    km_per_hour: Decimal

    def leg(self, a: Located, b: Located) -> Leg:
        """Rounded up: nobody is late for a second too many."""
        km = distance_km(a, b) * float(self.road_factor)
        return Leg(ceil(round(km / float(self.km_per_hour) * 3600, 3)), ceil(round(km * 1000, 3)))

    @property
    def said(self) -> str:
        factor, speed = format_decimal(self.road_factor), format_decimal(self.km_per_hour)
        return f"à vol d’oiseau × {factor}, à {speed}\u00a0km/h"


def estimate(on: date) -> Estimate:
    """The rule of that day; before the first one written, the first."""
    rule = in_force(_rules(), on)
    return Estimate(Decimal(rule["road_factor"]), Decimal(rule["km_per_hour"]))


@cache
def _rules() -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = tomllib.loads(TRAVEL_FILE.read_text(encoding="utf-8"))["estimate"]
    return written


class PlacesNotLocated(Exception):
    """Without a position, nothing can be estimated; `places` are those to complete."""

    def __init__(self, places: Sequence[Place]):
        named = ", ".join(f"{place.agent.name} ({place.name})" for place in places)
        super().__init__(
            f"Sans position, pas de trajet\u202f: {named}. Donnez-leur une commune ou des coordonnées, "
            "sur la page Territoire."
        )
        self.places = places


def position(place: Place) -> Located | None:
    """Its own, or that of its town hall, or that of its keeper's."""
    for spot in (place, place.commune, place.agent.commune):
        if spot is not None and spot.latitude is not None and spot.longitude is not None:
            return spot
    return None


def legs(ecopole: Ecopole, places: Iterable[Place], on: date) -> dict[tuple[int, int], Leg]:
    """Between all pairs of these places, read with their commune and keeper: one query.

    The newest word on a pair wins; without its kilometres, those are estimated.
    """
    where: dict[int, Located] = {}
    lost = []
    for place in places:
        if spot := position(place):
            where[place.pk] = spot
        else:
            lost.append(place)
    if lost:
        raise PlacesNotLocated(lost)
    rule, told = estimate(on), _corrections(ecopole, where)
    table = {}
    for a, b in product(where, repeat=2):
        leg = rule.leg(where[a], where[b])
        if a != b and (said := told.get((a, b))):
            metres = leg.metres if said.km is None else int(said.km * 1000)
            leg = Leg(said.minutes * 60, metres, corrected=True)
        table[a, b] = leg
    return table


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


class TravelRefused(Exception):
    """Nothing was written; the message says what to type instead, and `field` where."""

    def __init__(self, field: str, message: str):
        super().__init__(message)
        self.field = field


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
        raise TravelRefused("minutes", f"{trip}\u202f: choisissez deux lieux différents.")
    if not 0 < minutes <= MINUTES_MAX:
        raise TravelRefused("minutes", f"{trip}\u202f: saisissez de 1 à {MINUTES_MAX} minutes.")
    if km is not None and not 0 < km <= KM_MAX:
        raise TravelRefused("km", f"{trip}\u202f: saisissez de 0,001 à {KM_MAX} km, ou laissez vide.")
    try:
        with transaction.atomic():
            return TravelTime.objects.create(
                ecopole=ecopole, from_place=from_place, to_place=to_place, minutes=minutes, km=km,
                both_ways=both_ways, recorded_by=by, recorded_at=at, key=key,
            )  # fmt: skip
    except IntegrityError:
        return TravelTime.objects.get(ecopole=ecopole, key=key)
