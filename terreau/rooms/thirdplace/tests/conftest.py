import pytest

from terreau.rooms.thirdplace.tests.factories import CLOCK, ThirdPlace, make_place


@pytest.fixture
def place(db, settings) -> ThirdPlace:
    settings.CLOCK = CLOCK
    return make_place()
