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
from .leap import bounds, leap
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

    def run(self, seconds_max: float) -> Plan:
        """A large week leaps; if it finds nothing, or is small, the goals are climbed one by one."""
        by_hand = decide_by_hand(self.problem, self.locks)
        found = None if self.locks else assemble(self.problem, by_hand, BEST_FOUND)
        tolerances = self.problem.tolerances
        leapt = None
        strict = not min(tolerances.promises, tolerances.fairness, tolerances.baskets, tolerances.waste)
        if strict:
            self._whole_pieces()
        if sum(self.model.integer) > _SMALL and not strict:
            leapt = self._leap(found, seconds_max * 0.75)
            found = _better(found, leapt)
        if leapt is None:
            climbed = self._climb(found, seconds_max, _columns_of(self.model, by_hand))
            found = _better(found, climbed)
        self.tell(1.0, "Plan trouvé")
        return found or assemble(self.problem, by_hand, BEST_FOUND)

    def _whole_pieces(self) -> None:
        """Where nothing may be given back, pieces are whole from the start, not only once rounded."""
        unit = {p.id: p.unit for p in self.problem.products}
        pieces = {s.id for s in self.problem.supplies if unit[s.product] == "piece"}
        for key, column in self.model.flows.items():
            self.model.integer[column] = key[0] in pieces

    def _leap(self, by_hand: Plan | None, seconds_max: float) -> Plan | None:
        values, seconds = leap(
            self.problem,
            self.model,
            broken_max=_broken(by_hand) if by_hand else inf,
            seed=self.seed,
            seconds_max=seconds_max,
            tell=self.tell,
        )
        self.spent += seconds
        return None if values is None else self._weighed(values, {}, seconds_max / 8)

    def _climb(
        self, by_hand: Plan | None, seconds_max: float, start: Mapping[int, float] | Floats
    ) -> Plan | None:
        """Each goal is minimised from the last plan; what it reached, within tolerance, is kept after it."""
        tolerances, scales = self.problem.tolerances, goal_scales(self.problem)
        program, names = Program(self.model, seed=self.seed), goal_names(self.problem)
        proofs: dict[str, tuple[float, float]] = {}
        values: Floats | None = None
        for i, name in enumerate(names):
            kind, goal = kind_of(name), self.model.goals.get(name, {})
            self.tell(i / len(names), _TITLES[kind])
            scale, gap = float(scales[name]) / abs(UNIT[kind]), float(tolerances.gap) / 2
            left = seconds_max - self.spent
            answer = program.minimise(
                goal,
                start=start,
                gap_relative=gap,
                gap_absolute=gap * scale,
                seconds_max=max(0.1, left / 2 if i < len(names) - 1 else left),
            )
            self.spent += answer.seconds
            if answer.values is None:
                if answer.complete and values is None:
                    raise Clash(explain(self.problem, self.locks, self.seed))
                break
            values = start = answer.values
            if isfinite(answer.bound):
                proofs[name] = (UNIT[kind] * answer.bound, answer.seconds)
            if kind != "margin":
                slack = float(getattr(tolerances, kind)) * max(abs(answer.objective), scale)
                most = answer.objective + slack
                if by_hand and name == "promises":
                    most = min(most, max(answer.objective, _broken(by_hand)))
                most += FREE
                program.keep(name, goal, most)
        return None if values is None else self._weighed(values, proofs, max(1.0, seconds_max / 8))

    def _weighed(
        self, values: Floats, proofs: Mapping[str, tuple[float, float]], seconds_max: float
    ) -> Plan | None:
        """The plan in weighable quantities, with its proofs."""
        decisions, seconds = decide(self.problem, self.model, values, seed=self.seed, seconds_max=seconds_max)
        self.spent += seconds
        if decisions is None:
            return None
        plan = assemble(self.problem, decisions, BEST_FOUND)
        if not proofs:
            proofs = bounds(self.model, plan, seed=self.seed)
            self.spent += sum(s for _, s in proofs.values())
        goals = tuple(_proved(g, *proofs[g.name]) if g.name in proofs else g for g in plan.goals)
        enough = max(self.problem.tolerances.gap, Decimal("0.00001"))
        proved = all(g.gap is not None and g.gap <= enough for g in goals)
        return replace(plan, goals=goals, status=PROVED if proved else BEST_FOUND)


def _broken(plan: Plan) -> float:
    """The promises a plan breaks, in the model's unit."""
    return float(plan.goal("promises").value) / UNIT["promises"]


def _better(one: Plan | None, other: Plan | None) -> Plan | None:
    """The better plan, goal after goal; differences under a thousandth of a goal's scale do not count."""
    if one is None or other is None:
        return one or other
    for a, b in zip(one.goals, other.goals, strict=True):
        lead = (a.value - b.value) * (1 if UNIT[kind_of(a.name)] < 0 or a.name == "margin" else -1)
        if abs(lead) > a.scale / 1000:
            return one if lead > 0 else other
    return other


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
