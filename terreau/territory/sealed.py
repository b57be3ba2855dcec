"""Columns that the database alone cannot read: encrypted at rest with keys kept in a file beside it.

The file (`INSERTION_KEYS`, mode 600) holds one Fernet key a line (AES-128-CBC and HMAC-SHA256), the newest
first: it seals, all of them open. A sealed column is read row by row in Python and never searched in SQL.
Whatever the table, a sealed column may be written again: under another key, or emptied. The triggers that
guard facts leave it open (`ledger/append_only.py`).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import connection, models, transaction
from django.db.models.functions import Cast
from django.db.models.lookups import Exact

BATCH = 500
# How a Fernet token begins: its version, and the high bytes of an hour that this century keeps at zero.
MARK = "gAAAA"


class SealRefused(Exception):
    """The words are there and cannot be opened: which file is missing or wrong, and what to do."""


def _write(path: Path, keys: list[bytes], *, first: bool = False) -> None:
    """Whole or not at all, for the account of the server alone; the first of two first keys stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(b"\n".join(keys) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if not first:
        draft.replace(path)
        return
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


@lru_cache(maxsize=4)
def _opened(path: str, _stamp: int, _inode: int) -> tuple[tuple[Fernet, ...], MultiFernet | None]:
    try:
        keys = tuple(Fernet(line) for line in Path(path).read_text().split())
    except ValueError as error:
        raise SealRefused(
            f"Le fichier {path} n’est pas un fichier de clés\u202f: une clé par ligne. Remettez celui de la "
            "sauvegarde."
        ) from error
    return keys, MultiFernet(keys) if keys else None


def _ring() -> tuple[tuple[Fernet, ...], MultiFernet | None]:
    """The keys of the file, the newest first, and what tries them in turn; read again when it changes."""
    path: Path = settings.INSERTION_KEYS
    try:
        told = path.stat()
    except FileNotFoundError:
        return (), None
    return _opened(str(path), told.st_mtime_ns, told.st_ino)


def _keys() -> tuple[Fernet, ...]:
    return _ring()[0]


def _missing() -> SealRefused:
    return SealRefused(
        f"Dossiers d’insertion et IBAN sont chiffrés, et le fichier de clés "
        f"{settings.INSERTION_KEYS} est introuvable. "
        "Remettez le fichier sauvegardé à part de la base\u202f; sans lui, personne ne peut les lire."
    )


def _newest() -> Fernet:
    """What seals; the first words ever sealed make the first key."""
    if not _keys():
        if _anything_sealed():
            raise _missing()
        _write(settings.INSERTION_KEYS, [Fernet.generate_key()], first=True)
    return _keys()[0]


def seal_bytes(told: bytes) -> bytes:
    return _newest().encrypt(told) if told else b""


def unseal_bytes(token: bytes) -> bytes:
    if not token:
        return b""
    _, ring = _ring()
    if ring is None:
        raise _missing()
    try:
        return ring.decrypt(token)
    except InvalidToken as error:
        raise SealRefused(
            f"Aucune clé de {settings.INSERTION_KEYS} n’ouvre ce qui est chiffré\u202f: la base "
            "et le fichier de clés ne sont pas de la même sauvegarde. Remettez ensemble ceux du même jour."
        ) from error


def seal(words: str) -> str:
    """Words as the database keeps them."""
    return seal_bytes(words.encode()).decode()


def unseal(token: str) -> str:
    return unseal_bytes(token.encode()).decode()


class _Empty(Exact):
    """The one question of a sealed column that the database answers: is it empty?"""

    def get_prep_lookup(self) -> Any:
        if self.rhs:
            raise FieldError("A sealed column is compared with nothing but an empty value.")
        return self.rhs


class SealedTextField(models.Field[Any, Any]):
    """Words, sealed. Nothing is kept of an empty text but that it is empty."""

    description = "texte chiffré"

    def get_internal_type(self) -> str:
        return "TextField"

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        return None if value is None else self.to_python(unseal(value))

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else seal(str(value))

    def get_lookup(self, lookup_name: str) -> Any:
        """Two seals of the same words differ: only their absence can be asked of the database."""
        if lookup_name == "exact":
            return _Empty
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


class SealedDateField(SealedTextField):
    """A day, sealed."""

    description = "date chiffrée"

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, str):
            return date.fromisoformat(value) if value else None
        return value


class SealedBinaryField(SealedTextField):
    """A file, sealed."""

    description = "fichier chiffré"

    def get_internal_type(self) -> str:
        return "BinaryField"

    def from_db_value(self, value: Any, *_: Any) -> Any:
        return None if value is None else unseal_bytes(bytes(value))

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else seal_bytes(bytes(value))


def sealed_columns(app: str = "") -> list[tuple[type[models.Model], list[str]]]:
    """Every model of the house, or of one app, that has sealed columns, and their names."""
    found = []
    for model in apps.get_app_config(app).get_models() if app else apps.get_models():
        names = [field.name for field in model._meta.fields if isinstance(field, SealedTextField)]
        if names:
            found.append((model, names))
    return found


def _anything_sealed() -> bool:
    """Asked of the tables as they are: while it migrates, the house has not all of them."""
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        for model, names in sealed_columns():
            table = model._meta.db_table
            if table not in there:
                continue
            cursor.execute(f"SELECT * FROM {table} LIMIT 0")
            told = {one[0] for one in cursor.description}
            for name in told.intersection(names):
                binary = model._meta.get_field(name).get_internal_type() == "BinaryField"
                cursor.execute(
                    f"SELECT 1 FROM {table} WHERE substr({name}, 1, {len(MARK)}) = %s LIMIT 1",
                    [MARK.encode() if binary else MARK],
                )
                if cursor.fetchone():
                    return True
    return False


def _stale(model: type[models.Model], names: list[str]) -> list[Any]:
    """The numbers of the rows that the newest key does not open."""
    newest = _keys()[0]

    def opens(token: Any) -> bool:
        try:
            newest.decrypt(bytes(token or b""))
        except InvalidToken:
            return not token
        return True

    raw = {f"raw_{name}": Cast(name, models.BinaryField()) for name in names}
    rows = model._base_manager.annotate(**raw).values_list("pk", *raw)
    return [pk for pk, *tokens in rows.iterator(BATCH) if not all(map(opens, tokens))]


def rotate() -> int:
    """A new key, then every row sealed again with it, by batches. Answers how many rows were.

    Interrupted, it goes on at the next call without another key. Older keys stay in the file, last: older
    backups need them. Whoever writes meanwhile with the older key is caught by the next round.
    """
    if not _keys():
        if _anything_sealed():
            raise _missing()
        _write(settings.INSERTION_KEYS, [Fernet.generate_key()], first=True)
        return 0
    columns = sealed_columns()
    if not any(_stale(model, names) for model, names in columns):
        path: Path = settings.INSERTION_KEYS
        _write(path, [Fernet.generate_key(), *path.read_bytes().split()])
    return sum(_seal_again(model, names) for model, names in columns)


def _seal_again(model: type[models.Model], names: list[str]) -> int:
    done = 0
    while stale := _stale(model, names):
        for start in range(0, len(stale), BATCH):
            with transaction.atomic():
                rows = model._base_manager.select_for_update().filter(pk__in=stale[start : start + BATCH])
                done += model._base_manager.bulk_update(list(rows), names)
    return done


@contextmanager
def for_good() -> Iterator[None]:
    """What is emptied meanwhile is overwritten: SQLite keeps it in its free pages unless told."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete = ON")
    yield
    if not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
