from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terreau.measures.week import IsoWeek

days = st.dates(date(1900, 1, 1), date(2399, 12, 31))
weeks = days.map(IsoWeek.of)


def test_every_day_of_four_centuries_is_in_the_week_the_calendar_says():
    day = date(1900, 1, 1)
    while day.year < 2300:
        week = IsoWeek.of(day)
        assert (week.year, week.week) == day.isocalendar()[:2]
        assert week.monday <= day <= week.sunday
        day += timedelta(days=1)


def test_week_53_exists_in_71_years_out_of_400_and_is_refused_in_the_others():
    long_years = []
    for year in range(2000, 2400):
        if date(year, 12, 28).isocalendar().week == 53:
            assert IsoWeek(year, 53) + 1 == IsoWeek(year + 1, 1)
            long_years.append(year)
        else:
            with pytest.raises(ValueError, match=f"L’année {year} n’a pas de semaine 53"):
                IsoWeek(year, 53)
    assert len(long_years) == 71
    assert {2020, 2026, 2032} <= set(long_years)


@pytest.mark.parametrize(
    ("year", "week"), [(2026, 0), (2026, 54), (2026, -1), (0, 1), (10000, 1), (9999, 52)]
)
def test_a_week_outside_the_calendar_is_refused(year, week):
    with pytest.raises(ValueError, match="n’a pas de semaine"):
        IsoWeek(year, week)


@given(weeks, st.integers(-5000, 5000))
def test_adding_weeks_is_adding_seven_days_as_many_times(week, n):
    later = week + n
    assert later.monday == week.monday + timedelta(weeks=n)
    assert later - week == n
    assert later - n == week
    assert (later > week) == (n > 0)


@given(weeks)
def test_what_is_written_is_read_back(week):
    assert IsoWeek.parse(str(week)) == week
    assert IsoWeek.parse(f" {week}\n") == week


@pytest.mark.parametrize(
    "text", ["", "2026-48", "2026W48", "2026-W4", "26-W48", "2026-w48", "2026-W٤٨", "S48"]
)
def test_another_writing_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="comme 2026-W48"):
        IsoWeek.parse(text)


def test_a_well_written_week_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="L’année 2025 n’a pas de semaine 53"):
        IsoWeek.parse("2025-W53")


@given(weeks)
def test_a_week_is_seven_days_from_monday_to_sunday_and_no_other(week):
    assert [day.isoweekday() for day in week.days] == [1, 2, 3, 4, 5, 6, 7]
    assert (week.days[0], week.days[-1]) == (week.monday, week.sunday)
    assert all(day in week for day in week.days)
    assert week.monday - timedelta(days=1) not in week
    assert week.sunday + timedelta(days=1) not in week
    assert datetime(*week.sunday.timetuple()[:3], 23, 59) in week


def test_a_range_holds_both_ends_and_crosses_the_year():
    season = IsoWeek.range(IsoWeek(2026, 52), IsoWeek(2027, 2))
    assert [str(week) for week in season] == ["2026-W52", "2026-W53", "2027-W01", "2027-W02"]
    assert IsoWeek.range(IsoWeek(2026, 2), IsoWeek(2026, 1)) == []


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("2026-W48", "semaine 48 · 23–29 nov. 2026"),
        ("2026-W49", "semaine 49 · 30 nov. – 6 déc. 2026"),
        ("2026-W53", "semaine 53 · 28 déc. 2026 – 3 janv. 2027"),
        ("2026-W23", "semaine 23 · 1er–7 juin 2026"),
        ("2026-W05", "semaine 5 · 26 janv. – 1er févr. 2026"),
    ],
)
def test_a_label_says_month_and_year_once_when_they_are_shared(text, label):
    assert IsoWeek.parse(text).label == label
