"""The season's planner: who sows what, where and when, together."""

from .plan import Plan
from .problem import (
    Barred,
    Baskets,
    BasketWeek,
    Block,
    Commitment,
    Crop,
    Farm,
    Fixed,
    Hands,
    Labour,
    Lock,
    Opening,
    Option,
    Problem,
    ProblemRefused,
    Remaining,
    Tolerances,
    Yield,
)
from .solve import NoPlanInTime, Point, solve, trade_off
from .verify import Verdict, verify

__all__ = [
    "Barred",
    "BasketWeek",
    "Baskets",
    "Block",
    "Commitment",
    "Crop",
    "Farm",
    "Fixed",
    "Hands",
    "Labour",
    "Lock",
    "NoPlanInTime",
    "Opening",
    "Option",
    "Plan",
    "Point",
    "Problem",
    "ProblemRefused",
    "Remaining",
    "Tolerances",
    "Verdict",
    "Yield",
    "solve",
    "trade_off",
    "verify",
]
