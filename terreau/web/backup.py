"""A whole instance in one file, read back whole or not at all, on either database.

Compressed lines of JSON: a heading (format, day, migrations), then for each table its name and columns, and
its rows; at last how many rows each table has, and the SHA-256 of every line before. Values are those of the
columns, so that what is sealed leaves sealed, and a backup costs no more memory than a few rows (0015).
"""

import gzip
import hashlib
import json
import os
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.core.management.color import no_style
from django.db import DatabaseError, connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder

from terreau.measures.french import format_decimal

FORMAT = 1
BATCH = 1_000
TOLD_EVERY = 100_000
# Whoever was signed in signs in again: a key that opens a page is not kept in a file.
LEFT_OUT = {"django_session"}
# What `migrate` has written already, under numbers of its own.
WRITTEN_BY_MIGRATE = ("auth_permission", "django_content_type")

Tell = Callable[[str], object]


class Refused(Exception):
    """Why the file is not read back; nothing was written."""


@dataclass(frozen=True, slots=True)
class Heading:
    made_at: datetime
    migrations: list[str]
    keys: dict[str, str] | None


def same(value: Any) -> Any:
    return value


# How a column's value is written, and read again; the other kinds are JSON's own.
KINDS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "DateTimeField": (datetime.isoformat, datetime.fromisoformat),
    "DateField": (date.isoformat, date.fromisoformat),
    "TimeField": (time.isoformat, time.fromisoformat),
    "UUIDField": (str, UUID),
    "BinaryField": (lambda value: b64encode(value).decode(), b64decode),
    "JSONField": (lambda value: json.loads(value) if isinstance(value, str) else value, same),
}
PLAIN = {
    "AutoField", "BigAutoField", "BigIntegerField", "BooleanField", "CharField", "FloatField", "IntegerField",
    "PositiveIntegerField", "PositiveSmallIntegerField", "SlugField", "TextField",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """None for a value that is the same in the file and in both databases: most are."""

    name: str
    write: Callable[[Any], Any] | None
    read: Callable[[Any], Any] | None

    @classmethod
    def of(cls, field: Any) -> "Column":
        name = field.column
        while field.remote_field:
            field = field.target_field
        kind, column = field.get_internal_type(), field.cached_col
        convert = connection.ops.get_db_converters(column)
        if kind in PLAIN:
            return cls(name, (lambda value: convert[0](value, column, connection)) if convert else None, None)
        if kind not in KINDS:
            raise TypeError(f"{field} : dites dans KINDS comment un {kind} s’écrit et se relit.")
        into_text, from_text = KINDS[kind]

        def write(value: Any) -> Any:
            for one in convert:
                value = one(value, column, connection)
            return into_text(value)

        def read(value: Any) -> Any:
            return field.get_db_prep_value(from_text(value), connection, prepared=True)

        return cls(name, write, read)


@dataclass(frozen=True, slots=True)
class Table:
    model: type[models.Model]
    columns: list[Column]

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def count(self) -> int:
        return self.model._base_manager.count()


def tables() -> dict[str, Table]:
    """Every table of the instance, those it points to first.

    Both databases check foreign keys at the end of the transaction, but SQLite, for each row that arrives
    after one that points to it, looks for that one in the whole table.
    """
    found: dict[str, Table] = {}
    seen = set()

    def visit(model: type[models.Model]) -> None:
        if model in seen:
            return
        seen.add(model)
        meta = model._meta
        for field in meta.local_concrete_fields:
            if field.remote_field:
                visit(field.remote_field.model)
        if meta.managed and not meta.proxy and meta.db_table not in LEFT_OUT:
            found[meta.db_table] = Table(model, [Column.of(field) for field in meta.local_concrete_fields])

    for model in sorted(apps.get_models(include_auto_created=True), key=lambda model: model._meta.db_table):
        visit(model)
    return found


def applied() -> list[str]:
    recorded = MigrationRecorder(connection).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in recorded)


def _quoted(names: list[str]) -> str:
    return ", ".join(map(connection.ops.quote_name, names))


def _told(tell: Tell, table: Table, rows: int) -> None:
    if rows:
        tell(f"  {table.name}\u202f: {format_decimal(rows)}")


# --- the keys, kept outside the database


def keys_here() -> dict[str, str]:
    keys = {"secret_key": settings.SECRET_KEY}
    if settings.INSERTION_KEYS.exists():
        keys["insertion_keys"] = settings.INSERTION_KEYS.read_text()
    return keys


def _check_keys(keys: dict[str, str]) -> None:
    """Keys that may open something else are not written over."""
    path = settings.INSERTION_KEYS
    if "insertion_keys" in keys and path.exists() and path.read_text() != keys["insertion_keys"]:
        raise Refused(
            f"La sauvegarde porte les clés de ce qui est chiffré, et {path} en contient d’autres. "
            "Rangez ce fichier ailleurs, puis recommencez."
        )
    if os.environ.get("TERREAU_SECRET_KEY", keys["secret_key"]) != keys["secret_key"]:
        raise Refused(
            "La sauvegarde porte une clé secrète autre que TERREAU_SECRET_KEY. Retirez cette variable, puis "
            "recommencez."
        )


def _put_keys(keys: dict[str, str]) -> None:
    places = {"secret_key": settings.VAR / "secret_key", "insertion_keys": settings.INSERTION_KEYS}
    for name, path in places.items():
        if name in keys:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f"{path.name}.{os.getpid()}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(keys[name])
            draft.replace(path)


def about_keys(keys: dict[str, str] | None) -> str:
    if keys:
        return (
            "Les clés y sont\u202f: qui a ce fichier lit les dossiers d’insertion et les IBAN, et ouvre tous "
            "les liens. Gardez-le sous clé."
        )
    return (
        "Les clés n’y sont pas\u202f: gardez à part la clé secrète (sans elle, les liens et les agendas "
        f"envoyés ne s’ouvrent plus) et {settings.INSERTION_KEYS} (sans lui, "
        "personne ne lit les dossiers d’insertion ni les IBAN)."
    )


# --- written


def write(path: Path, *, at: datetime, keys: dict[str, str] | None, tell: Tell) -> dict[str, int]:
    """The instance as it is at one moment, for whoever runs it alone; the number of rows of each table."""
    if path.exists():
        raise FileExistsError(path)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=4) as packed:
                counts = _write_lines(packed, at, keys, tell)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    return counts


def _write_lines(
    packed: gzip.GzipFile, at: datetime, keys: dict[str, str] | None, tell: Tell
) -> dict[str, int]:
    seen, counts = hashlib.sha256(), {}

    def put(value: Any) -> None:
        line = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        seen.update(line)
        packed.write(line)

    with _one_moment():
        put({"terreau": FORMAT, "made_at": at.isoformat(), "migrations": applied(), "keys": keys})
        for table in tables().values():
            put({"table": table.name, "columns": table.names})
            counts[table.name] = 0
            for row in _rows(table):
                put(row)
                counts[table.name] += 1
                if counts[table.name] % TOLD_EVERY == 0:
                    _told(tell, table, counts[table.name])
            _told(tell, table, counts[table.name])
    put({"rows": counts, "sha256": seen.hexdigest()})
    return counts


@contextmanager
def _one_moment() -> Iterator[None]:
    """Everything is read as it is now, while others go on writing."""
    if connection.vendor == "sqlite":
        # Our transactions begin as writers do; this one only reads, and keeps nobody waiting.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def _rows(table: Table) -> Iterator[list[Any]]:
    changes = [column.write for column in table.columns]
    key = connection.ops.quote_name(str(table.model._meta.pk.column))
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT {_quoted(table.names)} FROM {connection.ops.quote_name(table.name)} ORDER BY {key}"
        )
        while batch := cursor.fetchmany(BATCH):
            for row in batch:
                yield [
                    value if change is None or value is None else change(value)
                    for change, value in zip(changes, row, strict=True)
                ]


# --- read back


def heading(path: Path) -> Heading:
    """The file read to its end before anything is written: what it is, whole and unchanged."""
    seen, first, last = hashlib.sha256(), b"", b""
    for line in _lines(path):
        first = first or line
        seen.update(last)
        last = line
    told = _object(first, "terreau")
    if told["terreau"] != FORMAT:
        raise Refused(
            f"{path} est au format {told['terreau']}, cette version de Terreau lit le format {FORMAT}. "
            "Restaurez-le avec la version qui l’a écrit, puis mettez-la à jour."
        )
    if _object(last, "sha256")["sha256"] != seen.hexdigest():
        raise Refused(f"{path} a été modifié depuis qu’il a été écrit. Prenez une autre sauvegarde.")
    return Heading(datetime.fromisoformat(told["made_at"]), told["migrations"], told["keys"])


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") as packed:
            yield from packed
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise Refused(
            f"{path} n’est pas une sauvegarde de Terreau, ou il est tronqué ou abîmé. Prenez-en une autre."
        ) from error


def _object(line: bytes, name: str) -> dict[str, Any]:
    with suppress(ValueError):
        told = json.loads(line)
        if isinstance(told, dict) and name in told:
            return told
    raise Refused("Ce fichier n’est pas une sauvegarde de Terreau, ou sa fin manque. Prenez-en une autre.")


def check_place(told: Heading) -> None:
    """A backup is read into a database without a row, at the very migrations it was made at."""
    if told.keys:
        _check_keys(told.keys)
    here = applied()
    if ahead := sorted(set(told.migrations) - set(here)):
        raise Refused(
            f"La base n’a pas {len(ahead)} migration(s) de la sauvegarde ({', '.join(ahead[:3])}…). Lancez "
            "`terreau migrate`\u202f; si cela ne suffit pas, installez la version de Terreau qui l’a écrite."
        )
    if behind := sorted(set(here) - set(told.migrations)):
        raise Refused(
            f"La sauvegarde est plus ancienne que la base\u202f: il lui manque {len(behind)} migration(s) "
            f"({', '.join(behind[:3])}…). Restaurez-la avec la version de Terreau qui l’a écrite, dans une "
            "base neuve, puis installez celle-ci et lancez `terreau migrate`."
        )
    full = [
        name
        for name, table in tables().items()
        if name not in WRITTEN_BY_MIGRATE and table.model._base_manager.exists()
    ]
    if full:
        raise Refused(
            f"La base n’est pas vide ({', '.join(full[:3])}…)\u202f: une sauvegarde ne se restaure que dans "
            "une base neuve. Donnez-en une autre par DATABASE_URL, et lancez-y `terreau migrate`."
        )


def read(path: Path, told: Heading, *, tell: Tell) -> dict[str, int]:
    """Every row, in one transaction; counted again, table by table, before it is kept."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                for name in WRITTEN_BY_MIGRATE:
                    cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")
            promised = _read_lines(path, tell)
            connection.check_constraints()
            known = tables()
            counted = {name: known[name].count() for name in promised}
            if counted != promised:
                wrong = [name for name in promised if counted[name] != promised[name]]
                raise Refused(f"Le compte des lignes diffère de celui de la sauvegarde\u202f: {wrong}.")
            with connection.cursor() as cursor:
                for order in connection.ops.sequence_reset_sql(
                    no_style(), [table.model for table in known.values()]
                ):
                    cursor.execute(order)
            if told.keys:
                _put_keys(told.keys)
    except DatabaseError as error:
        raise Refused(f"La base refuse cette sauvegarde, rien n’a été écrit\u202f: {error}") from error
    return counted


def _read_lines(path: Path, tell: Tell) -> dict[str, int]:
    """What the file says it holds, once written. Its rows follow the name of their table."""
    lines, known = _lines(path), tables()
    next(lines)
    told = json.loads(next(lines))
    while "table" in told:
        table = known.pop(told["table"], None)
        if table is None or table.names != told["columns"]:
            raise Refused(f"La table {told['table']} n’a pas ici les colonnes de la sauvegarde.")
        told = _fill(table, lines, tell)
    if known:
        raise Refused(f"La sauvegarde n’a pas de table {', '.join(known)}.")
    rows: dict[str, int] = told["rows"]
    return rows


def _fill(table: Table, lines: Iterator[bytes], tell: Tell) -> dict[str, Any]:
    """The rows of a table; answers the line after them, which is no row."""
    changes = [column.read for column in table.columns]
    marks = ", ".join(["%s"] * len(table.columns))
    order = f"INSERT INTO {connection.ops.quote_name(table.name)} ({_quoted(table.names)}) VALUES ({marks})"
    after: dict[str, Any] = {}
    done = 0
    with connection.cursor() as cursor:
        while not after:
            rows = []
            for line in islice(lines, BATCH):
                value = json.loads(line)
                if isinstance(value, dict):
                    after = value
                    break
                rows.append(
                    [
                        told if change is None or told is None else change(told)
                        for change, told in zip(changes, value, strict=True)
                    ]
                )
            if rows:
                cursor.executemany(order, rows)
                done += len(rows)
                if not after and done % TOLD_EVERY == 0:
                    _told(tell, table, done)
    _told(tell, table, done)
    return after
