"""From the season seen from above to whole half-beds, a few decisions at a time.

Seen from above, half-beds may be split without end: that answer is almost the right one. Each step settles
what is nearly settled, and lets everything else answer: families of each block, then crops of each farm, then
lots. A step costs a tenth of a second, because it starts from the last one.
"""

from collections import defaultdict
from collections.abc import Callable

import numpy as np

from ..problem import Problem
from .highs import Answer, Columns, Floats, Program
from .model import Model

# So much of the lots not yet whole is settled at once, and so many at least.
_SHARE, _FEW = 0.12, 5
_WHOLE = 1e-6
# Under so many half-beds times weeks, a crop is only a trace left by the view from above.
_TRACE = 0.5


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
        self.values, self.seconds = values, spent
        self._narrow()
        self._portfolio()
        return self._lots(seconds_max)

    def _smaller(self, costs: dict[int, float], *, crossover: bool = True) -> Program:
        """What is left of the season, seen from above again."""
        program = Program(
            self.model, costs, seed=self.seed, lower=self.lower, upper=self.upper, spent=self.seconds
        )
        answer = program.run(seconds_max=60.0, interior=True, crossover=crossover)
        if answer.values is not None:
            self.values = answer.values
        self.seconds = program.seconds
        return program

    def _shut(self, switch: int) -> None:
        """A family that is not admitted, or a crop that is not grown, and all that depends on it."""
        self.upper[switch] = 0.0
        self.upper[[x for x, _ in self.members[switch]]] = 0.0

    def _answer(self) -> Answer:
        self.program.bounds(self.lower, self.upper)
        answer = self.program.run(seconds_max=60.0)
        self.seconds = self.program.seconds
        if answer.values is not None:
            self.values = answer.values
        return answer

    def _use(self, switch: int) -> float:
        """Half-beds times weeks that depend on a family or a crop."""
        return float(sum(self.values[x] * weeks for x, weeks in self.members[switch]))

    def _groups(self) -> list[tuple[int, list[int]]]:
        """Switches that share a limit, and the limit: families of a block, crops of a farm."""
        most = {b.id: b.families_max for b in self.problem.blocks}
        most |= {f.id: f.crops_max for f in self.problem.farms}
        found: dict[str, list[int]] = defaultdict(list)
        for (where, _), switch in (*self.model.families.items(), *self.model.grown.items()):
            found[where].append(switch)
        return [
            (max(most[where], sum(1 for s in switches if self.lower[s])), switches)
            for where, switches in found.items()
        ]

    def _narrow(self) -> None:
        """Traces are let go at once; then the least used, a few at a time, so that others can answer."""
        groups = self._groups()
        for most, switches in groups:
            ranked = sorted(switches, key=lambda s: (-self._use(s), s))
            for switch in ranked[most:]:
                if self._use(switch) < _TRACE and not self.lower[switch]:
                    self._shut(switch)
        self.program = self._smaller(self.costs)
        while True:
            over = [
                sorted((self._use(s), s) for s in there if not self.lower[s])
                for most, switches in groups
                if len(there := [s for s in switches if self.upper[s] > 0]) > most
            ]
            if not over:
                break
            for spare in sorted(over)[: max(1, len(groups) // 8)]:
                self._shut(spare[0][1])
            self._answer()
        for switch in self.model.families.values():
            self.lower[switch] = self.upper[switch]

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

    def _lots(self, seconds_max: float) -> Floats | None:
        """Those most nearly whole first. When a step holds no more, its lots are cut down instead."""
        while True:
            values = self.values[self.areas]
            open_ones = self.upper[self.areas] > self.lower[self.areas]
            away = np.abs(values - np.round(values))
            split = self.areas[open_ones & (away > _WHOLE)]
            if not len(split):
                return self._settled()
            whole = self.areas[open_ones & (away <= _WHOLE) & (values > 0.5)]
            if self.seconds > seconds_max:
                return self._cut(split, whole)
            nearest = np.argsort(np.abs(self.values[split] - np.round(self.values[split])), kind="stable")
            chosen = split[nearest[: max(_FEW, int(len(split) * _SHARE))]]
            if not self._try(np.round, chosen, whole) and not self._try(np.floor, chosen, whole):
                return None

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

    def _cut(self, split: Columns, whole: Columns) -> Floats | None:
        """No time left: what is not whole is cut down."""
        return self._settled() if self._try(np.floor, split, whole) else None

    def _settled(self) -> Floats | None:
        """All areas whole and fixed: their uses are answered once more."""
        whole = np.round(self.values[self.areas])
        self.lower[self.areas] = self.upper[self.areas] = whole
        return None if self._answer().values is None else self.values
