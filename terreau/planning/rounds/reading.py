"""The rounds as they are read: each vehicle's timetable with its loads, its cost, its line on the map."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any

from terreau.engines.rounds import Call, Lock, Plan, Problem, Tour, Trip, Visit, Window
from terreau.engines.rounds.plan import BY_HAND
from terreau.measures.french import format_decimal
from terreau.planning.models import RoundsPlan
from terreau.planning.rounds.changes import carried
from terreau.planning.rounds.gather import seconds_of
from terreau.planning.rounds.locks import Lockable, lockable, name_of, stored
from terreau.planning.rounds.rest import ABOARD, lost_of
from terreau.planning.rounds.words import clock, euros, kilometres, lasting
from terreau.territory import queries as territory
from terreau.territory.geography import Frame
from terreau.territory.models import Ecopole
from terreau.territory.travel import Origin, estimate, position

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Colours of the charts, taken in turn: the letter tells them apart.
TONES = 6
NEAR_KM = 45


@dataclass(frozen=True)
class Row:
    """A line of a timetable. `at`: its place in the plan; `pair`: both ends of the way that leads here."""

    mark: str
    name: str
    arrives: str
    leaves: str
    waits: str
    left: str
    aboard: str
    km: str
    minutes: str
    origin: str
    pair: tuple[str, str]
    at: str = ""
    hours: str = ""
    part: str = ""
    lock: str = ""


@dataclass(frozen=True)
class Job:
    """What is done at a visit: left or taken, of how much in all, in which hours."""

    name: str
    taken: bool
    whole: tuple[int, ...]
    moved: tuple[int, ...]
    window: Window

    @property
    def hours(self) -> str:
        return f"{clock(self.window.opens_s)} – {clock(self.window.closes_s)}"


@dataclass(frozen=True)
class TourTold:
    letter: str
    tone: int
    name: str
    leaves: str
    returns: str
    lasts: str
    km: str
    euros: str
    cost: str
    stops: int
    pause: str
    filled: str
    lock: str
    rows: tuple[Row, ...]


class RoundsReading:
    """A plan with the problem it answers; everything is told from these two, whatever has changed since."""

    def __init__(self, row: RoundsPlan, plan: Plan | None = None) -> None:
        self.row = row
        self.problem = Problem.from_json(row.problem)
        self.plan = plan or (Plan.from_json(row.plan) if row.plan else None)
        self.stops = {s.id: s for s in self.problem.stops}
        self.transfers = {t.id: t for t in self.problem.transfers}
        self.vehicles = {v.id: v for v in self.problem.vehicles}
        self.hubs = {h.id: h for h in self.problem.hubs}
        self.open = Window(self.problem.hubs[0].opens_s, self.problem.hubs[0].closes_s)
        index = {place: n for n, place in enumerate(self.problem.places)}
        matrix = self.problem.matrices[0]
        self.leg = {
            (a, b): (matrix.duration_s[index[a]][index[b]], matrix.distance_m[index[a]][index[b]])
            for a in index
            for b in index
        }

    @cached_property
    def tours(self) -> list[TourTold]:
        return [self._tour(n, tour) for n, tour in enumerate(self.plan.tours)] if self.plan else []

    def _tour(self, n: int, tour: Tour) -> TourTold:
        vehicle, letter = self.vehicles[tour.vehicle], LETTERS[n % len(LETTERS)]
        rows: list[Row] = []
        for number, trip in enumerate(tour.trips):
            rows += self._trip(f"{n}.{number}", letter, tour.vehicle, trip, sum(bool(row.at) for row in rows))
        loads = [
            (amount, room, dimension.names)
            for trip in tour.trips
            for load in (trip.load, *(visit.load_after for visit in trip.visits))
            for amount, room, dimension in zip(load, vehicle.capacity, self.problem.dimensions, strict=True)
            if room
        ]
        fullest = max(loads, key=lambda load: Decimal(load[0]) / load[1])
        cost = tour.cost
        parts = [("jour", cost.day), ("km", cost.km), ("heures", cost.hours), ("dépassement", cost.overtime)]
        return TourTold(
            letter=letter,
            tone=n % TONES + 1,
            name=vehicle.name,
            leaves=clock(tour.start_s),
            returns=clock(tour.end_s),
            lasts=lasting(tour.duration_s),
            km=kilometres(tour.distance_m),
            euros=euros(cost.total),
            cost=" + ".join(f"{name} {euros(amount)}" for name, amount in parts if amount),
            stops=sum(len(trip.visits) for trip in tour.trips),
            pause=" · ".join(f"pause de {clock(p.start_s)} à {clock(p.end_s)}" for p in tour.pauses),
            lock="" if self.row.rest else name_of(Lock("tour", tour.vehicle)),
            filled=f"{fullest[0]} sur {fullest[1]} {fullest[2]}",
            rows=tuple(rows),
        )

    def _trip(self, at: str, letter: str, vehicle: str, trip: Trip, before: int) -> Iterable[Row]:
        """Loading, each visit, and the return."""
        start, end = self.hubs[trip.start], self.hubs[trip.end]
        loads = self._crates(trip.load)
        yield Row("", start.name, clock(trip.loading_s), clock(trip.departure_s), "", "", loads, "", "",
                  "", ("", ""))  # fmt: skip
        here = start.place
        for n, visit in enumerate(trip.visits):
            yield self._visit(f"{at}.{n}", f"{letter}{before + n + 1}", vehicle, here, visit)
            here = visit.place
        yield Row("", f"Retour, {end.name}", clock(trip.return_s), "", "", "", "",
                  *self._way(here, end.place))  # fmt: skip

    def _visit(self, at: str, mark: str, vehicle: str, here: str, visit: Visit) -> Row:
        job = self._job(visit.call)
        return Row(
            mark, job.name, clock(visit.arrival_s), clock(visit.departure_s),
            lasting(visit.wait_s) if visit.wait_s else "",
            "pris\u202f: " * job.taken + self._crates(job.moved),
            self._crates(visit.load_after), *self._way(here, visit.place), at=at,
            hours=job.hours if job.window != self.open else "",
            part=f"une partie de {self._crates(job.whole)}" if job.moved != job.whole else "",
            lock="" if self.row.rest or job.moved != job.whole
            else name_of(Lock("vehicle", vehicle, (visit.call.key,))),
        )  # fmt: skip

    def _job(self, call: Call) -> "Job":
        if transfer := self.transfers.get(call.key):
            if call.leg == "load":
                whose = self.lost.get(call.key.rsplit(ABOARD, 1)[-1], "un autre véhicule")
                name = f"À bord de {whose}, pour {transfer.name}"
                return Job(name, True, transfer.amount, transfer.amount, self.open)
            return Job(transfer.name, False, transfer.amount, transfer.amount, transfer.drop.window)
        stop = self.stops[call.key]
        if any(stop.pickup):
            return Job(stop.name, True, stop.pickup, call.pickup, stop.windows[0])
        return Job(stop.name, False, stop.delivery, call.delivery, stop.windows[0])

    @property
    def begins(self) -> str:
        """From what hour the rest of a day is driven."""
        return clock(seconds_of(time.fromisoformat(self.row.rest["at"]))) if self.row.rest else ""

    @cached_property
    def lost(self) -> dict[str, str]:
        """The vehicles that stopped, by number."""
        if not self.row.previous or not self.row.rest:
            return {}
        stopped = {one.vehicle for one in lost_of(self.row)}
        return {v["id"]: v["name"] for v in self.row.previous.problem["vehicles"] if v["id"] in stopped}

    def _way(self, a: str, b: str) -> tuple[str, str, str, tuple[str, str]]:
        seconds, metres = self.leg[a, b]
        return kilometres(metres), lasting(seconds), travel_of([(a, b)], self.row), (a, b)

    def _crates(self, amounts: Sequence[int]) -> str:
        crates, chilled, kilos = amounts
        if not crates:
            return "rien"
        cold = f" dont {chilled} au froid" if chilled else ""
        return f"{crates} caisse{'s' if crates > 1 else ''}{cold}, {format_decimal(Decimal(kilos))}\u00a0kg"

    @cached_property
    def lockable(self) -> dict[str, Lockable]:
        return lockable(self.problem, self.plan, stored(self.row.locks))

    @property
    def kept(self) -> list[Lockable]:
        """What this plan was asked to keep."""
        return [self.lockable[name_of(lock)] for lock in stored(self.row.locks)]

    @property
    def kept_names(self) -> set[str]:
        return {one.name for one in self.kept}

    @property
    def held(self) -> list[str]:
        """Of an impossible day, what is kept of the stops that cannot be served."""
        left = {one.stop for one in self.plan.unserved} if self.plan else set()
        return [one.label for one in self.kept if left & set(one.lock.stops)]

    @property
    def split(self) -> list[str]:
        """Orders larger than a van: in how many visits they come."""
        visits: dict[str, int] = {}
        for tour in self.plan.tours if self.plan else ():
            for trip in tour.trips:
                for visit in trip.visits:
                    if visit.call.key in self.stops:
                        visits[visit.call.key] = visits.get(visit.call.key, 0) + 1
        return [
            f"{self.stops[key].name}\u202f: {self._crates(carried(self.stops[key]))}, plus qu’un véhicule ne "
            f"prend\u202f; {'pris' if any(self.stops[key].pickup) else 'livré'} en {count} passages."
            for key, count in visits.items()
            if count > 1
        ]

    @property
    def totals(self) -> dict[str, Any]:
        tours = self.plan.tours if self.plan else ()
        return {
            "km": kilometres(sum(tour.distance_m for tour in tours)),
            "hours": lasting(sum(tour.duration_s for tour in tours)),
            "euros": euros(sum(tour.cost.total for tour in tours)),
            "vehicles": len(tours),
            "stops": sum(len(trip.visits) for tour in tours for trip in tour.trips),
        }

    @property
    def travel(self) -> str:
        """Where the minutes come from."""
        return travel_of(self._ways(self.plan.tours if self.plan else ()), self.row)

    @property
    def origin(self) -> str:
        return origin_of(self.row)

    @property
    def computed(self) -> bool:
        return self.origin == Origin.COMPUTED

    @property
    def rule(self) -> str:
        """How trips that nobody corrected are known."""
        return str(self.row.basis.get("said") or f"estimés {estimate(self.problem.day).said}")

    def _ways(self, tours: Iterable[Tour]) -> set[tuple[str, str]]:
        return {pair for tour in tours for pair in ways(self.problem, tour)}

    @property
    def by_hand(self) -> bool:
        return self.plan is not None and self.plan.status == BY_HAND

    @property
    def found(self) -> str:
        """How it was found: never « optimal », which nobody proved."""
        if self.plan is None:
            return ""
        if self.by_hand:
            return "Ordonné à la main."
        said = f"Le mieux trouvé en {format_decimal(self.plan.seconds, places=1)}\u00a0s de calcul"
        if self.plan.spread is None:
            return f"{said}."
        spread = format_decimal(self.plan.spread * 100, places=1)
        return f"{said}\u202f; deux recherches diffèrent de {spread}\u00a0%."

    def drawing(self, ecopole: Ecopole) -> dict[str, Any]:
        """The tours on the map of the communes; straight lines, not the road. Two queries."""
        wanted = [int(place) for place in self.problem.places]
        rows = territory.places(ecopole).select_related("agent__commune").filter(pk__in=wanted)
        spots = {str(place.pk): position(place) for place in rows}
        points = {
            pk: (float(spot.longitude or 0), float(spot.latitude or 0)) for pk, spot in spots.items() if spot
        }
        if not points:
            return {}
        frame = Frame.around(list(points.values()))
        shapes = [
            c for c in territory.communes_around(ecopole, NEAR_KM) if c.contour and frame.shows(c.contour)
        ]
        return {
            "frame": frame,
            "shapes": [frame.path(commune.contour) for commune in shapes],
            "lines": [
                {
                    "tone": n % TONES + 1,
                    "points": " ".join(
                        f"{x:.0f},{y:.0f}"
                        for pair in _chain(self.problem, tour)
                        if pair in points
                        for x, y in [frame.xy(*points[pair])]
                    ),
                }
                for n, tour in enumerate(self.plan.tours if self.plan else ())
            ],
            "marks": self._marks(frame, points),
            "hubs": [frame.xy(*points[hub.place]) for hub in self.problem.hubs if hub.place in points],
        }

    def _marks(self, frame: Frame, points: dict[str, tuple[float, float]]) -> list[dict[str, Any]]:
        found = []
        for told in self.tours:
            for row in told.rows:
                if row.at and row.pair[1] in points:
                    x, y = frame.xy(*points[row.pair[1]])
                    found.append({"x": x, "y": y, "tone": told.tone, "mark": row.mark, "name": row.name})
        return found


def _chain(problem: Problem, tour: Tour) -> list[str]:
    """The places of a tour, in order, hubs included."""
    place = {hub.id: hub.place for hub in problem.hubs}
    found = [place[tour.trips[0].start]]
    for trip in tour.trips:
        found += [*(visit.place for visit in trip.visits), place[trip.end]]
    return found


def ways(problem: Problem, tour: Tour) -> list[tuple[str, str]]:
    """From each place of a tour to the next."""
    return list(pairwise(_chain(problem, tour)))


def origin_of(row: RoundsPlan) -> str:
    return str(row.basis.get("origin", Origin.ESTIMATED))


def travel_of(pairs: Iterable[tuple[str, str]], row: RoundsPlan) -> str:
    """« estimé », « calculé », « corrigé », « calculé et corrigé »: of these ways of a plan."""
    corrected = {(str(a), str(b)) for a, b in row.corrected}
    told = {pair in corrected for pair in pairs} or {False}
    return " et ".join(Origin.CORRECTED if said else origin_of(row) for said in sorted(told))
