"""Worked cases of the trade: sterilising value, cooling, pH, dates, allergens; quantities at any size."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terreau.measures.dated import in_force
from terreau.measures.french import parse_date, parse_decimal
from terreau.measures.periods import plus_months
from terreau.rooms.kitchen.labels import life_said
from terreau.rooms.kitchen.points import (
    CurveRefused,
    cooling_minutes,
    f0,
    life_max,
    limit_of,
    rules,
    schedule_of,
)
from terreau.rooms.kitchen.recipes import allergen_names, allergens, made_quality, scaled, stuffs
from terreau.territory.models import Quality

TODAY = date(2026, 11, 27)


def cases(name: str):
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(lines, delimiter=";"))
    assert all(row["source"] for row in rows)
    return pytest.mark.parametrize("case", rows, ids=[row["cas"] for row in rows])


def curve(said: str):
    return [tuple(map(parse_decimal, reading.split())) for reading in said.split(" / ")]


@cases("f0_cases.csv")
def test_what_a_cycle_is_worth(case):
    value = f0(curve(case["minute et °C"]))
    assert value == parse_decimal(case["F0 attendue (min)"])
    assert limit_of("f0", TODAY).broken_by(value) == (case["assez"] == "non")


def test_between_two_readings_a_cycle_is_never_worth_more_than_what_a_finer_clock_says():
    """Trapezoids of the rate would give 1,5 minute of grace to a rise read at its two ends only."""
    rough = [(Decimal(0), Decimal(100)), (Decimal(20), Decimal(121))]
    fine = [(Decimal(n), Decimal(100) + Decimal(21) * n / 20) for n in range(21)]
    assert f0(rough) == f0(fine)
    trapezoid = sum(
        (10 ** ((float(a[1]) - 121.1) / 10) + 10 ** ((float(b[1]) - 121.1) / 10)) / 2 * float(b[0] - a[0])
        for a, b in pairwise(rough)
    )
    assert trapezoid > 2 * float(f0(rough))


@cases("cooling_cases.csv")
def test_how_long_the_core_took_to_cool(case):
    minutes = cooling_minutes(curve(case["minute et °C"]))
    assert minutes == parse_decimal(case["durée de +63 à +10 °C (min)"])
    assert limit_of("cooling", TODAY).broken_by(minutes) == (case["dans les 2 h"] == "non")


@pytest.mark.parametrize(
    ("said", "words"),
    [("0 60 / 120 8", "commencez"), ("0 70 / 90 12", "continuez"), ("0 70", "deux relevés"),
     ("0 70 / 0 8", "en croissant")],
)  # fmt: skip
def test_a_cooling_that_does_not_tell_is_refused(said, words):
    with pytest.raises(CurveRefused, match=words):
        cooling_minutes(curve(said))


@cases("ph_cases.csv")
def test_when_pasteurising_is_enough(case):
    ph = parse_decimal(case["pH"])
    assert limit_of("ph", TODAY).broken_by(ph) == (case["la pasteurisation suffit"] == "non")


@cases("life_cases.csv")
def test_how_long_it_may_be_said_to_keep(case):
    days, made = int(case["jours demandés"]), parse_date(case["fait le"])
    study = int(case["étude validée (jours)"] or 0) or None
    allowed = days <= life_max(case["barème"], study, made)
    assert allowed == (case["accepté"] == "oui")
    if allowed:
        until = made + timedelta(days=days)
        assert life_said(schedule_of(case["barème"], made).life, until) == case["mention"]


@cases("allergen_cases.csv")
def test_allergens_come_from_the_ingredients_in_the_order_of_the_law(case):
    assert ", ".join(allergens(case["ingrédients"].split())) == case["allergènes"]


def test_the_law_names_fourteen_allergens_and_every_ingredient_names_only_those():
    assert len(allergen_names()) == 14
    assert {a for stuff in stuffs().values() for a in stuff.allergens} <= allergen_names().keys()


def test_every_rule_has_its_date_and_its_source():
    told = [
        rule
        for name in ("schedule", "limit", "legal", "balance", "hour", "surplus")
        for rule in rules()[name]
    ]
    assert all(rule["since"] and rule["source"] for rule in told)
    assert all(rule["source"] for rule in rules()["cleaning"])


@given(
    quantity=st.decimals("0.001", "500", places=3), wanted=st.decimals("1", "2000", places=0),
    likely=st.decimals("1", "2000", places=0),
)  # fmt: skip
def test_a_recipe_is_scaled_exactly_to_half_a_gram(quantity, wanted, likely):
    exact = Fraction(quantity) * Fraction(wanted) / Fraction(likely)
    assert abs(Fraction(scaled(quantity, wanted, likely)) - exact) <= Fraction(1, 2000)
    assert scaled(quantity, likely, likely) == quantity


ORGANIC, CONVERSION, PLAIN = Quality.ORGANIC, Quality.CONVERSION, Quality.CONVENTIONAL


@pytest.mark.parametrize(
    ("sources", "certified", "made"),
    [
        ([("carotte", ORGANIC), ("oignon", ORGANIC)], True, ORGANIC),
        ([("carotte", ORGANIC), ("oignon", PLAIN)], True, PLAIN),
        # Salt does not grow.
        ([("carotte", ORGANIC), ("sel", PLAIN)], True, ORGANIC),
        # « En conversion »: one plant ingredient, and no other.
        ([("carotte", CONVERSION), ("sel", PLAIN)], True, CONVERSION),
        ([("carotte", CONVERSION), ("oignon", ORGANIC)], True, PLAIN),
        # Without the kitchen's own certificate nothing is said organic.
        ([("carotte", ORGANIC)], False, PLAIN),
    ],
)
def test_what_is_made_has_the_lowest_status_of_what_went_in(sources, certified, made):
    assert made_quality(sources, certified=certified) == made


@pytest.mark.parametrize(
    ("day", "months", "due"),
    [(date(2024, 2, 29), 24, date(2026, 2, 28)), (date(2024, 8, 31), 1, date(2024, 9, 30)),
     (date(2016, 11, 27), 120, date(2026, 11, 27))],
)  # fmt: skip
def test_a_check_falls_due_on_the_same_day_of_the_month(day, months, due):
    assert plus_months(day, months) == due


def test_why_a_label_bears_no_nutrition_declaration_is_dated_and_sourced():
    rule = in_force(rules()["nutrition"], TODAY)
    assert rule["since"] == date(2016, 12, 13)
    assert all(told in rule["said"] for told in ("moins de 10 salariés", "environ 100 km"))
    assert "annexe V" in rule["source"]
