import pytest

from terreau.rooms.thirdplace.tests.factories import CLOCK, ThirdPlace, make_place


@pytest.fixture
def place(db, settings) -> ThirdPlace:
    settings.CLOCK = CLOCK
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return make_place()
