"""HiGHS, silent and reproducible: arrays in, values, duals and bound out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

import highspy
import numpy as np
import numpy.typing as npt
from highspy._core import _Highs

from .model import Model

Floats = npt.NDArray[np.float64]
Columns = npt.NDArray[np.int64]


class SolverFailed(RuntimeError):
    """HiGHS stopped for a reason that is neither an answer nor a lack of time."""


@dataclass(frozen=True)
class Answer:
    """`values` is None when there is no plan; `complete`: that, or the gap asked for, is proven."""

    values: Floats | None
    objective: float
    bound: float
    complete: bool
    duals: Floats


class Program:
    """One model, minimised; whole columns are fractions until `whole` says otherwise.

    With `upper`, what cannot be more than zero is left out, and the rows it leaves empty too: a season once
    narrowed is several times smaller. Columns keep their numbers outside.
    """

    def __init__(
        self,
        model: Model,
        costs: Mapping[int, float],
        *,
        seed: int,
        lower: Floats | None = None,
        upper: Floats | None = None,
        spent: float = 0.0,
    ) -> None:
        self._highs = _silent(seed)
        self._columns, self._rows = len(model.column_names), len(model.row_names)
        self._spent, self._mixed = spent, False
        low = np.array(model.lower) if lower is None else lower
        high = np.array(model.upper) if upper is None else upper
        self._kept = np.flatnonzero((low != 0) | (high != 0)) if upper is not None else np.arange(len(low))
        self._place = np.full(self._columns, -1, dtype=np.int32)
        self._place[self._kept] = np.arange(len(self._kept), dtype=np.int32)
        lp, self._kept_rows = _arrays(model, self._kept)
        lp.col_cost_ = self._dense(costs)
        lp.col_lower_, lp.col_upper_ = low[self._kept], high[self._kept]
        self._highs.passModel(lp)

    def _dense(self, costs: Mapping[int, float]) -> Floats:
        dense = np.zeros(self._columns)
        dense[list(costs.keys())] = list(costs.values())
        return dense[self._kept]

    @property
    def seconds(self) -> float:
        """Spent in the solver, here and before."""
        return self._spent + float(self._highs.getRunTime())

    def run(
        self,
        *,
        seconds_max: float = inf,
        interior: bool = False,
        crossover: bool = True,
        gap: float = 0.0,
        start: Floats | None = None,
        bound_only: bool = False,
    ) -> Answer:
        """`interior`: by interior point, far better than simplex on a whole season seen from above."""
        highs = self._highs
        highs.setOptionValue("solver", "ipx" if interior else "choose")
        highs.setOptionValue("run_crossover", "on" if crossover else "off")
        highs.setOptionValue("mip_rel_gap", gap)
        highs.setOptionValue("mip_lp_solver", "ipx" if bound_only else "choose")
        highs.setOptionValue("mip_heuristic_effort", 0.0 if bound_only else 0.05)
        highs.setOptionValue("mip_max_nodes", 1 if bound_only else 2**31 - 1)
        # HiGHS counts the time of whole columns from each run, that of fractions from the first one.
        before = 0.0 if self._mixed else highs.getRunTime()
        highs.setOptionValue("time_limit", before + max(seconds_max, 0.0))
        if start is not None:
            self._start_from(start)
        highs.run()
        return self._answer()

    def costs(self, costs: Mapping[int, float]) -> None:
        count = len(self._kept)
        self._highs.changeColsCost(count, np.arange(count, dtype=np.int32), self._dense(costs))

    def bounds(self, lower: Floats, upper: Floats) -> None:
        count = len(self._kept)
        every = np.arange(count, dtype=np.int32)
        self._highs.changeColsBounds(count, every, lower[self._kept], upper[self._kept])

    def row_uppers(self, uppers: Mapping[int, float]) -> None:
        """What these rows allow at most, from now on; they have no least."""
        for row, upper in uppers.items():
            at = int(np.searchsorted(self._kept_rows, row))
            if at < len(self._kept_rows) and self._kept_rows[at] == row:
                self._highs.changeRowBounds(at, -inf, upper)

    def whole(self, columns: Sequence[int]) -> None:
        """From now on, these columns are whole."""
        chosen = self._place[list(columns)]
        chosen = chosen[chosen >= 0]
        self._mixed = bool(len(chosen))
        kinds = np.array([highspy.HighsVarType.kInteger] * len(chosen))
        self._highs.changeColsIntegrality(len(chosen), chosen, kinds)

    def _start_from(self, values: Floats) -> None:
        count = len(self._kept)
        self._highs.setSolution(count, np.arange(count, dtype=np.int32), values[self._kept])

    def _answer(self) -> Answer:
        highs = self._highs
        status, info, none = highs.getModelStatus(), highs.getInfo(), np.zeros(0)
        if status == highspy.HighsModelStatus.kInfeasible:
            return Answer(None, inf, inf, True, none)
        if status == highspy.HighsModelStatus.kModelEmpty:
            return Answer(np.zeros(self._columns), 0.0, 0.0, True, np.zeros(self._rows))
        allowed = (
            highspy.HighsModelStatus.kOptimal,
            highspy.HighsModelStatus.kTimeLimit,
            highspy.HighsModelStatus.kUnknown,
            highspy.HighsModelStatus.kSolutionLimit,
        )
        if status not in allowed:
            raise SolverFailed(f"HiGHS s’est arrêté\u202f: {highs.modelStatusToString(status)}.")
        complete = status == highspy.HighsModelStatus.kOptimal
        solution = highs.getSolution()
        duals = np.zeros(self._rows)
        if solution.dual_valid:
            duals[self._kept_rows] = np.array(solution.row_dual)
        bound = info.mip_dual_bound if self._mixed else info.objective_function_value
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return Answer(None, inf, bound if self._mixed else -inf, False, duals)
        values = np.zeros(self._columns)
        values[self._kept] = np.array(solution.col_value)
        return Answer(values, info.objective_function_value, bound, complete, duals)


def _silent(seed: int) -> _Highs:
    # The bare binding, because the friendlier class above it prints a banner. The number of threads is left
    # alone: HiGHS shares one pool in a process, and refuses a second opinion on its size.
    highs = _Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("random_seed", seed)
    return highs


def version() -> str:
    return str(_silent(0).version())


def _arrays(model: Model, kept: Columns) -> tuple[highspy.HighsLp, Columns]:
    """The columns kept, and the rows they are in or that nothing at all would break."""
    starts = np.array([*model.starts, len(model.indices)], dtype=np.int64)
    lengths = np.diff(starts)[kept]
    inside = np.repeat(starts[kept] - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
    indices = np.array(model.indices, dtype=np.int64)[inside]
    lower, upper = np.array(model.row_lower), np.array(model.row_upper)
    used = (lower > 0) | (upper < 0)
    used[indices] = True
    rows = np.flatnonzero(used)
    place = np.zeros(len(lower), dtype=np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(kept), len(rows)
    lp.row_lower_, lp.row_upper_ = lower[rows], upper[rows]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    lp.a_matrix_.index_ = place[indices]
    lp.a_matrix_.value_ = np.array(model.values)[inside]
    return lp, rows


def network(
    total: int, sizes: Sequence[int], edges: Sequence[tuple[int, int]], costs: Sequence[float]
) -> list[int]:
    """The cheapest cover of nodes by at most `total` paths; -1 is the source, and a path may end anywhere."""
    if not edges:
        return []
    count, n_edges = len(sizes), len(edges)
    starts: list[int] = []
    indices: list[int] = []
    values: list[float] = []
    for before, after in edges:
        starts.append(len(indices))
        # Row n: all that enters node n; row count + n: all that leaves it; last row: all that starts.
        indices += [after, 2 * count if before < 0 else count + before]
        values += [1.0, 1.0]
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n_edges, 2 * count + 1
    lp.col_cost_ = np.array(costs)
    lp.col_lower_, lp.col_upper_ = np.zeros(n_edges), np.full(n_edges, inf)
    entering = np.array(sizes, dtype=np.float64)
    lp.row_lower_ = np.concatenate([entering, np.full(count + 1, -inf)])
    lp.row_upper_ = np.concatenate([entering, entering, [float(total)]])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.array([*starts, len(indices)], dtype=np.int32)
    lp.a_matrix_.index_ = np.array(indices, dtype=np.int32)
    lp.a_matrix_.value_ = np.array(values)
    highs = _silent(0)
    highs.setOptionValue("solver", "simplex")
    highs.passModel(lp)
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise SolverFailed("Les lots ne tiennent pas sur les planches du bloc.")
    return [round(v) for v in highs.getSolution().col_value]
