from decimal import Decimal

import pytest

from terreau.rooms.garden import actions, queries
from terreau.rooms.garden.queries import NewPlanting
from terreau.rooms.garden.tests.factories import CLOCK, NOW, TODAY, WEEK, make_garden, make_land


@pytest.fixture(autouse=True)
def _monday_morning(settings):
    settings.CLOCK = CLOCK


@pytest.fixture
def garden(db):
    return make_garden()


@pytest.fixture
def land(garden):
    return make_land(garden)


@pytest.fixture
def grower(garden, land):
    return garden.client()


@pytest.fixture
def planted(garden):
    """Chard to set up on A2 this very week."""
    land = make_land(garden)
    new = NewPlanting(land.crops["blette"], land.bed("A2"), WEEK, Decimal(30), reason="essai")
    planting = actions.plan_planting(ecopole=land.ecopole, new=new, at=NOW, key="culture-1")
    return planting, queries.tasks(garden.ecopole, garden.agent, WEEK, TODAY)[0].line.commitment
