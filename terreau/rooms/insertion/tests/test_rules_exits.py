from datetime import date
from decimal import Decimal

import pytest

from terreau.rooms.insertion.rules import exits
from terreau.rooms.insertion.rules.exits import Exit
from terreau.rooms.insertion.rules.law import rows
from terreau.rooms.insertion.tests.rule_cases import assert_said, cases, day, number, plain, several


@pytest.mark.parametrize("case", cases("exit_counted"))
def test_who_counts(case):
    leaver = Exit(
        "P-7K3D",
        day(case["embauche"]),
        day(case["sortie"]),
        case["motif"],
        number(case["heures de l’année"]),
        number(case["heures en tout"]) or Decimal(0),
    )
    assert leaver.category == case["catégorie"]
    why, awaited = plain(exits.left_out(leaver, kind=case["structure"])), case["hors compte parce que"]
    assert awaited in why if awaited else not why


@pytest.mark.parametrize("case", cases("exit_rates"))
def test_the_rates_of_a_year(case):
    known = []
    for text in several(case["sorties (personne > embauche > sortie > motif)"]):
        person, hired, left, reason = (part.strip() for part in text.split(">"))
        known.append(Exit(person, day(hired), day(left), reason, Decimal(100)))
    found = exits.rates(known, year=int(case["année"]))
    percent = {"dynamiques %": found.dynamic, "durables %": found.of(exits.DURABLE)}
    assert found.total == int(case["comptées"])
    for column, rate in percent.items():
        assert (None if rate is None else rate * 100) == number(case[column])
    target = number(case["objectif de sorties dynamiques"])
    assert exits.against_target(found.dynamic, target and target / 100) == case["objectif"]


@pytest.mark.parametrize("case", cases("exit_check"))
def test_an_exit_has_its_reason(case):
    found = exits.check(hired_on=day(case["embauche"]), left_on=day(case["sortie"]), reason=case["motif"])
    assert_said(found, case["ce qui est dit"])


@pytest.mark.parametrize("case", cases("exit_follow_up"))
def test_when_news_are_asked(case):
    leaver = Exit("P-7K3D", date(2025, 1, 1), day(case["sortie"]), case["motif"], Decimal(100))
    asked = exits.follow_ups(leaver.reason, leaver.category, leaver.left_on)
    assert list(asked.values()) == [day(text) for text in several(case["nouvelles le"])]


def test_every_reason_has_a_known_category():
    categories = {row["code"] for row in rows("exit_categories")}
    assert {row["category"] for row in rows("exit_reasons")} <= categories
