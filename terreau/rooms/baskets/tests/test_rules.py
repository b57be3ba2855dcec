"""The rules of subscriptions: cases read by anybody, and what holds whatever the dates."""

import csv
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terreau.measures.week import IsoWeek
from terreau.rooms.baskets.rhythm import GROUP_A, GROUP_B, delivery_day, group, has_basket
from terreau.rooms.baskets.rules import Span, anniversaries, collide, cutoff, in_force, paused_weeks, room

WRITTEN = (Path(__file__).parent / "rhythm_cases.csv").read_text(encoding="utf-8")
CASES = list(csv.DictReader(WRITTEN.splitlines()))
DAYS = st.dates(date(2020, 1, 1), date(2090, 12, 31))
RHYTHMS = st.sampled_from(["weekly", "a", "b", "chosen"])


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['rythme']} {c['semaine']}")
def test_a_rhythm_says_which_weeks_have_a_basket(case):
    week, chosen = IsoWeek.parse(case["semaine"]), case["semaines choisies"].split()
    assert has_basket(case["rythme"], chosen, week) == (case["panier"] == "oui"), case["pourquoi"]


@given(DAYS)
def test_every_second_week_is_every_second_week_over_any_new_year(day):
    week = IsoWeek.of(day)
    assert group(week) == group(week + 2) != group(week + 1)
    assert has_basket(GROUP_A, (), week) != has_basket(GROUP_B, (), week)


@given(DAYS, st.integers(0, 6))
def test_a_delivery_falls_in_its_week(day, weekday):
    week = IsoWeek.of(day)
    assert delivery_day(week, weekday) in week
    assert delivery_day(week, weekday).weekday() == weekday


def test_a_delivery_may_be_changed_until_so_many_hours_before_the_depot_opens():
    wednesday = date(2026, 11, 25)
    assert cutoff(wednesday, time(16, 30), 48) == datetime(2026, 11, 23, 16, 30)
    assert cutoff(wednesday, time(16, 30), 0) == datetime(2026, 11, 25, 16, 30)
    # The clocks go back on 25/10/2026: it is an hour that people read on a wall.
    assert cutoff(date(2026, 10, 26), time(16), 48) == datetime(2026, 10, 24, 16)


def test_a_depot_is_full_by_its_fullest_week():
    assert room(3, ["weekly", "a", "a"], "weekly") == 0
    assert room(3, ["weekly", "a", "a"], "a") == 0
    assert room(3, ["weekly", "a", "a"], "b") == 2
    assert room(3, ["chosen"], "b") == 2
    assert room(1, ["weekly", "weekly"], "b") == 0


@given(st.integers(0, 30), st.lists(RHYTHMS, max_size=40), RHYTHMS)
def test_who_is_let_in_fits(capacity, rhythms, wanted):
    """Adding what there is room for never makes a week fuller than the depot."""
    if left := room(capacity, rhythms, wanted):
        assert room(capacity, [*rhythms, *[wanted] * left], wanted) == 0
        assert room(capacity, [*rhythms, wanted], wanted) == left - 1


SPANS = st.tuples(DAYS, st.one_of(st.none(), st.integers(0, 400))).map(
    lambda s: Span(s[0], None if s[1] is None else s[0] + timedelta(days=s[1]))
)


@given(SPANS, SPANS)
def test_two_spans_collide_when_they_share_a_day(one, other):
    shared = any(
        one.holds(day) and other.holds(day) for day in (one.first, other.first, one.last, other.last) if day
    )
    assert collide(one, other) == collide(other, one) == shared


def test_weeks_of_pause_count_once_and_in_their_year():
    pauses = [
        Span(date(2026, 12, 21), date(2027, 1, 10)),  # weeks 52 and 53 of 2026, then 1 of 2027
        Span(date(2026, 12, 28), date(2027, 1, 3)),  # week 53 again
    ]
    assert paused_weeks(pauses, 2026) == 2
    assert paused_weeks(pauses, 2027) == 1
    assert paused_weeks([], 2026) == 0


def test_the_fee_falls_due_on_joining_then_each_year():
    joined = date(2024, 2, 29)
    assert anniversaries(joined, date(2024, 1, 1), date(2026, 12, 31)) == [
        date(2024, 2, 29), date(2025, 2, 28), date(2026, 2, 28),
    ]  # fmt: skip
    assert anniversaries(joined, date(2024, 3, 1), date(2025, 2, 27)) == []


@given(DAYS, DAYS, st.integers(0, 900), st.integers(0, 900))
def test_no_fee_is_forgotten_nor_asked_twice(joined, first, more, again):
    middle = first + timedelta(days=more)
    last = middle + timedelta(days=again + 1)
    whole = anniversaries(joined, first, last)
    halves = anniversaries(joined, first, middle) + anniversaries(joined, middle + timedelta(days=1), last)
    assert whole == halves


def test_what_was_decided_last_for_the_last_day_begun_holds():
    dated = [(date(2026, 1, 1), "old"), (date(2026, 9, 1), "new"), (date(2026, 1, 1), "corrected")]
    assert in_force(dated, date(2026, 3, 1)) == "corrected"
    assert in_force(dated, date(2026, 9, 1)) == "new"
    assert in_force(dated, date(2025, 12, 31)) is None
