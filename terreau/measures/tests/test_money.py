from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terreau.measures.money import Money

cents = st.integers(-(10**15), 10**15)


@given(cents)
def test_euros_come_back_to_the_cent(amount):
    assert Money.from_euros(Money(amount).euros) == Money(amount)


@given(cents, cents)
def test_sums_and_order_are_those_of_cents(a, b):
    assert (Money(a) + Money(b)).cents == a + b
    assert (Money(a) - Money(b)).cents == a - b
    assert (-Money(a)).cents == -a
    assert (Money(a) < Money(b)) == (a < b)
    assert bool(Money(a)) is (a != 0)


def test_half_a_cent_goes_away_from_zero():
    assert Money(5).times(Decimal("0.1")) == Money(1)
    assert Money(-5).times(Decimal("0.1")) == Money(-1)
    assert Money(15).times(Decimal("0.09999")) == Money(1)
    assert Money(4).times(Decimal("0.1")) == Money(0)
    assert Money(250).times(3) == Money(750)


@given(st.integers(-(10**12), 10**12), st.integers(0, 10**6))
def test_a_price_times_a_weight_is_the_nearest_cent(price, grams):
    product = Money(price).times(Decimal(grams).scaleb(-3)).cents
    assert abs(2 * (product * 1000 - price * grams)) <= 1000


def test_the_callers_decimal_context_changes_nothing():
    with localcontext() as context:
        context.prec = 3
        assert Money(123456789).euros == Decimal("1234567.89")
        assert Money(123456789).times(1) == Money(123456789)
        assert Money.from_euros("1234567.89") == Money(123456789)


@pytest.mark.parametrize("amount", ["0.001", "12.345", Decimal("1E-9")])
def test_finer_than_the_cent_is_refused(amount):
    with pytest.raises(ValueError, match="plus fin que le centime"):
        Money.from_euros(amount)


@pytest.mark.parametrize("amount", [1.5, True, Decimal(1), "1"])
def test_cents_are_whole_numbers(amount):
    with pytest.raises(TypeError, match="centimes"):
        Money(amount)


def test_floats_are_refused_wherever_money_is_made():
    with pytest.raises(TypeError):
        Money.from_euros(12.5)
    with pytest.raises(TypeError):
        Money(100).times(0.2)
    with pytest.raises(TypeError):
        Money(100) + 1
    with pytest.raises(TypeError):
        Money(100) - 1


def test_an_absurd_amount_is_refused():
    with pytest.raises(ValueError, match="moins de seize chiffres"):
        Money(10**17)


def test_money_is_written_the_french_way():
    assert str(Money(123450)) == "1\u202f234,50\u00a0€"
    assert str(Money(-5)) == "\u22120,05\u00a0€"
