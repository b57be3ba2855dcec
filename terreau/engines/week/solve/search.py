"""Goal after goal: the best value, its proof, then the next goal without giving the first one back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from math import inf, isfinite

from ..account import Decisions, assemble, goal_names, goal_scales
from ..greedy import decide as decide_by_hand
from ..plan import BEST_FOUND, IMPOSSIBLE, PROVED, Goal, Plan
from ..problem import Lock, Problem
from .clash import Clash, add_locks, explain
from .highs import FREE, Floats, Program, version
from .leap import cost_of, leap
from .model import UNIT, Model, build, kind_of
from .rounding import decide

Tell = Callable[[float, str], None]
_TITLES = {
    "promises": "Tenir les promesses",
    "fairness": "Être juste entre les fermes",
    "baskets": "Composer de bons paniers",
    "waste": "Perdre le moins possible",
    "margin": "Garder la meilleure marge",
}
# Below this many whole columns, going up goal by goal is exact and takes less than a second or two.
_SMALL = 150
# The share of the gap allowed under which the bound seen from above is proof enough.
_NEAR = 0.75
# The shares of the time after which the leap, then the climb, must have ended; weighing takes the rest.
_LEAP, _CLIMB = 0.55, 0.85
# What the rounding of a goal's value may hide, in its scale.
_HIDDEN = 1e-6
# The part of a goal's tolerance left to the rounding, which moves kilos but never what a basket holds.
_RESERVE = {"promises": 0.3, "fairness": 0.3, "waste": 0.3}
_MICRO = Decimal("0.000001")


def solve(
    problem: Problem,
    *,
    locks: Sequence[Lock] = (),
    seconds_max: float = 10.0,
    seed: int = 0,
    progress: Tell | None = None,
) -> Plan:
    """The week's plan: promises, then fairness, then good baskets, then least waste, then margin.

    `progress` is told the share done and the goal under way. Locks that clash give an impossible plan that
    names them. Whatever the time allowed, the plan keeps promises at least as well as the one made by hand.
    """
    search = _Search(problem, locks, seed, progress or (lambda done, title: None))
    try:
        add_locks(problem, search.model, locks)
        plan = search.run(seconds_max)
    except Clash as clash:
        plan = Plan(IMPOSSIBLE, clash=clash.sentences)
    return replace(plan, solver="HiGHS", version=version(), seed=seed, seconds=_seconds(search.spent))


class _Search:
    def __init__(self, problem: Problem, locks: Sequence[Lock], seed: int, tell: Tell) -> None:
        self.problem, self.locks, self.seed, self.tell = problem, locks, seed, tell
        self.model = build(problem)
        self.spent = 0.0
        self.values: Floats | None = None
        self.proofs: dict[str, tuple[float, float]] = {}
        self.kept: dict[str, float] = {}
        self.aimed: dict[str, float] = {}

    def run(self, seconds_max: float) -> Plan:
        """A large week leaps near all its goals at once; then each, in order, is bettered and proven."""
        by_hand = decide_by_hand(self.problem, self.locks)
        beaten = assemble(self.problem, by_hand, BEST_FOUND)
        broken_max = inf if self.locks else float(beaten.goal("promises").value) / UNIT["promises"]
        tolerances = self.problem.tolerances
        strict = not min(tolerances.promises, tolerances.fairness, tolerances.baskets, tolerances.waste)
        if strict:
            self._whole_pieces()
        elif sum(self.model.integer) > _SMALL:
            self._leap(broken_max, seconds_max * _LEAP)
        self._climb(_columns_of(self.model, by_hand), broken_max, seconds_max * _CLIMB)
        plan = self._weighed(broken_max, max(0.5, seconds_max / 10))
        worse = plan and not self.locks and plan.goal("promises").value > beaten.goal("promises").value
        plan = self._judged(beaten if plan is None or worse else plan)
        self.tell(1.0, "Plan trouvé")
        return plan

    def _whole_pieces(self) -> None:
        """Where nothing may be given back, pieces are whole from the start, not only once rounded."""
        unit = {p.id: p.unit for p in self.problem.products}
        pieces = {s.id for s in self.problem.supplies if unit[s.product] == "piece"}
        for key, column in self.model.flows.items():
            self.model.integer[column] = key[0] in pieces

    def _leap(self, broken_max: float, seconds_max: float) -> None:
        self.values, seconds = leap(
            self.problem,
            self.model,
            broken_max=broken_max,
            seed=self.seed,
            seconds_max=seconds_max,
            tell=self.tell,
        )
        self.spent += seconds

    def _climb(self, by_hand: Mapping[int, float], broken_max: float, seconds_max: float) -> None:
        """Each goal is brought near its bound; what it reached, within tolerance, is kept after it."""
        tolerances, names = self.problem.tolerances, goal_names(self.problem)
        exact, above = (Program(self.model, seed=self.seed, relaxed=relaxed) for relaxed in (False, True))
        for i, name in enumerate(names):
            kind, goal, scale = kind_of(name), self.model.goals.get(name, {}), self._scale(name)
            self.tell(i / len(names) if self.values is None else 0.5 + i / len(names) / 2, _TITLES[kind])
            left = seconds_max - self.spent
            share = left if name == names[-1] else left * 0.6
            reached, bound = self._near_bound(name, exact, above, by_hand, max(0.1, share))
            if self.values is None:
                return
            slack = float(getattr(tolerances, kind, 0)) * max(abs(reached), scale)
            reserve = _RESERVE.get(kind, 0.0) * slack
            most = max(reached + reserve, bound + slack)
            if name == "promises":
                most = min(most, max(reached, broken_max))
            self.kept[name] = most + FREE
            self.aimed[name] = max(reached, most - reserve) + FREE
            settled, settled_values = above.settle(self.model.yes_or_no, most + FREE)
            for program in (exact, above):
                program.keep(name, goal, most + FREE)
                program.fix(settled, settled_values)

    def _drawn_back(self, values: Floats) -> Floats:
        """The same choices, kilos moved so that each goal leaves the rounding its part of the tolerance."""
        near = self.model.copy()
        for column in [i for i, whole in enumerate(self.model.integer) if whole]:
            near.lower[column] = near.upper[column] = float(round(values[column]))
        for name, most in self.aimed.items():
            near.row(f"goal[{name}]", list(self.model.goals.get(name, {}).items()), -inf, most)
        answer = Program(near, seed=self.seed, relaxed=True).minimise(
            self.model.goals.get("margin", {}), seconds_max=10.0
        )
        self.spent += answer.seconds
        return values if answer.values is None else answer.values

    def _scale(self, name: str) -> float:
        return float(goal_scales(self.problem)[name]) / abs(UNIT[kind_of(name)])

    def _near_bound(
        self, name: str, exact: Program, above: Program, by_hand: Mapping[int, float], seconds_max: float
    ) -> tuple[float, float]:
        """What the goal reaches, and its bound: seen from above if that is near enough, else searched."""
        goal, scale, gap = (
            self.model.goals.get(name, {}),
            self._scale(name),
            float(self.problem.tolerances.gap),
        )
        seen = above.minimise(goal, seconds_max=10.0)
        bound, seconds = -inf if seen.values is None else seen.bound, seen.seconds
        reached = inf if self.values is None else cost_of(goal, self.values)
        if self.values is None or reached - bound > _NEAR * gap * max(abs(reached), scale):
            answer = exact.minimise(
                goal,
                start=by_hand if self.values is None else self.values,
                gap_relative=gap / 2,
                gap_absolute=gap / 2 * scale,
                seconds_max=seconds_max,
            )
            seconds += answer.seconds
            if answer.values is None and self.values is None and answer.complete:
                raise Clash(explain(self.problem, self.locks, self.seed))
            if answer.values is not None:
                self.values, reached, bound = answer.values, answer.objective, max(bound, answer.bound)
        self.spent += seconds
        if isfinite(bound):
            self.proofs[name] = (bound, seconds)
        return reached, bound

    def _weighed(self, broken_max: float, seconds_max: float) -> Plan | None:
        """The plan in weighable quantities, with every goal kept if it can be; None if time was too short."""
        if self.values is None:
            return None
        values = self._drawn_back(self.values)
        for kept in (self.kept, {"promises": broken_max}):
            decisions, seconds = decide(
                self.problem, self.model, values, kept=kept, seed=self.seed, seconds_max=seconds_max
            )
            self.spent += seconds
            if decisions is not None:
                return assemble(self.problem, decisions, BEST_FOUND)
        return None

    def _judged(self, plan: Plan) -> Plan:
        """The plan with its proofs; seen again from above where it gave back more than a proof allowed."""
        above = Program(self.model, seed=self.seed, relaxed=True)
        goals: list[Goal] = []
        held = True
        for goal in plan.goals:
            costs, unit = self.model.goals.get(goal.name, {}), UNIT[kind_of(goal.name)]
            if held and goal.name in self.proofs:
                bound, seconds = self.proofs[goal.name]
            else:
                answer = above.minimise(costs, seconds_max=10.0)
                bound, seconds = (-inf if answer.values is None else answer.bound), answer.seconds
                self.spent += seconds
            goals.append(_proved(goal, unit * bound, seconds) if isfinite(bound) else goal)
            hidden = _HIDDEN * max(1.0, float(goal.scale) / abs(unit))
            held = held and float(goal.value) / unit <= self.kept.get(goal.name, -inf) + hidden
            above.keep(goal.name, costs, float(goal.value) / unit + hidden)
        enough = max(self.problem.tolerances.gap, Decimal("0.00001"))
        proved = all(g.gap is not None and g.gap <= enough for g in goals)
        return replace(plan, goals=tuple(goals), status=PROVED if proved else BEST_FOUND)


def _columns_of(model: Model, decisions: Decisions) -> dict[int, float]:
    """The whole columns of a plan made by hand; HiGHS works out the others."""
    start = {y: float(decisions.portions.get(key[:2]) == key[2]) for key, y in model.portions.items()}
    start |= {n: float(decisions.batches.get(key, 0)) for key, n in model.batches.items()}
    served = {key[1:3] for key, quantity in decisions.flows.items() if quantity}
    taken = {key[0] for key, quantity in decisions.flows.items() if quantity}
    cooked = {f"{recipe},{day.isoformat()}" for (recipe, day), n in decisions.batches.items() if n}
    for (kind, name), switch in model.switches.items():
        on = {"demand": ("demand", name) in served, "offer": name in taken, "kitchen": name in cooked}[kind]
        start[switch] = float(on)
    return start


def _proved(goal: Goal, bound: float, seconds: float) -> Goal:
    """The goal with its bound, and how far the plan is from it."""
    exact = Decimal(repr(bound)).quantize(_MICRO)
    gap = (abs(goal.value - exact) / max(abs(goal.value), goal.scale)).quantize(_MICRO)
    return replace(goal, bound=exact, gap=gap, seconds=_seconds(seconds))


def _seconds(seconds: float) -> Decimal:
    return Decimal(str(round(seconds, 3)))
