"""Priors after the écopôle's own data: by hand, and tending to what was seen."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terreau.engines.contribution import ProblemRefused, bayes

from .tiny import parameter

SEEN = {"source": "nos trois années", "since": date(2026, 12, 31)}
EXITS = parameter("exits", 0.19, 0.14, 0.26, "beta", "published")
SHARE = parameter("rsa", 0.5, 0.3, 0.7, "pert")
YIELD = parameter("yield", 12, 9, 15, "pert", "measured_example")
FARMS = parameter("farms", 0.7, 0, 2.5, "poisson")


def test_the_three_closed_forms_by_hand():
    assert bayes.beta_binomial(2, 8, 6, 10) == (8, 12)
    assert bayes.gamma_poisson(0.7, 1, 3, 3) == pytest.approx((3.7, 4))
    # Prior and four measures weigh the same: half-way, and half of the variance.
    mean, spread = bayes.normal(12.0, 1.0, 14.0, 2.0, 4)
    assert (mean, spread) == pytest.approx((13.0, 0.5**0.5))


def test_few_exits_move_little_and_keep_the_status_many_make_it_measured():
    few = bayes.after_counts(EXITS, successes=3, of=6, **SEEN)
    many = bayes.after_counts(EXITS, successes=300, of=1_000, **SEEN)
    assert 0.19 < few.value < 0.23
    assert few.status == "published"
    assert many.value == pytest.approx(0.29, abs=0.01)
    assert many.status == "measured"
    assert many.high - many.low < few.high - few.low < EXITS.high - EXITS.low + 0.01
    assert (many.source, many.since) == ("nos trois années", date(2026, 12, 31))


def test_a_pert_share_learns_too():
    after = bayes.after_counts(SHARE, successes=80, of=100, **SEEN)
    assert 0.5 < after.value < 0.8
    assert after.distribution == "beta"


def test_farms_installed():
    after = bayes.after_events(FARMS, events=3, years=3.0, **SEEN)
    assert after.value == pytest.approx(3.7 / 4)
    assert after.status == "measured"
    assert bayes.after_events(FARMS, events=0, years=0.5, **SEEN).status == "expert_prior"


def test_yields_tighten_around_what_was_weighed():
    after = bayes.after_measures(YIELD, mean=14.0, noise=1.0, n=3, **SEEN)
    assert after.value == pytest.approx(13.5)
    assert after.high - after.low == pytest.approx(3.0)
    assert after.status == "measured"


def test_the_first_reading_goes_half_way_and_three_take_three_quarters():
    """12 t/ha (9 to 15, so ± 1) elsewhere; 14 here: 13 after a year, 13.5 after three, ± 1/√2 then ± 1/2."""
    one = bayes.after_readings(YIELD, mean=14.0, n=1, **SEEN)
    three = bayes.after_readings(YIELD, mean=14.0, n=3, **SEEN)
    assert (one.value, one.high - one.value) == pytest.approx((13.0, 3 / 2**0.5))
    assert (three.value, three.high - three.value) == pytest.approx((13.5, 1.5))
    assert one.status == three.status == "measured"
    lost = bayes.after_readings(parameter("lost", 0.14, 0.06, 0.25, "pert"), mean=0.0, n=9, most=1.0, **SEEN)
    assert 0 == lost.low < lost.value < lost.high < 0.14


@given(mean=st.floats(0, 40), n=st.integers(1, 50), farms=st.integers(0, 60))
def test_more_data_tighten_and_stay_between_the_prior_and_what_was_seen(mean, n, farms):
    fewer, more = (bayes.after_readings(YIELD, mean=mean, n=k, least=-99, **SEEN) for k in (n, n + 1))
    assert min(12.0, mean) - 1e-9 <= fewer.value <= max(12.0, mean) + 1e-9
    assert more.high - more.low < fewer.high - fewer.low < YIELD.high - YIELD.low
    assert abs(more.value - mean) <= abs(fewer.value - mean) + 1e-9
    settled = bayes.after_events(FARMS, events=farms, years=n, **SEEN)
    assert min(0.7, farms / n) - 1e-9 <= settled.value <= max(0.7, farms / n) + 1e-9
    assert settled.low <= settled.value <= settled.high


@given(successes=st.integers(0, 500), more=st.integers(0, 500))
def test_a_share_stays_between_the_prior_and_what_was_seen(successes, more):
    of = successes + more
    after = bayes.after_counts(EXITS, successes=successes, of=of, **SEEN)
    seen = successes / of if of else EXITS.value
    assert min(EXITS.value, seen) - 1e-9 <= after.value <= max(EXITS.value, seen) + 1e-9
    assert after.low < after.value < after.high


@pytest.mark.parametrize(("successes", "of"), [(3, 2), (-1, 2)])
def test_more_successes_than_people_are_refused(successes, of):
    with pytest.raises(ProblemRefused, match="n’est pas une part"):
        bayes.after_counts(EXITS, successes=successes, of=of, **SEEN)


def test_a_quantity_is_not_learnt_by_counting():
    with pytest.raises(ProblemRefused, match="seule une part"):
        bayes.after_counts(YIELD, successes=1, of=2, **SEEN)
