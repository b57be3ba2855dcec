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


class SolverFailed(RuntimeError):
    """HiGHS stopped for a reason that is neither an answer nor a lack of time."""


@dataclass(frozen=True)
class Answer:
    """`values` is None when there is no plan at all; `complete`: the gap asked for is proven."""

    values: Floats | None
    objective: float
    bound: float
    complete: bool
    duals: Floats


class Program:
    """One model, minimised; whole columns are fractions until `whole` says otherwise."""

    def __init__(self, model: Model, costs: Mapping[int, float], *, seed: int) -> None:
        self._highs = _silent(seed)
        self.lower, self.upper = np.array(model.lower), np.array(model.upper)
        self._columns = len(model.column_names)
        self._mixed = False
        self._highs.passModel(_arrays(model, costs))

    @property
    def seconds(self) -> float:
        """Since the program was made, in the solver."""
        return float(self._highs.getRunTime())

    def run(
        self,
        *,
        seconds_max: float,
        interior: bool = False,
        crossover: bool = True,
        gap: float = 0.0,
        start: Mapping[int, float] | Floats | None = None,
    ) -> Answer:
        """`interior`: by interior point, far better than simplex on a whole season seen from above."""
        highs = self._highs
        highs.setOptionValue("solver", "ipx" if interior else "choose")
        highs.setOptionValue("run_crossover", "on" if crossover else "off")
        highs.setOptionValue("mip_rel_gap", gap)
        highs.setOptionValue("time_limit", self.seconds + max(seconds_max, 0.01))
        if start is not None:
            self._start_from(start)
        highs.run()
        return self._answer()

    def costs(self, costs: Mapping[int, float]) -> None:
        dense = np.zeros(self._columns)
        dense[list(costs.keys())] = list(costs.values())
        self._highs.changeColsCost(self._columns, np.arange(self._columns, dtype=np.int32), dense)

    def bounds(self, columns: Sequence[int] | npt.NDArray[np.int32], lower: Floats, upper: Floats) -> None:
        chosen = np.asarray(columns, dtype=np.int32)
        if len(chosen):
            self._highs.changeColsBounds(len(chosen), chosen, lower, upper)

    def whole(self, columns: Sequence[int] | npt.NDArray[np.int32], whole: bool = True) -> None:
        """From now on, these columns are whole (or may be fractions again)."""
        chosen = np.asarray(columns, dtype=np.int32)
        self._mixed = whole
        kind = highspy.HighsVarType.kInteger if whole else highspy.HighsVarType.kContinuous
        if len(chosen):
            self._highs.changeColsIntegrality(len(chosen), chosen, np.array([kind] * len(chosen)))

    def keep(self, name: str, costs: Mapping[int, float], most: float) -> None:
        """From now on, these costs do not exceed this much."""
        columns = np.fromiter(costs.keys(), dtype=np.int32, count=len(costs))
        values = np.fromiter(costs.values(), dtype=np.float64, count=len(costs))
        self._highs.addRow(-inf, most, len(costs), columns, values)
        self._highs.passRowName(self._highs.getNumRow() - 1, name)

    def forget(self) -> None:
        """The last row kept holds no more."""
        self._highs.deleteRows(1, np.array([self._highs.getNumRow() - 1], dtype=np.int32))

    def _start_from(self, start: Mapping[int, float] | Floats) -> None:
        if isinstance(start, Mapping):
            columns = np.fromiter(start.keys(), dtype=np.int32, count=len(start))
            values = np.fromiter(start.values(), dtype=np.float64, count=len(start))
        else:
            columns, values = np.arange(self._columns, dtype=np.int32), start
        self._highs.setSolution(len(columns), columns, values)

    def _answer(self) -> Answer:
        highs = self._highs
        status, info, none = highs.getModelStatus(), highs.getInfo(), np.zeros(0)
        if status == highspy.HighsModelStatus.kInfeasible:
            return Answer(None, inf, inf, True, none)
        if status == highspy.HighsModelStatus.kModelEmpty:
            return Answer(np.zeros(self._columns), 0.0, 0.0, True, none)
        allowed = (
            highspy.HighsModelStatus.kOptimal,
            highspy.HighsModelStatus.kTimeLimit,
            highspy.HighsModelStatus.kUnknown,
        )
        if status not in allowed:
            raise SolverFailed(f"HiGHS s’est arrêté\u202f: {highs.modelStatusToString(status)}.")
        complete = status == highspy.HighsModelStatus.kOptimal
        solution = highs.getSolution()
        duals = np.array(solution.row_dual)
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return Answer(None, inf, -inf, False, duals)
        bound = info.mip_dual_bound if self._mixed else info.objective_function_value
        return Answer(np.array(solution.col_value), info.objective_function_value, bound, complete, duals)


def _silent(seed: int) -> _Highs:
    # The bare binding, because the friendlier class above it prints a banner. The number of threads is left
    # alone: HiGHS shares one pool in a process, and refuses a second opinion on its size.
    highs = _Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("random_seed", seed)
    return highs


def version() -> str:
    return str(_silent(0).version())


def _arrays(model: Model, costs: Mapping[int, float]) -> highspy.HighsLp:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(model.column_names), len(model.row_names)
    dense = np.zeros(lp.num_col_)
    dense[list(costs.keys())] = list(costs.values())
    lp.col_cost_ = dense
    lp.col_lower_, lp.col_upper_ = np.array(model.lower), np.array(model.upper)
    lp.row_lower_, lp.row_upper_ = np.array(model.row_lower), np.array(model.row_upper)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.array([*model.starts, len(model.indices)], dtype=np.int32)
    lp.a_matrix_.index_ = np.array(model.indices, dtype=np.int32)
    lp.a_matrix_.value_ = np.array(model.values)
    return lp


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
