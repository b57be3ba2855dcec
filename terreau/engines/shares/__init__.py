"""Fair shares: what each pays of a cost made together, which group would do better alone, and why."""

from .answer import Shares
from .problem import (
    Actor,
    Common,
    Problem,
    ProblemRefused,
    Rule,
    Solidarity,
    Stop,
    Table,
    Tour,
)
from .solve import bound, solve
from .verify import Verdict, verify

__all__ = [
    "Actor",
    "Common",
    "Problem",
    "ProblemRefused",
    "Rule",
    "Shares",
    "Solidarity",
    "Stop",
    "Table",
    "Tour",
    "Verdict",
    "bound",
    "solve",
    "verify",
]
