"""What pages and other storeys may ask of funding."""

from terreau.funding.queries.dossier import Dossier, dossier
from terreau.funding.queries.fitting import Found, fitting
from terreau.funding.queries.projects import (
    Deadline,
    Plan,
    ProjectLine,
    Standing,
    ThemeYear,
    awaiting,
    cash,
    deadlines,
    plan_of,
    project_lines,
    standings,
    themes_by_year,
)
from terreau.funding.queries.search import found

__all__ = [
    "Deadline",
    "Dossier",
    "Found",
    "Plan",
    "ProjectLine",
    "Standing",
    "ThemeYear",
    "awaiting",
    "cash",
    "deadlines",
    "dossier",
    "fitting",
    "found",
    "plan_of",
    "project_lines",
    "standings",
    "themes_by_year",
]  # fmt: skip
