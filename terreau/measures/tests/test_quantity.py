from dataclasses import FrozenInstanceError, replace
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terreau.measures.quantity import LIMIT, Quantity, Unit, UnitMismatch

units = st.sampled_from(Unit)
millis = st.integers(-(10**15), 10**15)


def kg(amount: Decimal | int | str) -> Quantity:
    return Quantity(amount, Unit.KG)


@pytest.mark.parametrize("amount", [12, "12", "12.000", Decimal("1.2E+1")])
def test_the_same_amount_written_otherwise_is_the_same_quantity(amount):
    assert kg(amount) == kg(12)
    assert hash(kg(amount)) == hash(kg(12))


@pytest.mark.parametrize("amount", [12.5, True, None])
def test_an_inexact_number_is_refused(amount):
    with pytest.raises(TypeError, match="Nombre exact attendu"):
        kg(amount)


@pytest.mark.parametrize("amount", ["abc", "", "NaN", "Infinity", "-Infinity", LIMIT, -LIMIT, "1E+999999"])
def test_what_is_no_finite_number_of_reasonable_size_is_refused(amount):
    with pytest.raises(ValueError, match="pas un nombre"):
        kg(amount)


def test_finer_than_the_thousandth_is_refused_unless_rounding_is_asked_for():
    with pytest.raises(ValueError, match="plus fin que le millième"):
        kg("0.0005")
    assert Quantity.rounded("0.0005", Unit.KG) == kg(0)
    assert Quantity.rounded("0.0015", Unit.KG) == kg("0.002")
    assert Quantity.rounded("0.00050001", Unit.KG) == kg("0.001")


def test_an_unknown_unit_is_refused_and_a_stored_code_is_understood():
    assert Quantity(1, "kg").unit is Unit.KG
    with pytest.raises(ValueError, match="tonne"):
        Quantity(1, "tonne")


def test_a_quantity_cannot_be_edited_but_can_be_replaced():
    q = kg(1)
    with pytest.raises(FrozenInstanceError):
        q.amount = Decimal(2)
    assert replace(q, amount=Decimal(2)) == kg(2)


@given(millis, units)
def test_thousandths_come_back_as_they_left(milli, unit):
    assert Quantity.from_milli(milli, unit).milli == milli


@given(millis.filter(lambda m: abs(m) < 10**14), millis.filter(lambda m: abs(m) < 10**14), units)
def test_sums_and_comparisons_are_those_of_whole_thousandths(a, b, unit):
    p, q = Quantity.from_milli(a, unit), Quantity.from_milli(b, unit)
    assert (p + q).milli == a + b
    assert (p - q).milli == a - b
    assert (-p).milli == -a
    assert ((p < q), (p <= q), (p > q), (p >= q), (p == q)) == (a < b, a <= b, a > b, a >= b, a == b)
    assert bool(p) is (a != 0)


@given(st.integers(-(10**9), 10**9), st.integers(-(10**6), 10**6))
def test_a_product_is_the_nearest_thousandth_halves_to_the_even_one(milli, thousandths):
    product = kg(0).from_milli(milli, Unit.KG) * Decimal(thousandths).scaleb(-3)
    assert product.milli == _half_even(milli * thousandths, 1000)


def _half_even(numerator: int, denominator: int) -> int:
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))


def test_a_product_is_written_either_way_round_and_refuses_floats():
    assert kg("1.5") * 2 == 2 * kg("1.5") == kg(3)
    with pytest.raises(TypeError):
        kg(1) * 0.5


def test_the_callers_decimal_context_changes_nothing():
    with localcontext() as context:
        context.prec = 3
        assert (kg("123456.789") + kg("0.001")).milli == 123456790
        assert (-kg("123456.789") * Decimal("1.001")).milli == -123580246
        assert str(kg("123456.789")) == "123\u202f456,789\u00a0kg"


def test_units_never_mix():
    for gesture in (
        lambda p, q: p + q,
        lambda p, q: p - q,
        lambda p, q: p < q,
        lambda p, q: p <= q,
        lambda p, q: p > q,
        lambda p, q: p >= q,
    ):
        with pytest.raises(UnitMismatch, match="«\u00a03\u00a0kg\u00a0» et «\u00a02\u00a0pièces\u00a0»"):
            gesture(kg(3), Quantity(2, Unit.PIECE))
    assert kg(1) != Quantity(1, Unit.LITRE)
    with pytest.raises(TypeError, match="qu’avec une quantité"):
        kg(1) + 1


def test_there_is_no_negative_zero():
    assert str(-kg(0)) == str(kg("-0.000")) == str(kg("-0.001") * Decimal("0.1")) == "0\u00a0kg"
    assert str((-kg(0)).amount) == str(kg("-0.000").amount) == "0.000"


@pytest.mark.parametrize(
    ("amount", "unit", "word"),
    [
        ("0", Unit.PIECE, "pièce"),
        ("1.5", Unit.PIECE, "pièce"),
        ("1.999", Unit.CREDIT, "crédit"),
        ("2", Unit.CREDIT, "crédits"),
        ("-2", Unit.PIECE, "pièces"),
        ("12", Unit.KG, "kg"),
        ("12", Unit.LITRE, "L"),
        ("12", Unit.HOUR, "h"),
        ("12", Unit.EURO, "€"),
    ],
)
def test_the_french_plural_starts_at_two_and_symbols_never_change(amount, unit, word):
    assert unit.label(Decimal(amount)) == word
