"""School days: canteens order nothing in the holidays. A year not known yet follows the last one known."""

import tomllib
from datetime import date
from functools import lru_cache
from pathlib import Path

from terreau.measures.week import IsoWeek

FILE = Path(__file__).parent / "data" / "holidays.toml"
HOLIDAYS = tomllib.loads(FILE.read_text(encoding="utf-8"))


def is_school_day(day: date) -> bool:
    """A day from Monday to Friday, out of the holidays."""
    return day.isoweekday() <= 5 and not _in_holidays(_known(IsoWeek.of(day)).days[day.weekday()])


@lru_cache(maxsize=1024)  # a season asks it of the same weeks for each kind of customer
def is_school_week(week: IsoWeek) -> bool:
    """Most of its five days are school days."""
    return sum(map(is_school_day, week.days[:5])) > 2


def _known(week: IsoWeek) -> IsoWeek:
    """The week of the same number in the year that is known."""
    start = IsoWeek.of(HOLIDAYS["first_day"])
    return IsoWeek(start.year, week.week) if week.week >= start.week else IsoWeek(start.year + 1, week.week)


def _in_holidays(day: date) -> bool:
    return day < HOLIDAYS["first_day"] or any(begins <= day < back for _, begins, back in HOLIDAYS["periods"])
