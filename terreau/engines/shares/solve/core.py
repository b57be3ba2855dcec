"""Shares that wrong no group, or wrong them least: nucleolus, least core, equal profit (EPM).

Of thousands of groups a linear programme needs a hundred: they are added as they come out wronged (constraint
generation).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import highspy
import numpy as np
from highspy._core import _Highs

from .groups import Groups
from .tour import Bools, Floats, Masks

_TOLERANCE = 1e-10
_BATCH = 30


class SolverFailed(RuntimeError):
    """HiGHS found no answer to a programme that always has one."""


@dataclass(frozen=True)
class Core:
    """`epsilon`: the most the worst-off group can be left; `shares`: the nucleolus, or one of the least core.

    `proof`: the groups whose costs, weighted, show that no shares leave it more.
    """

    epsilon: float
    shares: Floats
    proof: tuple[tuple[int, float], ...]
    programmes: int


def nucleolus(groups: Groups, costs: Floats, whole: float) -> Core:
    """The unhappiest group is as happy as can be, then the next, until every share is settled."""
    return _Search(groups, costs, whole).nucleolus()


def least_core(groups: Groups, costs: Floats, whole: float) -> Core:
    return _Search(groups, costs, whole).least_core()


class _Search:
    """Costs are divided by the whole, so that tolerances mean the same for a hamper and for a year."""

    def __init__(self, groups: Groups, costs: Floats, whole: float) -> None:
        self.n = groups.n
        self.scale = max(float(np.abs(costs).max(initial=0.0)), abs(whole), 1e-9)
        self.groups, self.costs, self.whole = groups, costs / self.scale, whole / self.scale
        sizes = groups.sizes
        self.rows: list[int] = np.flatnonzero((sizes == 1) | (sizes == self.n - 1)).tolist()
        self.fixed_rows: list[Floats] = [np.ones(self.n)]
        self.fixed_values: list[float] = [self.whole]
        self.programmes = 0

    def least_core(self) -> Core:
        if not len(self.costs):
            return self._alone()
        shares, epsilon, duals = self._stage(np.ones(len(self.costs), dtype=bool))
        return self._core(epsilon, shares, duals)

    def nucleolus(self) -> Core:
        if not len(self.costs):
            return self._alone()
        first: tuple[float, Floats, dict[int, float]] | None = None
        while (basis := self._free()).shape[1]:
            open_ = np.zeros(len(self.costs), dtype=bool)
            for direction in basis.T:
                open_ |= np.abs(self.groups.weigh(direction)) > 1e-9
            self.rows = [row for row in self.rows if open_[row]]
            shares, epsilon, duals = self._stage(open_)
            first = first or (epsilon, shares, duals)
            self._fix(epsilon, duals)
        shares = np.linalg.lstsq(np.array(self.fixed_rows), np.array(self.fixed_values), rcond=None)[0]
        if first is None:
            raise SolverFailed("Aucun groupe ne départage les acteurs.")
        return self._core(first[0], shares, first[2])

    def _alone(self) -> Core:
        return Core(0.0, np.full(self.n, self.whole * self.scale / self.n), (), 0)

    def _core(self, epsilon: float, shares: Floats, duals: dict[int, float]) -> Core:
        proof = tuple(sorted(duals.items()))
        return Core(epsilon * self.scale, shares * self.scale, proof, self.programmes)

    def _free(self) -> Floats:
        """The directions in which shares can still move: what the settled groups leave."""
        _, values, directions = np.linalg.svd(np.array(self.fixed_rows))
        rank = int(np.sum(values > 1e-9))
        free: Floats = directions[rank:].T
        return free

    def _stage(self, open_: Bools) -> tuple[Floats, float, dict[int, float]]:
        """max ε with x(S) + ε ≤ c(S) for every group still open, settled groups kept as they are."""
        while True:
            inside = self.groups.rows(self.rows)
            matrix = np.vstack([np.column_stack([inside, np.ones(len(inside))]), self._settled()])
            upper = np.concatenate([self.costs[self.rows], self.fixed_values])
            lower = np.concatenate([np.full(len(inside), -inf), self.fixed_values])
            goal = np.zeros(self.n + 1)
            goal[-1] = -1.0
            values, prices = _solved(goal, matrix, lower, upper)
            self.programmes += 1
            shares, epsilon = values[:-1], float(values[-1])
            added = worst(self.costs - self.groups.weigh(shares), open_, epsilon, self.rows)
            if not added:
                weights = -prices[: len(inside)]
                return (
                    shares,
                    epsilon,
                    {row: w for row, w in zip(self.rows, weights, strict=True) if w > 1e-9},
                )
            self.rows += added

    def _settled(self) -> Floats:
        fixed = np.array(self.fixed_rows)
        return np.column_stack([fixed, np.zeros(len(fixed))])

    def _fix(self, epsilon: float, duals: dict[int, float]) -> None:
        """A group with a price has this excess in every answer of this stage: it is settled for good."""
        before = len(self.fixed_rows)
        for row in sorted(duals, key=lambda r: -duals[r]):
            candidate = [*self.fixed_rows, self.groups.rows([row])[0]]
            if np.linalg.matrix_rank(np.array(candidate), tol=1e-9) == len(candidate):
                self.fixed_rows = candidate
                self.fixed_values.append(float(self.costs[row]) - epsilon)
        if len(self.fixed_rows) == before:
            raise SolverFailed("Aucun groupe n’est départagé à cette étape.")


def worst(excess: Floats, open_: Bools, level: float, known: Sequence[int]) -> list[int]:
    """The groups furthest below the level, at most thirty, among those not yet looked at."""
    wronged = open_ & (excess < level - _TOLERANCE)
    wronged[list(known)] = False
    found: Masks = np.flatnonzero(wronged)
    if len(found) > _BATCH:
        found = found[np.argpartition(excess[found], _BATCH)[:_BATCH]]
    chosen: list[int] = sorted(found.tolist())
    return chosen


def epm(groups: Groups, costs: Floats, whole: float, alone: Floats, core: Core) -> tuple[Floats, float]:
    """Everyone saves the same part, as far as no group is wronged, or is wronged least without a core.

    min f with all x_i/c_i within f of one another, in the core or the least core, and nobody above its cost
    alone if the nucleolus keeps to that. Returns the shares and f.
    """
    n, scale = len(alone), max(float(np.abs(costs).max(initial=0.0)), abs(whole), 1e-9)
    rows: list[int] = np.flatnonzero(groups.sizes == n - 1).tolist()
    limits = (costs - min(core.epsilon, 0.0)) / scale + 1e-9
    if np.all(core.shares <= alone + 1e-9 * scale):
        limits = np.where(groups.sizes == 1, costs / scale + 1e-9, limits)
    ratios = np.diag(1 / np.where(alone > 1e-9, alone / scale, 1.0))
    counted = alone > 1e-9
    ceiling = np.column_stack([ratios, np.zeros(n), -np.ones(n)])[counted]
    floor = np.column_stack([ratios, -np.ones(n), np.zeros(n)])[counted]
    goal = np.concatenate([np.zeros(n), [-1.0, 1.0]])
    every = np.ones(len(costs), dtype=bool)
    while True:
        inside = np.column_stack([groups.rows(rows), np.zeros((len(rows), 2))])
        total = np.concatenate([np.ones(n), [0.0, 0.0]])[None, :]
        matrix = np.vstack([inside, ceiling, floor, total])
        upper = np.concatenate(
            [limits[rows], np.zeros(len(ceiling)), np.full(len(floor), inf), [whole / scale]]
        )
        lower = np.concatenate(
            [np.full(len(rows) + len(ceiling), -inf), np.zeros(len(floor)), [whole / scale]]
        )
        values, _ = _solved(goal, matrix, lower, upper)
        added = worst(limits - groups.weigh(values[:n]), every, 0.0, rows)
        if not added:
            return values[:n] * scale, float(values[-1] - values[-2])
        rows += added


def _solved(goal: Floats, matrix: Floats, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    """Values and prices of min goal·x, lower ≤ matrix·x ≤ upper, every column free."""
    rows, columns = matrix.shape
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = columns, rows
    lp.col_cost_ = goal
    lp.col_lower_, lp.col_upper_ = np.full(columns, -inf), np.full(columns, inf)
    lp.row_lower_, lp.row_upper_ = lower, upper
    where, column = np.nonzero(matrix)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.searchsorted(where, np.arange(rows + 1)).astype(np.int32)
    lp.a_matrix_.index_ = column.astype(np.int32)
    lp.a_matrix_.value_ = matrix[where, column]
    highs = _silent()
    highs.passModel(lp)
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise SolverFailed(f"HiGHS s’est arrêté\u202f: {highs.modelStatusToString(highs.getModelStatus())}.")
    solution = highs.getSolution()
    return np.array(solution.col_value), np.array(solution.row_dual)


def _silent() -> _Highs:
    highs = _Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("solver", "simplex")
    highs.setOptionValue("primal_feasibility_tolerance", _TOLERANCE)
    highs.setOptionValue("dual_feasibility_tolerance", _TOLERANCE)
    return highs


def version() -> str:
    return str(_silent().version())
