"""What an invoice says, and what it adds up to.

VAT is counted once per rate, on the sum of what that rate bears (EN 16931, BR-CO-17), half a cent going away
from zero: never line by line, or a hundred baskets would cost a few cents more than one of a hundred.
Source of the terms: EN 16931-1 (BT and BG numbers), XP Z12-012 for what France adds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from terreau.formats.address import Address
from terreau.measures.money import Money
from terreau.measures.quantity import WIDE, Quantity, exact
from terreau.measures.stored import Stored

ZERO = Money(0)


class Kind(StrEnum):
    """BT-3, the code of UNTDID 1001. Amounts stay positive on a credit note: its name says they go back."""

    INVOICE = "380"
    CREDIT_NOTE = "381"
    SELF_BILLED = "389"
    SELF_BILLED_CREDIT = "261"

    @property
    def credits(self) -> bool:
        return self in (Kind.CREDIT_NOTE, Kind.SELF_BILLED_CREDIT)


class Nature(StrEnum):
    """BT-23, first letter: what is sold, which decides when its VAT is due."""

    GOODS = "B"
    SERVICES = "S"
    MIXED = "M"


class Means(StrEnum):
    """BT-81, the code of UNTDID 4461."""

    CASH = "10"
    CHEQUE = "20"
    TRANSFER = "30"
    CARD = "48"
    DIRECT_DEBIT = "59"


@dataclass(frozen=True, slots=True)
class Vat:
    """One way of being taxed: `S` at a rate; `E` exempt, which says by which text of law."""

    category: str
    percent: Decimal
    reason: str = ""
    reason_code: str = ""

    @classmethod
    def at(cls, ratio: Decimal) -> "Vat":
        """A rate as the dated table gives it: 0.055."""
        return cls("S", WIDE.scaleb(exact(ratio), 2))

    @classmethod
    def exempt(cls, reason: str, reason_code: str = "") -> "Vat":
        return cls("E", Decimal(0), reason, reason_code)


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation has a SIREN; a person at home has none, but an e-mail address."""

    name: str
    address: Address
    siren: str = ""
    siret: str = ""
    vat_number: str = ""
    email: str = ""
    phone: str = ""
    legal: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """`price` is of one unit, without VAT, in euros to four decimals; a basket given back has a negative
    quantity."""

    name: str
    quantity: Quantity
    price: Decimal
    vat: Vat
    lot: str = ""
    organic: str = ""
    code: str = ""
    origin: str = ""
    delivered: date | None = None
    allowance: Money = ZERO
    allowance_reason: str = ""

    @property
    def amount(self) -> Money:
        euros = WIDE.multiply(self.quantity.amount, self.price)
        return Money(int(WIDE.scaleb(euros, 2).to_integral_value(ROUND_HALF_UP))) - self.allowance


@dataclass(frozen=True, slots=True)
class Allowance:
    """A reduction on the whole document, which lowers the base of one rate."""

    amount: Money
    vat: Vat
    reason: str


@dataclass(frozen=True, slots=True)
class Payment:
    means: Means = Means.TRANSFER
    iban: str = ""
    bic: str = ""
    mandate: str = ""
    creditor_id: str = ""
    debited_iban: str = ""


@dataclass(frozen=True, slots=True)
class Cape:
    """Whoever tests a business under a support contract says so on each invoice (C. com., art. R127-3)."""

    holder: str
    incubator: str
    seat: str
    siren: str
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Mentions:
    """What every invoice between professionals must say (C. com., art. L441-9, L441-10 and D441-5)."""

    recovery: str = "Indemnité forfaitaire pour frais de recouvrement\u202f: 40 € entre professionnels."
    penalties: str = "Pénalités de retard\u202f: trois fois le taux d’intérêt légal."
    discount: str = "Pas d’escompte pour paiement anticipé."


@dataclass(frozen=True, slots=True)
class Preceding:
    """The invoice that a credit note corrects."""

    number: str
    issued: date


@dataclass(frozen=True, slots=True)
class Invoice(Stored):
    """`service` is the service code of a public buyer (BT-10), `commitment` its « engagement » (BT-13).

    `announced` is what was said to be due, VAT included, when prices are said so: the cent that no price
    without VAT can reach is written as a rounding (BT-114), and nobody pays another price than the one told.
    """

    number: str
    issued: date
    due: date
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    kind: Kind = Kind.INVOICE
    nature: Nature = Nature.GOODS
    allowances: tuple[Allowance, ...] = ()
    payment: Payment = field(default_factory=Payment)
    paid: Money = ZERO
    announced: Money | None = None
    delivered: date | None = None
    period: tuple[date, date] | None = None
    delivered_to: Party | None = None
    payee: Party | None = None
    payer: Party | None = None
    service: str = ""
    commitment: str = ""
    contract: str = ""
    preceding: tuple[Preceding, ...] = ()
    cape: Cape | None = None
    mentions: Mentions = field(default_factory=Mentions)
    terms: str = ""


@dataclass(frozen=True, slots=True)
class VatRow:
    vat: Vat
    base: Money
    amount: Money


@dataclass(frozen=True, slots=True)
class Totals:
    lines: Money
    allowances: Money
    net: Money
    vat: tuple[VatRow, ...]
    tax: Money
    gross: Money
    rounding: Money
    due: Money


def totals(invoice: Invoice) -> Totals:
    lines = _sum(line.amount for line in invoice.lines)
    allowances = _sum(allowance.amount for allowance in invoice.allowances)
    rows = vat_rows(invoice.lines, invoice.allowances)
    tax = _sum(row.amount for row in rows)
    gross = lines - allowances + tax
    rounding = ZERO if invoice.announced is None else invoice.announced - gross
    return Totals(
        lines=lines,
        allowances=allowances,
        net=lines - allowances,
        vat=rows,
        tax=tax,
        gross=gross,
        rounding=rounding,
        due=gross - invoice.paid + rounding,
    )


def vat_rows(lines: Iterable[Line], allowances: Iterable[Allowance]) -> tuple[VatRow, ...]:
    """One row per category and rate, as EN 16931 wants them; exemptions of one kind share theirs."""
    bases: dict[tuple[str, Decimal], Money] = {}
    ways: dict[tuple[str, Decimal], list[Vat]] = {}
    borne = [(line.vat, line.amount) for line in lines]
    borne += [(allowance.vat, -allowance.amount) for allowance in allowances]
    for vat, amount in borne:
        key = (vat.category, vat.percent)
        bases[key] = bases.get(key, ZERO) + amount
        if vat not in ways.setdefault(key, []):
            ways[key].append(vat)
    return tuple(
        VatRow(_one_way(ways[key]), base, base.times(WIDE.scaleb(key[1], -2)))
        for key, base in sorted(bases.items())
    )


def _one_way(ways: list[Vat]) -> Vat:
    first = ways[0]
    if len(ways) == 1:
        return first
    return Vat(first.category, first.percent, " ; ".join(way.reason for way in ways))


def _sum(amounts: Iterable[Money]) -> Money:
    return sum(amounts, ZERO)


def net_price(gross: Decimal, ratio: Decimal) -> Decimal:
    """A price said with VAT, without it, to the four decimals an invoice may carry."""
    return WIDE.divide(exact(gross), 1 + exact(ratio)).quantize(Decimal("0.0001"), ROUND_HALF_UP, WIDE)
