import pytest

from terreau.impact.tests.factories import make_here


@pytest.fixture
def here(db, settings):
    settings.CLOCK = "2026-11-27T09:00"
    return make_here(settings)
