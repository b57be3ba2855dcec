"""School weeks and days of zone B."""

from datetime import date

import pytest

from terreau.measures.week import IsoWeek
from terreau.territory.school import is_school_day, is_school_week


@pytest.mark.parametrize(
    ("week", "school"),
    [
        (IsoWeek(2026, 42), True), (IsoWeek(2026, 43), False), (IsoWeek(2026, 52), False),
        (IsoWeek(2027, 1), True), (IsoWeek(2027, 9), False), (IsoWeek(2027, 17), False),
        (IsoWeek(2027, 26), True), (IsoWeek(2027, 30), False),
        # Years to come are not known yet: the same week numbers.
        (IsoWeek(2028, 9), False), (IsoWeek(2029, 20), True),
    ],
)  # fmt: skip
def test_school_weeks_of_zone_b(week, school):
    assert is_school_week(week) is school


@pytest.mark.parametrize(
    ("day", "school"),
    [
        (date(2026, 8, 31), False), (date(2026, 9, 1), True), (date(2026, 9, 5), False),
        (date(2026, 12, 18), True), (date(2026, 12, 21), False), (date(2027, 1, 4), True),
        (date(2027, 7, 2), True), (date(2027, 7, 5), False), (date(2027, 11, 8), True),
    ],
)  # fmt: skip
def test_school_days_of_zone_b(day, school):
    assert is_school_day(day) is school
