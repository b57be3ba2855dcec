import pytest

from terreau.ledger.tests.world import World, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world()
