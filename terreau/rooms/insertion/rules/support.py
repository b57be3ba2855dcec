"""Support by obstacle, as the yearly report asks it: employees concerned, supported in house, outside, both.

Concerned: the obstacle weighed in the year (a level above 0, said that year or carried over from the last
word before), or an action of the year answers it. Supported by both: by an action of each, or by a joint one.
The three columns exclude one another: a person counts once by obstacle. Source: ASP, bilan de l’annexe.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date
from typing import Protocol

INTERNAL, EXTERNAL, BOTH = "internal", "external", "both"


class Said(Protocol):
    """How much an obstacle weighs, from a day on; None: not said. Long to read: it is only if it decides."""

    @property
    def person(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def said_on(self) -> date: ...
    @property
    def level(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Done:
    """An action that answers an obstacle."""

    person: str
    family: str
    done_on: date
    reach: str


@dataclass(frozen=True, slots=True)
class Supported:
    """Counts of employees."""

    concerned: int = 0
    internal: int = 0
    external: int = 0
    both: int = 0


def concerned(weighed: Iterable[Said], *, year: int) -> set[tuple[str, str]]:
    """Who and by which obstacle, in the year: the last word before it, or one of it, weighs."""
    telling: dict[tuple[str, str], list[Said]] = {}
    for said in sorted(weighed, key=lambda known: known.said_on):
        words = telling.setdefault((said.person, said.family), [])
        if said.said_on.year < year:
            words[:] = [said]
        elif said.said_on.year == year:
            words.append(said)
    return {who for who, words in telling.items() if any(said.level for said in words)}


def _reaches(actions: Iterable[Done], year: int) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for done in actions:
        if done.done_on.year == year:
            reach = {INTERNAL, EXTERNAL} if done.reach == BOTH else {done.reach}
            found.setdefault((done.person, done.family), set()).update(reach)
    return found


def _people(weighed: Iterable[Said], helped: Set[tuple[str, str]], year: int) -> Set[tuple[str, str]]:
    return helped | concerned([w for w in weighed if (w.person, w.family) not in helped], year=year)


def people_of(weighed: Iterable[Said], actions: Iterable[Done], *, year: int) -> Set[tuple[str, str]]:
    """Who is counted, and by which obstacle."""
    return _people(weighed, _reaches(actions, year).keys(), year)


def by_obstacle(
    weighed: Iterable[Said], actions: Iterable[Done], *, families: Iterable[str], year: int
) -> Mapping[str, Supported]:
    reaches = _reaches(actions, year)
    people = _people(weighed, reaches.keys(), year)
    table = {}
    for family in families:
        kinds = [frozenset(reaches.get(who, ())) for who in people if who[1] == family]
        table[family] = Supported(
            concerned=len(kinds),
            internal=kinds.count(frozenset({INTERNAL})),
            external=kinds.count(frozenset({EXTERNAL})),
            both=kinds.count(frozenset({INTERNAL, EXTERNAL})),
        )
    return table
