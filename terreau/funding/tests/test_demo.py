"""The demo's two projects stand on any day of the year, and cost little to write."""

import time
from datetime import date
from random import Random

import pytest

from terreau.funding import demo
from terreau.funding.queries import awaiting, project_lines
from terreau.funding.tests.factories import euros, make_house
from terreau.measures.money import Money
from terreau.territory.abilities import Role
from terreau.territory.demo import World
from terreau.territory.tests.factories import someone


@pytest.mark.django_db
@pytest.mark.parametrize("today", [date(2026, 11, 23), date(2028, 2, 29)], ids=str)
def test_two_projects_with_their_history(today):
    house = make_house()
    world = World(
        house.ecopole, Random(1), house.garden, house.garden, house.garden, house.owner, house.garden, [], [],
        [], [], [], [], {}, {Role.DIRECTOR: someone("direction@example.org", house.garden)},
    )  # fmt: skip
    began = time.process_time()
    demo.live(world, today)
    assert time.process_time() - began < 2
    greenhouses, workshops = sorted(project_lines(house.ecopole), key=lambda line: line.project.starts_on)
    assert (greenhouses.gap, workshops.gap) == (Money(0), Money(0))
    assert (greenhouses.notified, greenhouses.paid) == (euros(18_000), euros(8_100))
    assert [line.what for line in awaiting(house.ecopole, today)] == [
        "déposer la demande", "envoyer le bilan", "envoyer le bilan",
    ]  # fmt: skip
