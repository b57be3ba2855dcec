"""The season seen from above, its bound and its prices; then whole half-beds; then beds."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from math import inf

import numpy as np

from ..account import GRAM, Decisions, assemble
from ..plan import BEST_FOUND, IMPOSSIBLE, PROVED, Lot, Plan, Price
from ..problem import HALF, Lock, Problem
from ..reasons import price
from .apart import Apart
from .beds import place
from .bound import bound
from .clash import Clash, add_locks, explain
from .dive import Dive
from .highs import Answer, Floats, Program, version
from .model import build, weigh, weights, wish

Tell = Callable[[float, str], None]
_MICRO = Decimal("0.000001")
# Kilos under this are the solver's dust.
_DUST = 5e-4
# Up to so many whole columns, the exact way takes a second or two.
_SMALL = 300
# Beyond so many farms, each decides in turn: a descent over all of them at once would outlast its time.
_MANY = 12
# Half-beds that the view from above finds where all are taken: what they would bring is the price of more.
_TRACE = 0.02
# The share of the gap allowed under which nothing better is sought.
_NEAR = 0.98
# The share of the time left, once a plan is there, given to its bound; the plan has the rest.
_PROOF = 0.6
# The share of the time given to the view from above: past it, nothing whole could follow.
_VIEW = 0.8
# The share of the time that a last solve may still take when it is over, rather than lose what is there.
_LAST = 0.1


class NoPlanInTime(Exception):
    """Nothing whole was found in the time given; nothing says that there is nothing."""

    def __init__(self, seconds_max: float):
        super().__init__(
            f"Pas de plan trouvé en {seconds_max:.0f} s\u202f: donnez plus de temps, "
            "ou planifiez moins de fermes à la fois."
        )


def solve(
    problem: Problem,
    *,
    locks: Sequence[Lock] = (),
    previous: Plan | None = None,
    seconds_max: float = 60.0,
    seed: int = 0,
    progress: Tell | None = None,
) -> Plan:
    """The season's plan: promises, then the lowest income, variety, waste and ease, and the surplus of all.

    `previous`: a plan to start from, kept if nothing better is found. `progress` is told the share done and
    what is under way. Locks that clash give an impossible plan that names them; a lack of time is refused.
    """
    search = _Search(problem, locks, seed, progress or (lambda done, title: None))
    try:
        add_locks(problem, search.model, locks)
        plan = search.run(seconds_max, previous)
    except Clash as clash:
        plan = Plan(IMPOSSIBLE, clash=clash.sentences)
    seconds = Decimal(str(round(search.seconds, 3)))
    return replace(plan, solver="HiGHS", version=version(), seed=seed, seconds=seconds)


class _Search:
    def __init__(self, problem: Problem, locks: Sequence[Lock], seed: int, tell: Tell) -> None:
        self.problem, self.locks, self.seed, self.tell = problem, locks, seed, tell
        self.model = build(problem)
        self.costs = weigh(problem, self.model)
        self.seconds = 0.0
        self.least = -inf

    def run(self, seconds_max: float, previous: Plan | None) -> Plan:
        self.tell(0.0, "Regarder la saison de haut")
        program = Program(self.model, self.costs, seed=self.seed)
        small = sum(self.model.integer) <= _SMALL
        if not small:
            program.row_uppers(dict.fromkeys(self._full(), _TRACE))
        above = program.run(seconds_max=seconds_max * _VIEW, interior=True, crossover=small)
        self.seconds = program.seconds
        if not above.complete:
            raise NoPlanInTime(seconds_max)
        if above.values is None:
            left = seconds_max - self.seconds
            raise Clash(explain(self.problem, self.locks, self.seed, seconds_max=left))
        self.least = bound(self.model, self.costs, above.duals)
        prices = self._prices(above)
        if small:
            values = self._exact(program, seconds_max - self.seconds)
        elif len(self.problem.farms) > _MANY:
            values = self._apart(above, seconds_max)
        else:
            values = self._large(above.values, seconds_max)
        values = self._better(values, previous, seconds_max)
        if values is None:
            values = self._any(seconds_max)
        self.tell(0.9, "Placer les lots sur les planches")
        plan = assemble(self.problem, self._decisions(values), BEST_FOUND)
        self.tell(1.0, "Plan trouvé")
        return replace(self._judged(plan), prices=prices)

    def _full(self) -> list[int]:
        """Land rules that leave nothing: any price above its worth would do, and a billion is one."""
        land = [row for (family, *_), row in self.model.rows.items() if family == "land"]
        return [row for row in land if not self.model.row_upper[row]]

    def _exact(self, program: Program, seconds_max: float) -> Floats | None:
        """A small season, solved whole."""
        program.whole([n for n, whole in enumerate(self.model.integer) if whole])
        best = program.run(seconds_max=seconds_max, gap=float(self.problem.tolerances.gap) / 2)
        self.least, self.seconds = max(self.least, best.bound), program.seconds
        return best.values

    def _large(self, above: Floats, seconds_max: float) -> Floats | None:
        """The descent, then what the time left can better, and prove."""
        self.tell(0.4, "Choisir familles, légumes et lots")
        dive = Dive(self.problem, self.model, self.costs, self.seed)
        found = dive.run(above, self.seconds, seconds_max * 0.9)
        self.seconds = dive.seconds
        if found is not None:
            self._tighten(found, self.seconds + (seconds_max - self.seconds) * _PROOF)
            enough = self.least + float(self.problem.tolerances.gap) * self._size(found) * _NEAR
            self.tell(0.8, "Reprendre neuf semaines à la fois")
            dive.seconds = self.seconds
            found = dive.better(found, enough, seconds_max)
            self.seconds = dive.seconds
        return found

    def _apart(self, above: Answer, seconds_max: float) -> Floats | None:
        """Farm after farm, and a bound made of the best of each."""
        self.tell(0.4, "Laisser chaque ferme choisir, l’une après l’autre")
        apart = Apart(self.problem, self.model, self.costs, self.seed)
        found = apart.run(above, self.seconds, seconds_max)
        if found is not None:
            self.tell(0.7, "Prouver")
            allowed = float(self.problem.tolerances.gap) * self._size(found) * _NEAR
            reached = sum(cost * found[x] for x, cost in self.costs.items())
            proof = apart.seconds + (seconds_max - apart.seconds) * _PROOF
            self.least = max(self.least, apart.bound(above.duals, reached - allowed, proof))
            self.tell(0.8, "Reprendre une ferme à la fois")
            found = apart.better(found, self.least + allowed, seconds_max)
        self.seconds = apart.seconds
        return found

    def _any(self, seconds_max: float) -> Floats:
        """When the descent found nothing whole: any plan that holds."""
        program = Program(self.model, {}, seed=self.seed, spent=self.seconds)
        program.whole([n for n, whole in enumerate(self.model.integer) if whole])
        found = program.run(seconds_max=self._left(seconds_max))
        self.seconds = program.seconds
        if found.values is not None:
            return found.values
        if not found.complete:
            raise NoPlanInTime(seconds_max)
        raise Clash(("Aucun plan en demi-planches ne respecte ces verrous. Retirez-en un.",))

    def _left(self, seconds_max: float) -> float:
        """For one more solve."""
        return max(seconds_max - self.seconds, seconds_max * _LAST)

    def _size(self, values: Floats) -> float:
        """What the gap is measured against: the whole, without the lowest income."""
        others = (cost * values[x] for x, cost in self.costs.items() if x != self.model.lowest)
        return abs(float(sum(others)))

    def _better(self, values: Floats | None, previous: Plan | None, seconds_max: float) -> Floats | None:
        """The previous plan, with its uses sought again, if it still holds and is worth more."""
        if previous is None:
            return values
        areas = {(lot.block, lot.option): float(lot.beds / HALF) for lot in previous.lots}
        lower, upper = np.array(self.model.lower), np.array(self.model.upper)
        for key, x in self.model.areas.items():
            if not lower[x] <= areas.get(key, 0.0) <= upper[x]:
                return values
            lower[x] = upper[x] = areas.get(key, 0.0)
        program = Program(
            self.model, self.costs, seed=self.seed, lower=lower, upper=upper, spent=self.seconds
        )
        program.whole([*self.model.families.values(), *self.model.grown.values()])
        again = program.run(seconds_max=self._left(seconds_max))
        self.seconds = program.seconds
        worth = inf if values is None else sum(cost * values[x] for x, cost in self.costs.items())
        return again.values if again.objective < worth - 1e-6 else values

    def _tighten(self, values: Floats, seconds_max: float) -> None:
        """With families and crops whole, though not lots, the bound is nearer."""
        reached = sum(cost * values[x] for x, cost in self.costs.items())
        left, gap = seconds_max - self.seconds, float(self.problem.tolerances.gap)
        if left < 1.0 or reached - self.least <= gap * self._size(values):
            return
        self.tell(0.7, "Prouver")
        program = Program(self.model, self.costs, seed=self.seed, spent=self.seconds)
        program.whole([*self.model.families.values(), *self.model.grown.values()])
        # Told what is reached, it stops once the gap allowed is proven.
        allowed = _NEAR * gap * self._size(values) / max(abs(reached), 1e-9)
        answer = program.run(seconds_max=left, gap=allowed, start=values, bound_only=True)
        self.least, self.seconds = max(self.least, answer.bound), program.seconds

    def _decisions(self, values: Floats) -> Decisions:
        """Whole half-beds on their beds; kilos to the gram."""
        lots = []
        for (block, option), x in self.model.areas.items():
            if values[x] > 0.5:
                lots.append(Lot(f"{block}/{option}", block, option, HALF * round(values[x]), ()))
        flows = {
            key: Decimal(str(values[x])).quantize(GRAM)
            for key, x in self.model.flows.items()
            if values[x] > _DUST
        }
        return Decisions(place(self.problem, lots), flows)

    def _judged(self, plan: Plan) -> Plan:
        """The plan with its proofs; the constant is what stands in the ground or in store at first."""
        weight = weights(self.problem)
        constant = sum(weight[goal] * value for goal, value in self.model.constants.items())
        found = Decimal(repr(-100 * (self.least + constant))).quantize(_MICRO)
        whole, fairness = plan.goal("total"), Decimal(repr(wish(self.problem)))
        ahead = max(Decimal(0), found - whole.value)
        lowest = plan.goal("fairness").value if fairness else Decimal(0)
        size = max(abs(whole.value - fairness * lowest), whole.scale)
        seconds = Decimal(str(round(self.seconds, 3)))
        goals = [replace(whole, bound=found, gap=(ahead / size).quantize(_MICRO), seconds=seconds)]
        for goal in plan.goals[1:]:
            if goal.name == "fairness" and fairness:
                most = (goal.value + ahead / fairness).quantize(_MICRO)
                gap = (most - goal.value) / max(abs(goal.value), goal.scale)
                goals.append(replace(goal, bound=most, gap=gap.quantize(_MICRO)))
            else:
                goals.append(goal)
        proved = goals[0].gap is not None and goals[0].gap <= self.problem.tolerances.gap
        return replace(plan, goals=tuple(goals), status=PROVED if proved else BEST_FOUND)

    def _prices(self, above: Answer) -> tuple[Price, ...]:
        """What is scarce, seen from above, dearest first; under a euro nobody cares."""
        found = []
        units = {"hands": ("hours", 1), "land": ("land", 2), "families": ("families", 1)}
        units |= {"crops": ("crops", 1), "cold": ("cold", 1), "kitchen": ("kitchen", 1)}
        for (family, *key), row in self.model.rows.items():
            if family not in units or above.duals[row] >= -1e-6:
                continue
            kind, size = units[family]
            week = next((self.problem.weeks[k] for k in key if isinstance(k, int)), "")
            where = str(key[0]) if kind in ("hours", "land", "families", "crops") else ""
            cents = Decimal(str(-100 * size * above.duals[row])).quantize(Decimal("0.01"))
            found.append(price(self.problem, kind, where, week, cents))
        return tuple(sorted(found, key=lambda p: (-p.cents, p.kind, p.where, p.week)))
