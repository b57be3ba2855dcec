"""Kilos and cents add up exactly, in Python and in the database."""

from decimal import Decimal

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Max, Sum, Value
from hypothesis import given
from hypothesis import strategies as st

from terreau.measures.money import Money
from terreau.territory.fields import MoneyField, QuantityField
from terreau.territory.models import AgentKind, Place, PlaceKind, Product


def product(code: str, unit_kg: str = "1", price: Money | None = None) -> Product:
    return Product.objects.create(
        code=code, name=code, unit="kg", family="vegetable", unit_kg=Decimal(unit_kg), reference_price=price
    )


@given(st.integers(-(10**15), 10**15))
def test_every_thousandth_survives_the_column(milli):
    field = QuantityField()
    amount = Decimal(milli).scaleb(-3)
    assert field.get_prep_value(amount) == milli
    assert field.from_db_value(milli) == amount


def test_a_float_is_refused_as_a_quantity():
    with pytest.raises(TypeError, match="jamais en float"):
        QuantityField().get_prep_value(0.1)


def test_finer_than_the_gram_is_refused():
    with pytest.raises(ValidationError, match="millième"):
        QuantityField().get_prep_value(Decimal("0.0001"))


def test_a_bare_number_is_refused_as_money():
    with pytest.raises(TypeError, match="Money"):
        MoneyField().get_prep_value(12)


@pytest.mark.django_db
def test_three_tenths_are_the_sum_of_a_tenth_and_two_tenths():
    for code, kilos in (("un", "0.1"), ("deux", "0.2")):
        product(code, kilos)
    assert Product.objects.aggregate(total=Sum("unit_kg"))["total"] == Decimal("0.3")
    assert Product.objects.aggregate(most=Max("unit_kg"))["most"] == Decimal("0.2")
    assert Product.objects.none().aggregate(total=Sum("unit_kg", default=Decimal(0)))["total"] == Decimal(0)


@pytest.mark.django_db
def test_money_sums_to_money():
    product("un", price=Money(110))
    product("deux", price=Money(220))
    assert Product.objects.aggregate(total=Sum("reference_price"))["total"] == Money(330)


@pytest.mark.django_db
def test_the_database_subtracts_down_to_zero_exactly():
    product("un", "0.3")
    for take in ("0.1", "0.2"):
        Product.objects.update(unit_kg=F("unit_kg") - Value(Decimal(take), QuantityField()))
    found = Product.objects.annotate(double=F("unit_kg") + F("unit_kg")).get()
    assert (found.unit_kg, found.double) == (Decimal(0), Decimal(0))
    assert Product.objects.filter(unit_kg__gte=Decimal(0)).exists()


@pytest.mark.django_db
def test_a_bare_decimal_in_an_expression_is_refused_rather_than_counted_in_thousandths():
    product("un", "2")
    with pytest.raises(FieldError), transaction.atomic():
        Product.objects.update(unit_kg=F("unit_kg") + Decimal("1.5"))
    with pytest.raises(FieldError, match="unit_kg"), transaction.atomic():
        Product.objects.update(unit_kg=Value(Decimal("1.5")))
    one = Product.objects.get()
    one.unit_kg = Decimal("1.5")
    Product.objects.bulk_update([one], ["unit_kg"])
    assert Product.objects.get().unit_kg == Decimal("1.5")


@pytest.mark.django_db
def test_product_unit_kg_not_negative():
    product("un", "0.1")
    with pytest.raises(IntegrityError, match="product_unit_kg_not_negative"), transaction.atomic():
        Product.objects.update(unit_kg=F("unit_kg") - Value(Decimal("0.101"), QuantityField()))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"unit": "sac"}, "product_unit_known"),
        ({"unit_kg": Decimal("-0.001")}, "product_unit_kg_not_negative"),
    ],
)
def test_a_wrong_product_is_refused_by_the_constraint_of_its_name(wrong, constraint):
    values = {"code": "x", "name": "x", "unit": "kg", "family": "vegetable", "unit_kg": Decimal(1)} | wrong
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Product.objects.create(**values)


def test_actor_and_place_kinds_are_known_to_the_database(garden):
    with pytest.raises(IntegrityError, match="agent_kind_known"), transaction.atomic():
        type(garden).objects.filter(pk=garden.pk).update(kind="martian")
    place = Place.objects.create(ecopole=garden.ecopole, agent=garden, kind=PlaceKind.BED, name="B4")
    with pytest.raises(IntegrityError, match="place_kind_known"), transaction.atomic():
        Place.objects.filter(pk=place.pk).update(kind="martian")
    assert AgentKind.GARDEN in AgentKind.values
