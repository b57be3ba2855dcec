from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from terreau.measures.money import Money
from terreau.measures.quantity import Quantity, Unit
from terreau.measures.split import NobodyToShareWith, split, split_money, split_quantity

totals = st.integers(-(10**12), 10**12)
weight = st.one_of(
    st.integers(0, 10), st.integers(0, 10**6), st.decimals(0, 1000, places=3), st.just(Decimal("1E-9"))
)
weights = st.lists(weight, min_size=1, max_size=30).filter(any)


@given(totals, weights)
def test_shares_add_up_and_stay_within_one_of_their_exact_part(total, weights):
    shares = split(total, weights)
    whole = sum(map(Fraction, weights))
    assert sum(shares) == total
    for share, w in zip(shares, weights, strict=True):
        assert abs(share - total * Fraction(w) / whole) < 1
        assert w or share == 0


@given(st.integers(0, 10**6), weights)
def test_who_weighs_more_never_receives_less_and_equals_are_served_in_order(total, weights):
    shares = split(total, weights)
    for i, w in enumerate(weights):
        for j, other in enumerate(weights):
            assert w <= other or shares[i] >= shares[j]
            assert not (w == other and i < j) or 0 <= shares[i] - shares[j] <= 1


@given(totals, st.lists(st.integers(0, 1000), min_size=1, max_size=10).filter(any), st.integers(1, 1000))
def test_only_proportions_count(total, weights, scale):
    assert split(total, weights) == split(total, [Decimal(w * scale).scaleb(-3) for w in weights])


@given(st.integers(0, 1000), st.lists(st.integers(0, 1000), min_size=1, max_size=10).filter(any))
def test_a_total_that_divides_exactly_is_shared_exactly(times, weights):
    assert split(times * sum(weights), weights) == [times * w for w in weights]


@given(totals, weights)
def test_a_debt_is_shared_as_the_gain_would_be(total, weights):
    assert split(-total, weights) == [-share for share in split(total, weights)]


@given(st.integers(0, 40), st.lists(st.integers(0, 9), min_size=1, max_size=5).filter(any))
def test_no_other_whole_shares_are_closer_to_the_exact_parts(total, weights):
    assume(len(weights) > 1)
    shares, whole = split(total, weights), sum(weights)

    def distance(candidate):
        return sum((share * whole - total * w) ** 2 for share, w in zip(candidate, weights, strict=True))

    for giver in range(len(weights)):
        for taker in range(len(weights)):
            moved = list(shares)
            moved[giver] -= 1
            moved[taker] += 1
            assert distance(shares) <= distance(moved)


def test_ten_crates_between_three_equal_farms_favour_the_first():
    assert split(10, [1, 1, 1]) == [4, 3, 3]
    assert split(-10, [1, 1, 1]) == [-4, -3, -3]
    assert split(-1, [1, 1]) == [-1, 0]
    assert split(7, [0, Decimal("2.5"), Decimal("2.5"), 0]) == [0, 4, 3, 0]


def test_nothing_can_be_shared_between_nobody():
    assert split(0, []) == []
    assert split(0, [0, 0]) == [0, 0]
    for empty in ([], [0, Decimal(0)]):
        with pytest.raises(NobodyToShareWith, match="tous les poids sont nuls"):
            split(3, empty)
        with pytest.raises(NobodyToShareWith):
            split(-3, empty)


def test_a_weight_is_an_exact_number_of_zero_or_more():
    with pytest.raises(ValueError, match="négatif"):
        split(3, [1, -1])
    with pytest.raises(TypeError, match="Nombre exact"):
        split(3, [0.5, 0.5])
    with pytest.raises(ValueError, match="pas un nombre"):
        split(3, [Decimal("NaN")])


@pytest.mark.parametrize("total", [3.0, Decimal(3), True])
def test_the_total_is_whole(total):
    with pytest.raises(TypeError, match="entier"):
        split(total, [1])


def test_quantities_and_money_are_shared_to_their_smallest_part():
    assert split_quantity(Quantity(1, Unit.KG), [1, 1, 1]) == [
        Quantity("0.334", Unit.KG),
        Quantity("0.333", Unit.KG),
        Quantity("0.333", Unit.KG),
    ]
    assert split_money(Money(1000), [2, 1]) == [Money(667), Money(333)]
