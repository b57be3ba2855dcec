"""Which rule held on a day, whatever the order they are written in."""

from datetime import date

import pytest

from terreau.measures.dated import in_force

RULES = [{"since": date(2026, 1, 1), "percent": 20}, {"since": date(2018, 1, 1), "percent": 10}]


@pytest.mark.parametrize(
    ("on", "percent"),
    [
        (date(2017, 6, 1), 10),  # no law but a custom: the first holds before it was written
        (date(2018, 1, 1), 10),
        (date(2025, 12, 31), 10),
        (date(2026, 1, 1), 20),
        (date(2030, 1, 1), 20),
    ],
)
def test_the_rule_of_a_day_is_the_last_begun(on, percent):
    assert in_force(RULES, on)["percent"] == percent
