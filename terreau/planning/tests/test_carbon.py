"""Cases a partner can read are in planning/shares/carbon_cases.csv and former_cases.csv."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from terreau.measures.french import parse_decimal
from terreau.planning.shares import carbon

FOLDER = Path(carbon.__file__).parent


def cases(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as sheet:
        return list(csv.DictReader(sheet))


def number(typed: str) -> Decimal | None:
    return parse_decimal(typed) if typed else None


@pytest.mark.parametrize("case", cases("carbon_cases.csv"), ids=lambda case: case["case"])
def test_each_worked_tour_weighs_what_is_written(case):
    found = carbon.of_tour(
        km=parse_decimal(case["km"]), fuel=case["fuel"], litres_100km=parse_decimal(case["litres_100km"]),
        cold=case["cold"] == "oui", put_in=number(case["put_in"]), on=date.fromisoformat(case["on"]),
    )  # fmt: skip
    if not case["kg"]:
        assert found is None
    else:
        assert found.kg == parse_decimal(case["kg"])
        assert f"niveau {case['level']}" in found.method


@pytest.mark.parametrize("case", cases("former_cases.csv"), ids=lambda case: case["case"])
def test_each_worked_practice_weighs_what_is_written(case):
    found = carbon.of_former(
        km=parse_decimal(case["km"]), vehicle=case["vehicle"], fuel=case["fuel"],
        litres_100km=number(case["litres_100km"]), on=date.fromisoformat(case["on"]),
    )  # fmt: skip
    assert found.kg == parse_decimal(case["kg"])
    assert "niveau" not in found.method  # a level is owed for a transport sold, not for one's own practice


def test_every_factor_is_dated_with_its_unit_and_source():
    written = carbon._written()
    assert {rule["since"].__class__ for rules in written.values() for rule in rules} == {date}
    assert all(rule["unit"] and rule["source"] for rules in written.values() for rule in rules)
    assert "à confirmer" in written["level_1"][0]["said"]


def test_the_sum_is_said_as_it_was_made():
    found = carbon.of_tour(
        km=Decimal(52), fuel="diesel", litres_100km=Decimal("8.5"), cold=False, put_in=None,
        on=date(2026, 10, 15),
    )  # fmt: skip
    assert found.method == (
        "niveau 3 (à confirmer), moyenne du véhicule, arrêté du 26 avril 2017\u202f: "
        "8,5\u00a0L aux 100\u00a0km, 4,42\u00a0L de gazole × 3,17\u00a0kgCO2e/L"
    )
