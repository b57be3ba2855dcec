"""Many farms: each decides for itself at the prices of the territory, in turn.

Farms only meet in a few rules: flows, baskets, promises, stores, the lowest income. At given prices for
these rules, the season falls apart into as many small seasons as there are farms, and the best of each makes
a bound on the whole, whatever the prices. To get one plan out of them, each farm is also told what the view
from above expects of it; what it lacks of a crop and week, or has over, is handed on to the next one.
"""

from dataclasses import dataclass, replace
from math import inf

import numpy as np
import numpy.typing as npt

from ..problem import Problem
from .bound import bound, least, owners, reduced, usable
from .dive import Dive
from .highs import Answer, Columns, Floats, Program
from .model import SHARED, Model

# A kilo more than expected of a farm loses so much of its price; one less costs it as much.
_ASIDE = 0.3
# The share of the time for families and crops, that for lots, and that which answers all farms a last time.
_CHOOSE, _LOTS, _LAST = 0.7, 0.9, 0.1
# Seconds given to a farm whose lots are settled anew.
_TURN = 8.0


@dataclass(frozen=True)
class Part:
    """Decisions that rules of their own tie together: a farm. Its columns, and its own season.

    In the season of a farm that has a lowest income to reach, that column and its rule come last.
    """

    columns: Columns
    season: Model
    floor: bool


def parts(model: Model) -> tuple[tuple[Part, ...], Columns]:
    """The farms, and the decisions of none: baskets, promises, stores, the lowest income."""
    owner, rows = owners(model), np.array(model.indices, dtype=np.int64)
    own = ~named(model, *SHARED)
    columns, ties = owner[own[rows]], rows[own[rows]]
    nobody = len(model.row_names)
    label = np.arange(nobody)
    while True:
        of_column = np.full(len(model.column_names), nobody)
        np.minimum.at(of_column, columns, label[ties])
        joined = label.copy()
        np.minimum.at(joined, ties, of_column[columns])
        if np.array_equal(joined, label):
            break
        label = joined
    terms, floors = (owner, rows, np.array(model.values)), named(model, "lowest")
    found = []
    for n in np.unique(of_column[of_column < nobody]):
        mine, rules = np.flatnonzero(of_column == n), np.flatnonzero((label == n) & own)
        floor = np.unique(rows[floors[rows] & (of_column[owner] == n)])
        all_mine = np.append(mine, model.lowest) if len(floor) else mine
        season = _piece(model, terms, all_mine, np.append(rules, floor))
        found.append(Part(mine, season, bool(len(floor))))
    return tuple(found), np.flatnonzero(of_column == nobody)


def named(model: Model, *families: str) -> npt.NDArray[np.bool_]:
    """Which rows are of these families."""
    return np.array([name.split("[")[0] in families for name in model.row_names], dtype=bool)


def _piece(model: Model, terms: tuple[Columns, Columns, Floats], columns: Columns, rows: Columns) -> Model:
    """These columns in these rows, numbered anew."""
    owner, indices, values = terms
    row_place, place = np.full(len(model.row_names), -1), np.full(len(model.column_names), -1)
    row_place[rows], place[columns] = np.arange(len(rows)), np.arange(len(columns))
    inside = np.flatnonzero((place[owner] >= 0) & (row_place[indices] >= 0))
    inside = inside[np.argsort(place[owner[inside]], kind="stable")]
    lengths = np.bincount(place[owner[inside]], minlength=len(columns))
    small = Model(
        [model.row_names[r] for r in rows],
        [model.row_lower[r] for r in rows],
        [model.row_upper[r] for r in rows],
        [model.column_names[x] for x in columns],
        [model.lower[x] for x in columns],
        [model.upper[x] for x in columns],
        [model.integer[x] for x in columns],
        (np.cumsum(lengths) - lengths).tolist(),
        row_place[indices[inside]].tolist(),
        values[inside].tolist(),
    )
    for name in ("areas", "families", "grown"):
        there = {key: int(place[x]) for key, x in getattr(model, name).items() if place[x] >= 0}
        getattr(small, name).update(there)
    return small


@dataclass(frozen=True)
class _View:
    """What the season seen from above tells a farm: costs once what it shares is paid for, what a kilo more
    or less than expected costs, and the lowest income of all."""

    values: Floats
    left: Floats
    aside: Floats
    lowest: float


class Apart:
    """`lower` and `upper` hold what is settled so far; `seconds`, what was spent in the solver."""

    def __init__(self, problem: Problem, model: Model, costs: dict[int, float], seed: int) -> None:
        self.problem, self.model, self.costs, self.seed = problem, model, costs, seed
        self.lower, self.upper = np.array(model.lower), np.array(model.upper)
        self.areas = np.array(list(model.areas.values()), dtype=np.int64)
        self.switches = np.array([*model.families.values(), *model.grown.values()], dtype=np.int64)
        self.parts, self.nobody = parts(model)
        self.shared, self.seconds = named(model, *SHARED), 0.0
        weeks = {week: t for t, week in enumerate(problem.weeks)}
        # The flow that each picking feeds.
        self.flow = np.full(len(model.column_names), -1)
        for key, x in model.flows.items():
            if key[0] == "picked":
                self.flow[x] = model.rows["flow", key[2], weeks[key[3]]]

    def run(self, above: Answer, spent: float, seconds_max: float) -> Floats | None:
        """Families and crops of each farm; prices again; its lots; None if nothing whole was found."""
        self.seconds, lots = spent, seconds_max * _LOTS
        # Seen from above for long, families and lots share alike what is left.
        chosen = self._in_turn(above, max(seconds_max * _CHOOSE, (spent + lots) / 2), lots=False)
        self.narrowed = self.lower.copy(), self.upper.copy()
        again = self._whole_season(seconds_max) if chosen else above
        if again.values is None or not self._in_turn(again, lots, lots=True):
            return None
        return self._whole_season(seconds_max).values

    def better(self, values: Floats, enough: float, seconds_max: float) -> Floats:
        """The lots of one farm at a time are settled anew, those of the others kept, if there is time."""
        reached = sum(cost * values[x] for x, cost in self.costs.items())
        for part in sorted((p for p in self.parts if p.season.areas), key=lambda p: len(p.columns)):
            if reached <= enough or seconds_max - self.seconds < 1.0:
                break
            mine = np.intersect1d(part.columns, np.append(self.areas, self.switches))
            lower, upper = self.lower.copy(), self.upper.copy()
            lower[mine], upper[mine] = self.narrowed[0][mine], self.narrowed[1][mine]
            bounds = {"lower": lower, "upper": upper}
            program = Program(self.model, self.costs, seed=self.seed, spent=self.seconds, **bounds)
            program.whole(np.intersect1d(mine, self.areas).tolist())
            left = min(seconds_max - self.seconds, _TURN)
            again = program.run(seconds_max=left, gap=1e-4, start=values)
            self.seconds = program.seconds
            if again.values is not None and again.objective < reached - 1e-6:
                values, reached = again.values, again.objective
                lots = np.intersect1d(part.columns, self.areas)
                self.lower[lots] = self.upper[lots] = np.round(values[lots])
        return values

    def _whole_season(self, seconds_max: float) -> Answer:
        """All farms together, with what is settled."""
        bounds = {"lower": self.lower, "upper": self.upper}
        program = Program(self.model, self.costs, seed=self.seed, spent=self.seconds, **bounds)
        left = max(seconds_max - self.seconds, seconds_max * _LAST)
        answer = program.run(seconds_max=left, interior=True, crossover=False)
        self.seconds = program.seconds
        return answer

    def _in_turn(self, above: Answer, seconds_max: float, *, lots: bool) -> bool:
        """The largest farm first; False if one of them found nothing whole."""
        view = self._view(above)
        over = np.zeros(len(self.model.row_names))
        order = sorted((p for p in self.parts if p.season.areas), key=lambda p: -len(p.columns))
        for n, part in enumerate(order):
            picked = part.columns[self.flow[part.columns] >= 0]
            wished = view.values[picked] - over[self.flow[picked]]
            share = (seconds_max - self.seconds) / (len(order) - n)
            given = self._decide(part, view, wished, share, lots=lots)
            if given is None:
                return False
            over[self.flow[picked]] = given - wished
        return True

    def _view(self, above: Answer) -> _View:
        assert above.values is not None
        prices = np.where(self.shared, usable(self.model, above.duals), 0.0)
        prices[named(self.model, "lowest")] = 0.0
        aside = np.where(self.flow >= 0, _ASIDE * np.abs(prices[self.flow]), 0.0)
        lowest = above.values[self.model.lowest] if self.model.lowest >= 0 else 0.0
        return _View(above.values, reduced(self.model, self.costs, prices), aside, float(lowest))

    def _decide(
        self, part: Part, view: _View, wished: Floats, seconds_max: float, *, lots: bool
    ) -> Floats | None:
        """What one farm picks, told what is expected of it; None if nothing whole was found."""
        season, costs = self._expected(part, view, wished)
        program = Program(season, costs, seed=self.seed, spent=self.seconds)
        until = self.seconds + seconds_max
        start = program.run(seconds_max=max(seconds_max, 1.0), interior=True, crossover=False)
        self.seconds = program.seconds
        if start.values is None:
            return None
        dive = Dive(self._farm(season), season, costs, self.seed)
        dive.choose(start.values, self.seconds, until)
        found = dive.lots() if lots else dive.values
        self.seconds = dive.seconds
        if found is None:
            return None
        settled = self.areas if lots else np.append(self.areas, self.switches)
        at = np.flatnonzero(np.isin(part.columns, settled))
        low, high = (np.round(found), np.round(found)) if lots else dive.narrowed
        self.lower[part.columns[at]], self.upper[part.columns[at]] = low[at], high[at]
        beyond = found[len(part.season.column_names) :]
        expected: Floats = found[np.flatnonzero(self.flow[part.columns] >= 0)]
        return expected + beyond

    def _farm(self, season: Model) -> Problem:
        """The blocks of this season and their farm: what its dive must know."""
        blocks = {block for block, _ in season.areas}
        mine = tuple(b for b in self.problem.blocks if b.id in blocks)
        farms = {b.farm for b in mine}
        kept = tuple(f for f in self.problem.farms if f.id in farms)
        return replace(self.problem, farms=kept, blocks=mine, fixed=())

    def _expected(self, part: Part, view: _View, wished: Floats) -> tuple[Model, dict[int, float]]:
        """The farm's season at the prices of what it shares; no income counts beyond the lowest of all.

        What it picks is worth a little more than its price up to what is expected, a little less beyond.
        """
        own, count = part.season, len(part.columns)
        costs = dict(enumerate(view.left[part.columns].tolist()))
        lower, upper = self.lower[part.columns].tolist(), self.upper[part.columns].tolist()
        if part.floor:
            costs[count] = self.costs[self.model.lowest]
            lower.append(self.model.lower[self.model.lowest])
            upper.append(view.lowest)
        season = replace(own, lower=lower, upper=upper)
        for name in ("column_names", "integer", "starts", "indices", "values"):
            setattr(season, name, list(getattr(own, name)))
        season.goals = {goal: {} for goal in own.goals}
        for n, kilos in zip(np.flatnonzero(self.flow[part.columns] >= 0).tolist(), wished, strict=True):
            aside, here = view.aside[part.columns[n]], min(max(float(kilos), 0.0), upper[n])
            terms = range(own.starts[n], [*own.starts, len(own.indices)][n + 1])
            entries = [(own.indices[k], own.values[k]) for k in terms]
            more = season.column(f"more {own.column_names[n]}", upper[n] - here, entries)
            season.upper[n], costs[n], costs[more] = here, costs[n] - aside, costs[n] + aside
        return season, costs

    def bound(self, duals: Floats, enough: float, seconds_max: float) -> float:
        """The least that all plans cost at these prices: each farm does its best, families and crops whole.

        True whatever the prices: what farms share is only paid for. `enough`: no more is asked for.
        """
        prices = np.where(self.shared, usable(self.model, duals), 0.0)
        left = reduced(self.model, self.costs, prices)
        lower, upper = np.array(self.model.lower), np.array(self.model.upper)
        total = least(prices, np.array(self.model.row_lower), np.array(self.model.row_upper))
        total += least(left[self.nobody], lower[self.nobody], upper[self.nobody])
        programs, bests = [], []
        for part in sorted(self.parts, key=lambda p: len(p.columns)):
            # Its lowest income is paid for too: the rule that comes last asks for nothing.
            season = replace(part.season, row_upper=list(part.season.row_upper))
            if part.floor:
                season.row_upper[-1] = inf
            costs = dict(enumerate(left[part.columns].tolist()))
            program = Program(season, costs, seed=self.seed)
            answer = program.run(seconds_max=seconds_max - self.seconds)
            bests.append(bound(season, costs, answer.duals))
            programs.append((program, season))
            self.seconds += program.seconds
        for n, (program, season) in enumerate(programs):
            share = (seconds_max - self.seconds) / (len(programs) - n)
            if total + sum(bests) >= enough or share < 0.5:
                break
            before = program.seconds
            program.whole([*season.families.values(), *season.grown.values()])
            bests[n] = max(bests[n], program.run(seconds_max=share, bound_only=True).bound)
            self.seconds += program.seconds - before
        return total + sum(bests)
