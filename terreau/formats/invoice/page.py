"""The page a person reads and, in it, the file a machine reads: Factur-X, PDF/A-3b and PDF/UA-1.

Typst makes the archive and attaches the XML; only what says « this is Factur-X » is added to its metadata.
"""

import io
import json
import re
from datetime import datetime
from importlib.resources import files
from typing import Any

import typst
from pypdf import PdfReader
from stdnum import iban

from terreau.formats.invoice.cii import cape_mention
from terreau.formats.invoice.values import Invoice, Kind, Line, Means, Party, Totals, totals
from terreau.formats.paper import PRELUDE
from terreau.formats.refusals import NotWritten
from terreau.measures.french import format_date, format_decimal, format_quantity

ATTACHED = "factur-x.xml"
TITLES = {
    Kind.INVOICE: "Facture",
    Kind.CREDIT_NOTE: "Avoir",
    Kind.SELF_BILLED: "Facture, autofacturation",
    Kind.SELF_BILLED_CREDIT: "Avoir, autofacturation",
}
MEANS = {
    Means.CASH: "en espèces",
    Means.CHEQUE: "par chèque",
    Means.TRANSFER: "par virement",
    Means.CARD: "par carte",
    Means.DIRECT_DEBIT: "par prélèvement",
}
# Factur-X 1.09, § 6: the four properties a reader looks for, and their description, which PDF/A asks for.
EXTENSIONS_END = b"</rdf:Bag></pdfaExtension:schemas>"
METADATA_END = b"</rdf:RDF>"
TRAILER = re.compile(rb"trailer\s+(<<.*)>>\s+startxref\s+([0-9]+)\s+%%EOF\s*", re.DOTALL)
NAMESPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
PROPERTIES = {
    "DocumentType": ("INVOICE", "The type of the hybrid document"),
    "DocumentFileName": (ATTACHED, "The name of the embedded XML document"),
    "Version": ("1.0", "The version of the standard applying to the embedded XML document"),
    "ConformanceLevel": ("EN 16931", "The conformance level of the embedded XML document"),
}


def facturx(invoice: Invoice, xml: bytes, *, made_at: datetime) -> bytes:
    """The page with its XML inside, re-read before it is returned."""
    source = PRELUDE + (files(__package__) / "page.typ").read_text(encoding="utf-8")
    inputs = {"data": json.dumps(_data(invoice), ensure_ascii=False), "xml": xml.decode()}
    try:  # an archive that holds a file, and a page that a screen reader reads
        pdf: bytes = typst.compile(
            source.encode(),
            sys_inputs=inputs,
            pdf_standards=["a-3b", "ua-1"],
            timestamp=int(made_at.timestamp()),
        )
    except typst.TypstError as error:
        raise NotWritten([f"{invoice.number}\u202f: la page n’a pas pu être faite\u202f: {error}"]) from None
    sealed = _declared(pdf)
    if attached(sealed) != xml:
        raise NotWritten([f"{invoice.number}\u202f: le XML joint au PDF n’est pas celui qui a été vérifié."])
    return sealed


def attached(pdf: bytes) -> bytes | None:
    """The XML that a Factur-X holds."""
    (content,) = PdfReader(io.BytesIO(pdf)).attachments.get(ATTACHED) or (None,)
    return content


def _declared(pdf: bytes) -> bytes:
    """The same file and, after it, its metadata again (ISO 32000-1, § 7.5.6): half the time of a rewrite."""
    reference = PdfReader(io.BytesIO(pdf)).root_object.raw_get("/Metadata")
    told = reference.get_object().get_data()
    trailer, start = _end(pdf)
    if told.count(EXTENSIONS_END) != 1 or told.count(METADATA_END) != 1:
        raise NotWritten(["Les métadonnées du PDF ne sont plus écrites comme nous savons les compléter."])
    told = told.replace(EXTENSIONS_END, _extension() + EXTENSIONS_END)
    told = told.replace(METADATA_END, _description() + METADATA_END)
    number = reference.idnum
    head = f"\n{number} 0 obj\n<</Type/Metadata/Subtype/XML/Length {len(told)}>>\nstream\n".encode()
    added = head + told + b"\nendstream\nendobj\n"
    table = f"xref\n{number} 1\n{len(pdf) + 1:010} 00000 n\r\ntrailer\n".encode()
    end: bytes = f"/Prev {start}>>\nstartxref\n{len(pdf) + len(added)}\n%%EOF\n".encode()
    sealed: bytes = pdf + added + table + trailer + end
    return sealed


def _end(pdf: bytes) -> tuple[bytes, int]:
    """The last dictionary of the file, still open, and where its table of objects starts."""
    found = TRAILER.fullmatch(pdf, pdf.rfind(b"trailer"))
    if not found:
        raise NotWritten(["Le PDF ne finit plus comme nous savons le compléter."])
    return found[1], int(found[2])


def _extension() -> bytes:
    properties = "".join(
        f'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>'
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        "<pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{told}</pdfaProperty:description></rdf:li>"
        for name, (_, told) in PROPERTIES.items()
    )
    return (
        '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Factur-X PDFA Extension Schema'
        f"</pdfaSchema:schema><pdfaSchema:namespaceURI>{NAMESPACE}</pdfaSchema:namespaceURI>"
        "<pdfaSchema:prefix>fx</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>"
        f"{properties}</rdf:Seq></pdfaSchema:property></rdf:li>"
    ).encode()


def _description() -> bytes:
    values = "".join(f"<fx:{name}>{value}</fx:{name}>" for name, (value, _) in PROPERTIES.items())
    return f'<rdf:Description rdf:about="" xmlns:fx="{NAMESPACE}">{values}</rdf:Description>'.encode()


def _data(invoice: Invoice) -> dict[str, Any]:
    sums = totals(invoice)
    return {
        "title": f"{TITLES[invoice.kind]} {invoice.number}",
        "date": format_date(invoice.issued),
        "author": invoice.seller.name,
        "footer": f"{invoice.seller.name} · {invoice.number}",
        "seller": _party(invoice.seller),
        "buyer": _party(invoice.buyer),
        "facts": _facts(invoice),
        "lines": [_line(line) for line in invoice.lines],
        "allowances": [[allowance.reason, str(-allowance.amount)] for allowance in invoice.allowances],
        "vat": [
            [
                f"{format_decimal(row.vat.percent)}\u202f%" if row.vat.percent else "sans TVA",
                str(row.base),
                str(row.amount),
                row.vat.reason,
            ]
            for row in sums.vat
        ],
        "sums": _sums(invoice, sums),
        "due": [_due_label(invoice), str(sums.due)],
        "payment": _payment(invoice),
        "mentions": _mentions(invoice),
    }


def _party(party: Party) -> list[str]:
    address = party.address
    told = [
        party.name,
        address.street,
        address.more,
        f"{address.postcode} {address.town}",
        f"SIREN {party.siren}" if party.siren and not party.siret else "",
        f"SIRET {party.siret}" if party.siret else "",
        f"TVA {party.vat_number}" if party.vat_number else "",
        party.email,
    ]
    return [line for line in told if line]


def _facts(invoice: Invoice) -> list[list[str]]:
    facts = [
        ("Émise le", format_date(invoice.issued)),
        ("Rendu avant le" if invoice.kind.credits else "À payer avant le", format_date(invoice.due)),
        ("Période", " – ".join(map(format_date, invoice.period)) if invoice.period else ""),
        ("Livré le", format_date(invoice.delivered) if invoice.delivered else ""),
        ("Livré à", invoice.delivered_to.name if invoice.delivered_to else ""),
        ("Service", invoice.service),
        ("Engagement", invoice.commitment),
        ("Contrat", invoice.contract),
        ("Corrige", ", ".join(f"{p.number} du {format_date(p.issued)}" for p in invoice.preceding)),
        ("Payé par", invoice.payer.name if invoice.payer else ""),
        ("À payer à", invoice.payee.name if invoice.payee else ""),
    ]
    return [[label, value] for label, value in facts if value]


def _line(line: Line) -> list[str]:
    details = [
        f"Livré le {format_date(line.delivered)}" if line.delivered else "",
        f"Lot {line.lot}" if line.lot else "",
        f"Agriculture biologique, {line.organic}" if line.organic else "",
        f"{line.allowance_reason}\u202f: {-line.allowance}" if line.allowance else "",
    ]
    return [
        line.name,
        " · ".join(filter(None, details)),
        format_quantity(line.quantity),
        f"{format_decimal(line.price, places=2 if line.price == round(line.price, 2) else 4)}\u00a0€",
        f"{format_decimal(line.vat.percent)}\u202f%" if line.vat.percent else "–",
        str(line.amount),
    ]


def _sums(invoice: Invoice, sums: Totals) -> list[list[str]]:
    rows = [
        ("Total hors taxe", sums.net),
        ("TVA", sums.tax),
        ("Total TTC", sums.gross),
        ("Arrondi", sums.rounding),
        ("Déjà payé", -invoice.paid),
    ]
    always = ("Total hors taxe", "TVA", "Total TTC")
    return [[label, str(amount)] for label, amount in rows if amount or label in always]


def _due_label(invoice: Invoice) -> str:
    return "Net en votre faveur" if invoice.kind.credits else "Net à payer"


def _payment(invoice: Invoice) -> str:
    payment = invoice.payment
    told = [
        f"Paiement {MEANS[payment.means]}",
        f"IBAN {iban.format(payment.iban)}" if payment.iban else "",
        f"BIC {payment.bic}" if payment.bic else "",
        f"mandat {payment.mandate}" if payment.mandate else "",
        f"identifiant du créancier {payment.creditor_id}" if payment.creditor_id else "",
        invoice.terms,
    ]
    return " · ".join(filter(None, told))


def _mentions(invoice: Invoice) -> list[str]:
    mentions = invoice.mentions
    told = [
        invoice.seller.legal,
        cape_mention(invoice.cape) if invoice.cape else "",
        mentions.penalties,
        mentions.recovery,
        mentions.discount,
    ]
    return [line for line in told if line]
