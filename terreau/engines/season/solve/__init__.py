"""`solve`, from a problem to a plan, proven and explained; `trade_off`, the choice that fairness is."""

from .pareto import Point, trade_off
from .search import solve

__all__ = ["Point", "solve", "trade_off"]
