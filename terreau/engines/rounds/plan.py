"""What the rounds' planner answers: frozen, storable, priced tour by tour."""

from dataclasses import dataclass
from decimal import Decimal

from terreau.measures.stored import Stored

from .problem import ProblemRefused

BEST_FOUND, IMPOSSIBLE, BY_HAND = "best_found", "impossible", "by_hand"
STOP, LOAD, DROP = "stop", "load", "drop"


@dataclass(frozen=True)
class Call:
    """One thing to do at a place: a stop, or one of its parts; a transfer's "load" or its "drop".

    `window`: which one of the stop's; None takes the first that is still open on arrival.
    """

    key: str
    leg: str
    delivery: tuple[int, ...]
    pickup: tuple[int, ...]
    window: int | None = None


@dataclass(frozen=True)
class Lock(Stored):
    """A decision taken by hand, that the planner must respect.

    "tour": `vehicle` makes these `trips`, no more. "vehicle": the stops ride with `vehicle`, all their parts.
    "order": the stops follow one another, in this order, on one trip.
    """

    kind: str
    vehicle: str = ""
    stops: tuple[str, ...] = ()
    trips: tuple[tuple[Call, ...], ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in ("tour", "vehicle", "order"):
            raise ProblemRefused(f"Verrou «\u202f{self.kind}\u202f» inconnu.")
        if self.kind == "order" and (len(self.stops) < 2 or len(set(self.stops)) != len(self.stops)):
            raise ProblemRefused("Un ordre gardé compte deux arrêts différents au moins.")
        if self.kind != "order" and not self.vehicle:
            raise ProblemRefused("Le verrou ne dit pas quel véhicule.")


@dataclass(frozen=True)
class Visit:
    """`load_after`: aboard when leaving, per dimension. Service lasts from `start_s` to `departure_s`."""

    call: Call
    place: str
    arrival_s: int
    start_s: int
    departure_s: int
    load_after: tuple[int, ...]

    @property
    def wait_s(self) -> int:
        return self.start_s - self.arrival_s


@dataclass(frozen=True)
class Trip:
    """Hub to hub: loading from `loading_s`, leaving with `load` at `departure_s`, back at `return_s`."""

    start: str
    end: str
    loading_s: int
    departure_s: int
    load: tuple[int, ...]
    visits: tuple[Visit, ...]
    return_s: int


@dataclass(frozen=True)
class Pause:
    start_s: int
    end_s: int


@dataclass(frozen=True)
class Cost:
    """In ten-thousandths of a euro; `overtime` is what overtime adds to the hours."""

    day: int
    km: int
    hours: int
    overtime: int

    @property
    def total(self) -> int:
        return self.day + self.km + self.hours + self.overtime


@dataclass(frozen=True)
class Tour:
    """One vehicle's shift, from its first loading to its last return."""

    vehicle: str
    trips: tuple[Trip, ...]
    pauses: tuple[Pause, ...]
    distance_m: int
    cost: Cost

    @property
    def start_s(self) -> int:
        return self.trips[0].loading_s

    @property
    def end_s(self) -> int:
        return self.trips[-1].return_s

    @property
    def duration_s(self) -> int:
        return self.end_s - self.start_s

    @property
    def calls(self) -> tuple[tuple[Call, ...], ...]:
        return tuple(tuple(v.call for v in trip.visits) for trip in self.trips)


@dataclass(frozen=True)
class Unserved:
    """A stop left out: "worth", "alone" or "clash", and why in words."""

    stop: str
    cause: str
    sentence: str


@dataclass(frozen=True)
class Plan(Stored):
    """`spread`: how far the worse of the seeds is from the better, as a share of its cost.

    An impossible day still shows what can be done: its tours serve all but the stops that must give way.
    """

    status: str
    tours: tuple[Tour, ...] = ()
    unserved: tuple[Unserved, ...] = ()
    clash: tuple[str, ...] = ()
    solver: str = ""
    version: str = ""
    seed: int = 0
    iterations: int = 0
    seconds: Decimal = Decimal(0)
    spread: Decimal | None = None

    @property
    def cost(self) -> int:
        return sum(tour.cost.total for tour in self.tours)
