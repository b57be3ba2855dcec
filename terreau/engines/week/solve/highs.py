"""HiGHS, silent and reproducible: arrays in, values and bound out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

import highspy
import numpy as np
import numpy.typing as npt
from highspy._core import _Highs

from .model import Model

Floats = npt.NDArray[np.float64]
Line = tuple[Sequence[int], float, float]
# A bound held to the last digit is a bound the solver trips over.
FREE = 1e-6
_ENDS = (
    highspy.HighsModelStatus.kOptimal,
    highspy.HighsModelStatus.kTimeLimit,
    highspy.HighsModelStatus.kObjectiveTarget,
)
# What a reduced cost must exceed the room left by, for no rounding of the solver's to matter.
_SURE = 1e-5


class SolverFailed(RuntimeError):
    """HiGHS stopped for a reason that is neither an answer nor a lack of time."""


@dataclass(frozen=True)
class Answer:
    """`values` is None when there is no plan at all; `complete`: the gap asked for is proven."""

    values: Floats | None
    objective: float
    bound: float
    complete: bool
    seconds: float


class Program:
    """One model, minimised for one goal after the other. `relaxed`: whole columns may be fractions."""

    def __init__(self, model: Model, *, seed: int, relaxed: bool = False) -> None:
        self._columns = len(model.column_names)
        self._highs = _silent(seed)
        self._highs.passModel(_arrays(model, relaxed))
        self._mixed = any(model.integer) and not relaxed
        self._seconds = 0.0

    def minimise(
        self,
        costs: Mapping[int, float],
        *,
        start: Mapping[int, float] | Floats | None = None,
        gap_relative: float = 0.0,
        gap_absolute: float = 1e-6,
        target: float = -inf,
        seconds_max: float,
    ) -> Answer:
        """The least cost, within the gap asked for; or any cost under `target`, if that comes first."""
        highs = self._highs
        dense = np.zeros(self._columns)
        dense[list(costs.keys())] = list(costs.values())
        highs.changeColsCost(self._columns, np.arange(self._columns, dtype=np.int32), dense)
        highs.setOptionValue("mip_rel_gap", gap_relative)
        highs.setOptionValue("mip_abs_gap", gap_absolute)
        highs.setOptionValue("objective_target", target)
        highs.setOptionValue("time_limit", seconds_max)
        if start is not None:
            self._start_from(start)
        highs.run()
        return self._answer()

    def whole(self, columns: Sequence[int]) -> None:
        """From now on, these columns are whole."""
        self._mixed = self._mixed or bool(columns)
        kinds = [highspy.HighsVarType.kInteger] * len(columns)
        self._highs.changeColsIntegrality(len(columns), np.array(columns, dtype=np.int32), np.array(kinds))

    def fix(self, columns: Sequence[int], values: Floats) -> None:
        """From now on, these whole columns keep their value."""
        chosen = np.array(columns, dtype=np.int32)
        whole = np.round(values[chosen])
        self._highs.changeColsBounds(len(chosen), chosen, whole, whole)

    def settle(self, columns: Sequence[int], most: float) -> tuple[list[int], Floats]:
        """Those of these 0/1 columns that keep their value in every plan whose cost is `most` or less.

        Told by reduced costs, so only just after a relaxed answer: moving one of them would cost more.
        """
        values, duals = np.array(self._highs.getSolution().col_value), self.reduced_costs()
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return [], values
        room = max(0.0, most - self._highs.getInfo().objective_function_value)
        sure = (np.abs(duals) > room + _SURE) & (np.abs(values - (duals < 0)) < FREE)
        return [c for c in columns if sure[c]], values

    def reduced_costs(self) -> Floats:
        """What one more of each column would cost, just after a relaxed answer."""
        return np.array(self._highs.getSolution().col_dual)

    def free(self, columns: Sequence[int]) -> None:
        """From now on, these columns are 0 or 1 again."""
        count = len(columns)
        chosen = np.array(columns, dtype=np.int32)
        self._highs.changeColsBounds(count, chosen, np.zeros(count), np.ones(count))

    def keep(self, name: str, costs: Mapping[int, float], most: float) -> None:
        """From now on, this goal's cost does not exceed what it has reached."""
        columns = np.fromiter(costs.keys(), dtype=np.int32, count=len(costs))
        values = np.fromiter(costs.values(), dtype=np.float64, count=len(costs))
        self._highs.addRow(-inf, most, len(costs), columns, values)
        self._highs.passRowName(self._highs.getNumRow() - 1, f"goal[{name}]")

    def _start_from(self, start: Mapping[int, float] | Floats) -> None:
        if isinstance(start, Mapping):
            columns = np.fromiter(start.keys(), dtype=np.int32, count=len(start))
            values = np.fromiter(start.values(), dtype=np.float64, count=len(start))
        else:
            columns, values = np.arange(self._columns, dtype=np.int32), start
        if len(columns):
            self._highs.setSolution(len(columns), columns, values)

    def _answer(self) -> Answer:
        highs = self._highs
        seconds, self._seconds = highs.getRunTime() - self._seconds, highs.getRunTime()
        status, info = highs.getModelStatus(), highs.getInfo()
        if status == highspy.HighsModelStatus.kInfeasible:
            return Answer(None, inf, inf, True, seconds)
        if status == highspy.HighsModelStatus.kModelEmpty:
            return Answer(np.zeros(self._columns), 0.0, 0.0, True, seconds)
        if status not in _ENDS:
            raise SolverFailed(f"HiGHS s’est arrêté\u202f: {highs.modelStatusToString(status)}.")
        complete = status == highspy.HighsModelStatus.kOptimal
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return Answer(None, inf, -inf, False, seconds)
        bound = info.mip_dual_bound if self._mixed else info.objective_function_value
        values = np.array(highs.getSolution().col_value)
        return Answer(values, info.objective_function_value, bound, complete, seconds)


def network(
    costs: Sequence[float], lower: Sequence[float], upper: Sequence[float], lines: Sequence[Line]
) -> list[int]:
    """The cheapest whole flow: each line bounds the sum of some edges. Vertices of a network are whole."""
    if not costs:
        return []
    model = Model(list(map(str, range(len(costs)))), list(lower), list(upper), [False] * len(costs))
    for i, (columns, least, most) in enumerate(lines):
        model.row(f"line[{i}]", [(c, 1.0) for c in columns], least, most)
    highs = _silent(0)
    lp = _arrays(model, relaxed=True)
    lp.col_cost_ = np.array(costs)
    highs.setOptionValue("solver", "simplex")
    highs.passModel(lp)
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise SolverFailed("L’arrondi du plan a échoué\u202f: une règle du réseau ne tient pas.")
    return [round(v) for v in highs.getSolution().col_value]


def _silent(seed: int) -> _Highs:
    # The bare binding, because the friendlier class above it prints a banner. The number of threads is left
    # alone: HiGHS shares one pool in a process, and refuses a second opinion on its size.
    highs = _Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("random_seed", seed)
    return highs


def version() -> str:
    return str(_silent(0).version())


def _arrays(model: Model, relaxed: bool) -> highspy.HighsLp:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(model.column_names), len(model.row_names)
    lp.col_cost_ = np.zeros(lp.num_col_)
    lp.col_lower_, lp.col_upper_ = np.array(model.lower), np.array(model.upper)
    lp.row_lower_, lp.row_upper_ = np.array(model.row_lower), np.array(model.row_upper)
    lp.col_names_, lp.row_names_ = model.column_names, model.row_names
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.array([*model.starts, len(model.indices)], dtype=np.int32)
    lp.a_matrix_.index_ = np.array(model.indices, dtype=np.int32)
    lp.a_matrix_.value_ = np.array(model.values)
    if any(model.integer) and not relaxed:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[i] for i in model.integer]
    return lp
