import pytest
from django.test import Client

from terreau.rooms.insertion.tests.factories import Small, small


@pytest.fixture(autouse=True)
def _one_day_own_keys_and_light_locks(settings, tmp_path):
    settings.CLOCK = "2026-11-23T10:00"
    settings.INSERTION_KEYS = tmp_path / "insertion_keys"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def world(db: None) -> Small:
    return small()


@pytest.fixture
def maxence(world: Small, client: Client) -> Client:
    """Maxence accompanies Ana, and nobody else."""
    client.force_login(world.people["maxence"])
    return client
