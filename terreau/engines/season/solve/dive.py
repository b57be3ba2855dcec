"""From the season seen from above to whole half-beds, a few decisions at a time.

Seen from above, half-beds may be split without end: that answer is almost the right one. Each step settles
what is nearly settled, and lets everything else answer: families of each block, then crops of each farm, then
lots. A step costs a tenth of a second, because it starts from the last one.
"""

from collections import defaultdict
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ..problem import Problem
from .highs import Answer, Floats, Program
from .model import Model

# Families and crops are narrowed in so many steps; so much of the lots not yet whole is settled at once.
_ROUNDS, _SHARE, _FEW = 8, 0.1, 5
_WHOLE = 1e-6
Columns = npt.NDArray[np.int32]


class Dive:
    """`lower` and `upper` hold what is settled so far; `values` the last answer."""

    def __init__(self, problem: Problem, model: Model, program: Program, costs: dict[int, float]) -> None:
        self.problem, self.model, self.program, self.costs = problem, model, program, costs
        self.lower, self.upper = np.array(model.lower), np.array(model.upper)
        self.every = np.arange(len(self.lower), dtype=np.int32)
        self.areas = np.array(list(model.areas.values()), dtype=np.int32)
        crop, family = {o.id: o.crop for o in problem.options}, {c.id: c.family for c in problem.crops}
        weeks, farm = {o.id: o.weeks for o in problem.options}, {b.id: b.farm for b in problem.blocks}
        self.growing: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.members: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for (block, option), x in model.areas.items():
            grown = model.grown.get((farm[block], crop[option]))
            for switch in (model.families.get((block, family[crop[option]])), grown):
                if switch is not None:
                    self.members[switch].append((x, weeks[option]))

    def run(self, values: Floats, seconds_max: float) -> Floats | None:
        """Whole half-beds and their uses; None if nothing whole was found."""
        self.values = values
        self._narrow()
        self._portfolio()
        return self._lots(seconds_max)

    def _answer(self) -> Answer:
        self.program.bounds(self.every, self.lower, self.upper)
        answer = self.program.run(seconds_max=60.0)
        if answer.values is not None:
            self.values = answer.values
        return answer

    def _use(self, switch: int) -> float:
        """Half-beds times weeks that depend on a family or a crop."""
        return float(sum(self.values[x] * weeks for x, weeks in self.members[switch]))

    def _groups(self) -> list[tuple[int, list[int]]]:
        """Switches that share a limit: families of a block, crops of a farm."""
        most = {b.id: b.families_max for b in self.problem.blocks}
        most |= {f.id: f.crops_max for f in self.problem.farms}
        found: dict[str, list[int]] = defaultdict(list)
        for (where, _), switch in (*self.model.families.items(), *self.model.grown.items()):
            found[where].append(switch)
        limits = []
        for where, switches in found.items():
            held = sum(1 for s in switches if self.lower[s] > 0)
            limits.append((max(most[where], held), switches))
        return limits

    def _narrow(self) -> None:
        """The least used families of a block, and crops of a farm, are let go, an eighth at a time."""
        groups = [(most, switches) for most, switches in self._groups() if len(switches) > most]
        for step in range(1, _ROUNDS + 1):
            for most, switches in groups:
                open_ones = [s for s in switches if self.upper[s] > 0]
                target = most + int((len(open_ones) - most) * (1 - step / _ROUNDS))
                free = sorted((s for s in open_ones if not self.lower[s]), key=lambda s: (self._use(s), s))
                self.upper[free[: max(0, len(open_ones) - target)]] = 0.0
            self._answer()
        for most, switches in groups:
            for s in switches if most else ():
                if s in self.model.families.values():
                    self.lower[s] = self.upper[s]

    def _portfolio(self) -> None:
        """A crop that costs something to follow is grown if its area bears it: its cost is spread on it."""
        priced = {s: self.costs[s] for s in self.model.grown.values() if self.costs.get(s)}
        if priced:
            for _ in range(3):
                costs = dict(self.costs)
                for switch, cost in priced.items():
                    costs[switch] = 0.0
                    area = sum(self.values[x] for x, _ in self.members[switch])
                    for x, _ in self.members[switch]:
                        costs[x] = costs.get(x, 0.0) + cost / max(area, 0.5)
                self.program.costs(costs)
                self._answer()
            self.program.costs(self.costs)
        for switch in self.model.grown.values():
            used = any(self.values[x] > _WHOLE for x, _ in self.members[switch])
            if not self.lower[switch]:
                self.lower[switch] = self.upper[switch] = float(used and self.upper[switch] > 0)
            self.lower[switch] = self.upper[switch]
        self._answer()

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
            if self.program.seconds > seconds_max:
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
