"""What others may ask of the incubator: counts, hectares and jobs, and what awaits the reader."""

from dataclasses import dataclass

from terreau.rooms.incubator.access import known
from terreau.rooms.incubator.queries.alerts import alerts
from terreau.rooms.incubator.queries.contracts import Supported, supported
from terreau.rooms.incubator.queries.outcomes import After, Outcomes, outcomes
from terreau.rooms.incubator.queries.search import found
from terreau.territory.access import EcopoleRequest

__all__ = [
    "After",
    "Awaiting",
    "Outcomes",
    "Supported",
    "awaiting",
    "found",
    "outcomes",
    "supported",
]


@dataclass(frozen=True)
class Awaiting:
    """What is coming on the reader's own projects, and how much of it is past its day."""

    count: int
    late: int
    first: str
    verb: str


def awaiting(request: EcopoleRequest) -> Awaiting | None:
    """For who accompanies or tests; None for the others."""
    if "see_own_test" not in request.abilities:
        return None
    projects = list(known(request).order_by().values_list("pk", flat=True))
    found = alerts(projects, request.today, request.now)
    first = f"{found[0].title}\u202f: {found[0].sentence}" if found else ""
    verb = "Accompagner les tests" if "run_incubator" in request.abilities else "Mon test"
    return Awaiting(len(found), sum(alert.is_late(request.today) for alert in found), first, verb)
