import pytest
from django.db import transaction

from terreau.planning.tests.factories import Village, village
from terreau.planning.tests.road import one_road
from terreau.planning.tests.seasons import Season, one_season


@pytest.fixture(autouse=True)
def _one_day(settings):
    """Pages live on the Monday of the tests."""
    settings.CLOCK = "2026-11-23T10:00"


@pytest.fixture
def here(db) -> Village:
    return village()


@pytest.fixture(scope="module")
def planned(django_db_setup, django_db_blocker):
    """A season solved once for all the tests of a module; what each test writes is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield one_season()
        transaction.set_rollback(True)


@pytest.fixture
def season(db, planned) -> Season:
    return planned


@pytest.fixture
def road(here) -> Village:
    return one_road(here)


@pytest.fixture
def alice(road, client):
    client.force_login(road.users["alice"])
    return client
