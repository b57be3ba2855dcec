"""The accounts of a year as the tax office and the accountant read them: fichier des écritures comptables.

Source: livre des procédures fiscales, art. A47 A-1, VII (arrêté du 29 juillet 2013): eighteen fields in their
order, a tab between them, dates AAAAMMJJ, a comma before decimals, letters of ISO 8859-15. One sequence of
numbers for the file, in the order in which entries were validated.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from stdnum.fr import siren as siren_number

from terreau.formats.refusals import NotWritten
from terreau.measures.french import format_date
from terreau.measures.money import Money

ENCODING = "iso8859-15"
COLUMNS = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum",
    "CompAuxLib", "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet",
    "ValidDate", "Montantdevise", "Idevise",
)  # fmt: skip
ACCOUNT = re.compile(r"[1-8][0-9]{2}[0-9A-Za-z]*")
# The typographic letters that ISO 8859-15 has not.
PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u202f": " "})
ZERO = Money(0)


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of an entry; `letter` and its day tie an invoice to what paid it."""

    account: str
    account_label: str
    debit: Money = ZERO
    credit: Money = ZERO
    partner: str = ""
    partner_label: str = ""
    letter: str = ""
    lettered: date | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    number: int
    journal: str
    journal_label: str
    day: date
    piece: str
    piece_day: date
    label: str
    validated: date
    postings: tuple[Posting, ...]


@dataclass(frozen=True, slots=True)
class Year:
    """An accounting year of one organisation."""

    siren: str
    start: date
    end: date
    entries: tuple[Entry, ...]


class File(NamedTuple):
    name: str
    data: bytes


def fec(year: Year) -> File:
    """The whole file, or `NotWritten`."""
    found = [*_year_problems(year), *_order_problems(year.entries)]
    for entry in year.entries:
        place = f"Écriture {entry.number}, {entry.label.strip() or 'sans libellé'}\u202f:"
        found += [f"{place} {problem}" for problem in _entry_problems(entry, year)]
    if found:
        raise NotWritten(found)
    rows = [COLUMNS, *(row for entry in year.entries for row in _rows(entry))]
    text = "".join("\t".join(row) + "\r\n" for row in rows)
    return File(f"{year.siren}FEC{_day(year.end)}.txt", text.encode(ENCODING, errors="replace"))


def _year_problems(year: Year) -> Iterator[str]:
    if not siren_number.is_valid(year.siren):
        yield f"« {year.siren} » n’est pas un SIREN\u202f: vérifiez ses 9 chiffres."
    if year.end < year.start:
        yield "L’exercice finit avant de commencer."
    if not year.entries:
        yield "L’exercice n’a aucune écriture."


def _order_problems(entries: Sequence[Entry]) -> Iterator[str]:
    for awaited, entry in enumerate(entries, start=1):
        if entry.number != awaited:
            yield f"L’écriture {entry.number} est à la place de la {awaited}\u202f: les numéros se suivent."
            return
    for before, after in pairwise(entries):
        if after.validated < before.validated:
            yield (
                f"L’écriture {after.number}, validée le {format_date(after.validated)}, suit la "
                f"{before.number}, validée le {format_date(before.validated)}\u202f: "
                "l’ordre est celui des validations."
            )


def _entry_problems(entry: Entry, year: Year) -> Iterator[str]:
    if not (entry.journal.strip() and entry.journal_label.strip()):
        yield "il manque le journal."
    if not entry.label.strip():
        yield "il manque le libellé."
    if not entry.piece.strip():
        yield "il manque la pièce justificative."
    if not year.start <= entry.day <= year.end:
        yield f"sa date, {format_date(entry.day)}, est hors de l’exercice."
    if entry.validated < entry.day:
        yield "elle est validée avant sa date."
    if len(entry.postings) < 2:
        yield "elle n’a pas deux lignes au moins."
    debit = Money(sum(posting.debit.cents for posting in entry.postings))
    credit = Money(sum(posting.credit.cents for posting in entry.postings))
    if debit != credit:
        yield f"{debit} au débit, {credit} au crédit\u202f: ils doivent être égaux."
    for posting in entry.postings:
        yield from (f"compte {posting.account}, {problem}" for problem in _posting_problems(posting))


def _posting_problems(posting: Posting) -> Iterator[str]:
    if not ACCOUNT.fullmatch(posting.account):
        yield "qui ne commence pas par trois chiffres du plan comptable."
    if not posting.account_label.strip():
        yield "sans libellé."
    if posting.debit.cents < 0 or posting.credit.cents < 0:
        yield "un montant négatif\u202f: passez-le de l’autre côté."
    if bool(posting.debit) == bool(posting.credit):
        yield "il faut un débit ou un crédit, et un seul."
    if bool(posting.partner.strip()) != bool(posting.partner_label.strip()):
        yield "un tiers a un code et un nom."
    if bool(posting.letter.strip()) != bool(posting.lettered):
        yield "un lettrage a une lettre et une date."


def _rows(entry: Entry) -> Iterator[tuple[str, ...]]:
    journal = _text(entry.journal), _text(entry.journal_label), str(entry.number), _day(entry.day)
    piece = _text(entry.piece), _day(entry.piece_day), _text(entry.label)
    validated = _day(entry.validated)
    for posting in entry.postings:
        yield (
            *journal,
            posting.account,
            _text(posting.account_label),
            _text(posting.partner),
            _text(posting.partner_label),
            *piece,
            _euros(posting.debit),
            _euros(posting.credit),
            _text(posting.letter),
            _day(posting.lettered) if posting.lettered else "",
            validated,
            "",
            "",
        )


def _text(text: str) -> str:
    """On one line, without the mark that separates fields."""
    line = " ".join(text.translate(PLAIN).split())
    return line if line.isprintable() else "".join(letter for letter in line if letter.isprintable())


def _day(day: date) -> str:
    return f"{day.year:04}{day.month:02}{day.day:02}"


def _euros(amount: Money) -> str:
    euros, cents = divmod(amount.cents, 100)  # none is negative: see above
    return f"{euros},{cents:02}"
