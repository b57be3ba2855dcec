"""Columns that the database alone cannot read: encrypted at rest with keys kept in a file beside it.

The file (`INSERTION_KEYS`, mode 600) holds one Fernet key a line (AES-128-CBC and HMAC-SHA256), the newest
first: it seals, all of them open. A sealed column is read row by row in Python and never searched in SQL.
"""

import os
from contextlib import suppress
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Cast

BATCH = 500


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
        f"Les dossiers d’insertion sont chiffrés et le fichier de clés "
        f"{settings.INSERTION_KEYS} est introuvable. "
        "Remettez le fichier sauvegardé à part de la base\u202f; sans lui, personne ne peut les lire."
    )


def seal(words: str) -> str:
    """Words as the database keeps them; the first ever sealed make the first key."""
    if not words:
        return ""
    if not _keys():
        if _anything_sealed():
            raise _missing()
        _write(settings.INSERTION_KEYS, [Fernet.generate_key()], first=True)
    return _keys()[0].encrypt(words.encode()).decode()


def unseal(token: str) -> str:
    if not token:
        return ""
    _, ring = _ring()
    if ring is None:
        raise _missing()
    try:
        return ring.decrypt(token).decode()
    except InvalidToken as error:
        raise SealRefused(
            f"Aucune clé de {settings.INSERTION_KEYS} n’ouvre ce dossier d’insertion\u202f: la base "
            "et le fichier de clés ne sont pas de la même sauvegarde. Remettez ensemble ceux du même jour."
        ) from error


@lru_cache(maxsize=16_384)
def unseal_code(token: str) -> str:
    """A code that tables count. Opened once: a year has thousands, and nothing here says whose it is."""
    return unseal(token)


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
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


class SealedDateField(SealedTextField):
    """A day, sealed."""

    description = "date chiffrée"

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, str):
            return date.fromisoformat(value) if value else None
        return value


def sealed_columns() -> list[tuple[type[models.Model], list[str]]]:
    """Every model that has sealed columns, and their names."""
    found = []
    for model in apps.get_app_config("insertion").get_models():
        names = [field.name for field in model._meta.fields if isinstance(field, SealedTextField)]
        if names:
            found.append((model, names))
    return found


def _anything_sealed() -> bool:
    return any(model._base_manager.exists() for model, _ in sealed_columns())


def _stale(model: type[models.Model], names: list[str]) -> list[Any]:
    """The numbers of the rows that the newest key does not open."""
    newest = _keys()[0]

    def opens(token: str | None) -> bool:
        try:
            newest.decrypt((token or "").encode())
        except InvalidToken:
            return not token
        return True

    raw = {f"raw_{name}": Cast(name, models.TextField()) for name in names}
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
