import pytest
from django.test import Client

from terreau.rooms.insertion.tests.factories import Small, small


@pytest.fixture(autouse=True)
def _one_day_and_own_keys(settings, tmp_path):
    settings.CLOCK = "2026-11-23T10:00"
    settings.INSERTION_KEYS = tmp_path / "insertion_keys"


@pytest.fixture
def world(db: None) -> Small:
    return small()


@pytest.fixture
def maxence(world: Small, client: Client) -> Client:
    """Maxence accompanies Ana, and nobody else."""
    client.force_login(world.people["maxence"])
    return client
