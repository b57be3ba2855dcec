from datetime import date, timedelta

import pytest

from terreau.rooms.insertion.rules import retention
from terreau.rooms.insertion.tests.rule_cases import cases, day, several


@pytest.mark.parametrize("case", cases("retention"))
def test_how_long_a_file_is_kept(case):
    holds = tuple(
        retention.Hold(reason, day(since))
        for typed in several(case["conservations (motif > compté du)"])
        for reason, since in [[part.strip() for part in typed.split(">")]]
    )
    kept = retention.Kept(day(case["dernier contact"]), holds)
    assert kept.active_until == day(case["suivi jusqu’au"])
    assert kept.until == day(case["gardé jusqu’au"])
    assert not kept.is_over(kept.until)
    assert kept.is_over(kept.until + timedelta(days=1))
    assert kept.is_archive(kept.until) is (kept.until > kept.active_until)


def test_it_is_announced_three_months_before():
    kept = retention.Kept(date(2024, 3, 15))
    assert not kept.is_coming(date(2025, 12, 14))
    assert kept.is_coming(date(2025, 12, 15))


def test_a_pathway_that_runs_has_no_last_contact():
    assert retention.last_contact([date(2026, 1, 1), None]) is None
    assert retention.last_contact([date(2026, 1, 1), date(2026, 3, 1)]) == date(2026, 3, 1)


def test_whoever_asks_for_their_data_is_answered_within_a_month():
    assert retention.answer_by(date(2026, 1, 31)) == date(2026, 2, 28)
