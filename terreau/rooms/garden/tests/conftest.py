import pytest

from terreau.rooms.garden.tests.factories import make_garden, make_land


@pytest.fixture
def land(db):
    return make_land(make_garden())
