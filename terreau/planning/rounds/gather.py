"""The day's problem, gathered from the ledger through the platform, its vehicles, and travel times."""

import tomllib
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, time
from decimal import ROUND_CEILING, Decimal
from functools import cached_property
from pathlib import Path

from terreau.engines.rounds import (
    BreakRule,
    Dimension,
    Hub,
    Matrix,
    Problem,
    Stop,
    Vehicle,
    Window,
    capacity_down,
    demand_up,
    seconds_up,
    units,
)
from terreau.measures.french import format_date
from terreau.planning.rounds.words import clock
from terreau.rooms.platform import queries as platform
from terreau.territory import queries as territory
from terreau.territory.models import Ecopole, Place
from terreau.territory.travel import Basis, Leg, basis, legs

CHOICES = tomllib.loads((Path(__file__).parent / "rounds.toml").read_text(encoding="utf-8"))
# What fills a van: all its crates, those of them that need cold, and its kilos.
DIMENSIONS = (
    Dimension("crates", "caisse", "caisses"),
    Dimension("chilled", "caisse froide", "caisses froides"),
    Dimension("kilos", "kg", "kg"),
)
ROAD = "route"
HUB = "plateforme"


class NothingToDrive(Exception):
    """No vehicle, nothing to deliver, or a day gone: said in words, with what to do."""


@dataclass(frozen=True)
class Gathered:
    """The facts of a day, as things stand."""

    ecopole: Ecopole
    day: date
    drops: list[platform.Drop]
    vehicles: list[platform.VehicleLine]

    @cached_property
    def places(self) -> dict[int, Place]:
        """The dock first, then the doors: where vehicles go."""
        leaving = [drop for drop in self.drops if not drop.collected] or self.drops
        dock = Counter(drop.dock_id for drop in leaving).most_common(1)[0][0]
        wanted = {dock, *(drop.place_id for drop in self.drops)}
        rows = territory.places(self.ecopole).select_related("agent__commune").filter(pk__in=wanted)
        found = {place.pk: place for place in rows}
        return {dock: found.pop(dock), **dict(sorted(found.items()))}

    @cached_property
    def basis(self) -> Basis:
        return basis(self.ecopole, self.day)

    @cached_property
    def legs(self) -> dict[tuple[int, int], Leg]:
        return legs(self.ecopole, self.places.values(), self.day, self.basis)

    @property
    def corrected(self) -> list[list[int]]:
        """The pairs of places whose travel a person has told."""
        return [list(pair) for pair, leg in self.legs.items() if leg.corrected]

    @cached_property
    def problem(self) -> Problem:
        if not self.drops:
            raise NothingToDrive(
                f"Aucune livraison n’est due le {format_date(self.day)}\u202f: publiez d’abord le plan de la "
                "semaine, ou choisissez un autre jour."
            )
        if not self.vehicles:
            raise NothingToDrive(
                f"Aucun véhicule ne roule le {format_date(self.day)}\u202f: décrivez-en un à la page "
                "Véhicules de la plateforme."
            )
        hub, dock = CHOICES["hub"], next(iter(self.places))
        opens, closes = (seconds_of(time.fromisoformat(hub[name])) for name in ("opens", "closes"))
        return Problem(
            day=self.day,
            dimensions=DIMENSIONS,
            places=tuple(str(pk) for pk in self.places),
            matrices=(self._matrix(),),
            hubs=(
                Hub(
                    HUB, self.places[dock].agent.name, str(dock), opens, closes,
                    seconds_up(Decimal(hub["loading_minutes"])),
                ),
            ),
            vehicles=tuple(vehicle_of(v) for v in self.vehicles),
            stops=tuple(_stops(self.drops)),
        )  # fmt: skip

    def _matrix(self) -> Matrix:
        rows = [[self.legs[a, b] for b in self.places] for a in self.places]
        return Matrix(
            ROAD,
            tuple(tuple(leg.seconds for leg in row) for row in rows),
            tuple(tuple(leg.metres for leg in row) for row in rows),
        )


def gather(ecopole: Ecopole, day: date, left: Collection[str] = ()) -> Gathered:
    """What is due that day and not yet delivered, and the vehicles that drive.

    Three queries, then four (five on a map). `left`: stops that somebody chose to leave out.
    """
    drops = [drop for drop in platform.drops(ecopole, day) if stop_id(drop) not in left]
    return Gathered(ecopole, day, drops, platform.vehicles(ecopole, day))


def refuse_past(day: date, today: date) -> None:
    if day < today:
        raise NothingToDrive(
            f"Le {format_date(day)} est passé\u202f: choisissez aujourd’hui ou un jour à venir."
        )


def stop_id(drop: platform.Drop) -> str:
    return door_id(drop.place_id, drop.receiver_id, drop.collected)


def door_id(place: int, who: int, collects: bool) -> str:
    return f"{place}:{who}{':prendre' if collects else ''}"


def crates_of(kg: Decimal) -> int:
    return int((kg / Decimal(CHOICES["crate"]["kg"])).to_integral_value(ROUND_CEILING))


def amounts(drop: platform.Drop) -> tuple[int, int, int]:
    """All crates, the cold ones of them, kilos: a temperature has its own crates, and a parcel takes one."""
    chilled = crates_of(drop.chilled_kg)
    return max(1, chilled + crates_of(drop.kg - drop.chilled_kg)), chilled, demand_up(drop.kg)


def _stops(drops: Iterable[platform.Drop]) -> Iterable[Stop]:
    found = list(drops)
    doors = Counter(drop.receiver_id for drop in found)
    for drop in found:
        what, nothing = amounts(drop), (0, 0, 0)
        spent = Decimal(CHOICES["stop"]["minutes"]) + Decimal(CHOICES["stop"]["minutes_crate"]) * what[0]
        several = doors[drop.receiver_id] > 1
        yield Stop(
            stop_id(drop), f"{drop.receiver}, {drop.place}" if several else drop.receiver,
            str(drop.place_id), nothing if drop.collected else what, what if drop.collected else nothing,
            (window_of(drop),), seconds_up(spent),
        )  # fmt: skip


def window_of(drop: platform.Drop) -> Window:
    """The hours that suit all its lines; where they do not meet, from the first to the last of them."""
    hub = CHOICES["hub"]
    first, last = time.fromisoformat(hub["opens"]), time.fromisoformat(hub["closes"])
    after = [start or first for start, _ in drop.windows] or [first]
    before = [end or last for _, end in drop.windows] or [last]
    opens, closes = max(after), min(before)
    if opens > closes:
        opens, closes = min(after), max(before)
    return Window(seconds_of(opens), seconds_of(closes))


def hours_of(drop: platform.Drop) -> str:
    """« 7 h 00 – 9 h 00 », or nothing where none were asked."""
    window = window_of(drop)
    return f"{clock(window.opens_s)} – {clock(window.closes_s)}" if drop.windows else ""


def seconds_of(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second


def vehicle_of(v: platform.VehicleLine) -> Vehicle:
    """A break is due only of who may work that long; without cold, nothing that needs it."""
    rule = CHOICES["break"]
    return Vehicle(
        id=str(v.id),
        name=v.name,
        capacity=(v.crates, v.crates if v.cold else 0, capacity_down(v.kilos)),
        start=HUB,
        end=HUB,
        from_s=seconds_of(v.available_from),
        until_s=seconds_of(v.available_until),
        shift_s=int(v.shift_hours * 3600),
        profile=ROAD,
        day=units(v.per_day.euros),
        km=units(v.per_km.euros),
        hour=units(v.per_hour.euros),
        reload_at=HUB if CHOICES["reload"]["times_max"] else "",
        reloads_max=CHOICES["reload"]["times_max"],
        breaks=(BreakRule(int(Decimal(rule["over_hours"]) * 3600), seconds_up(Decimal(rule["minutes"]))),),
        cold=v.cold,
        fuel=v.fuel,
        litres_100km=v.litres_100km,
    )


def seconds_for(problem: Problem) -> int:
    """How long to search a day with so many stops."""
    return next(seconds for most, seconds in CHOICES["time"]["steps"] if len(problem.stops) <= most)
