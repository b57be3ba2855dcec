"""What the bank says happened on an account: camt.053 (ISO 20022), or the CSV of a French bank.

Read whole or not at all, with every row and reason. What a line pays is decided above; here it is a fact of
the bank, with a fingerprint by which the same line is known when a statement is read twice.
"""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from lxml import etree
from stdnum import iban as iban_code

from terreau.formats.refusals import NotRead
from terreau.measures.french import FrenchEntryError, format_date, parse_date, parse_money, unaccented
from terreau.measures.money import Money

BYTES_MAX = 20_000_000
# ISO 20022 external codes of returned debits (EPC173-14), as their debtor or our treasurer would say them.
RETURNS = {
    "AC01": "IBAN faux",
    "AC04": "compte clos",
    "AC06": "compte bloqué",
    "AC13": "compte d’entreprise, hors de ce mandat",
    "AG01": "prélèvement interdit sur ce compte",
    "AG02": "type de prélèvement faux",
    "AM04": "provision insuffisante",
    "AM05": "prélevé deux fois",
    "BE05": "identifiant de créancier inconnu",
    "CNOR": "banque du créancier hors du système",
    "DNOR": "banque du débiteur hors du système",
    "FF01": "fichier illisible",
    "MD01": "pas de mandat",
    "MD02": "mandat incomplet",
    "MD06": "contesté par le débiteur, qui est remboursé",
    "MD07": "débiteur décédé",
    "MS02": "refusé par le débiteur",
    "MS03": "raison non dite",
    "RC01": "BIC faux",
    "RR01": "compte du débiteur non dit",
    "RR02": "nom ou adresse du débiteur manquants",
    "RR03": "nom ou adresse du créancier manquants",
    "RR04": "raison réglementaire",
    "SL01": "bloqué à la demande du débiteur",
}
# What French banks call their columns, without accents, in lower case.
DATES = (
    "date",
    "date operation",
    "date d'operation",
    "date de l'operation",
    "date comptable",
    "date de comptabilisation",
)
VALUE_DATES = ("date valeur", "date de valeur", "valeur")
LABELS = (
    "libelle", "libelle operation", "libelle de l'operation", "libelle simplifie", "nature de l'operation",
    "operation",
)  # fmt: skip
MORE = (
    "detail",
    "details",
    "information complementaire",
    "informations complementaires",
    "reference",
    "libelle complet",
)
AMOUNTS = ("montant", "montant (eur)", "montant(euros)", "montant en euros", "montant (euros)", "montant eur")
DEBITS = ("debit", "debit euros", "debit (eur)", "debit eur", "montant debit")
CREDITS = ("credit", "credit euros", "credit (eur)", "credit eur", "montant credit")
DECIMAL_DOT = re.compile(r"[+\-]?[0-9]+\.[0-9]{1,2}")


# Where an IBAN may begin; the shortest has fifteen characters, the longest thirty-four (ISO 13616).
BEGINS = re.compile(r"(?=[A-Za-z]{2}[0-9]{2})")
IBAN_LENGTHS = range(15, 35)


def masked(iban: str) -> str:
    """What is shown of an account."""
    return f"{iban[:4]} •••• {iban[-4:]}"


def without_accounts(words: str) -> str:
    """The same words, each IBAN they quote masked: banks and people write them in free text."""
    kept, at = "", 0
    for start in (match.start() for match in BEGINS.finditer(words)):
        if start >= at and (found := _account_at(words, start)):
            end, iban = found
            kept, at = kept + words[at:start] + masked(iban), end
    return kept + words[at:]


def _account_at(words: str, start: int) -> tuple[int, str] | None:
    """The IBAN that begins there, spaced or not, and where it ends: its key says so."""
    iban = ""
    for end, character in enumerate(words[start:], start=start + 1):
        if character.isalnum():
            iban += character.upper()
            if len(iban) in IBAN_LENGTHS and iban_code.is_valid(iban):
                return end, iban
        elif character not in " -." or len(iban) > IBAN_LENGTHS[-1]:
            return None
    return None


@dataclass(frozen=True, slots=True)
class Movement:
    """Money in is positive. `returned`: the reason of a debit that came back; `end_to_end`: our reference."""

    day: date
    amount: Money
    label: str
    value_day: date | None = None
    end_to_end: str = ""
    counterparty: str = ""
    counterparty_iban: str = ""
    returned: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A CSV knows neither its account nor its balances."""

    movements: tuple[Movement, ...]
    iban: str = ""
    opening: Money | None = None
    closing: Money | None = None


def read(data: bytes) -> Statement:
    """Either format, by how it begins."""
    if len(data) > BYTES_MAX:
        raise NotRead([f"Le relevé pèse plus de {BYTES_MAX // 1_000_000} Mo\u202f: découpez-le par mois."])
    if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return camt053(data)
    return french_csv(data)


def _known(movements: Iterable[Movement], account: str = "") -> tuple[Movement, ...]:
    """Two lines alike in everything, on one day, are two facts: they are counted."""
    seen: Counter[tuple[str, ...]] = Counter()
    known = []
    for movement in movements:
        said = (
            account, movement.day.isoformat(), str(movement.amount.cents), movement.end_to_end,
            " ".join(movement.label.split()),
        )  # fmt: skip
        seen[said] += 1
        told = "\n".join((*said, str(seen[said])))
        known.append(replace(movement, fingerprint=hashlib.sha256(told.encode()).hexdigest()))
    return tuple(known)


# --- camt.053, every version


def camt053(data: bytes) -> Statement:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise NotRead([f"Ce fichier n’est pas un relevé lisible\u202f: {error.msg}."]) from None
    if root.getroottree().docinfo.doctype or ":camt.053." not in (root.nsmap.get(root.prefix) or ""):
        raise NotRead(["Ce fichier XML n’est pas un relevé camt.053. Demandez ce format à votre banque."])
    statements = _all(root, "BkToCstmrStmt/Stmt")
    if len(statements) != 1:
        raise NotRead([f"Le fichier contient {len(statements)} relevés\u202f: importez-les un à un."])
    return _camt_statement(statements[0])


def _camt_statement(told: Any) -> Statement:
    found: list[str] = []
    movements: list[Movement] = []
    for number, entry in enumerate(_all(told, "Ntry"), start=1):
        try:
            movements += _entry(entry)
        except (ValueError, InvalidOperation) as problem:
            found.append(f"Écriture {number}\u202f: {problem}")
    if found:
        raise NotRead(found)
    balances = {_text(balance, "Tp/CdOrPrtry/Cd"): balance for balance in _all(told, "Bal")}
    opening, closing = (_signed(balances[code]) if code in balances else None for code in ("OPBD", "CLBD"))
    iban = _text(told, "Acct/Id/IBAN")
    statement = Statement(_known(movements, iban), iban, opening, closing)
    _refuse_gap(statement)
    return statement


def _refuse_gap(statement: Statement) -> None:
    if statement.opening is None or statement.closing is None:
        return
    reached = statement.opening + Money(sum(movement.amount.cents for movement in statement.movements))
    if reached != statement.closing:
        raise NotRead(
            [
                f"Le relevé part de {statement.opening} et finit à {statement.closing}, mais ses écritures "
                f"mènent à {reached}\u202f: il est incomplet. Téléchargez-le à nouveau."
            ]
        )


def _entry(entry: Any) -> Iterator[Movement]:
    """One line of the account, or each of those that the bank put together when it says their amounts."""
    status = _text(entry, "Sts/Cd") or _text(entry, "Sts")
    if status not in ("BOOK", ""):
        return
    amount = _signed(entry)
    whole = Movement(
        day=_day(entry, "BookgDt") or _needed(_day(entry, "ValDt")),
        value_day=_day(entry, "ValDt"),
        amount=amount,
        label=_text(entry, "AddtlNtryInf"),
        returned=_text(entry, "NtryDtls/TxDtls/RtrInf/Rsn/Cd"),
    )
    details = _all(entry, "NtryDtls/TxDtls")
    parts = [_detailed(whole, part) for part in details]
    if len(parts) == 1:
        yield replace(parts[0], amount=amount)
    elif parts and sum(part.amount.cents for part in parts) == amount.cents:
        yield from parts
    else:
        yield whole


def _detailed(whole: Movement, part: Any) -> Movement:
    way = "Dbtr" if whole.amount.cents > 0 else "Cdtr"
    # A debit that comes back takes money out: its debtor is still who was debited.
    returned = _text(part, "RtrInf/Rsn/Cd")
    way = "Dbtr" if returned else way
    label = " ".join(node.text or "" for node in _all(part, "RmtInf/Ustrd"))
    return replace(
        whole,
        amount=_part_amount(part, whole.amount),
        label=label or _text(part, "AddtlTxInf") or whole.label,
        end_to_end=_text(part, "Refs/EndToEndId").removeprefix("NOTPROVIDED"),
        counterparty=_text(part, f"RltdPties/{way}/Pty/Nm") or _text(part, f"RltdPties/{way}/Nm"),
        counterparty_iban=_text(part, f"RltdPties/{way}Acct/Id/IBAN"),
        returned=returned,
    )


def _part_amount(part: Any, whole: Money) -> Money:
    amounts = _all(part, "Amt") or _all(part, "AmtDtls/TxAmt/Amt")
    if not amounts:
        return Money(0)
    amount = _euros(amounts[0])
    way = _text(part, "CdtDbtInd")
    if way:
        return amount if way == "CRDT" else -amount
    return amount if whole.cents > 0 else -amount


def _signed(node: Any) -> Money:
    amounts = _all(node, "Amt")
    if not amounts:
        raise ValueError("il manque le montant.")
    amount, way = _euros(amounts[0]), _text(node, "CdtDbtInd")
    if way not in ("CRDT", "DBIT"):
        raise ValueError("il manque le sens, crédit ou débit.")
    return amount if way == "CRDT" else -amount


def _euros(node: Any) -> Money:
    if node.get("Ccy") != "EUR":
        raise ValueError(f"le montant est en {node.get('Ccy')}, nous ne lisons que des euros.")
    return Money.from_euros(Decimal((node.text or "").strip()))


def _day(node: Any, name: str) -> date | None:
    told = _text(node, f"{name}/Dt") or _text(node, f"{name}/DtTm")[:10]
    return date.fromisoformat(told) if told else None


def _needed(day: date | None) -> date:
    if day is None:
        raise ValueError("il manque la date.")
    return day


def _all(node: Any, path: str) -> list[Any]:
    """By local names: the versions of the message differ by their namespace alone, for what is read here."""
    found: list[Any] = node.findall("/".join(f"{{*}}{name}" for name in path.split("/")))
    return found


def _text(node: Any, path: str) -> str:
    found = _all(node, path)
    return (found[0].text or "").strip() if found else ""


# --- CSV


def french_csv(data: bytes) -> Statement:
    """`;`, comma or tab; UTF-8 or the old Windows letters; one column of amounts, or debit and credit."""
    rows = list(csv.reader(io.StringIO(_decoded(data)), delimiter=_delimiter(data)))
    start, column = _header(rows)
    found: list[str] = []
    movements = []
    for number, row in enumerate(rows[start + 1 :], start=start + 2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            movements.append(_csv_movement(row, column))
        except ValueError as problem:
            found.append(f"Ligne {number}\u202f: {problem}")
    if found:
        raise NotRead(found)
    if not movements:
        raise NotRead(["Le fichier n’a aucune opération sous ses titres de colonnes."])
    return Statement(_known(movements))


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _delimiter(data: bytes) -> str:
    """The mark that most lines hold; a comma is also in amounts, so it comes last."""
    counts = {mark: data.count(mark.encode()) for mark in (";", "\t", ",")}
    return next((mark for mark in (";", "\t") if counts[mark]), ",")


def _header(rows: list[list[str]]) -> tuple[int, dict[str, int]]:
    """The first row that names a date, a label and an amount: banks write a few lines of their own before."""
    for number, row in enumerate(rows[:30]):
        titles = [_plain(cell) for cell in row]
        column = {
            name: titles.index(match)
            for name, known in (
                ("day", DATES), ("value_day", VALUE_DATES), ("label", LABELS), ("more", MORE),
                ("amount", AMOUNTS), ("debit", DEBITS), ("credit", CREDITS),
            )
            for match in [next((title for title in known if title in titles), None)]
            if match
        }  # fmt: skip
        if {"day", "label"} <= set(column) and ("amount" in column or {"debit", "credit"} <= set(column)):
            return number, column
    raise NotRead(
        [
            "Aucune ligne de titres reconnue\u202f: il faut les colonnes « Date », « Libellé » et "
            "« Montant » (ou « Débit » et « Crédit »). Renommez-les comme cela et recommencez."
        ]
    )


def _plain(title: str) -> str:
    return " ".join(unaccented(title.strip().strip('"').replace("’", "'")).split())


def _csv_movement(row: list[str], column: dict[str, int]) -> Movement:
    def cell(name: str) -> str:
        place = column.get(name)
        return row[place].strip() if place is not None and place < len(row) else ""

    try:
        day = parse_date(cell("day"))
        value_day = parse_date(cell("value_day")) if cell("value_day") else None
        amount = _csv_amount(cell)
    except FrenchEntryError as problem:
        raise ValueError(str(problem)) from None
    label = " ".join(filter(None, (cell("label"), cell("more"))))
    if not label:
        raise ValueError(f"l’opération du {format_date(day)} n’a pas de libellé.")
    return Movement(day=day, value_day=value_day, amount=amount, label=label)


def _csv_amount(cell: Callable[[str], str]) -> Money:
    """Banks write a debit with or without its sign: its column says it."""
    if cell("amount"):
        return _money(cell("amount"))
    debit, credit = cell("debit"), cell("credit")
    if bool(debit) == bool(credit):
        raise ValueError("il faut un débit ou un crédit, et un seul.")
    amount = _money(debit or credit)
    return Money(-abs(amount.cents)) if debit else amount


def _money(text: str) -> Money:
    """As the French write it; « 12.50 » too, which no bank means as a thousand."""
    return parse_money(text.replace(".", ",") if DECIMAL_DOT.fullmatch(text) else text)
