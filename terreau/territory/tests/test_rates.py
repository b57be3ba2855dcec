"""Cases an accountant can read are in data/vat_cases.csv."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from terreau.measures.french import parse_decimal
from terreau.territory.rates import (
    VAT_FILE,
    NoRateYet,
    UnknownExemption,
    UnknownVatClass,
    exemption,
    transfer_share,
    vat_classes,
    vat_rate,
)

with (Path(VAT_FILE).parent / "vat_cases.csv").open(encoding="utf-8", newline="") as sheet:
    CASES = list(csv.DictReader(sheet))


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_each_worked_case_has_its_rate(case):
    rate = vat_rate(case["vat_class"], date.fromisoformat(case["on"]))
    assert rate == parse_decimal(case["percent"]) / 100


def test_every_class_has_a_worked_case():
    assert {case["vat_class"] for case in CASES} == set(vat_classes())


def test_a_rate_is_an_exact_ratio():
    assert vat_rate("food", date(2026, 11, 23)) == Decimal("0.055")


def test_before_the_first_known_rate_nothing_is_guessed():
    with pytest.raises(NoRateYet, match=r"1er janv\. 2014"):
        vat_rate("food", date(2013, 12, 31))


def test_an_unknown_class_is_refused_with_the_known_ones():
    with pytest.raises(UnknownVatClass, match="food, sweets"):
        vat_rate("gold", date(2026, 1, 1))


@pytest.mark.parametrize(
    ("name", "said", "code"),
    [
        ("franchise", "TVA non applicable, art. 293 B du CGI", "VATEX-FR-FRANCHISE"),
        ("members", "art. 261, 7, 1°", "VATEX-FR-CGI261-7"),
        ("training", "art. 261, 4, 4°", "VATEX-FR-CGI261-4"),
        ("membership", "hors du champ", ""),
        ("deposit", "art. 267, III", ""),
    ],
)
def test_without_vat_the_invoice_says_by_which_text(name, said, code):
    told = exemption(name, date(2026, 11, 23))
    assert said in told.mention
    assert told.code == code


def test_an_exemption_nobody_wrote_is_refused_with_those_known():
    with pytest.raises(UnknownExemption, match="franchise, members"):
        exemption("voisins", date(2026, 11, 23))
    with pytest.raises(UnknownExemption):
        exemption("franchise", date(2013, 12, 31))


def test_three_quarters_of_the_direct_price_go_to_whoever_grows():
    assert transfer_share(date(2026, 11, 23)) == Decimal("0.75")
    assert transfer_share(date(2010, 1, 1)) == Decimal("0.75")
