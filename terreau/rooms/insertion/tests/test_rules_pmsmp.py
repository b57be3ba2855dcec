import pytest

from terreau.measures.periods import Period
from terreau.rooms.insertion.rules import pmsmp
from terreau.rooms.insertion.rules.pmsmp import Object, Pmsmp
from terreau.rooms.insertion.tests.rule_cases import assert_said, cases, day, several


@pytest.mark.parametrize("case", cases("pmsmp"))
def test_a_pmsmp(case):
    others = []
    for text in several(case["autres dans la structure (objet > du > au)"]):
        what, start, end = (part.strip() for part in text.split(">"))
        others.append(Pmsmp("ferme", Object(what), Period(day(start), day(end))))
    asked = Pmsmp(
        "ferme",
        Object(case["objet"]),
        Period(day(case["du"]), day(case["au"])),
        tuple(map(day, case["jours (si discontinus)"].split())),
    )
    elsewhere = Pmsmp("magasin", asked.object, asked.period)
    assert_said(pmsmp.check(asked, others=[*others, elsewhere]), case["ce qui est dit"])
