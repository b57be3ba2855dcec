from datetime import date

import pytest

from terreau.rooms.insertion.rules import eligibility
from terreau.rooms.insertion.rules.eligibility import Diagnosis, Proof
from terreau.rooms.insertion.rules.law import rows
from terreau.rooms.insertion.tests.rule_cases import assert_said, cases, day, yes


@pytest.mark.parametrize("case", cases("proof"))
def test_a_proof(case):
    proof = Proof(
        case["critère"],
        day(case["datée du"]),
        day(case["valable jusqu’au"]),
        "classeur bleu" if yes(case["rangée"]) else "",
        yes(case["sans âge"]),
    )
    found = eligibility.check_proof(
        proof, born=day(case["né le"]), pass_start=day(case["PASS le"]), hired_on=day(case["embauche le"])
    )
    assert_said(found, case["ce qui est dit"])


@pytest.mark.parametrize("case", cases("doors"))
def test_the_two_doors(case):
    good = [Proof(code, date(2026, 11, 20), kept_at="Q") for code in case["critères à bonne preuve"].split()]
    old = [
        Proof(code, date(2020, 1, 1), kept_at="Q") for code in case["critères à preuve trop vieille"].split()
    ]
    diagnosis = Diagnosis(day(case["diagnostic du"]), yes(case["par un prescripteur"]), (*good, *old))
    start = day(case["PASS le"])
    found = eligibility.check(
        diagnosis, born=date(1990, 5, 10), pass_start=start, hired_on=start, kind=case["structure"]
    )
    assert_said(found, case["ce qui est dit"])


@pytest.mark.parametrize("case", cases("diagnosis"))
def test_how_long_a_diagnosis_holds(case):
    diagnosis = Diagnosis(day(case["fait le"]), yes(case["par un prescripteur"]))
    assert diagnosis.valid_until == day(case["valable jusqu’au"])
    assert diagnosis.is_valid(day(case["le"]), pass_valid=yes(case["PASS valable"])) == yes(case["valable"])


def test_a_prescribers_diagnosis_comes_before_an_employers():
    employer, prescriber = Diagnosis(date(2026, 5, 1), False), Diagnosis(date(2026, 3, 1), True)
    assert eligibility.in_use([prescriber, employer], date(2026, 6, 1)) == prescriber
    assert eligibility.in_use([employer], date(2026, 12, 1)) is None


@pytest.mark.parametrize("case", cases("control"))
def test_what_a_control_draws(case):
    drawn = eligibility.control_sample(int(case["embauches en auto-prescription"]), on=date(2026, 11, 27))
    assert drawn == int(case["tirées"])


def test_the_eighteen_criteria():
    levels = [row["level"] for row in rows("criteria")]
    assert (levels.count("1"), levels.count("2")) == (4, 14)
