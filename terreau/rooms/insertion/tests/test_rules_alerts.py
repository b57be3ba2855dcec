from datetime import date
from decimal import Decimal

import pytest

from terreau.measures.money import Money
from terreau.measures.periods import Period, Span
from terreau.rooms.insertion.rules import receipts
from terreau.rooms.insertion.rules.alerts import Situation, alerts, check_consumption
from terreau.rooms.insertion.rules.hours import Annex
from terreau.rooms.insertion.tests.rule_cases import assert_said, cases, day, number, several

TODAY = date(2026, 11, 27)


@pytest.mark.parametrize("case", cases("alerts"))
def test_what_awaits(case):
    suspended = case["suspension (du > au)"]
    situation = Situation(
        hired_on=day(case["embauche"]),
        diagnosed_on=day(case["diagnostic"]),
        next_review=day(case["prochain entretien"]),
        contract_end=day(case["fin du contrat"]),
        cumulated=Span(int(case["CDDI cumulé (mois)"])),
        pass_end=day(case["fin du PASS"]),
        suspension=Period(*(day(part.strip()) for part in suspended.split(">"))) if suspended else None,
        residence_permit_end=day(case["titre de séjour"]),
        rqth_end=day(case["RQTH"]),
        medical_visit=day(case["visite médicale"]),
        professional_interview_on=day(case["entretien professionnel"]),
        left_on=day(case["sortie"]),
        news_due=tuple(filter(None, map(day, several(case["nouvelles attendues"])))),
    )
    found = alerts(situation, on=day(case["le"]))
    awaited = [[part.strip() for part in text.split(">")] for text in several(case["alertes"])]
    assert [[alert.kind, alert.due] for alert in found] == [[kind, day(due)] for kind, due in awaited]


def test_an_alert_is_late_the_day_after():
    [alert] = alerts(Situation(hired_on=date(2026, 3, 1)), on=date(2026, 3, 31))
    assert not alert.is_late(date(2026, 3, 31))
    assert alert.is_late(date(2026, 4, 1))


@pytest.mark.parametrize("case", cases("receipts"))
def test_the_receipts_cap(case):
    derogation = number(case["dérogation %"])
    year = receipts.Year(
        *(
            Money.from_euros(number(case[column]) or Decimal(0))
            for column in ("recettes", "charges", "recettes à venir", "charges à venir")
        ),
        derogation=derogation and derogation / 100,
    )
    assert_said(receipts.check(year, on=TODAY), case["ce qui est dit"])


def test_consumption_is_said_each_month():
    annex = Annex("A", date(2026, 1, 1), date(2026, 12, 31), Decimal("10"))
    month = date(2026, 1, 1)
    assert check_consumption(annex, {}, on=TODAY) == []
    assert check_consumption(annex, {month: Decimal(1517)}, on=TODAY) == []
    assert_said(
        check_consumption(annex, {month: Decimal(1400)}, on=TODAY),
        "averti : A : sous-consommation, 9,23 ETP en moyenne pour 10 conventionnés",
    )
    assert_said(check_consumption(annex, {month: Decimal(1600)}, on=TODAY), "averti : sur-consommation")
