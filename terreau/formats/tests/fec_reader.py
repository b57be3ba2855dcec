"""A reader of FEC that shares nothing with our writer: what it says of a file, a tax inspector’s tool would.

It reads other programs’ files too: `|` or tab, UTF-8 or ISO 8859-15.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

NAME = re.compile(r"(?P<siren>[0-9]{9})FEC(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})\.(txt|csv)")
FIELDS = [
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
]
REQUIRED = [0, 1, 2, 3, 4, 5, 8, 9, 10, 15]
DATES = [3, 9, 14, 15]
DATE = re.compile(r"[0-9]{8}")
AMOUNT = re.compile(r"-?[0-9]+(,[0-9]{1,2})?")


@dataclass
class Read:
    """The balance of each account, debit minus credit, and everything that is wrong."""

    problems: list[str] = field(default_factory=list)
    balances: dict[str, Decimal] = field(default_factory=dict)
    entries: int = 0
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)


def read_fec(name: str, data: bytes) -> Read:
    read = Read()
    named = NAME.fullmatch(name)
    if not named:
        read.problems.append(f"« {name} » n’est pas un nom de FEC, comme 123456789FEC20261231.txt.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("iso8859-15")
    head, *rows = text.splitlines() or [""]
    mark = "\t" if "\t" in head else "|"
    if [title.lower() for title in head.split(mark)] != [title.lower() for title in FIELDS]:
        read.problems.append("Les titres de colonnes ne sont pas les dix-huit du FEC, dans leur ordre.")
        return read
    closing = _date("".join(named.group("year", "month", "day"))) if named else None
    _fill(read, [row.split(mark) for row in rows], closing)
    return read


def _fill(read: Read, rows: list[list[str]], closing: date | None) -> None:
    entries: dict[str, Decimal] = defaultdict(Decimal)
    balances: dict[str, Decimal] = defaultdict(Decimal)
    validated: list[date] = []
    for number, row in enumerate(rows, start=2):
        wrong = list(_wrong(row, closing))
        if wrong:
            read.problems += [f"Ligne {number}\u202f: {problem}" for problem in wrong]
            continue
        debit, credit = (Decimal(row[place].replace(",", ".") or 0) for place in (11, 12))
        entries[row[2]] += debit - credit
        balances[row[4]] += debit - credit
        read.debit += debit
        read.credit += credit
        day = _date(row[15])
        if day:
            validated.append(day)
    read.problems += [f"L’écriture {key} n’est pas équilibrée." for key, gap in entries.items() if gap]
    if list(entries) != [str(place) for place in range(1, len(entries) + 1)]:
        read.problems.append("Les numéros d’écriture ne se suivent pas.")
    if validated != sorted(validated):
        read.problems.append("Les écritures ne sont pas dans l’ordre de leur validation.")
    if read.debit != read.credit:
        read.problems.append(
            f"{read.debit} au débit, {read.credit} au crédit\u202f: le fichier n’est pas équilibré."
        )
    read.entries, read.balances = len(entries), dict(balances)


def _wrong(row: list[str], closing: date | None) -> Iterator[str]:
    if len(row) != len(FIELDS):
        yield f"{len(row)} champs au lieu de dix-huit."
        return
    yield from (f"{FIELDS[place]} est vide." for place in REQUIRED if not row[place].strip())
    yield from (
        f"{FIELDS[place]} « {row[place]} » n’est pas une date AAAAMMJJ."
        for place in DATES
        if row[place] and not _date(row[place])
    )
    yield from (
        f"{FIELDS[place]} « {row[place]} » n’est pas un montant."
        for place in (11, 12)
        if row[place] and not AMOUNT.fullmatch(row[place])
    )
    if not row[4][:3].isdigit():
        yield f"CompteNum « {row[4]} » ne commence pas par trois chiffres."
    day = _date(row[3])
    if closing and day and day > closing:
        yield "l’écriture est datée d’après la clôture."


def _date(text: str) -> date | None:
    if not DATE.fullmatch(text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
