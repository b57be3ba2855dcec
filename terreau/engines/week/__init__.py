"""The week's planner: who gets what this week, proven and explained."""

from .greedy import greedy
from .plan import Plan
from .problem import (
    BasketBatch,
    Demand,
    Farm,
    Kitchen,
    Lock,
    Problem,
    ProblemRefused,
    Product,
    Recipe,
    SolidarityOutlet,
    Store,
    Supply,
    Taste,
    Tolerances,
)
from .solve import solve
from .verify import Verdict, verify

__all__ = [
    "BasketBatch",
    "Demand",
    "Farm",
    "Kitchen",
    "Lock",
    "Plan",
    "Problem",
    "ProblemRefused",
    "Product",
    "Recipe",
    "SolidarityOutlet",
    "Store",
    "Supply",
    "Taste",
    "Tolerances",
    "Verdict",
    "greedy",
    "solve",
    "verify",
]
