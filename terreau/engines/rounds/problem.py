"""What the rounds' planner is told: frozen values that refuse nonsense at construction.

All whole numbers: amounts in the unit of their dimension (a crate, a kilo), times in seconds since
midnight, distances in metres, money in ten-thousandths of a euro. The house's Decimals are rounded on
entry, against us: `demand_up`, `capacity_down`, `seconds_up`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from terreau.measures.stored import Stored

UNITS_PER_EURO = 10_000
# A shift that starts in the evening may end the next day, never later.
HORIZON_S = 48 * 3600
# Beyond, a distance or a duration is a slip or an unreachable pair, never a round.
FAR = 2**20


class ProblemRefused(ValueError):
    """The problem contradicts itself; the message says where and what to correct."""


def demand_up(amount: Decimal) -> int:
    """Half a crate takes the room of a crate."""
    return int(amount.to_integral_value(ROUND_CEILING))


def capacity_down(amount: Decimal) -> int:
    """A van that holds 12.5 crates holds twelve."""
    return int(amount.to_integral_value(ROUND_FLOOR))


def seconds_up(minutes: Decimal) -> int:
    return int((minutes * 60).to_integral_value(ROUND_CEILING))


def units(euros: Decimal) -> int:
    """Euros in ten-thousandths: the price of a day, a kilometre or an hour."""
    return int((euros * UNITS_PER_EURO).to_integral_value(ROUND_HALF_UP))


def _refuse_if(wrong: bool, message: str) -> None:
    if wrong:
        raise ProblemRefused(message)


def _whole(what: str, *values: int) -> None:
    for value in values:
        _refuse_if(
            type(value) is not int or value < 0,
            f"{what}\u202f: {value} n’est pas un nombre entier positif ou nul.",
        )


@dataclass(frozen=True)
class Dimension:
    """What fills a vehicle: ambient crates, chilled crates, kilos. `name` and `names` are read on screen.

    `without_cold_s`: how long such goods may ride in a vehicle without cold (None: as long as it takes).
    """

    id: str
    name: str
    names: str
    without_cold_s: int | None = None

    def __post_init__(self) -> None:
        if self.without_cold_s is not None:
            _whole(f"{self.names}, durée sans froid", self.without_cold_s)


@dataclass(frozen=True)
class Window:
    """Service may start from `opens_s` to `closes_s`, both included."""

    opens_s: int
    closes_s: int

    def __post_init__(self) -> None:
        _whole("Plage horaire", self.opens_s, self.closes_s)
        _refuse_if(
            not self.opens_s <= self.closes_s <= HORIZON_S,
            "Plage horaire\u202f: la fin suit le début, dans les deux jours.",
        )


@dataclass(frozen=True)
class Matrix:
    """The travel of one profile (van, bicycle…) between all places, in the order of `Problem.places`."""

    profile: str
    duration_s: tuple[tuple[int, ...], ...]
    distance_m: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        what = f"Trajets «\u202f{self.profile}\u202f»"
        for table in (self.duration_s, self.distance_m):
            for n, row in enumerate(table):
                _whole(what, *row)
                _refuse_if(
                    len(row) != len(self.duration_s) or len(table) != len(self.duration_s),
                    f"{what}\u202f: les tables doivent être carrées, de même taille.",
                )
                _refuse_if(row[n] != 0, f"{what}\u202f: de {n} à lui-même, on ne roule pas.")


@dataclass(frozen=True)
class Hub:
    """Where vehicles load and end; `loading_s` for each trip, once all it carries is ready.

    Whatever is to be delivered can be loaded at any hub where a trip starts.
    """

    id: str
    name: str
    place: str
    opens_s: int
    closes_s: int
    loading_s: int = 0

    def __post_init__(self) -> None:
        Window(self.opens_s, self.closes_s)
        _whole(f"{self.name}, temps de chargement", self.loading_s)


@dataclass(frozen=True)
class ActorLoad:
    """What an actor (farm, canteen…) has aboard for this stop, for the sharing of the cost."""

    actor: str
    amounts: tuple[int, ...]


@dataclass(frozen=True)
class Stop:
    """Something to deliver, to collect or both, at a place, in one of its windows.

    `ready_s`: not loaded at the hub before. `worth`: None if it must be served, else what leaving it costs.
    `tags`: what its vehicle must have (a tail lift, the driver this school knows).
    """

    id: str
    name: str
    place: str
    delivery: tuple[int, ...]
    pickup: tuple[int, ...]
    windows: tuple[Window, ...]
    service_s: int
    ready_s: int = 0
    worth: int | None = None
    tags: tuple[str, ...] = ()
    actors: tuple[ActorLoad, ...] = ()

    def __post_init__(self) -> None:
        _whole(self.name, *self.delivery, *self.pickup, self.service_s, self.ready_s, self.worth or 0)
        _refuse_if(
            not any(self.delivery) and not any(self.pickup), f"{self.name}\u202f: rien à livrer ni à prendre."
        )
        _refuse_if(not self.windows, f"{self.name}\u202f: aucune plage horaire.")
        _refuse_if(
            any(a.closes_s >= b.opens_s for a, b in zip(self.windows, self.windows[1:], strict=False)),
            f"{self.name}\u202f: les plages horaires se suivent sans se toucher.",
        )
        _check_ids("acteur", [a.actor for a in self.actors])
        for a in self.actors:
            _whole(f"{self.name}, part de {a.actor}", *a.amounts)


@dataclass(frozen=True)
class End:
    """One end of a transfer: where, when and how long."""

    place: str
    window: Window
    service_s: int

    def __post_init__(self) -> None:
        _whole("Temps sur place", self.service_s)


@dataclass(frozen=True)
class Transfer:
    """From a farm straight to a client, on one trip, without passing by the hub."""

    id: str
    name: str
    load: End
    drop: End
    amount: tuple[int, ...]
    worth: int | None = None
    tags: tuple[str, ...] = ()
    actors: tuple[ActorLoad, ...] = ()

    def __post_init__(self) -> None:
        _whole(self.name, *self.amount, self.worth or 0)
        _refuse_if(not any(self.amount), f"{self.name}\u202f: rien à transporter.")
        _check_ids("acteur", [a.actor for a in self.actors])
        for a in self.actors:
            _whole(f"{self.name}, part de {a.actor}", *a.amounts)


@dataclass(frozen=True)
class BreakRule:
    """Once more than `over_s` are worked, `break_s` of break are due, in one piece."""

    over_s: int
    break_s: int

    def __post_init__(self) -> None:
        _whole("Pause", self.over_s, self.break_s)
        _refuse_if(self.break_s == 0, "Pause\u202f: sa durée doit dépasser 0.")


@dataclass(frozen=True)
class Vehicle:
    """A vehicle with its driver, for the day.

    A shift floats between `from_s` and `until_s`: at most `shift_s` from the first loading to the return,
    breaks included, and `overtime_s` more, whose hours cost `overtime_hour` on top. Prices are in
    ten-thousandths of a euro for the day, the kilometre, the hour; a break is not paid. `range_m`: without
    charging. `stretch_s`: never longer at work in a row. Two vehicles of one `van` are two positions of its
    bulkhead: one of them at most goes out. `fuel` and `litres_100km` are carried along for the carbon sums.
    """

    id: str
    name: str
    capacity: tuple[int, ...]
    start: str
    end: str
    from_s: int
    until_s: int
    shift_s: int
    profile: str
    day: int = 0
    km: int = 0
    hour: int = 0
    overtime_s: int = 0
    overtime_hour: int = 0
    reload_at: str = ""
    reloads_max: int = 0
    range_m: int | None = None
    breaks: tuple[BreakRule, ...] = ()
    stretch_s: int | None = None
    tags: tuple[str, ...] = ()
    cold: bool = True
    van: str = ""
    fuel: str = ""
    litres_100km: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        Window(self.from_s, self.until_s)
        _whole(self.name, *self.capacity, self.day, self.km, self.hour, self.overtime_s, self.overtime_hour)
        _whole(self.name, self.shift_s, self.reloads_max, self.range_m or 0, self.stretch_s or 0)
        _refuse_if(not any(self.capacity), f"{self.name}\u202f: un véhicule porte quelque chose.")
        _refuse_if(self.shift_s == 0, f"{self.name}\u202f: la journée doit dépasser 0 h.")
        _refuse_if(
            bool(self.reload_at) != bool(self.reloads_max),
            f"{self.name}\u202f: recharger demande un lieu et un nombre de fois.",
        )
        _refuse_if(self.litres_100km < 0, f"{self.name}\u202f: la consommation ne peut être négative.")

    def break_due_s(self, worked_s: int) -> int:
        return max((rule.break_s for rule in self.breaks if worked_s > rule.over_s), default=0)


@dataclass(frozen=True)
class Problem(Stored):
    day: date
    dimensions: tuple[Dimension, ...]
    places: tuple[str, ...]
    matrices: tuple[Matrix, ...]
    hubs: tuple[Hub, ...]
    vehicles: tuple[Vehicle, ...]
    stops: tuple[Stop, ...] = ()
    transfers: tuple[Transfer, ...] = ()

    def __post_init__(self) -> None:
        _check_ids("dimension", [d.id for d in self.dimensions])
        _check_ids("lieu", self.places)
        _check_ids("profil", [m.profile for m in self.matrices])
        _check_ids("plateforme", [h.id for h in self.hubs])
        _check_ids("véhicule", [v.id for v in self.vehicles])
        _check_ids("arrêt", [s.id for s in self.stops] + [t.id for t in self.transfers])
        _refuse_if(not self.dimensions, "Rien ne mesure un chargement\u202f: donnez une dimension.")
        _refuse_if(not self.hubs, "Aucune plateforme\u202f: d’où partent les véhicules\u202f?")
        for m in self.matrices:
            self._check_matrix(m)
        for h in self.hubs:
            self._known_place(h.name, h.place)
        for v in self.vehicles:
            self._check_vehicle(v)
        for s in self.stops:
            self._known_place(s.name, s.place)
            self._sized(s.name, s.delivery, s.pickup, *(a.amounts for a in s.actors))
        for t in self.transfers:
            self._known_place(t.name, t.load.place)
            self._known_place(t.name, t.drop.place)
            self._sized(t.name, t.amount, *(a.amounts for a in t.actors))

    def _check_matrix(self, matrix: Matrix) -> None:
        _refuse_if(
            len(matrix.duration_s) != len(self.places),
            f"Trajets «\u202f{matrix.profile}\u202f»\u202f: {len(matrix.duration_s)} lignes pour "
            f"{len(self.places)} lieux.",
        )
        for table in (matrix.duration_s, matrix.distance_m):
            for n, row in enumerate(table):
                far = max(row, default=0)
                _refuse_if(
                    far >= FAR,
                    f"Trajets «\u202f{matrix.profile}\u202f»\u202f: de {self.places[n]} à "
                    f"{self.places[row.index(far)]}, {far} est démesuré. Le lieu est-il accessible\u202f?",
                )

    def _check_vehicle(self, v: Vehicle) -> None:
        self._sized(v.name, v.capacity)
        hubs = {h.id for h in self.hubs}
        for hub in (v.start, v.end, *((v.reload_at,) if v.reload_at else ())):
            _refuse_if(hub not in hubs, f"{v.name}\u202f: la plateforme {hub} est inconnue.")
        _refuse_if(
            v.profile not in {m.profile for m in self.matrices},
            f"{v.name}\u202f: le profil «\u202f{v.profile}\u202f» n’a pas de trajets.",
        )

    def _known_place(self, what: str, place: str) -> None:
        _refuse_if(place not in self.places, f"{what}\u202f: le lieu {place} n’a pas de trajets.")

    def _sized(self, what: str, *amounts: tuple[int, ...]) -> None:
        _refuse_if(
            any(len(a) != len(self.dimensions) for a in amounts),
            f"{what}\u202f: une quantité par dimension est attendue, dans l’ordre "
            f"({', '.join(d.names for d in self.dimensions)}).",
        )


def _check_ids(kind: str, names: Iterable[str]) -> None:
    seen = set()
    for name in names:
        _refuse_if(
            not name or name in seen,
            f"Identifiant de {kind} vide ou donné deux fois\u202f: «\u202f{name}\u202f».",
        )
        seen.add(name)
