"""The year of a crop as a strip of 52 weeks: when it is set up, when it is harvested, under each shelter."""

from dataclasses import dataclass

from terreau.rooms.garden.cycles import WEEKS, parse_cycles
from terreau.rooms.garden.models import Shelter


@dataclass(frozen=True, slots=True)
class Strip:
    """One shelter: two paths in a frame of 52 by 10, and the same in words."""

    shelter: str
    set_up: str
    harvest: str
    words: str


def strips(field_cycles: str, tunnel_cycles: str) -> list[Strip]:
    """Field then tunnel, those that have a cycle."""
    found = []
    for shelter, written in ((Shelter.FIELD, field_cycles), (Shelter.TUNNEL, tunnel_cycles)):
        if cycles := parse_cycles(written):
            found.append(
                Strip(
                    shelter.label.capitalize(),
                    "".join(_bar(c.plant_first, c.plant_last, 0) for c in cycles),
                    "".join(_bar(c.harvest_first, c.harvest_last, 5) for c in cycles),
                    "\u202f; ".join(
                        f"semaines {c.plant_first} à {c.plant_last}, "
                        f"récolte {c.harvest_first} à {c.harvest_last}"
                        for c in cycles
                    ),
                )
            )
    return found


def _bar(first: int, last: int, y: int) -> str:
    """Weeks from the first to the last; those that pass the new year make two bars."""
    if last < first:
        return _bar(first, WEEKS, y) + _bar(1, last, y)
    return f"M{first - 1} {y}h{last - first + 1}v4.5H{first - 1}z"
