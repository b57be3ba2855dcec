"""The independent judge: refused unless every rule holds and every count is true.

Nothing here is shared with `solve` or `timetable` but the words of the problem and of the plan. What it
finds is also what a person who moves a stop by hand is shown, with its amount.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from .plan import IMPOSSIBLE, Call, Lock, Plan, Tour, Trip, Visit
from .problem import Dimension, Hub, Problem, Stop, Transfer, Vehicle


@dataclass(frozen=True)
class Violation:
    """`amount` is in seconds, metres or the unit of a dimension, according to `kind`; 1 when it has none."""

    kind: str
    vehicle: str
    stop: str
    amount: int
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """Accepted when nothing is wrong; `cost` is counted again, from the order of the visits and the hours."""

    violations: tuple[Violation, ...]
    cost: int

    @property
    def accepted(self) -> bool:
        return not self.violations

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(v.sentence for v in self.violations)


def verify(problem: Problem, plan: Plan, locks: Sequence[Lock] = ()) -> Verdict:
    """Feasibility and cost, recomputed. An impossible day is judged too, and refused."""
    judge = _Judge(problem, plan)
    if plan.status == IMPOSSIBLE:
        judge.say("impossible", "Cette journée est impossible telle quelle\u202f: il n’y a rien à publier.")
    if judge.known():
        for tour in plan.tours:
            _TourJudge(judge, tour).judge()
        judge.served()
        judge.locks(locks)
    return Verdict(tuple(judge.wrong), judge.cost)


def _minutes(seconds: int) -> str:
    """Never « 0 min »: a started minute is a minute."""
    minutes = -(-seconds // 60)
    return f"{minutes}\u00a0min" if minutes < 60 else f"{minutes // 60}\u00a0h\u00a0{minutes % 60:02}"


def _clock(seconds: int) -> str:
    return f"{seconds // 3600}\u00a0h\u00a0{seconds % 3600 // 60:02}"


def _amount(quantity: int, dimension: Dimension) -> str:
    return f"{quantity}\u00a0{dimension.names if quantity > 1 else dimension.name}"


class _Judge:
    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem, self.plan = problem, plan
        self.wrong: list[Violation] = []
        self.cost = 0
        self.stop: dict[str, Stop] = {s.id: s for s in problem.stops}
        self.transfer: dict[str, Transfer] = {t.id: t for t in problem.transfers}
        self.vehicle: dict[str, Vehicle] = {v.id: v for v in problem.vehicles}
        self.hub: dict[str, Hub] = {h.id: h for h in problem.hubs}
        self.place = {place: n for n, place in enumerate(problem.places)}

    def say(self, kind: str, sentence: str, amount: int = 1, *, vehicle: str = "", stop: str = "") -> None:
        self.wrong.append(Violation(kind, vehicle, stop, amount, sentence))

    def known(self) -> bool:
        """What the plan names must exist: nothing else can be judged before that."""
        before = len(self.wrong)
        for tour in self.plan.tours:
            if tour.vehicle not in self.vehicle:
                self.say("unknown", f"Le véhicule {tour.vehicle} n’existe pas ce jour-là.")
            if not tour.trips or not all(trip.visits for trip in tour.trips):
                self.say("unknown", f"{tour.vehicle}\u202f: un voyage sans arrêt.")
            for trip in tour.trips:
                self._known_trip(trip)
        for left in self.plan.unserved:
            if left.stop not in self.stop and left.stop not in self.transfer:
                self.say("unknown", f"L’arrêt {left.stop} n’existe pas ce jour-là.")
        return len(self.wrong) == before

    def _known_trip(self, trip: Trip) -> None:
        if trip.start not in self.hub or trip.end not in self.hub:
            self.say("unknown", f"Une plateforme est inconnue\u202f: {trip.start} ou {trip.end}.")
        for visit in trip.visits:
            call = visit.call
            if (call.key not in self.stop or call.leg != "stop") and (
                call.key not in self.transfer or call.leg not in ("load", "drop")
            ):
                self.say("unknown", f"L’arrêt {call.key} ({call.leg}) n’existe pas ce jour-là.")
            sizes = {len(call.delivery), len(call.pickup), len(visit.load_after), len(trip.load)}
            if sizes != {len(self.problem.dimensions)}:
                self.say("unknown", f"L’arrêt {call.key} ne compte pas toutes les dimensions.")

    def name(self, key: str) -> str:
        job = self.stop.get(key) or self.transfer.get(key)
        return job.name if job else key

    def served(self) -> None:
        """Each order whole, once; only what is optional may be left."""
        calls: dict[str, list[Call]] = defaultdict(list)
        for tour in self.plan.tours:
            for trip in tour.trips:
                for visit in trip.visits:
                    calls[visit.call.key].append(visit.call)
        for stop in self.problem.stops:
            if calls[stop.id]:
                self._whole_order(stop, calls[stop.id])
            elif stop.worth is None:
                self.say("unserved", f"{stop.name} n’est pas desservi.", stop=stop.id)
        for transfer in self.problem.transfers:
            legs = Counter(call.leg for call in calls[transfer.id])
            if not legs and transfer.worth is None:
                self.say("unserved", f"{transfer.name} n’est pas transporté.", stop=transfer.id)
            if legs and legs != {"load": 1, "drop": 1}:
                said = f"{transfer.name}\u202f: une prise et une remise, ni plus ni moins."
                self.say("legs", said, stop=transfer.id)
        self._said(calls)

    def _said(self, calls: dict[str, list[Call]]) -> None:
        """What is left is said, once; a vehicle, or a van whatever its bulkhead, goes out once."""
        left = Counter(u.stop for u in self.plan.unserved)
        for key in (*self.stop, *self.transfer):
            if left[key] != (0 if calls[key] else 1):
                said = f"{self.name(key)}\u202f: le plan ne dit pas vrai sur ce qu’il laisse."
                self.say("unsaid", said, stop=key)
        vans = Counter(self.vehicle[t.vehicle].van or t.vehicle for t in self.plan.tours)
        for van, times in vans.items():
            if times > 1:
                self.say("twice", f"{van} sort {times} fois.", times - 1, vehicle=van)

    def _whole_order(self, stop: Stop, calls: list[Call]) -> None:
        """Its parts add up to the order, and none is empty."""
        for call in calls:
            if not any((*call.delivery, *call.pickup)) or min((*call.delivery, *call.pickup)) < 0:
                self.say("parts", f"{stop.name}\u202f: un passage pour rien.", stop=stop.id)
        for n, dimension in enumerate(self.problem.dimensions):
            for verb, asked, given in (
                ("livrer", stop.delivery[n], sum(c.delivery[n] for c in calls)),
                ("prendre", stop.pickup[n], sum(c.pickup[n] for c in calls)),
            ):
                much = _amount(abs(given - asked), dimension)
                if given > asked:
                    said = f"{stop.name}\u202f: {much} de trop à {verb}."
                    self.say("parts", said, given - asked, stop=stop.id)
                if given < asked:
                    said = f"{stop.name}\u202f: il manque {much} à {verb}."
                    self.say("parts", said, asked - given, stop=stop.id)

    def locks(self, locks: Sequence[Lock]) -> None:
        for lock in locks:
            name = self.vehicle[lock.vehicle].name if lock.vehicle in self.vehicle else lock.vehicle
            tours = {t.vehicle: t for t in self.plan.tours}
            if lock.kind == "tour":
                found = tours[lock.vehicle].calls if lock.vehicle in tours else ()
                kept = _orders(found) == _orders(lock.trips)
                said = f"{name}\u202f: la tournée gardée a changé."
            elif lock.kind == "vehicle":
                on_tour = {t.vehicle: {c.key for trip in t.calls for c in trip} for t in self.plan.tours}
                riders = {vehicle for vehicle, keys in on_tour.items() if keys & set(lock.stops)}
                kept = riders <= {lock.vehicle}
                said = f"{', '.join(map(self.name, lock.stops))}\u202f: doit rester avec {name}."
            else:
                kept = any(
                    tuple(keys[n : n + len(lock.stops)]) == lock.stops
                    for t in self.plan.tours
                    for trip in t.calls
                    for keys in [[c.key for c in trip]]
                    for n in range(len(keys))
                )
                said = f"L’ordre gardé n’est pas suivi\u202f: {', '.join(map(self.name, lock.stops))}."
            if not kept:
                self.say("lock", said, vehicle=lock.vehicle)


def _orders(trips: Sequence[Sequence[Call]]) -> list[list[tuple[object, ...]]]:
    return [[(c.key, c.leg, c.delivery, c.pickup) for c in trip] for trip in trips]


class _TourJudge:
    """One vehicle's shift, walked from its first loading to its last return."""

    def __init__(self, judge: _Judge, tour: Tour) -> None:
        self.all, self.tour = judge, tour
        self.vehicle = judge.vehicle[tour.vehicle]
        self.matrix = next(m for m in judge.problem.matrices if m.profile == self.vehicle.profile)
        self.metres = 0

    def say(self, kind: str, sentence: str, amount: int = 1, stop: str = "") -> None:
        self.all.say(kind, sentence, amount, vehicle=self.vehicle.id, stop=stop)

    def judge(self) -> None:
        before: Trip | None = None
        for trip in self.tour.trips:
            self.hubs(trip, before)
            self.loads(trip)
            self.hours(trip)
            for visit in trip.visits:
                self.visit(visit)
            self.pairs(trip)
            self.without_cold(trip)
            before = trip
        self.shift()
        self.breaks()
        self.money()

    def hubs(self, trip: Trip, before: Trip | None) -> None:
        """Loading at an open hub, once back and once everything is ready; back before it closes."""
        v, start, end = self.vehicle, self.all.hub[trip.start], self.all.hub[trip.end]
        last = trip is self.tour.trips[-1]
        right_start = v.start if before is None else v.reload_at
        if trip.start != right_start or (before and before.end != trip.start) or (last and trip.end != v.end):
            self.say("hub", f"{v.name}\u202f: ne part pas ou ne rentre pas où il faut.")
        opens = max(start.opens_s, v.from_s, before.return_s if before else 0)
        if trip.loading_s < opens:
            early = opens - trip.loading_s
            self.say("loading", f"{v.name}\u202f: chargement {_minutes(early)} trop tôt.", early)
        short = trip.loading_s + start.loading_s - trip.departure_s
        if short > 0:
            self.say("loading", f"{v.name}\u202f: il manque {_minutes(short)} pour charger.", short)
        if trip.loading_s > start.closes_s:
            late = trip.loading_s - start.closes_s
            self.say("closing", f"{v.name}\u202f: part {_minutes(late)} après la fermeture.", late)
        for visit in trip.visits:
            stop = self.all.stop.get(visit.call.key)
            if stop and any(visit.call.delivery) and trip.loading_s < stop.ready_s:
                early, ready = stop.ready_s - trip.loading_s, _clock(stop.ready_s)
                said = f"{stop.name}\u202f: chargé {_minutes(early)} avant d’être prêt ({ready})."
                self.say("ready", said, early, stop.id)
        late = trip.return_s - min(end.closes_s, v.until_s)
        if late > 0:
            self.say("closing", f"{v.name}\u202f: rentre {_minutes(late)} trop tard.", late)

    def loads(self, trip: Trip) -> None:
        """What leaves is what will be delivered; never above the capacity of any compartment."""
        dimensions = range(len(self.all.problem.dimensions))
        aboard = [sum(v.call.delivery[n] for v in trip.visits) for n in dimensions]
        self._loaded(aboard, trip.load, self.all.hub[trip.start].name, "")
        for visit in trip.visits:
            call = visit.call
            for n in dimensions:
                if call.leg == "stop":
                    aboard[n] += call.pickup[n] - call.delivery[n]
                else:
                    moved = self.all.transfer[call.key].amount[n]
                    aboard[n] += moved if call.leg == "load" else -moved
            self._loaded(aboard, visit.load_after, self.all.name(call.key), call.key)

    def _loaded(self, aboard: list[int], told: tuple[int, ...], where: str, stop: str) -> None:
        if tuple(aboard) != told:
            self.say("load", f"{where}\u202f: le chargement est mal compté.", stop=stop)
        for dimension, quantity, room in zip(
            self.all.problem.dimensions, aboard, self.vehicle.capacity, strict=True
        ):
            if quantity > room:
                much = _amount(quantity - room, dimension)
                said = f"{self.vehicle.name}, en quittant {where}\u202f: {much} de trop."
                self.say("capacity", said, quantity - room, stop)

    def hours(self, trip: Trip) -> None:
        """Nobody arrives before the road is done, nor leaves before the work is."""
        at, place = trip.departure_s, self.all.hub[trip.start].place
        for visit in trip.visits:
            self._road(place, visit.place, at, visit.arrival_s)
            if visit.start_s < visit.arrival_s or visit.departure_s < visit.start_s + self._service(visit):
                said = f"{self.all.name(visit.call.key)}\u202f: les heures se contredisent."
                self.say("hours", said, stop=visit.call.key)
            at, place = visit.departure_s, visit.place
        self._road(place, self.all.hub[trip.end].place, at, trip.return_s)

    def _road(self, a: str, b: str, leaves: int, arrives: int) -> None:
        i, j = self.all.place.get(a), self.all.place.get(b)
        if i is None or j is None:
            self.say("hours", f"De {a} à {b}\u202f: lieu inconnu.")
            return
        self.metres += self.matrix.distance_m[i][j]
        short = leaves + self.matrix.duration_s[i][j] + self._pause(leaves, arrives) - arrives
        if short > 0:
            self.say("hours", f"De {a} à {b}\u202f: il manque {_minutes(short)} de route.", short)

    def _pause(self, leaves: int, arrives: int) -> int:
        """Breaks are taken when leaving: between the end of a service and the next arrival."""
        inside = [p for p in self.tour.pauses if leaves <= p.start_s and p.end_s <= arrives]
        return sum(p.end_s - p.start_s for p in inside)

    def _service(self, visit: Visit) -> int:
        job = self.all.stop.get(visit.call.key)
        if job:
            return job.service_s
        transfer = self.all.transfer[visit.call.key]
        return (transfer.load if visit.call.leg == "load" else transfer.drop).service_s

    def visit(self, visit: Visit) -> None:
        """The right place, a window, the tags asked."""
        call, name = visit.call, self.all.name(visit.call.key)
        job = self.all.stop.get(call.key) or self.all.transfer[call.key]
        if isinstance(job, Stop):
            place, windows = job.place, job.windows
        else:
            end = job.load if call.leg == "load" else job.drop
            place, windows = end.place, (end.window,)
        if visit.place != place:
            self.say("place", f"{name}\u202f: ce n’est pas là.", stop=call.key)
        if not any(w.opens_s <= visit.start_s <= w.closes_s for w in windows):
            past = [w for w in windows if w.closes_s < visit.start_s]
            if past:
                late = visit.start_s - past[-1].closes_s
                said = f"{name}\u202f: arrivée {_minutes(late)} trop tard ({_clock(past[-1].closes_s)})."
                self.say("late", said, late, call.key)
            else:
                early = windows[0].opens_s - visit.start_s
                said = f"{name}\u202f: {_minutes(early)} avant l’ouverture ({_clock(windows[0].opens_s)})."
                self.say("early", said, early, call.key)
        missing = [tag for tag in job.tags if tag not in self.vehicle.tags]
        if missing:
            said = f"{name}\u202f: {self.vehicle.name} n’a pas «\u202f{', '.join(missing)}\u202f»."
            self.say("tags", said, len(missing), call.key)

    def pairs(self, trip: Trip) -> None:
        """A transfer is dropped on the trip that loaded it, after it was loaded."""
        loaded: set[str] = set()
        for visit in trip.visits:
            key = visit.call.key
            if visit.call.leg == "load":
                loaded.add(key)
            elif visit.call.leg == "drop" and key not in loaded:
                self.say("order", f"{self.all.name(key)}\u202f: remis avant d’être pris.", stop=key)
            elif visit.call.leg == "drop":
                loaded.discard(key)
        for key in loaded:
            self.say("order", f"{self.all.name(key)}\u202f: pris, jamais remis sur ce voyage.", stop=key)

    def without_cold(self, trip: Trip) -> None:
        """Minutes aboard, order by order, of what should be cold in a vehicle that is not."""
        if self.vehicle.cold:
            return
        loaded: dict[str, int] = {}
        for visit in trip.visits:
            key, transfer = visit.call.key, self.all.transfer.get(visit.call.key)
            if visit.call.leg == "load":
                loaded[key] = visit.departure_s
            elif transfer:
                self._aboard(key, transfer.amount, visit.start_s - loaded.get(key, visit.start_s))
            else:
                self._aboard(key, visit.call.delivery, visit.start_s - trip.departure_s)
                self._aboard(key, visit.call.pickup, trip.return_s - visit.departure_s)

    def _aboard(self, key: str, amounts: tuple[int, ...], aboard_s: int) -> None:
        for dimension, quantity in zip(self.all.problem.dimensions, amounts, strict=True):
            if quantity and dimension.without_cold_s is not None and aboard_s > dimension.without_cold_s:
                over = aboard_s - dimension.without_cold_s
                much = _amount(quantity, dimension)
                said = f"{self.all.name(key)}\u202f: {much} {_minutes(over)} de trop sans froid."
                self.say("cold", said, over, key)

    def shift(self) -> None:
        v = self.vehicle
        over = self.tour.duration_s - v.shift_s - v.overtime_s
        if over > 0:
            self.say("shift", f"{v.name}\u202f: journée de {_minutes(over)} de trop.", over)
        over = self.metres - v.range_m if v.range_m is not None else 0
        if over > 0:
            self.say("range", f"{v.name}\u202f: {-(-over // 1000)}\u00a0km au-delà de son autonomie.", over)
        if len(self.tour.trips) - 1 > v.reloads_max:
            more = len(self.tour.trips) - 1 - v.reloads_max
            said = f"{v.name}\u202f: {more} rechargement{'s' if more > 1 else ''} de trop."
            self.say("reloads", said, more)

    def breaks(self) -> None:
        """In one piece, at a standstill, long enough for the hours worked, never too late."""
        v, tour = self.vehicle, self.tour
        rest = sum(p.end_s - p.start_s for p in tour.pauses)
        longest = max((p.end_s - p.start_s for p in tour.pauses), default=0)
        due = v.break_due_s(tour.duration_s - rest)
        if longest < due:
            self.say("break", f"{v.name}\u202f: il manque {_minutes(due - longest)} de pause.", due - longest)
        for pause in tour.pauses:
            if pause.end_s < pause.start_s or not self._standstill(pause.start_s, pause.end_s):
                self.say("break", f"{v.name}\u202f: la pause de {_clock(pause.start_s)} n’a pas sa place.")
        edges = [tour.start_s, *(t for p in tour.pauses for t in (p.start_s, p.end_s)), tour.end_s]
        stretch = max(b - a for a, b in zip(edges[::2], edges[1::2], strict=True))
        if v.stretch_s is not None and stretch > v.stretch_s:
            over = stretch - v.stretch_s
            self.say("stretch", f"{v.name}\u202f: {_minutes(over)} de trop sans pause.", over)

    def _standstill(self, start: int, end: int) -> bool:
        """Neither loading nor serving: the break lies between a departure and the next arrival."""
        gaps = []
        for trip in self.tour.trips:
            edges = [(trip.departure_s, 0), *((v.departure_s, v.arrival_s) for v in trip.visits)]
            arrivals = [arrival for _, arrival in edges[1:]] + [trip.return_s]
            gaps += [(left, arrival) for (left, _), arrival in zip(edges, arrivals, strict=True)]
        return any(left <= start and end <= arrival for left, arrival in gaps)

    def money(self) -> None:
        """The day, the kilometres, the hours worked and those beyond the shift, from the euros again."""
        v, tour = self.vehicle, self.tour
        rest = sum(p.end_s - p.start_s for p in tour.pauses)
        over = max(0, tour.duration_s - v.shift_s)
        due = {
            "day": Decimal(v.day),
            "km": Decimal(v.km) * self.metres / 1000,
            "hours": Decimal(v.hour) * (tour.duration_s - rest) / 3600,
            "overtime": Decimal(v.overtime_hour) * over / 3600,
        }
        if any(abs(due[part] - getattr(tour.cost, part)) > Decimal("0.5") for part in due):
            self.say("cost", f"{v.name}\u202f: le coût est mal compté.")
        if self.metres != tour.distance_m:
            wrong = abs(self.metres - tour.distance_m)
            self.say("distance", f"{v.name}\u202f: les kilomètres sont mal comptés.", wrong)
        self.all.cost += tour.cost.total
