"""Months and ages, as the texts count them."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

DAY = timedelta(days=1)
SHORTEST = 28
# Days left over by separate periods are added up by months of thirty.
DAYS_OF_MONTH = 30


class Span(NamedTuple):
    """A duration in whole months and remaining days; compares as it reads."""

    months: int
    days: int = 0

    def __str__(self) -> str:
        days = f"{self.days}\u00a0jour{'s' if self.days > 1 else ''}"
        if not self.months:
            return days
        return f"{self.months}\u00a0mois et {days}" if self.days else f"{self.months}\u00a0mois"


@dataclass(frozen=True, slots=True)
class Period:
    """From a day to a day, both counted."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"end {self.end} before start {self.start}")

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    def overlaps(self, other: "Period") -> bool:
        return self.start <= other.end and other.start <= self.end

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def span(self) -> Span:
        """Whole months from date to date, then days: 29 February 2024 to 28 February 2026 is 24 months."""
        months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1
        while months and last_day(self.start, months) > self.end:
            months -= 1
        whole = last_day(self.start, months) if months else self.start - DAY
        return Span(months, (self.end - whole).days)


def plus_months(day: date, months: int) -> date:
    """The same day, months later; or the last day of a shorter month: 31 January gives 28 February."""
    month = day.year * 12 + day.month - 1 + months
    year, month = month // 12, month % 12 + 1
    # Every month has a 28th: nearly all the days asked need no calendar.
    return date(year, month, day.day if day.day <= SHORTEST else min(day.day, monthrange(year, month)[1]))


def last_day(start: date, months: int) -> date:
    """The last day of so many months, from date to date.

    The eve of the same day; without such a day in that month, its last day (C. proc. civ. 641).
    """
    same = plus_months(start, months)
    return same - DAY if same.day == start.day else same


def month_end(day: date) -> date:
    """The last day of its month."""
    return last_day(day.replace(day=1), 1)


def total(periods: Iterable[Period]) -> Span:
    """The duration of periods, a day counted once; those that touch are one."""
    joined: list[Period] = []
    for period in sorted(periods, key=lambda p: p.start):
        if joined and period.start <= joined[-1].end + DAY:
            joined[-1] = Period(joined[-1].start, max(joined[-1].end, period.end))
        else:
            joined.append(period)
    if len(joined) == 1:
        return joined[0].span
    months = sum(period.span.months for period in joined)
    days = sum(period.span.days for period in joined)
    return Span(months + days // DAYS_OF_MONTH, days % DAYS_OF_MONTH)


def age(born: date, on: date) -> int:
    """Full years; who was born on 29 February is a year older on 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
