"""A file of saved records of the public catalogue of aids: read whole, or refused whole with reasons.

A list of records, or the page an API answers (`{"results": […]}`). Codes and words of the lists are known.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from terreau.funding.matching import plain
from terreau.funding.vocabulary import enum, fields

BYTES_MAX = 8_000_000
ENUMS = ("targeted_audiences", "aid_types", "mobilization_steps", "destinations")
# Beyond any text of the catalogue.
TEXT_MAX, LIST_MAX, ID_MAX, NAME_MAX, REASONS_MAX = 60_000, 200, 40, 300, 20


class FileRefused(Exception):
    """Nothing was read; each reason with its row."""

    def __init__(self, reasons: list[str]):
        self.reasons = reasons
        more = len(reasons) - REASONS_MAX
        shown = reasons[:REASONS_MAX] + ([f"et {more} autres."] if more > 0 else [])
        super().__init__("Fichier refusé, rien n’a été importé. " + " ".join(shown))


@dataclass(frozen=True)
class Record:
    source_id: str
    name: str
    updated_on: date | None
    data: dict[str, Any]


@dataclass(frozen=True)
class Read:
    records: tuple[Record, ...]
    # Fields of the file that we do not know, and did not keep.
    ignored: tuple[str, ...]


def read(content: bytes) -> Read:
    rows = _rows(content)
    reasons: list[str] = []
    records: dict[str, Record] = {}
    for number, row in enumerate(rows, start=1):
        found = list(_wrong(row))
        if not found:
            record = _record(row)
            if record.source_id in records:
                found = [f"le numéro {record.source_id} est déjà plus haut"]
            records[record.source_id] = record
        reasons += [f"Fiche {number}\u202f: {reason}." for reason in found]
    if reasons:
        raise FileRefused(reasons)
    ignored = {name for row in rows for name in row} - fields().keys() - {"id"}
    return Read(tuple(records.values()), tuple(sorted(ignored)))


def _rows(content: bytes) -> list[dict[str, Any]]:
    if len(content) > BYTES_MAX:
        raise FileRefused([f"Il dépasse {BYTES_MAX // 1_000_000}\u00a0Mo\u202f: coupez-le."])
    try:
        told = json.loads(content.decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise FileRefused(["Ce n’est pas du JSON en UTF-8. Enregistrez la réponse du service telle quelle."])
    rows = told.get("results") if isinstance(told, dict) else told
    if not isinstance(rows, list) or not rows:
        raise FileRefused(
            ["Aucune fiche\u202f: une liste de fiches est attendue, seule ou sous «\u202fresults\u202f»."]
        )
    wrong = [n for n, row in enumerate(rows, start=1) if not isinstance(row, dict)]
    if wrong:
        raise FileRefused([f"Fiche {n}\u202f: ce n’est pas une fiche." for n in wrong])
    return rows


def _wrong(row: Mapping[str, Any]) -> Iterator[str]:
    """Why a record cannot be kept."""
    key = row.get("id")
    if isinstance(key, bool) or not isinstance(key, int | str) or not 0 < len(str(key).strip()) <= ID_MAX:
        yield "son numéro «\u202fid\u202f» manque ou n’en est pas un"
    name = row.get("name")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= NAME_MAX:
        yield f"son nom «\u202fname\u202f» manque, ou dépasse {NAME_MAX} caractères"
    if not _is_text(row):
        yield "elle contient un caractère qui n’en est pas un"
    for field, kind in fields().items():
        value = row.get(field)
        if value is not None and value != "" and not SOUND[kind](value):
            yield f"«\u202f{field}\u202f» ne se lit pas ({WORDS[kind]} attendu)"
    yield from _unknown(row)
    rates = [row.get(f"subvention_rate_{end}_bound") for end in ("lower", "upper")]
    if any(rate is not None and _is_number(rate) and not 0 <= rate <= 100 for rate in rates):
        yield "un taux de subvention n’est pas entre 0 et 100"


def _unknown(row: Mapping[str, Any]) -> Iterator[str]:
    for field in ENUMS:
        value = row.get(field)
        for word in value if isinstance(value, list) else ():
            if isinstance(word, str) and _code(field, word) is None:
                yield f"«\u202f{field}\u202f» dit «\u202f{word[:40]}\u202f», qui n’est pas dans la liste"
    word = row.get("recurrence")
    if isinstance(word, str) and word and _code("recurrence", word) is None:
        yield f"«\u202frecurrence\u202f» dit «\u202f{word[:40]}\u202f», qui n’est pas dans la liste"


def _is_text(row: Mapping[str, Any]) -> bool:
    """What both databases can keep: no NUL, no half of a character."""
    told = json.dumps(row, ensure_ascii=False)
    try:
        return "\\u0000" not in told and bool(told.encode())
    except UnicodeEncodeError:
        return False


def _no_constant(word: str) -> None:
    raise ValueError(word)


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value[:10]))
    except ValueError:
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12


SOUND = {
    "text": lambda value: isinstance(value, str) and len(value) <= TEXT_MAX,
    "texts": lambda value: (
        isinstance(value, list)
        and len(value) <= LIST_MAX
        and all(isinstance(one, str) and len(one) <= TEXT_MAX for one in value)
    ),
    "flag": lambda value: isinstance(value, bool),
    "day": _is_day,
    "number": _is_number,
}
WORDS = {
    "text": "un texte", "texts": "une liste de textes", "flag": "oui ou non", "day": "un jour",
    "number": "un nombre",
}  # fmt: skip


def _code(field: str, word: str) -> str | None:
    known = enum(field)
    if word in known:
        return word
    return next((code for code, label in known.items() if plain_words(label) == plain_words(word)), None)


def plain_words(text: str) -> str:
    """As `plain`, brackets kept: two audiences differ only by theirs."""
    return plain(text.replace("(", " ").replace(")", " "))


def _record(row: Mapping[str, Any]) -> Record:
    data: dict[str, Any] = {}
    for field, kind in fields().items():
        value = row.get(field)
        if value in (None, "", []):
            continue
        if field in ENUMS:
            value = [_code(field, word) for word in value]
        elif field == "recurrence":
            value = _code(field, value)
        elif kind == "day":
            value = value[:10]
        data[field] = value
    updated = data.get("date_updated")
    return Record(
        str(row["id"]).strip(), row["name"].strip(), date.fromisoformat(updated) if updated else None, data
    )
