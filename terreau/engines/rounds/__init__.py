"""The rounds' planner: which vehicle goes where, in which order; what a change by hand costs or breaks."""

from .plan import Call, Cost, Lock, Pause, Plan, Tour, Trip, Unserved, Visit
from .problem import (
    ActorLoad,
    BreakRule,
    Dimension,
    End,
    Hub,
    Matrix,
    Problem,
    ProblemRefused,
    Stop,
    Transfer,
    Vehicle,
    Window,
    capacity_down,
    demand_up,
    seconds_up,
    units,
)
from .solve import solve
from .timetable import by_hand, timetable
from .verify import Verdict, Violation, verify

__all__ = [
    "ActorLoad",
    "BreakRule",
    "Call",
    "Cost",
    "Dimension",
    "End",
    "Hub",
    "Lock",
    "Matrix",
    "Pause",
    "Plan",
    "Problem",
    "ProblemRefused",
    "Stop",
    "Tour",
    "Transfer",
    "Trip",
    "Unserved",
    "Vehicle",
    "Verdict",
    "Violation",
    "Visit",
    "Window",
    "by_hand",
    "capacity_down",
    "demand_up",
    "seconds_up",
    "solve",
    "timetable",
    "units",
    "verify",
]
