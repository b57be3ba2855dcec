from datetime import date
from decimal import Decimal

import pytest

from terreau.rooms.insertion.rules import contracts
from terreau.rooms.insertion.rules.contracts import Amendment, Contract, Decision, Holder, LowHours
from terreau.rooms.insertion.tests.rule_cases import (
    assert_said,
    cases,
    day,
    number,
    plain,
    several,
    yes,
)


def parts(text):
    return [part.strip() for part in text.split(">")]


def contract(text):
    employer, start, end, *left = parts(text)
    return Contract(
        employer,
        contracts.Kind.CDDI,
        day(start),
        day(end),
        Decimal(26),
        left_on=day(left[0]) if left else None,
    )


def amendment(text):
    since, end, hours = parts(text)
    return Amendment(day(since), day(end), number(hours))


@pytest.mark.parametrize("case", cases("contracts"))
def test_a_contract(case):
    leave = case["dérogation (du > au > diagnostic > examen)"]
    signed = Contract(
        "jardin",
        contracts.Kind(case["type"]),
        day(case["du"]),
        day(case["au"]),
        number(case["heures"]),
        tuple(map(amendment, several(case["avenants (depuis > fin > heures)"]))),
        low_hours=LowHours(*map(day, parts(leave))) if leave else None,
        sentence_adjusted=yes(case["peine aménagée"]),
    )
    found = contracts.check(
        signed,
        holder=Holder(day(case["né le"])),
        others=[contract(text) for text in several(case["autres contrats (employeur > du > au)"])],
        pass_end=day(case["fin du PASS"]),
        prolongation_asked=yes(case["prolongation demandée"]),
    )
    assert_said(found, case["ce qui est dit"])


@pytest.mark.parametrize("case", cases("beyond"))
def test_beyond_24_months(case):
    signed = Contract("jardin", contracts.Kind.CDDI, day(case["contrat du"]), day(case["au"]), Decimal(26))
    decision = Decision(
        contracts.Reason(case["motif"]),
        day(case["décidé le"]),
        day(case["depuis"]),
        day(case["jusqu’au"]),
        yes(case["par un prescripteur"]),
        day(case["fin de la formation"]),
        yes(case["recrutement direct"]),
    )
    holder = Holder(day(case["né le"]), yes(case["RQTH"]))
    assert_said(contracts.check(signed, holder=holder, decisions=[decision]), case["ce qui est dit"])


def test_what_is_to_confirm_says_so():
    old = Contract("jardin", contracts.Kind.CDDI, date(2021, 1, 1), date(2026, 2, 28), Decimal(26))
    decision = Decision(
        contracts.Reason.SENIOR, date(2025, 12, 1), date(2026, 1, 1), date(2026, 12, 31), by_prescriber=True
    )
    [doubt] = contracts.check(old, holder=Holder(date(1970, 1, 1)), decisions=[decision])
    assert doubt.article == "C. trav. L5132-15-1, à confirmer"


@pytest.mark.parametrize("case", cases("cumulated"))
def test_the_cumulated_duration_at_an_employer(case):
    known = [contract(text) for text in several(case["contrats (employeur > du > au > quitté le)"])]
    length = contracts.cumulated(known, employer="jardin", until=day(case["au"]))
    assert plain(str(length)) == case["cumul"]


@pytest.mark.parametrize("case", cases("cdi_share"))
def test_the_share_of_cdi_inclusion(case):
    found = contracts.check_cdi_share(
        cdi_posts=number(case["postes en CDI inclusion"]),
        full_time_posts=number(case["postes à temps plein"]),
        derogation=yes(case["dérogation"]),
        on=date(2026, 11, 27),
    )
    assert_said(found, case["ce qui est dit"])
