import pytest
from django.test import Client

from terreau.rooms.platform.tests.factories import Small, small


@pytest.fixture(autouse=True)
def _one_day(settings):
    settings.CLOCK = "2026-11-23T10:00"


@pytest.fixture
def world(db: None) -> Small:
    return small()


@pytest.fixture
def lou(world: Small, client: Client) -> Client:
    """Lou runs the platform."""
    client.force_login(world.people["lou"])
    return client


@pytest.fixture
def fanny(world: Small, client: Client) -> Client:
    """Fanny has a farm."""
    client.force_login(world.people["fanny"])
    return client


@pytest.fixture
def charlie(world: Small, client: Client) -> Client:
    """Charlie cooks in a canteen."""
    client.force_login(world.people["charlie"])
    return client
