"""What an écopôle changes in its territory: one set of indicators on measured and simulated flows."""

from .answer import Answer, Bar, Effect, Figure, ToMeasure
from .indicator import Family, Indicator
from .problem import (
    Arms,
    Commune,
    Draws,
    Evidence,
    Flow,
    Flows,
    Kind,
    Missing,
    Parameter,
    ProblemRefused,
    Supplier,
    Tables,
    Territory,
    Unknown,
)
from .simulate import Scenario, plausible, source
from .solve import solve
from .verify import Verdict, verify

__all__ = [
    "Answer",
    "Arms",
    "Bar",
    "Commune",
    "Draws",
    "Effect",
    "Evidence",
    "Family",
    "Figure",
    "Flow",
    "Flows",
    "Indicator",
    "Kind",
    "Missing",
    "Parameter",
    "ProblemRefused",
    "Scenario",
    "Supplier",
    "Tables",
    "Territory",
    "ToMeasure",
    "Unknown",
    "Verdict",
    "plausible",
    "solve",
    "source",
    "verify",
]
