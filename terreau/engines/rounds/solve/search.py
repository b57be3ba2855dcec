"""Seed after seed, and bulkhead after bulkhead: the best rounds found, judged before they are given back."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import product

from terreau.measures.french import format_decimal

from ..plan import BEST_FOUND, IMPOSSIBLE, Lock, Plan, Unserved
from ..problem import UNITS_PER_EURO, Problem, Vehicle
from ..timetable import Trade, by_hand
from ..verify import Violation, verify
from . import vrp
from .clash import explain, refused_alone
from .tasks import Clash, Day, prepare, told_safely

Tell = Callable[[float, str], None]
_CENT = Decimal("0.0001")
# Each position of each bulkhead is a search: beyond, say which one goes out.
_POSITIONS_MAX = 8


def solve(
    problem: Problem,
    *,
    locks: Sequence[Lock] = (),
    start: Plan | None = None,
    seconds_max: float | None = None,
    iterations: int | None = None,
    seed: int = 0,
    seeds: int = 2,
    progress: Tell | None = None,
) -> Plan:
    """The best rounds found in the time given (ten seconds, unless `iterations` or `seconds_max` say else).

    `seeds` searches share `seconds_max`, the first from `seed`; the better is kept, with the distance
    between the two. `start`: a former plan to begin from, so that the rest moves little. `progress` is told
    the share done. An impossible day says what must give way, and which limit binds.
    """
    if seconds_max is None and iterations is None:
        seconds_max = 10.0
    tell = progress or (lambda done, title: None)
    run = Run(problem, locks, start)
    try:
        days = run.days()
        each = None if seconds_max is None else seconds_max / (len(days) * max(1, seeds))
        budget = vrp.Budget(iterations, each)
        plan = run.best(days, budget, seed, seeds, tell)
    except Clash as clash:
        plan = Plan(IMPOSSIBLE, unserved=run.nothing(), clash=clash.sentences)
    tell(1.0, "Tournées trouvées" if plan.status == BEST_FOUND else "Journée impossible")
    spent = Decimal(run.seconds).quantize(_CENT)
    return replace(
        plan, solver="PyVRP", version=vrp.version(), seed=seed, iterations=run.iterations, seconds=spent
    )


class Run:
    def __init__(self, problem: Problem, locks: Sequence[Lock], start: Plan | None) -> None:
        self.problem, self.locks, self.start = problem, locks, start
        self.trade = Trade(problem)
        self.iterations, self.seconds = 0, 0.0

    def nothing(self) -> tuple[Unserved, ...]:
        names = [(s.id, s.name) for s in self.problem.stops] + [
            (t.id, t.name) for t in self.problem.transfers
        ]
        return tuple(Unserved(key, "clash", f"{name}\u202f: verrous à revoir.") for key, name in names)

    def days(self) -> list[Day]:
        """One for each position of the bulkheads."""
        day = prepare(self.problem, self.locks)
        vans: dict[str, list[Vehicle]] = {}
        for v in day.vehicles:
            vans.setdefault(v.van or f" {v.id}", []).append(v)
        choices = list(product(*vans.values()))
        if len(choices) > _POSITIONS_MAX:
            raise Clash(
                f"Cloisons\u202f: {len(choices)} positions possibles en tout. Choisissez-en pour certains "
                f"fourgons\u202f: {_POSITIONS_MAX} au plus se comparent."
            )
        if len(choices) == 1:
            return [day]
        return [
            prepare(replace(self.problem, vehicles=self._with_kept(day, chosen)), self.locks)
            for chosen in choices
        ]

    def _with_kept(self, day: Day, chosen: Sequence[Vehicle]) -> tuple[Vehicle, ...]:
        keep = {v.id for v in chosen} | {tour.vehicle for tour in day.kept}
        return tuple(v for v in self.problem.vehicles if v.id in keep)

    def best(self, days: Sequence[Day], budget: vrp.Budget, seed: int, seeds: int, tell: Tell) -> Plan:
        self._refuse_kept(days[0])
        best: tuple[int, Plan] | None = None
        for number, day in enumerate(days):
            if any(stop.worth is None for stop in day.too_large):
                continue
            costs = []
            for k in range(max(1, seeds)):
                tell((number * seeds + k) / (len(days) * seeds), f"Recherche {k + 1} sur {seeds}")
                plan = self.sound(day, budget, seed + k)
                if plan:
                    costs.append(self.objective(plan))
                    if best is None or costs[-1] < best[0]:
                        best = costs[-1], plan
            if best and costs and best[0] == min(costs):
                best = best[0], replace(best[1], spread=_spread(costs, seeds))
        if best:
            return best[1]
        tell(1.0, "Chercher ce qui doit céder")
        return explain(self, days, budget.share(2), seed)

    def _refuse_kept(self, day: Day) -> None:
        """A kept tour that breaks a rule is said at once: nothing can be built around it."""
        plan = by_hand(self.problem, [(tour.vehicle, tour.calls) for tour in day.kept])
        wrong = [v for v in verify(self.problem, plan).violations if v.vehicle]
        if wrong:
            raise Clash("Une tournée gardée ne tient pas.", *(v.sentence for v in wrong))

    def objective(self, plan: Plan) -> int:
        """What the tours cost, and what is left."""
        worth = {s.id: s.worth or 0 for s in self.problem.stops}
        worth |= {t.id: t.worth or 0 for t in self.problem.transfers}
        return plan.cost + sum(worth[u.stop] for u in plan.unserved)

    def sound(self, day: Day, budget: vrp.Budget, seed: int, prize: int | None = None) -> Plan | None:
        """The best plan that `verify` accepts, over the ways of telling the day to the solver."""
        tellings = told_safely(self.trade, day)
        share = budget.share(len(tellings))
        plans = [plan for told in tellings if (plan := self._sound(told, share, seed, prize))]
        return min(plans, key=lambda p: (self._left(p), self.objective(p)), default=None)

    def _left(self, plan: Plan) -> int:
        return sum(self.trade.job(u.stop).worth is None for u in plan.unserved)

    def _sound(self, day: Day, budget: vrp.Budget, seed: int, prize: int | None) -> Plan | None:
        """A plan that `verify` accepts. Breaks and time without cold are ours, not the solver's: where they
        do not fit, it searches again, for a shift without break, or without cold crates in that vehicle.
        """
        short: set[str] = set()
        warm: set[str] = set()
        for attempt in range(3):
            tight = replace(day, vehicles=tuple(self._tight(v, short, warm) for v in day.vehicles))
            found = vrp.search(self.trade, tight, budget=budget, seed=seed, start=self.start, prize=prize)
            if found is None:
                return None
            self.iterations += found.iterations
            self.seconds += found.seconds
            kept = [(tour.vehicle, tour.calls) for tour in day.kept]
            plan = by_hand(self.problem, [*kept, *found.orders])
            wrong = self._wrong(plan, prize is not None)
            if not wrong:
                return self._told(day, plan)
            everyone = {v.id for v in day.vehicles}
            short |= everyone if attempt else {v.vehicle for v in wrong if v.kind != "cold"}
            warm |= everyone if attempt else {v.vehicle for v in wrong if v.kind == "cold"}
        return None

    def _wrong(self, plan: Plan, may_leave: bool) -> list[Violation]:
        wrong = verify(self.problem, plan, self.locks).violations
        leaving = ("unserved", "parts", "legs", "lock") if may_leave else ()
        return [v for v in wrong if v.kind not in leaving]

    def _tight(self, v: Vehicle, short: set[str], warm: set[str]) -> Vehicle:
        due = v.break_due_s(v.shift_s + v.overtime_s)
        if v.id in warm and not v.cold:
            limits = [d.without_cold_s for d in self.problem.dimensions]
            room = tuple(0 if limit is not None else c for c, limit in zip(v.capacity, limits, strict=True))
            v = replace(v, capacity=room if any(room) else v.capacity)
        if v.id in short and (v.breaks or v.stretch_s is not None):
            longest = min([r.over_s for r in v.breaks] + ([] if v.stretch_s is None else [v.stretch_s]))
            shift = min(v.shift_s, longest)
            return replace(v, shift_s=shift, overtime_s=min(v.overtime_s, longest - shift))
        if due:
            spare = min(due, v.shift_s)
            return replace(v, shift_s=v.shift_s - spare)
        return v

    def _told(self, day: Day, plan: Plan) -> Plan:
        """Each optional stop left, and why."""
        left = []
        for unserved in plan.unserved:
            job = self.trade.job(unserved.stop)
            alone = refused_alone(self.problem, day, job)
            worth = format_decimal(Decimal(job.worth or 0) / UNITS_PER_EURO, places=2)
            said = f"{job.name}\u202f: laissé, le servir coûterait plus que les {worth}\u00a0€ qu’il vaut."
            left.append(Unserved(job.id, "alone" if alone else "worth", alone or said))
        return replace(plan, status=BEST_FOUND, unserved=tuple(left))


def _spread(costs: Sequence[int], seeds: int) -> Decimal | None:
    """How much worse the worst of the seeds was; None if one of them found nothing, or none was compared."""
    if len(costs) < max(2, seeds) or not min(costs):
        return None
    return (Decimal(max(costs) - min(costs)) / min(costs)).quantize(Decimal("0.000001"))
