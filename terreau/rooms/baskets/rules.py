"""The rules of subscriptions, in hours of the clock on the wall. Pure: no database, no clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from terreau.measures.week import IsoWeek
from terreau.rooms.baskets.rhythm import GROUP_A, GROUP_B


@dataclass(frozen=True)
class Span:
    """Days, both included; without a last one, for ever."""

    first: date
    last: date | None = None

    def holds(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


def collide(one: Span, other: Span) -> bool:
    """Two subscriptions of one size cannot run on the same day."""
    return (one.last is None or other.first <= one.last) and (other.last is None or one.first <= other.last)


def cutoff(day: date, opens: time, hours: int) -> datetime:
    """Until when a delivery may be changed: so many hours before its depot opens."""
    return datetime.combine(day, opens) - timedelta(hours=hours)


def sides(rhythm: str) -> tuple[str, ...]:
    """The halves of the weeks in which a rhythm takes a place; chosen weeks may fall in both."""
    return (rhythm,) if rhythm in (GROUP_A, GROUP_B) else (GROUP_A, GROUP_B)


def room(capacity: int, rhythms: Iterable[str], wanted: str) -> int:
    """How many more baskets of this rhythm a depot can take: its fullest week counts."""
    taken = {GROUP_A: 0, GROUP_B: 0}
    for rhythm in rhythms:
        for side in sides(rhythm):
            taken[side] += 1
    return max(0, capacity - max(taken[side] for side in sides(wanted)))


def paused_weeks(pauses: Iterable[Span], year: int) -> int:
    """Weeks of pause in an ISO year; a week paused twice counts once."""
    weeks = {
        week
        for pause in pauses
        if pause.last
        for week in IsoWeek.range(IsoWeek.of(pause.first), IsoWeek.of(pause.last))
    }
    return sum(week.year == year for week in weeks)


def anniversaries(joined: date, first: date, last: date) -> list[date]:
    """The days when the yearly fee falls due: on joining, then each year; 29 February falls on the 28th."""
    due = []
    for year in range(max(joined.year, first.year), last.year + 1):
        leap = (joined.month, joined.day) == (2, 29)
        day = date(year, 2, 28) if leap and year != joined.year else joined.replace(year=year)
        if first <= day <= last:
            due.append(day)
    return due


T = TypeVar("T")


def in_force(dated: Sequence[tuple[date, T]], day: date) -> T | None:
    """Of what was decided, in the order it was written: what has begun, the last written of the last day."""
    begun = [(start, rank) for rank, (start, _) in enumerate(dated) if start <= day]
    return dated[max(begun)[1]][1] if begun else None
