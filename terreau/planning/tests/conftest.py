import pytest
from django.db import transaction
from django.test import override_settings

from terreau.planning.tests.factories import Village, village
from terreau.planning.tests.seasons import Season, one_season


@pytest.fixture(autouse=True)
def _one_day_and_light_locks(settings):
    """Pages live on the Monday of the tests, and passwords are not ground for half a second each."""
    settings.CLOCK = "2026-11-23T10:00"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def here(db) -> Village:
    return village()


@pytest.fixture(scope="module")
def planned(django_db_setup, django_db_blocker):
    """A season solved once for all the tests of a module; what each test writes is rolled back."""
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with django_db_blocker.unblock(), transaction.atomic(), override_settings(PASSWORD_HASHERS=hashers):
        yield one_season()
        transaction.set_rollback(True)


@pytest.fixture
def season(db, planned) -> Season:
    return planned
