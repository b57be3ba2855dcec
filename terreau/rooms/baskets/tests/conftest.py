import pytest

from terreau.rooms.baskets.tests.members import CLOCK, Members, make_members


@pytest.fixture
def members(db, settings) -> Members:
    settings.CLOCK = CLOCK
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return make_members()
