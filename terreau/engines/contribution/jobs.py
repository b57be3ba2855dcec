"""Jobs and pathways. Paid insertion hours / 1,820 and worked hours / 1,607 are two ETP, never summed."""

from collections.abc import Iterable

import numpy as np

from .leontief import Regional
from .problem import Amount, Array


def etp(hours: Amount, hours_per_etp: Amount, years: float) -> Amount:
    """Full-time equivalents over the period: hours / (hours of one ETP in a year · years)."""
    return hours / (hours_per_etp * years)


def producers(purchases: Amount, turnover: Amount, staff: Amount) -> Amount:
    """Σ (purchases / turnover) · ETP: only the share bought, never the producer's whole staff."""
    return purchases / turnover * staff


def indirect(region: Regional, jobs_per_meur: Array, purchases: Array, deflator: Amount) -> Array:
    """e · (I − A_r)⁻¹ p. `purchases`: euros by sector, (n,) or (N, n). e is of 2010: deflated."""
    return _jobs(region, jobs_per_meur, purchases, deflator)


def induced(region: Regional, jobs_per_meur: Array, income: Amount, spent: Amount, deflator: Amount) -> Array:
    """e · (I − A_r)⁻¹ h_r · c · Y. Y is disposable income *added*: net pay less the benefits it replaces."""
    consumption = region.households * np.atleast_1d(np.asarray(income * spent))[:, None]
    return _jobs(region, jobs_per_meur, consumption, deflator)


def _jobs(region: Regional, jobs_per_meur: Array, demand: Array, deflator: Amount) -> Array:
    per_euro = jobs_per_meur @ region.leontief / 1e6
    return np.asarray((per_euro * demand).sum(-1) * deflator)


def still_in_work(entrants: Iterable[tuple[Amount, int]], effect: Amount, kept_a_year: Amount) -> Amount:
    """Σ entrants · effect · retention^t over cohorts, t the years since they entered: people, net."""
    return sum((people * effect * kept_a_year**age for people, age in entrants), 0.0)
