"""`solve`, from a problem to a plan, proven and explained; `trade_off`, the choice that fairness is."""

from .pareto import Point, trade_off
from .search import NoPlanInTime, solve

__all__ = ["NoPlanInTime", "Point", "solve", "trade_off"]
