from datetime import date
from typing import NamedTuple

import pytest

from terreau.rooms.insertion.rules import support
from terreau.rooms.insertion.rules.law import rows
from terreau.rooms.insertion.tests.rule_cases import cases, day, several


class Weighed(NamedTuple):
    person: str
    family: str
    said_on: date
    level: int


def split(text):
    return [[part.strip() for part in one.split(">")] for one in several(text)]


@pytest.mark.parametrize("case", cases("support"))
def test_support_by_obstacle(case):
    said = split(case["niveaux dits (personne > jour > niveau)"])
    done = split(case["actions (personne > jour > accompagnement)"])
    found = support.by_obstacle(
        [Weighed(who, "mobilite", day(when), int(level)) for who, when, level in said],
        [support.Done(who, "mobilite", day(when), reach) for who, when, reach in done],
        families=["mobilite", "sante"],
        year=int(case["année"]),
    )
    columns = ("concernés", "en interne", "en externe", "les deux")
    assert found["mobilite"] == support.Supported(*(int(case[column]) for column in columns))
    assert found["sante"] == support.Supported()


def test_a_skill_is_of_the_grid_its_code_says():
    assert all(row["code"].startswith(f"{row['grid']}.") for row in rows("skills"))
