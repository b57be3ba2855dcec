"""Direct debits for the bank: pain.008.001.08 (ISO 20022), SEPA Core scheme.

Sources: EPC130-08 (implementation guidelines), EPC 2025 rulebooks for structured addresses, compulsory since
15 November 2026. A file that the bank would refuse is not written: every problem is said, on which debit.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from lxml import etree
from stdnum import bic as bic_code
from stdnum import iban as iban_code
from stdnum.eu import at_02

from terreau.formats.address import Address
from terreau.formats.refusals import NotWritten
from terreau.measures.french import format_date
from terreau.measures.money import Money

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.008.001.08"
REFERENCE = re.compile(r"(?!/)(?!.*//)[A-Za-z0-9+?/:().,' \-]{1,35}(?<!/)")
AMOUNT_MAX = Money(99_999_999_999)  # 999 999 999,99 €, EPC130-08
# EPC409-09: the countries whose accounts a SEPA debit reaches.
COUNTRIES = frozenset(
    ("AD", "AL", "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GI", "GR",
     "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MC", "MD", "ME", "MK", "MT", "NL", "NO", "PL",
     "PT", "RO", "RS", "SE", "SI", "SK", "SM", "VA")
)  # fmt: skip
# The letters that have no accent to lose; a bank reads no other than those of the Latin set (EPC217-08).
LETTERS = str.maketrans(
    {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O", "’": "'", "‘": "'",
     "&": "+", "–": "-", "—": "-", "_": "-", "\u00a0": " ", "\u202f": " "}
)  # fmt: skip
FOREIGN = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")


class Sequence(StrEnum):
    ONCE = "OOFF"
    FIRST = "FRST"
    RECURRENT = "RCUR"
    LAST = "FNAL"


@dataclass(frozen=True, slots=True)
class Debit:
    """`notified`: the day its debtor was told the amount and the date."""

    end_to_end: str
    amount: Money
    debtor: str
    address: Address
    iban: str
    mandate: str
    signed: date
    notified: date
    label: str
    sequence: Sequence = Sequence.RECURRENT
    bic: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of the bank, on one day. `notice_days`: 14 unless the mandate says fewer (EPC016-06)."""

    message: str
    made_at: datetime
    collected: date
    creditor: str
    creditor_id: str
    address: Address
    iban: str
    bic: str
    debits: tuple[Debit, ...]
    notice_days: int = 14


def latin(text: str) -> str:
    """What a bank reads of a name: its accents go, its letters stay, anything else is a space."""
    plain = unicodedata.normalize("NFD", text.translate(LETTERS))
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(FOREIGN.sub(" ", kept).split())


def _said(text: str) -> bool:
    return any(letter.isalnum() for letter in latin(text))


def pain008(order: Order) -> bytes:
    """The whole file, or `NotWritten`."""
    found = [*_order_problems(order), *_shared_problems(order.debits)]
    for number, debit in enumerate(order.debits, start=1):
        place = f"Prélèvement {number}, {debit.debtor.strip() or 'sans nom'}\u202f:"
        found += [f"{place} {problem}" for problem in _debit_problems(debit, order)]
    if found:
        raise NotWritten(found)
    xml: bytes = etree.tostring(_document(order), xml_declaration=True, encoding="UTF-8", pretty_print=True)
    found = schema_errors(xml)
    if found:
        raise NotWritten(found)
    return xml


def schema_errors(xml: bytes) -> list[str]:
    schema = _schema()
    if schema.validate(etree.fromstring(xml)):
        return []
    return [f"Schéma pain.008, ligne {error.line}\u202f: {error.message}" for error in schema.error_log]


@cache
def _schema() -> Any:
    return etree.XMLSchema(etree.fromstring((files(__package__) / "pain.008.001.08.xsd").read_bytes()))


def _order_problems(order: Order) -> Iterator[str]:
    if not order.debits:
        yield "Il n’y a rien à prélever."
    if not REFERENCE.fullmatch(order.message) or len(order.message) > 30:
        yield f"Référence du fichier « {order.message} »\u202f: 30 caractères au plus, sans accent."
    if not at_02.is_valid(order.creditor_id):
        yield (
            f"« {order.creditor_id} » n’est pas un identifiant de créancier SEPA\u202f: recopiez-le "
            "de la lettre de votre banque."
        )
    if order.collected.isoweekday() > 5:
        yield f"Le {format_date(order.collected)} n’est pas ouvré\u202f: choisissez du lundi au vendredi."
    if order.collected <= order.made_at.date():
        yield f"La date de prélèvement, {format_date(order.collected)}, doit être à venir."
    yield from (f"Votre compte\u202f: {problem}" for problem in account_problems(order.iban, order.bic))
    yield from (f"Votre adresse\u202f: {problem}" for problem in _address_problems(order.address))
    if not _said(order.creditor):
        yield "Il manque votre nom."


def _shared_problems(debits: Iterable[Debit]) -> Iterator[str]:
    debits = tuple(debits)
    for reference, times in Counter(debit.end_to_end for debit in debits).items():
        if times > 1:
            yield f"La référence « {reference} » sert {times} fois\u202f: chaque prélèvement a la sienne."
    once = Counter(debit.mandate for debit in debits if debit.sequence is not Sequence.RECURRENT)
    for mandate, times in once.items():
        if times > 1:
            yield f"Le mandat {mandate} sert {times} fois pour un premier, dernier ou unique prélèvement."


def _debit_problems(debit: Debit, order: Order) -> Iterator[str]:
    yield from account_problems(debit.iban, debit.bic)
    yield from _address_problems(debit.address)
    if not _said(debit.debtor):
        yield "il manque le nom de qui est prélevé."
    if not 0 < debit.amount.cents <= AMOUNT_MAX.cents:
        yield f"le montant, {debit.amount}, n’est pas de ceux qu’on prélève."
    for what, reference in (("référence", debit.end_to_end), ("mandat", debit.mandate)):
        if not REFERENCE.fullmatch(reference):
            yield f"{what} « {reference} »\u202f: 35 caractères au plus, sans accent, sans « / » au bord."
    if debit.signed > order.made_at.date():
        yield f"le mandat {debit.mandate} n’est signé que le {format_date(debit.signed)}."
    told = order.collected - timedelta(days=order.notice_days)
    if debit.notified > told:
        yield (
            f"prévenu le {format_date(debit.notified)}, il devait l’être au plus tard le "
            f"{format_date(told)}, {order.notice_days} jours avant."
        )


def account_problems(iban: str, bic: str = "") -> Iterator[str]:
    """Why an account cannot be debited."""
    if not iban_code.is_valid(iban):
        yield f"« {iban} » n’est pas un IBAN\u202f: vérifiez-le sur le RIB."
    elif iban_code.compact(iban)[:2] not in COUNTRIES:
        yield f"« {iban} » est hors de l’espace SEPA."
    if bic and not bic_code.is_valid(bic):
        yield f"« {bic} » n’est pas un BIC\u202f: vérifiez-le sur le RIB."


def _address_problems(address: Address) -> Iterator[str]:
    """Since 15 November 2026 an address names at least its town and its country (EPC 2025 rulebooks)."""
    if not _said(address.town) or not re.fullmatch(r"[A-Z]{2}", address.country):
        yield "l’adresse n’a pas sa commune et son pays, obligatoires depuis le 15 novembre 2026."


def _document(order: Order) -> Any:
    document = etree.Element(f"{{{NAMESPACE}}}Document", nsmap={None: NAMESPACE})
    initiation = _under(document, "CstmrDrctDbtInitn")
    header = _under(initiation, "GrpHdr")
    _under(header, "MsgId", order.message)
    _under(header, "CreDtTm", order.made_at.replace(microsecond=0, tzinfo=None).isoformat())
    _sums(header, order.debits)
    _under(header, "InitgPty/Nm", latin(order.creditor)[:70])
    for sequence in Sequence:
        debits = [debit for debit in order.debits if debit.sequence is sequence]
        if debits:
            _payment(initiation, order, sequence, debits)
    return document


def _payment(initiation: Any, order: Order, sequence: Sequence, debits: list[Debit]) -> None:
    payment = _under(initiation, "PmtInf")
    _under(payment, "PmtInfId", f"{order.message}-{sequence.value}")
    _under(payment, "PmtMtd", "DD")
    _under(payment, "BtchBookg", "true")
    _sums(payment, debits)
    kind = _under(payment, "PmtTpInf")
    _under(kind, "SvcLvl/Cd", "SEPA")
    _under(kind, "LclInstrm/Cd", "CORE")
    _under(kind, "SeqTp", sequence.value)
    _under(payment, "ReqdColltnDt", order.collected.isoformat())
    _party(_under(payment, "Cdtr"), order.creditor, order.address)
    _under(payment, "CdtrAcct/Id/IBAN", iban_code.compact(order.iban))
    _bank(_under(payment, "CdtrAgt/FinInstnId"), order.bic)
    _under(payment, "ChrgBr", "SLEV")
    scheme = _under(payment, "CdtrSchmeId/Id/PrvtId/Othr")
    _under(scheme, "Id", at_02.compact(order.creditor_id))
    _under(scheme, "SchmeNm/Prtry", "SEPA")
    for debit in debits:
        _debit(payment, debit)


def _debit(payment: Any, debit: Debit) -> None:
    told = _under(payment, "DrctDbtTxInf")
    _under(told, "PmtId/EndToEndId", debit.end_to_end)
    _under(told, "InstdAmt", f"{debit.amount.euros:.2f}").set("Ccy", "EUR")
    mandate = _under(told, "DrctDbtTx/MndtRltdInf")
    _under(mandate, "MndtId", debit.mandate)
    _under(mandate, "DtOfSgntr", debit.signed.isoformat())
    _bank(_under(told, "DbtrAgt/FinInstnId"), debit.bic)
    _party(_under(told, "Dbtr"), debit.debtor, debit.address)
    _under(told, "DbtrAcct/Id/IBAN", iban_code.compact(debit.iban))
    if latin(debit.label):
        _under(told, "RmtInf/Ustrd", latin(debit.label)[:140])


def _party(node: Any, name: str, address: Address) -> None:
    _under(node, "Nm", latin(name)[:70])
    parts = {
        "StrtNm": latin(address.street)[:70],
        "PstCd": latin(address.postcode)[:16],
        "TwnNm": latin(address.town)[:35],
        "Ctry": address.country,
    }
    postal = _under(node, "PstlAdr")
    for name_, value in parts.items():
        if value:
            _under(postal, name_, value)


def _bank(node: Any, bic: str) -> None:
    """Within SEPA an IBAN is enough: the bank is then « not provided »."""
    if bic:
        _under(node, "BICFI", bic_code.compact(bic))
    else:
        _under(node, "Othr/Id", "NOTPROVIDED")


def _sums(node: Any, debits: Iterable[Debit]) -> None:
    debits = tuple(debits)
    _under(node, "NbOfTxs", str(len(debits)))
    _under(node, "CtrlSum", f"{Money(sum(debit.amount.cents for debit in debits)).euros:.2f}")


def _under(node: Any, path: str, text: str | None = None) -> Any:
    """A branch of new elements; the last one is returned, with its text."""
    for name in path.split("/"):
        node = etree.SubElement(node, f"{{{NAMESPACE}}}{name}")
    node.text = text
    return node
