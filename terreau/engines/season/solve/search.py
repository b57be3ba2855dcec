"""The season seen from above, its bound and its prices; then whole half-beds; then beds."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from math import inf, isfinite

import numpy as np

from ..account import GRAM, Decisions, assemble
from ..plan import BEST_FOUND, IMPOSSIBLE, PROVED, Goal, Lot, Plan, Price
from ..problem import HALF, Lock, Problem
from ..reasons import price
from .beds import place
from .bound import bound
from .clash import Clash, add_locks, explain
from .dive import Dive
from .highs import Answer, Floats, Program, version
from .model import build, weigh, weights

Tell = Callable[[float, str], None]
_MICRO = Decimal("0.000001")
# Kilos under this are the solver's dust.
_DUST = 5e-4
# Up to so many whole columns, the exact way takes a second or two.
_SMALL = 300
# A bound held to the last digit is a bound the solver trips over.
_HIDDEN = 1e-6


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
    what is under way. Locks that clash give an impossible plan that names them.
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
        self.program: Program | None = None
        self.least, self.highest = -inf, inf

    @property
    def seconds(self) -> float:
        return self.program.seconds if self.program else 0.0

    def run(self, seconds_max: float, previous: Plan | None) -> Plan:
        self.tell(0.0, "Regarder la saison de haut")
        program = self.program = Program(self.model, self.costs, seed=self.seed)
        above = program.run(seconds_max=max(60.0, seconds_max), interior=True)
        if above.values is None:
            raise Clash(explain(self.problem, self.locks, self.seed))
        self.least = bound(self.model, self.costs, above.duals)
        prices = self._prices(above)
        if sum(self.model.integer) <= _SMALL:
            values = self._exact(program, seconds_max)
        else:
            self._wish(program, above)
            self.tell(0.4, "Choisir familles, légumes et lots")
            dive = Dive(self.problem, self.model, program, self.costs)
            values = dive.run(above.values, seconds_max * 0.9)
        if values is None:
            raise Clash(explain(self.problem, self.locks, self.seed))
        self.tell(0.9, "Placer les lots sur les planches")
        plan = assemble(self.problem, self._decisions(values), BEST_FOUND)
        self.tell(1.0, "Plan trouvé")
        return replace(self._judged(plan), prices=prices)

    def _exact(self, program: Program, seconds_max: float) -> Floats | None:
        """A small season: the whole is proven first, then the lowest income, then the whole with it."""
        lowest, t = self.model.lowest, self.problem.tolerances
        program.whole([n for n, whole in enumerate(self.model.integer) if whole])
        gap = float(t.gap) / 2
        best = program.run(seconds_max=seconds_max / 2, gap=gap)
        if best.values is None:
            return None
        self.least = max(self.least, best.bound)
        if lowest < 0 or not t.fairness:
            return best.values
        program.keep("kept", self.costs, best.objective + float(t.fairness) * abs(best.objective))
        program.costs({lowest: -1.0})
        lifted = program.run(seconds_max=seconds_max / 4, gap=gap, start=best.values)
        if lifted.values is None:
            return best.values
        self.highest = -lifted.bound
        level = np.array([lifted.values[lowest] - _HIDDEN * max(1.0, abs(lifted.values[lowest]))])
        program.bounds([lowest], level, np.array([inf]))
        program.costs(self.costs)
        last = program.run(seconds_max=seconds_max / 4, gap=gap, start=lifted.values)
        return lifted.values if last.values is None else last.values

    def _wish(self, program: Program, above: Answer) -> None:
        """How high the lowest income can be lifted for the share of the whole that may be given to it.

        The whole is then sought with that income as a wish, at twice what the last euro of it costs.
        """
        lowest, share = self.model.lowest, float(self.problem.tolerances.fairness)
        if lowest < 0 or not share:
            return
        self.tell(0.2, "Relever le plus bas revenu")
        program.keep("kept", self.costs, above.objective + share * abs(above.objective))
        program.costs({lowest: -1.0})
        lifted = program.run(seconds_max=60.0, interior=True)
        program.forget()
        if lifted.values is not None and lifted.complete:
            self.highest, worth = -lifted.objective, abs(lifted.duals[-1])
            self.costs[lowest] = -2.0 / worth if worth > _HIDDEN else 0.0
            self.model.upper[lowest] = self.highest
        program.costs(self.costs)

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
        bounds = {"total": -100 * (self.least + constant), "fairness": 100 * self.highest}
        goals = tuple(_proved(g, bounds.get(g.name, inf)) for g in plan.goals)
        whole = goals[0]
        proved = whole.gap is not None and whole.gap <= self.problem.tolerances.gap
        return replace(plan, goals=goals, status=PROVED if proved else BEST_FOUND)

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


def _proved(goal: Goal, found: float) -> Goal:
    """The goal with its bound, and how far the plan is from it."""
    if not isfinite(found):
        return goal
    exact = Decimal(repr(found)).quantize(_MICRO)
    gap = (max(Decimal(0), exact - goal.value) / max(abs(goal.value), goal.scale)).quantize(_MICRO)
    return replace(goal, bound=exact, gap=gap)
