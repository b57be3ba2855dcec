"""What the official rules do not catch, or say in words that nobody at a garden reads."""

import re
from collections.abc import Iterator

from stdnum import bic, iban
from stdnum.eu import vat as vat_number
from stdnum.fr import siren as siren_number

from terreau.formats.invoice.values import Invoice, Line, Means, Party, totals
from terreau.measures.french import FrenchEntryError, format_date, parse_siret
from terreau.measures.quantity import Unit

NUMBER = re.compile(r"[A-Za-z0-9+\-_/]{1,35}")
UNITS = (Unit.KG, Unit.PIECE, Unit.LITRE, Unit.HOUR)
# What rounding may cost at most: a cent per rate, and one per line whose price was converted.
ROUNDING_CENTS_MAX = 1


def problems(invoice: Invoice) -> list[str]:
    found = [*_document(invoice), *_lines(invoice), *_amounts(invoice), *_payment(invoice)]
    found += _party(invoice.seller, "Le vendeur", seller=True)
    found += _party(invoice.buyer, "Le client")
    if invoice.payee:
        found += _identity(invoice.payee, "Le bénéficiaire du paiement")
    if invoice.cape and not siren_number.is_valid(invoice.cape.siren):
        found.append(f"CAPE\u202f: « {invoice.cape.siren} » n’est pas le SIREN d’une couveuse.")
    return found


def _document(invoice: Invoice) -> Iterator[str]:
    if not NUMBER.fullmatch(invoice.number):
        yield (
            f"Numéro « {invoice.number} »\u202f: de 1 à 35 lettres sans accent, chiffres ou signes + - _ /, "
            "sans espace."
        )
    if invoice.due < invoice.issued:
        yield (
            f"L’échéance du {format_date(invoice.due)} précède l’émission du {format_date(invoice.issued)}."
        )
    if invoice.period and invoice.period[1] < invoice.period[0]:
        yield "La période facturée finit avant de commencer."
    if invoice.kind.credits and not invoice.preceding:
        yield "Un avoir dit quelle facture il corrige\u202f: donnez son numéro et sa date."
    if invoice.cape and not invoice.cape.start <= invoice.issued <= invoice.cape.end:
        yield (
            f"Le CAPE de {invoice.cape.holder} va du {format_date(invoice.cape.start)} au "
            f"{format_date(invoice.cape.end)}\u202f: il ne couvre pas une facture du "
            f"{format_date(invoice.issued)}."
        )


def _lines(invoice: Invoice) -> Iterator[str]:
    if not invoice.lines:
        yield "La facture n’a aucune ligne."
    for number, line in enumerate(invoice.lines, start=1):
        place = f"Ligne {number}, {line.name.strip() or 'sans nom'}\u202f:"
        yield from (f"{place} {problem}" for problem in _line(line))
    for allowance in invoice.allowances:
        if allowance.amount.cents <= 0 or not allowance.reason.strip():
            yield "Une remise sur le total a un montant positif et une raison."


def _line(line: Line) -> list[str]:
    wrong = {
        "il manque ce qui est vendu.": not line.name.strip(),
        "une facture compte en kilos, pièces, litres ou heures.": line.quantity.unit not in UNITS,
        "le prix ne peut pas être négatif\u202f: mettez la quantité en négatif.": line.price < 0,
        "le prix a plus de quatre chiffres après la virgule.": line.price != round(line.price, 4),
        "une remise est un montant positif.": line.allowance.cents < 0,
        "une remise dit pourquoi.": bool(line.allowance) and not line.allowance_reason.strip(),
    }
    return [problem for problem, holds in wrong.items() if holds]


def _amounts(invoice: Invoice) -> Iterator[str]:
    ways = [line.vat for line in invoice.lines] + [allowance.vat for allowance in invoice.allowances]
    for vat in dict.fromkeys(ways):
        if vat.category == "S" and vat.percent <= 0:
            yield "Un taux de TVA est plus grand que zéro\u202f: sinon, dites l’exonération et son texte."
        elif vat.category != "S" and (vat.percent or not vat.reason.strip()):
            yield "Une ligne sans TVA dit par quel texte elle en est exonérée."
    sums = totals(invoice)
    bound = ROUNDING_CENTS_MAX * (len(sums.vat) + len(invoice.lines))
    if abs(sums.rounding.cents) > bound:
        yield (
            f"Le prix annoncé, {invoice.announced}, s’écarte de {sums.rounding} du total des lignes, "
            f"{sums.gross}\u202f: l’arrondi n’explique pas plus de {bound} centimes."
        )
    if sums.gross.cents < 0:
        yield f"Le total est négatif, {sums.gross}\u202f: faites un avoir."
    if invoice.paid.cents < 0 or sums.due.cents < 0:
        yield f"Déjà payé\u202f: {invoice.paid}, pour un total de {sums.gross}. Vérifiez ce montant."


def _party(party: Party, who: str, *, seller: bool = False) -> Iterator[str]:
    yield from _identity(party, who)
    if not (party.address.postcode.strip() and party.address.town.strip()):
        yield f"{who}, {party.name}\u202f: il manque le code postal ou la commune."
    if seller and not party.siren:
        yield f"{who}, {party.name}\u202f: il manque son SIREN."
    if not party.siren and "@" not in party.email:
        yield f"{who}, {party.name}\u202f: sans SIREN, il faut une adresse e-mail où recevoir la facture."
    if party.vat_number and not vat_number.is_valid(party.vat_number):
        yield f"{who}, {party.name}\u202f: « {party.vat_number} » n’est pas un numéro de TVA."


def _identity(party: Party, who: str) -> Iterator[str]:
    if not party.name.strip():
        yield f"{who} n’a pas de nom."
    if party.siren and not siren_number.is_valid(party.siren):
        yield f"{who}, {party.name}\u202f: « {party.siren} » n’est pas un SIREN, vérifiez ses 9 chiffres."
    if party.siret:
        try:
            parse_siret(party.siret)
        except FrenchEntryError as refusal:
            yield f"{who}, {party.name}\u202f: {refusal}"
        if party.siret[:9] != party.siren:
            yield f"{who}, {party.name}\u202f: le SIRET {party.siret} ne commence pas par le SIREN."


def _payment(invoice: Invoice) -> Iterator[str]:
    payment = invoice.payment
    for account in filter(None, (payment.iban, payment.debited_iban)):
        if not iban.is_valid(account):
            yield f"« {account} » n’est pas un IBAN\u202f: vérifiez-le sur le RIB."
    if payment.bic and not bic.is_valid(payment.bic):
        yield f"« {payment.bic} » n’est pas un BIC."
    if payment.means is Means.TRANSFER and not payment.iban and totals(invoice).due:
        yield "Un paiement par virement dit sur quel IBAN."
    if payment.means is Means.DIRECT_DEBIT and not (payment.mandate and payment.creditor_id):
        yield "Un prélèvement dit son mandat et l’identifiant du créancier."
