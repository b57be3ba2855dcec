"""One hand at a time."""

from terreau.territory.models import Ecopole


def alone(ecopole: Ecopole) -> None:
    """Two people writing in this room take turns, be it the same form sent twice."""
    ecopole.take_turns()
