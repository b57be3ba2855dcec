import pytest

from terreau.rooms.baskets.tests.members import CLOCK, Members, make_members


@pytest.fixture
def members(db, settings) -> Members:
    settings.CLOCK = CLOCK
    return make_members()
