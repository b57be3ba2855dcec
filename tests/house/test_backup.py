"""An instance leaves in one file and comes back whole, from either database to either, or not at all.

`tests/data/first-week.sql` is a database of the first version: one écopôle, a week planned and half lived.
Migrated to today, it is what crosses.
"""

import gzip
import hashlib
import json
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import dj_database_url
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import load_backend
from django.test import Client

from terreau.billing.models import Collection, Mandate, Statement, StatementEntry
from terreau.billing.tests.factories import House, make_house
from terreau.billing.tests.paying import IBAN, MEMBER_IBAN, mandated
from terreau.ledger.models import Event
from terreau.ledger.tests.world import NOW, World, make_world
from terreau.measures.money import Money
from terreau.rooms.insertion.models import Participant
from terreau.territory.models import Ecopole, User
from terreau.web import backup

FIRST_WEEK = Path(__file__).parents[1] / "data" / "first-week.sql"


@contextmanager
def opened(url: str) -> Iterator[None]:
    """The house on another database."""
    kept = connections["default"]
    told = connections.configure_settings({"default": dj_database_url.parse(url)})["default"]
    connections["default"] = load_backend(told["ENGINE"]).DatabaseWrapper(told, "default")
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = kept


@pytest.fixture
def fresh(new_database, django_db_blocker) -> Iterator[Callable[[], str]]:
    with django_db_blocker.unblock():
        yield new_database


def run(command: str, file: Path, *options: str) -> str:
    said = StringIO()
    call_command(command, str(file), *options, stdout=said)
    return said.getvalue()


def lines(file: Path) -> list[Any]:
    """All but the heading, which tells the hour, and the sum; PostgreSQL orders the keys of an object."""
    return [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()[1:-1]]


def counts() -> dict[str, int]:
    return {name: table.count() for name, table in backup.tables().items()}


@pytest.fixture
def file(fresh, tmp_path) -> Path:
    """The backup of a small world, with one person's sealed words, and accounts."""
    file = tmp_path / "hier.terreau"
    with opened(fresh()):
        world = make_world()
        lot = world.harvested("carotte", "12.5")
        world.add("transfer", "2.5", lot, "jardin", "cantine")
        participant(world)
        house = House(world, {}, None)
        collected(house, mandated(house))
        assert "Les clés n’y sont pas" in run("backup", file)
    return file


def participant(world: World) -> None:
    Participant.objects.create(
        ecopole=world.ecopole, agent=world.agents["ferme"], key="ada", name="Lovelace", first_name="Ada",
        recorded_at=NOW,
    )  # fmt: skip


def test_what_leaves_comes_back_row_for_row(file, fresh, tmp_path):
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    left = gzip.decompress(file.read_bytes())
    assert not [one for one in (b"Lovelace", MEMBER_IBAN.encode()) if one in left], (
        "what is sealed leaves sealed"
    )
    with opened(fresh()):
        told = run("restore", file)
        assert "aucune différence" in told
        assert "2 mouvements" in told
        again = tmp_path / "aujourdhui.terreau"
        run("backup", again)
        assert lines(again) == lines(file)
        world = make_world("ailleurs")  # numbers go on after those that came back
        world.harvested("poireau", "1")
        assert Event.objects.count() == 3
    with opened(fresh()), pytest.raises(CommandError, match="existe déjà"):
        run("backup", file)


def forged(file: Path, change: Callable[[list[bytes]], list[bytes]], *, signed: bool = True) -> Path:
    """A file somebody touched; `signed`: who knew how to make its sum right."""
    told = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    body = change(told[:-1])
    last = json.loads(told[-1])
    if signed:
        last["sha256"] = hashlib.sha256(b"".join(body)).hexdigest()
    path = file.with_name("touche.terreau")
    path.write_bytes(gzip.compress(b"".join(body) + json.dumps(last).encode() + b"\n"))
    return path


def heading_with(**more) -> Callable[[list[bytes]], list[bytes]]:
    return lambda told: [json.dumps(json.loads(told[0]) | more).encode() + b"\n", *told[1:]]


def first_lot_lost(told: list[bytes]) -> list[bytes]:
    at = next(i for i, line in enumerate(told) if b'"table":"ledger_lot"' in line)
    return told[: at + 1] + told[at + 2 :]


def cut(file: Path) -> Path:
    file.write_bytes(file.read_bytes()[:-40])
    return file


def words(file: Path) -> Path:
    file.write_text("bonjour")
    return file


def without_end(file: Path) -> Path:
    file.write_bytes(gzip.compress(b"".join(gzip.decompress(file.read_bytes()).splitlines(True)[:-1])))
    return file


REFUSED = {
    "cut": (cut, "tronqué ou abîmé"),
    "no backup": (words, "n’est pas une sauvegarde"),
    "no end": (without_end, "sa fin manque"),
    "touched": (lambda f: forged(f, heading_with(made_at="2020-01-01T00:00:00"), signed=False), "modifié"),
    "other format": (lambda f: forged(f, heading_with(terreau=9)), "format 9"),
    "newer": (lambda f: forged(f, heading_with(migrations=["ledger.9999_later"])), "terreau migrate"),
    "older": (lambda f: forged(f, heading_with(migrations=[])), "plus ancienne"),
    "a lot is lost": (lambda f: forged(f, first_lot_lost), "rien n’a été écrit|compte des lignes"),
}


def test_a_file_that_is_not_right_is_refused_whole_and_says_why(file, fresh):
    good = file.read_bytes()
    with opened(fresh()):
        before = counts()
        for name, (spoil, why) in REFUSED.items():
            file.write_bytes(good)
            with pytest.raises(CommandError, match=why):
                run("restore", spoil(file))
            assert counts() == before, name
        file.write_bytes(good)
        run("restore", file)
        with pytest.raises(CommandError, match="n’est pas vide"):
            run("restore", file)


def test_the_keys_travel_only_when_asked_and_are_never_written_over(fresh, tmp_path, settings):
    file = tmp_path / "tout.terreau"
    with opened(fresh()):
        participant(make_world())
        assert "Les clés y sont" in run("backup", file, "--with-keys")
    keys = settings.INSERTION_KEYS.read_text()
    settings.VAR = tmp_path / "var"
    settings.INSERTION_KEYS = settings.VAR / "insertion_keys"
    settings.VAR.mkdir()
    settings.INSERTION_KEYS.write_text("une autre clé")
    with opened(fresh()):
        with pytest.raises(CommandError, match="Rangez ce fichier ailleurs"):
            run("restore", file)
        settings.INSERTION_KEYS.unlink()
        run("restore", file)
        assert Participant.objects.get().name == "Lovelace"
    assert settings.INSERTION_KEYS.read_text() == keys
    assert (settings.VAR / "secret_key").read_text() == settings.SECRET_KEY
    assert {stat.S_IMODE(path.stat().st_mode) for path in settings.VAR.iterdir()} == {0o600}


def shape() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Of each table, its columns and those of its constraints and indexes that are there."""
    found = {}
    with connection.cursor() as cursor:
        for name, table in backup.tables().items():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)} LIMIT 0")
            columns = frozenset(column[0] for column in cursor.description)
            named = {one.name for one in (*table.model._meta.constraints, *table.model._meta.indexes)}
            found[name] = (columns, frozenset(named & _held(cursor, name, named)))
    return found


def _held(cursor, table: str, named: set[str]) -> set[str]:
    if connection.vendor == "postgresql":
        return set(connection.introspection.get_constraints(cursor, table))
    cursor.execute("SELECT sql FROM sqlite_master WHERE tbl_name = %s AND sql <> ''", [table])
    told = " ".join(order for (order,) in cursor.fetchall())
    return {name for name in named if f'"{name}"' in told}


def test_the_first_version_s_week_is_upgraded_crosses_to_postgresql_and_comes_back(fresh, tmp_path, settings):
    """Upgraded with its rows in place, SQLite has the very tables that a new PostgreSQL has."""
    if connection.vendor != "postgresql":
        pytest.skip("it crosses from one database to the other")
    first, there, back = (tmp_path / name for name in ("first.terreau", "there.terreau", "back.terreau"))
    week, here = (f"sqlite:///{tmp_path / name}" for name in ("week.sqlite3", "here.sqlite3"))
    with closing(sqlite3.connect(tmp_path / "week.sqlite3")) as old:
        old.executescript(FIRST_WEEK.read_text())
    with opened(week):
        call_command("migrate", verbosity=0)
        upgraded = shape()
        lived = Event.objects.count()
        run("backup", first)
    with opened(fresh()):
        assert shape() == upgraded
        told = run("restore", first)
        assert "aucune différence" in told
        assert Event.objects.count() == lived == 16
        run("backup", there)
        settings.CLOCK = "2026-11-24T09:00"
        client = Client()
        client.force_login(User.objects.get(name="Alice"))
        page = client.get(f"/e/{Ecopole.objects.get().slug}/plateforme/stock/")
        assert page.status_code == 200
        assert "Carotte" in page.content.decode()
    assert lines(there) == lines(first)
    empty_like(tmp_path / "week.sqlite3", tmp_path / "here.sqlite3")
    with opened(here):
        assert "aucune différence" in run("restore", there)
        run("backup", back)
    assert lines(back) == lines(first)


def columns(*named: str) -> list[str]:
    """Their cells, as the database keeps them; a file comes as bytes."""
    with connection.cursor() as cursor:
        found = []
        for table, column in (one.split(".") for one in named):
            cursor.execute(f"SELECT {column} FROM billing_{table}")
            found += [told if isinstance(told, str) else bytes(told).decode() for (told,) in cursor]
    return found


SEALED = ("issuer.iban", "mandate.iban", "collection.file", "statement.iban")
SEALED_TOO = "statemententry.counterparty_iban"


def test_accounts_an_older_version_kept_in_clear_are_sealed_by_its_upgrade(fresh, settings, tmp_path):
    """Rows of every kind, as that version kept them, migrated to today; facts are guarded again."""
    settings.INSERTION_KEYS = tmp_path / "insertion_keys"
    with opened(fresh()):
        house, today = make_house(), shape()
        collected(house, mandated(house))
        MigrationExecutor(connection).migrate([("billing", "0002_payments")])
        clear = columns(*SEALED, SEALED_TOO)
        assert sorted(clear) == sorted([IBAN, IBAN, IBAN, MEMBER_IBAN, MEMBER_IBAN, "<pain/>"])
        settings.INSERTION_KEYS.unlink()
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes("billing"))
        assert all(told.startswith("gAAAA") for told in columns(*SEALED, SEALED_TOO))
        if connection.vendor == "sqlite":
            stolen = bytes(connection.connection.serialize())
            assert not [one for one in (IBAN, MEMBER_IBAN) if one.encode() in stolen], (
                "nor in a page it freed"
            )
        assert (Mandate.objects.get().iban, bytes(Collection.objects.get().file)) == (MEMBER_IBAN, b"<pain/>")
        assert shape() == today
        with pytest.raises(DatabaseError, match="un fait écrit"), transaction.atomic():
            StatementEntry.objects.update(amount=Money(1), counterparty_iban="")
        assert StatementEntry.objects.update(counterparty_iban="") == 1


def collected(house: House, mandate: Mandate) -> None:
    day, said = NOW.date(), {"ecopole": house.ecopole, "recorded_at": NOW, "creditor": mandate.creditor}
    Collection.objects.create(
        message="PB-1", due_on=day + timedelta(days=15), notified_on=day, count=1, total=Money(100),
        file=b"<pain/>", key="c", **said,
    )  # fmt: skip
    statement = Statement.objects.create(
        iban=IBAN, digest="d", name="novembre.xml", first=day, last=day, key="s", **said
    )
    StatementEntry.objects.create(
        statement=statement, creditor=mandate.creditor, day=day, amount=Money(100), label="VIR",
        counterparty_iban=MEMBER_IBAN, fingerprint="f",
    )  # fmt: skip


def empty_like(lived: Path, empty: Path) -> None:
    """The tables and triggers of a database, and the list of its migrations."""
    with closing(sqlite3.connect(lived)) as old, closing(sqlite3.connect(empty)) as new:
        made = "SELECT sql FROM sqlite_master WHERE sql <> '' AND name NOT LIKE 'sqlite_%'"
        for (order,) in old.execute(f"{made} ORDER BY type = 'trigger'").fetchall():
            new.execute(order)
        applied = old.execute("SELECT id, app, name, applied FROM django_migrations").fetchall()
        new.executemany("INSERT INTO django_migrations (id, app, name, applied) VALUES (?, ?, ?, ?)", applied)
        new.commit()
