"""What is no longer the same between the problem a plan of rounds answered and the day as it stands now."""

from typing import Any

from terreau.engines.rounds import Problem, Stop, Vehicle
from terreau.planning.changes import compare


def changes(planned: Problem, present: Problem) -> list[str]:
    """One sentence per stop or vehicle that came, went or changed, one for travel; nothing: still true."""
    found = [
        *compare(planned.stops, present.stops, _name, _load),
        *compare(planned.vehicles, present.vehicles, _name, _load),
    ]
    if planned.places == present.places and planned.matrices != present.matrices:
        found.append("Des temps de trajet ont changé depuis.")
    return found


def carried(stop: Stop) -> tuple[int, ...]:
    """What is left at a stop, or taken there."""
    return stop.delivery if any(stop.delivery) else stop.pickup


def _name(one: Any) -> str:
    return str(one.name)


def _load(one: Stop | Vehicle) -> str:
    crates, chilled, kilos = carried(one) if isinstance(one, Stop) else one.capacity
    cold = f" dont {chilled} au froid" if chilled else ""
    return f"{crates} caisse{'s' if crates > 1 else ''}{cold}, {kilos}\u00a0kg"
