"""Two écopôles that must never meet, and the few people who come back in every test."""

import pytest
from django.core.cache import cache

from terreau.territory.abilities import Role
from terreau.territory.models import Agent, AgentKind, Commune, Ecopole, User
from terreau.territory.tests.factories import someone

SQUARE = [[[1.9, 50.8], [2.0, 50.8], [2.0, 50.9], [1.9, 50.9], [1.9, 50.8]]]


@pytest.fixture(autouse=True)
def _one_day(settings):
    """Pages live on the day of the tests."""
    settings.CLOCK = "2026-11-23T10:00"


@pytest.fixture(autouse=True)
def _fresh_limits():
    """Nobody has tried a door yet."""
    cache.clear()


@pytest.fixture
def commune(db) -> Commune:
    return Commune.objects.create(
        code="62057",
        name="Audruicq",
        departement="62",
        epci_code="246200844",
        population=5300,
        latitude=50.879,
        longitude=2.08,
        contour=SQUARE,
    )


@pytest.fixture
def ecopole(commune) -> Ecopole:
    return Ecopole.objects.create(slug="polder", name="Écopôle du Polder", commune=commune)


@pytest.fixture
def elsewhere(commune) -> Ecopole:
    return Ecopole.objects.create(slug="ailleurs", name="Écopôle d’Ailleurs", commune=commune)


@pytest.fixture
def garden(ecopole, commune) -> Agent:
    return Agent.objects.create(
        ecopole=ecopole, kind=AgentKind.GARDEN, name="Jardin du Polder", commune=commune
    )


@pytest.fixture
def farm(ecopole, commune) -> Agent:
    return Agent.objects.create(
        ecopole=ecopole, kind=AgentKind.FARM, name="Ferme des Saules", commune=commune
    )


@pytest.fixture
def alice(garden) -> User:
    """Alice coordinates."""
    return someone("alice@example.org", garden, Role.COORDINATOR)


@pytest.fixture
def daniel(garden) -> User:
    """Daniel directs."""
    return someone("daniel@example.org", garden, Role.DIRECTOR)


@pytest.fixture
def fanny(farm) -> User:
    """Fanny farms."""
    return someone("fanny@example.org", farm, Role.FARMER)
