"""The Leontief inverse and the FLQ on two sectors done by hand, and what holds for every table."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from terreau.engines.contribution import Commune, Missing, Territory, leontief
from terreau.engines.contribution.draws import central

from .tiny import IO, PLACE, TABLES, parameter

# Columns sum to less than 1: a sector does not consume more than it makes.
tables = arrays(float, (4, 4), elements=st.floats(0, 0.2))
quotients = arrays(float, 4, elements=st.floats(0.05, 3))
deltas = st.floats(0.05, 0.5)
sizes = st.floats(1e-4, 0.99)
few = settings(max_examples=30)


def test_two_sectors_by_hand():
    """1 / 0.8 = 1.25; 1 / 0.7 = 1.4286; a euro of trade takes 0.1 × 1.4286 × 1.25 of farming."""
    inverse = leontief.inverse(IO.coefficients)
    assert inverse == pytest.approx(np.array([[1.25, 0.125 / 0.7], [0, 1 / 0.7]]))
    assert leontief.output_multipliers(inverse)[0] == pytest.approx(1.25)
    assert leontief.multipliers(IO.jobs_per_meur, inverse)[1] == pytest.approx(
        (10 * 0.125 / 0.7 + 5 / 0.7) / 5
    )


@few
@given(a=tables)
def test_the_inverse_is_the_sum_of_all_rounds(a):
    """I + A + A² + …: every euro followed from supplier to supplier."""
    rounds, power = np.eye(4), np.eye(4)
    for _ in range(400):
        power = power @ a
        rounds = rounds + power
    inverse = leontief.inverse(a)
    assert np.allclose(inverse, rounds, atol=1e-9)
    assert (inverse >= -1e-12).all()
    assert (leontief.output_multipliers(inverse) >= 1 - 1e-12).all()


@few
@given(a=tables, q=quotients, delta=deltas, size=sizes)
def test_a_territory_never_buys_more_at_home_than_the_country(a, q, delta, size):
    ratio = np.minimum(1, leontief.flq(q, size, np.array([delta])))
    assert (a * ratio <= a).all()
    assert (leontief.inverse(a * ratio) <= leontief.inverse(a) + 1e-9).all()


@few
@given(q=quotients, delta=deltas, one=sizes, other=sizes)
def test_flq_grows_with_the_territory(q, delta, one, other):
    small, large = sorted((one, other))
    assert (
        leontief.flq(q, small, np.array([delta])) <= leontief.flq(q, large, np.array([delta])) + 1e-12
    ).all()


@few
@given(q=quotients, size=sizes, one=deltas, other=deltas)
def test_flq_falls_with_delta(q, size, one, other):
    low, high = sorted((one, other))
    assert (leontief.flq(q, size, np.array([high])) <= leontief.flq(q, size, np.array([low])) + 1e-12).all()


def test_the_whole_country_is_its_own_table():
    region = leontief.regional(IO, np.ones(2), 1.0, np.array([0.1, 0.3]))
    assert region.coefficients == pytest.approx(np.broadcast_to(IO.coefficients, (2, 2, 2)))
    assert region.households == pytest.approx(np.broadcast_to(IO.households, (2, 2)))


def test_lambda_is_on_the_diagonal_too():
    """A territory of 6,000 jobs buys of its own sector no more than λ times the country's share."""
    size, delta = 6_000 / 28.5e6, np.array([0.2])
    region = leontief.regional(IO, np.ones(2), size, delta)
    lam = leontief.lam(size, delta)
    assert region.coefficients[0, 0, 0] == pytest.approx(float(lam[0]) * 0.2)
    assert np.diag(region.coefficients[0]) == pytest.approx(lam[0] * np.diag(IO.coefficients))


@few
@given(a=tables, kept=st.floats(0, 1), labour=arrays(float, 4, elements=st.floats(0.05, 0.2)))
def test_households_closed_multiply_every_income_by_one_constant(a, kept, labour):
    households = np.full(4, 0.1)
    one = leontief.content(labour, leontief.inverse(a))
    two = leontief.content(labour, leontief.type_two(a, households, labour, kept))
    assert np.allclose(two / one, (two / one)[0])
    assert (two >= one - 1e-12).all()


def test_a_sector_that_is_not_there_sells_nothing():
    quotients = leontief.location_quotients(np.array([0.0, 500.0]), IO.jobs)
    region = leontief.regional(IO, quotients, 0.01, np.array([0.2]))
    assert (region.coefficients[0, 0] == 0).all()
    assert region.households[0, 0] == 0
    assert np.isfinite(region.leontief).all()


def test_the_regional_table_is_made_once_and_asks_for_jobs():
    p = central([parameter("emplois_france", 1_000_000.0), parameter("flq_delta", 0.2)], TABLES)
    assert leontief.of(PLACE, p) is leontief.of(PLACE, p)
    bare = Territory("epci", "CC sans emplois", (Commune("99001", "Le Bourg", 10),), 2026)
    with pytest.raises(Missing, match="Emplois de CC sans emplois"):
        leontief.of(bare, p)


def test_jobs_by_sector_make_quotients():
    p = central([parameter("emplois_france", 1_000_000.0), parameter("flq_delta", 0.2)], TABLES)
    farming = Territory("epci", "Les Champs", PLACE.communes, 2026, jobs={"AZ": 300.0, "SPR": 200.0})
    even = leontief.of(PLACE, p).coefficients
    assert leontief.of(farming, p).coefficients[0, 0, 1] >= even[0, 0, 1]
    assert leontief.of(farming, p).coefficients[0, 1, 1] < even[0, 1, 1]
