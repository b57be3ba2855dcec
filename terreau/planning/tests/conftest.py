import pytest

from terreau.planning.tests.factories import Village, village


@pytest.fixture(autouse=True)
def _one_day_and_light_locks(settings):
    """Pages live on the Monday of the tests, and passwords are not ground for half a second each."""
    settings.CLOCK = "2026-11-23T10:00"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def here(db) -> Village:
    return village()
