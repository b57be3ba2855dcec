"""From the season seen from above to whole half-beds, a few decisions at a time.

Seen from above, half-beds may be split without end: that answer is almost the right one. Each step settles
what is nearly settled, and lets everything else answer: families of each block, then crops of each farm, then
lots. A step costs a tenth of a second, because it starts from the last one.
"""

from collections import defaultdict
from collections.abc import Callable
from math import inf

import numpy as np

from ..problem import Problem
from .highs import Answer, Columns, Floats, Program
from .model import Model

# So much of the lots not yet whole is settled at once, and so many at least.
_SHARE, _FEW = 0.12, 5
_WHOLE = 1e-6
# Under so many half-beds times weeks, a crop is only a trace left by the view from above.
_TRACE = 0.5
# Weeks of plantings settled anew together, and seconds given to them.
_WINDOW, _TURN = 9, 8.0
# After this share of the time, families and crops go without trying others, and lots three times faster.
_HURRY = 0.6
# What a step may cost, in share of the whole, before another is tried.
_DEAR = 0.0008
# When time is over, what is settled is still answered: in this share of it, and a second at least.
_LAST = 0.1


class Dive:
    """`lower` and `upper` hold what is settled so far; `values` the last answer."""

    def __init__(self, problem: Problem, model: Model, costs: dict[int, float], seed: int) -> None:
        self.problem, self.model, self.costs, self.seed = problem, model, costs, seed
        self.lower, self.upper = np.array(model.lower), np.array(model.upper)
        self.areas = np.array(list(model.areas.values()), dtype=np.int64)
        crop, family = {o.id: o.crop for o in problem.options}, {c.id: c.family for c in problem.crops}
        weeks, farm = {o.id: o.weeks for o in problem.options}, {b.id: b.farm for b in problem.blocks}
        self.members: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for (block, option), x in model.areas.items():
            grown = model.grown.get((farm[block], crop[option]))
            for switch in (model.families.get((block, family[crop[option]])), grown):
                if switch is not None:
                    self.members[switch].append((x, weeks[option]))

    def run(self, values: Floats, spent: float, seconds_max: float) -> Floats | None:
        """Whole half-beds and their uses; None if nothing whole was found."""
        self.choose(values, spent, seconds_max)
        return self.lots()

    def choose(self, values: Floats, spent: float, seconds_max: float) -> None:
        """Families and crops are settled."""
        self.values, self.seconds, self.seconds_max = values, spent, seconds_max
        self.hurry = spent + (seconds_max - spent) * _HURRY
        self.last, self.objective = max((seconds_max - spent) * _LAST, 1.0), inf
        self._narrow()
        self._portfolio()
        self.narrowed = self.lower.copy(), self.upper.copy()

    def better(self, values: Floats, enough: float, seconds_max: float) -> Floats:
        """Nine weeks of plantings at a time are settled anew, until it is enough or too late."""
        program = Program(
            self.model,
            self.costs,
            seed=self.seed,
            lower=self.narrowed[0],
            upper=self.narrowed[1],
            spent=self.seconds,
        )
        program.whole(self.areas.tolist())
        weeks, step = len(self.problem.weeks), _WINDOW // 2 + 1
        first = {o.id: self.problem.weeks.index(o.week) for o in self.problem.options}
        planted = np.array([first[option] for _, option in self.model.areas])
        reached = sum(cost * values[x] for x, cost in self.costs.items())
        for start in range(0, weeks, step):
            left = seconds_max - program.seconds
            if reached <= enough or left < 1.0:
                break
            lower, upper = (bound.copy() for bound in self.narrowed)
            kept = self.areas[(planted - start) % weeks >= _WINDOW]
            lower[kept] = upper[kept] = np.round(values[kept])
            program.bounds(lower, upper)
            again = program.run(seconds_max=min(left, _TURN), gap=1e-4, start=values)
            if again.values is not None and again.objective < reached - 1e-6:
                values, reached = again.values, again.objective
        self.seconds = program.seconds
        return values

    def _smaller(self, costs: dict[int, float], *, crossover: bool = True) -> Program:
        """What is left of the season, seen from above again."""
        program = Program(
            self.model, costs, seed=self.seed, lower=self.lower, upper=self.upper, spent=self.seconds
        )
        if self.late:
            return program
        answer = program.run(seconds_max=self._left(), interior=True, crossover=crossover)
        if answer.values is not None:
            self.values, self.objective = answer.values, answer.objective
        self.seconds = program.seconds
        return program

    @property
    def late(self) -> bool:
        """From now on, what is known is all that will be: the rest is settled by it, then answered once."""
        return self.seconds > self.seconds_max

    def _left(self) -> float:
        return max(self.seconds_max - self.seconds, self.last)

    def _shut(self, switch: int) -> None:
        """A family that is not admitted, or a crop that is not grown, and all that depends on it."""
        self.upper[switch] = 0.0
        self.upper[[x for x, _ in self.members[switch]]] = 0.0

    def _answer(self) -> Answer:
        self.program.bounds(self.lower, self.upper)
        answer = self.program.run(seconds_max=self._left())
        self.seconds, self.objective = self.program.seconds, answer.objective
        if answer.values is not None:
            self.values = answer.values
        return answer

    def _use(self, switch: int) -> float:
        """Half-beds times weeks that depend on a family or a crop."""
        return float(sum(self.values[x] * weeks for x, weeks in self.members[switch]))

    def _groups(self) -> list[tuple[int, list[int]]]:
        """Switches that share a limit, and the limit: families of a block, crops of a farm."""
        found: list[tuple[int, list[int]]] = []
        for b in self.problem.blocks:
            mine = [s for (block, _), s in self.model.families.items() if block == b.id]
            found.append((max(b.families_max, int(sum(self.lower[mine]))), mine))
        for f in self.problem.farms:
            mine = [s for (farm, _), s in self.model.grown.items() if farm == f.id]
            found.append((max(f.crops_max, int(sum(self.lower[mine]))), mine))
        return found

    def _narrow(self) -> None:
        """Traces are let go at once; then the least used, a few at a time, so that others can answer."""
        groups = self._groups()
        for most, switches in groups:
            ranked = sorted(switches, key=lambda s: (-self._use(s), s))
            for switch in ranked[most:]:
                if self._use(switch) < _TRACE and not self.lower[switch]:
                    self._shut(switch)
        self.program = self._smaller(self.costs)
        while over := self._over(groups):
            self._let_go(sorted(over), max(1, len(groups) // 8))
        for switch in self.model.families.values():
            self.lower[switch] = self.upper[switch]

    def _over(self, groups: list[tuple[int, list[int]]]) -> list[list[tuple[float, int]]]:
        """Where there are still too many: those that may go, the least used first."""
        found = []
        for most, switches in groups:
            there = [s for s in switches if self.upper[s] > 0]
            if len(there) > most:
                found.append(sorted((self._use(s), s) for s in there if not self.lower[s]))
        return found

    def _let_go(self, over: list[list[tuple[float, int]]], count: int) -> None:
        """A few at once if it costs little; else one, whichever of the three least used costs least."""
        before, upper, hurried = self.objective, self.upper.copy(), self.seconds > self.hurry
        for spare in over if hurried else over[:count]:
            self._shut(spare[0][1])
        if self.late:
            return
        self._answer()
        if hurried or self.objective - before <= _DEAR * abs(before):
            return
        trials = []
        for _, switch in over[0][:3]:
            self.upper = upper.copy()
            self._shut(switch)
            self._answer()
            trials.append((self.objective, switch))
        self.upper = upper
        self._shut(min(trials)[1])
        self._answer()

    def _portfolio(self) -> None:
        """A crop that costs something to follow is grown if its area bears it: its cost is spread on it."""
        priced = {s: self.costs[s] for s in self.model.grown.values() if self.costs.get(s)}
        for _ in range(2 if priced else 0):
            costs = dict(self.costs)
            for switch, cost in priced.items():
                costs[switch] = 0.0
                area = sum(self.values[x] for x, _ in self.members[switch])
                for x, _ in self.members[switch]:
                    costs[x] = costs.get(x, 0.0) + cost / max(area, 0.5)
            self._smaller(costs, crossover=False)
        for switch in self.model.grown.values():
            if not self.lower[switch] and self._use(switch) < _TRACE:
                self._shut(switch)
            self.lower[switch] = self.upper[switch]
        self.program = self._smaller(self.costs)

    def lots(self) -> Floats | None:
        """Those most nearly whole first. When a step holds no more, its lots are cut down instead."""
        while not self.late:
            values = self.values[self.areas]
            open_ones = self.upper[self.areas] > self.lower[self.areas]
            away = np.abs(values - np.round(values))
            split = self.areas[open_ones & (away > _WHOLE)]
            if not len(split):
                return self._settled()
            whole = self.areas[open_ones & (away <= _WHOLE) & (values > 0.5)]
            nearest = np.argsort(np.abs(self.values[split] - np.round(self.values[split])), kind="stable")
            share = _SHARE if self.seconds < self.hurry else 3 * _SHARE
            chosen = split[nearest[: max(_FEW, int(len(split) * share))]]
            if not self._try(np.round, chosen, whole) and not self._try(np.floor, chosen, whole):
                break
        return self._cut()

    def _try(self, rounding: Callable[[Floats], Floats], chosen: Columns, whole: Columns) -> bool:
        lower, upper = self.lower.copy(), self.upper.copy()
        for columns, wanted in (
            (whole, np.round(self.values[whole])),
            (chosen, rounding(self.values[chosen])),
        ):
            self.lower[columns] = self.upper[columns] = np.clip(wanted, lower[columns], upper[columns])
        if self._answer().values is not None:
            return True
        self.lower, self.upper = lower, upper
        return False

    def _cut(self) -> Floats | None:
        """No time left: what is not whole is cut down, locks apart, and its uses are answered."""
        low, high = self.lower[self.areas], self.upper[self.areas]
        for wanted in (np.floor(self.values[self.areas] + _WHOLE), low):
            self.lower[self.areas] = self.upper[self.areas] = np.clip(wanted, low, high)
            if self._answer().values is not None:
                return self.values
        return None

    def _settled(self) -> Floats | None:
        """All areas whole and fixed: their uses are answered once more."""
        whole = np.round(self.values[self.areas])
        self.lower[self.areas] = self.upper[self.areas] = whole
        return None if self._answer().values is None else self.values
