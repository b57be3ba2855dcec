"""Food: kilos delivered against what a population needs, month by month; hectares it would take."""

from collections.abc import Iterable, Sequence

import numpy as np

from .problem import Amount, Array


def coverage(by_month: Sequence[Amount], population: float, need_kg_year: Amount) -> Array:
    """kg_m / (population · need / 12): one row per month, (months, N)."""
    monthly = np.asarray(population * need_kg_year / 12)
    return np.array(np.broadcast_arrays(*(np.atleast_1d(kg / monthly) for kg in by_month)))


def people_fed(kg_a_year: Amount, need_kg_year: Amount) -> Amount:
    return kg_a_year / need_kg_year


def harvest(ha: Amount, tonnes_per_ha: Amount, ramp: Amount, lost: Amount) -> Amount:
    """kg a year: ha · yield · 1000 · r(t) · (1 − loss)."""
    return ha * tonnes_per_ha * 1000 * ramp * (1 - lost)


def hectares(population: float, groups: Iterable[tuple[Amount, Amount]], lost: Amount = 0.0) -> Amount:
    """Σ pop · intake (kg a year) · (1 + loss) / yield (t/ha): what PARCEL and foodshed models compute."""
    return sum((population * kg * (1 + lost) / (tonnes * 1000) for kg, tonnes in groups), 0.0)
