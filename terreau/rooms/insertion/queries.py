"""What the rest of the house may ask: counts and hours, never a person; under five, it is masked."""

from dataclasses import dataclass

from terreau.rooms.insertion.access import reached
from terreau.rooms.insertion.files import Files
from terreau.territory.access import EcopoleRequest

# Fewer than this many people could be told apart (secret statistique).
COUNT_MIN = 5


def masked(count: int) -> int | None:
    """A count as it leaves the room: None for « moins de 5 »."""
    return None if 0 < count < COUNT_MIN else count


@dataclass(frozen=True)
class Awaiting:
    """How many of the reader's own people have a deadline, and how many are past it: no name."""

    people: int
    late: int


def awaiting(request: EcopoleRequest) -> Awaiting | None:
    """For who accompanies, supervises or directs; None for the others."""
    if "see_insertion" not in request.abilities:
        return None
    people = reached(request)
    files = Files(people, papers=True)
    due = [files.alerts(p, request.today, vars(p)["open_parts"]) for p in people]
    return Awaiting(
        sum(bool(found) for found in due),
        sum(any(alert.is_late(request.today) for alert in found) for found in due),
    )
