"""The ISO week, Monday to Sunday: the beat of harvests, baskets and rounds."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Self, overload

from terreau.measures.french import MONTHS_SHORT, format_date, format_day_number

WRITTEN = re.compile(r"([0-9]{4})-W([0-9]{2})")


@dataclass(frozen=True, order=True, slots=True)
class IsoWeek:
    """A week belongs to the year of its Thursday; only some years have a week 53."""

    year: int
    week: int

    def __post_init__(self) -> None:
        try:
            date.fromisocalendar(self.year, self.week, 7)
        except ValueError:
            raise ValueError(
                f"L’année {self.year} n’a pas de semaine {self.week} : les semaines vont de 1 à 52, "
                "et à 53 certaines années."
            ) from None

    @staticmethod
    def of(day: date) -> "IsoWeek":
        return _week_of(day)

    @classmethod
    def parse(cls, text: str) -> Self:
        match = WRITTEN.fullmatch(text.strip())
        if not match:
            raise ValueError(
                f"« {text} » n’est pas une semaine : écrivez l’année et le numéro, comme 2026-W48."
            )
        return cls(int(match[1]), int(match[2]))

    @staticmethod
    def range(first: "IsoWeek", last: "IsoWeek") -> "list[IsoWeek]":
        """Every week from the first to the last, both included."""
        monday = first.monday
        return [_week_of(monday + timedelta(weeks=offset)) for offset in range(last - first + 1)]

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.week, 1)

    @property
    def sunday(self) -> date:
        return date.fromisocalendar(self.year, self.week, 7)

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.monday + timedelta(days=offset) for offset in range(7))

    def __add__(self, weeks: int) -> "IsoWeek":
        return IsoWeek.of(self.monday + timedelta(weeks=weeks))

    @overload
    def __sub__(self, other: int) -> "IsoWeek": ...
    @overload
    def __sub__(self, other: "IsoWeek") -> int: ...
    def __sub__(self, other: "int | IsoWeek") -> "int | IsoWeek":
        if isinstance(other, IsoWeek):
            return (self.monday - other.monday).days // 7
        return self + -other

    def __contains__(self, day: date) -> bool:
        return IsoWeek.of(day) == self

    def __str__(self) -> str:
        return f"{self.year:04}-W{self.week:02}"

    @property
    def label(self) -> str:
        """« semaine 48 · 23–29 nov. 2026 »: the month and the year are said once when they are shared."""
        first, last = self.monday, self.sunday
        if first.year != last.year:
            span = f"{format_date(first)} – {format_date(last)}"
        elif first.month != last.month:
            span = f"{format_day_number(first)} {MONTHS_SHORT[first.month - 1]} – {format_date(last)}"
        else:
            span = f"{format_day_number(first)}–{format_date(last)}"
        return f"semaine {self.week} · {span}"


@lru_cache(maxsize=4096)  # a page asks for the weeks of the same few hundred days, thousands of times
def _week_of(day: date) -> IsoWeek:
    year, week, _ = day.isocalendar()
    return IsoWeek(year, week)
