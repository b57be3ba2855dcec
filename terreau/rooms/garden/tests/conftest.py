import pytest

from terreau.rooms.garden.tests.factories import make_garden, make_land


@pytest.fixture
def garden(db):
    return make_garden()


@pytest.fixture
def land(garden):
    return make_land(garden)
