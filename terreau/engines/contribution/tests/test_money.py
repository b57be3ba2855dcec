"""Local money and SROI: sums by hand, bounds for every écopôle, and the traps of double counting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terreau.engines.contribution import Missing, lm3
from terreau.engines.contribution.sroi import sroi

money = st.floats(0, 1e6)
share = st.floats(0, 1)


@given(income=st.floats(1, 1e7), parts=st.tuples(share, share, share), again=st.tuples(share, share, share))
def test_lm3_is_between_one_and_three_when_no_more_is_spent_than_came_in(income, parts, again):
    whole = max(1.0, sum(parts))
    spent = [income * part / whole for part in parts]
    rounds = lm3.Rounds(income, *spent, *again)
    assert 1 <= rounds.lm3 <= 3 + 1e-9
    assert 0 <= rounds.retained <= 1 + 1e-9
    assert rounds.third <= rounds.second + 1e-6


@given(staff=money, more=money, again=share)
def test_lm3_rises_with_what_is_spent_here(staff, more, again):
    def of(spent):
        return lm3.Rounds(2e6, spent, 0.0, 0.0, again, 0.0, 0.0).lm3

    assert of(staff + more) >= of(staff)


@given(times=st.floats(0.1, 100))
def test_lm3_does_not_depend_on_size(times):
    once = lm3.Rounds(300.0, 100.0, 20.0, 5.0, 0.4, 0.35, 0.0)
    many = lm3.Rounds(300.0 * times, 100.0 * times, 20.0 * times, 5.0 * times, 0.4, 0.35, 0.0)
    assert many.lm3 == pytest.approx(once.lm3)


def test_lm3_without_income_is_missing():
    with pytest.raises(Missing, match="Recettes de la période"):
        _ = lm3.Rounds(0.0, 1.0, 1.0, 1.0, 0.4, 0.35, 0.0).lm3


@given(spent=share, taxed=share, leaked=st.floats(0.01, 1))
def test_all_rounds_are_at_least_the_first(spent, taxed, leaked):
    k = lm3.all_rounds(spent, taxed, leaked)
    assert 1 <= k <= 1 / leaked + 1e-6
    assert lm3.all_rounds(spent, taxed, 1.0) == 1


def test_money_already_here_is_circulation():
    """10,000 € of local sales that only displace a neighbour's create nothing."""
    assert lm3.net_local_income(1.2, 0.0, 0.0, 0.0) == 0
    assert lm3.net_local_income(1.2, 1_000.0, 9_000.0, 1_000.0) == pytest.approx(1.2 * 9_000)


@given(displacement=share, supply=share)
def test_displacement_is_bounded_by_what_is_sold_here(displacement, supply):
    found = lm3.displaced_share(displacement, supply)
    assert found <= supply
    assert found <= displacement
    assert lm3.displaced_share(displacement, 0.0) == 0


corrections = st.fixed_dictionaries(
    {"deadweight": share, "displacement": share, "attribution": share, "drop_off": share, "rate": share}
)


@given(values=st.lists(money, min_size=1, max_size=4), years=st.integers(1, 6), corrected=corrections)
def test_sroi_only_loses_by_corrections(values, years, corrected):
    gross = sroi([values] * years, 1_000.0)
    assert gross == pytest.approx(years * sum(values) / 1_000)
    assert -1e-9 <= sroi([values] * years, 1_000.0, **corrected) <= gross + 1e-6


@given(values=st.lists(money, min_size=1, max_size=4), times=st.floats(0.1, 10))
def test_sroi_is_in_proportion(values, times):
    once = sroi([values], 1_000.0, deadweight=0.2)
    assert sroi([[v * times for v in values]], 1_000.0, deadweight=0.2) == pytest.approx(once * times)
    assert sroi([values], 1_000.0 * times, deadweight=0.2) == pytest.approx(once / times)


def test_sroi_by_hand():
    """100 a year for two years, half of it would have been, a tenth fades, at 25 %: (50 + 45 / 1.25) / 43."""
    found = sroi([[60.0, 40.0], [100.0]], 43.0, deadweight=0.5, drop_off=0.1, rate=0.25)
    assert found == pytest.approx(2.0)


def test_everything_takes_a_number_per_draw():
    draws = np.array([0.25, 0.4, 0.6])
    assert lm3.Rounds(300.0, 100.0, 20.0, 0.0, draws, 0.35, 0.0).lm3.shape == (3,)
    assert sroi([[100.0]], 50.0, deadweight=draws).shape == (3,)
