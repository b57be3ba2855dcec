"""Public accounts read in a small grid: between its hours, never outside; nothing saved but what was paid."""

import numpy as np
import pytest

from terreau.engines.contribution import Missing, ProblemRefused, public_finance

from .tiny import GRID

SINGLE = {"seul": 1.0}


def test_the_gain_by_hand():
    """20 h: 9,000 of RSA saved, 3,000 of prime d'activité paid, 5,000 of contributions."""
    by_line = public_finance.lines(GRID, 2026, SINGLE, 20)
    assert by_line["rsa"] == 9_000
    assert by_line["ppa"] == -3_000
    assert public_finance.gain(by_line)[0] == 11_000
    assert public_finance.per_etp(11_000.0, 20) == 19_250


def test_between_two_hours_a_straight_line():
    assert public_finance.change(GRID, 2026, "seul", 25, "ppa") == pytest.approx(1_500)
    several = public_finance.change(GRID, 2026, "seul", np.array([20.0, 25.0, 30.0]), "net")
    assert several == pytest.approx([20_000, 25_000, 30_000])


@pytest.mark.parametrize("hours", [0, 19.9, 35.1, np.array([26.0, 36.0])])
def test_nothing_outside_20_to_35_hours(hours):
    with pytest.raises(ProblemRefused, match="20 à 35"):
        public_finance.change(GRID, 2026, "seul", hours, "net")


def test_a_household_that_is_not_in_the_grid_is_missing():
    with pytest.raises(Missing, match="pas de famille_nombreuse en 2026"):
        public_finance.change(GRID, 2026, "famille_nombreuse", 26, "net")


def test_who_received_nothing_saves_nothing():
    by_line = public_finance.lines(GRID, 2026, SINGLE, 30)
    assert public_finance.gain(by_line, 1.0)[0] == 7_500
    assert public_finance.gain(by_line, 0.5)[0] == 7_500 + 4_500


def test_cost_of_a_post_and_value_over_time():
    assert public_finance.cost(20_000.0, 0.05, 1_000.0) == 22_000
    # Two years: 100 spent net now, 121 of benefits in a year at 10 %: nothing in all; at 1.2, 20 are lost.
    yearly = [(0.0, 150.0, 50.0), (110.0, 0.0, 0.0)]
    assert public_finance.net_present_value(yearly, 1.0, 0.1) == pytest.approx(0)
    assert public_finance.net_present_value(yearly, 1.2, 0.1) == pytest.approx(-20)


def test_exits_that_would_pay_for_it():
    """Each is worth 1,000 × 0.5 ÷ 1.25 = 400, then 160: 560 in two years."""
    assert public_finance.break_even(5_600.0, 1_000.0, 0.5, 0.25, 2) == pytest.approx(10)


def test_who_pays_and_who_gains_is_a_matrix():
    by_line = public_finance.lines(GRID, 2026, SINGLE, 20)
    grants = {"etat": 20_000.0, "departement": 1_000.0, "fondation": 500.0}
    matrix = public_finance.balance(by_line, 2.0, grants)
    assert matrix["Département"] == (1_000, 18_000)
    assert matrix["État"] == (20_000, -6_000)
    assert matrix["Sécurité sociale"] == (0, 10_000)
    assert "fondation" not in str(matrix)
    assert sum(gain for _, gain in matrix.values()) == 2 * public_finance.gain(by_line)[0]
