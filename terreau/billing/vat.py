"""VAT due, from facts already read.

Goods when delivered, services when paid, what is paid ahead when paid (CGI, art. 269, 2): it is owed until it
is delivered.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from terreau.billing.accounts import ZERO, Billed, Books, Delivered, Taxed, Tie, rule
from terreau.measures.money import Money


@dataclass(frozen=True, slots=True)
class VatLine:
    """`due`: « delivery » or « payment »."""

    percent: Decimal
    due: str
    base: Money
    vat: Money


def vat_summary(books: Books, first: date, last: date, *, sold: bool = True) -> list[VatLine]:
    """By rate, what VAT a period owes; `sold` false, what may be deducted of what was bought."""
    found: dict[tuple[Decimal, str], tuple[Money, Money]] = defaultdict(lambda: (ZERO, ZERO))
    paid, ahead = collected(books.ties), paid_ahead(books)
    for bill in books.billed:
        if bill.sold is not sold or (bill.ahead and bill.credit):
            continue
        due = due_when(bill)
        for rank, taxed in enumerate(bill.rates):
            until, before = (
                ahead[bill.pk].chargeable(rank, day) if bill.ahead
                else _chargeable(bill, taxed, due, paid[bill.pk], day)
                for day in (last, _eve(first))
            )  # fmt: skip
            base, vat = found[taxed.percent, due]
            way = -1 if bill.credit else 1
            found[taxed.percent, due] = (
                base + (until[0] - before[0]).times(way), vat + (until[1] - before[1]).times(way)
            )  # fmt: skip
    rows = [VatLine(percent, due, *sums) for (percent, due), sums in sorted(found.items())]
    return [row for row in rows if row.base or row.vat]


def due_when(bill: Billed) -> str:
    """When its VAT is due."""
    return str(rule("vat_of_ahead" if bill.ahead else f"vat_of_{bill.nature}", bill.day)["due"])


def _eve(day: date) -> date:
    return day - date.resolution


def collected(ties: Iterable[Tie]) -> dict[int, list[Tie]]:
    """By invoice, and by credit note."""
    found: dict[int, list[Tie]] = defaultdict(list)
    for tie in ties:
        for kind, pk in (tie.take, tie.give):
            if kind == "invoice":
                found[pk].append(tie)
    return found


def _chargeable(
    bill: Billed, taxed: Taxed, due: str, ties: Sequence[Tie], until: date
) -> tuple[Money, Money]:
    """Of a rate of an invoice, what is chargeable by a day; paid whole, it is the whole to the cent."""
    if due == "delivery":
        return (taxed.base, taxed.vat) if bill.last <= until else (ZERO, ZERO)
    paid = sum((tie.amount for tie in ties if tie.day <= until), ZERO)
    return part_paid(taxed.base, paid, bill.gross), part_paid(taxed.vat, paid, bill.gross)


def part_paid(amount: Money, paid: Money, whole: Money) -> Money:
    if not whole:
        return ZERO
    return amount if paid == whole else amount.times(Decimal(paid.cents) / whole.cents)


@dataclass(frozen=True)
class _Ahead:
    """An invoice of goods to come: what of it was paid, delivered, taken back by credit notes.

    Its VAT is due as it is paid, or as it is delivered if that comes before; what a credit note takes back
    is neither. Of what is left, delivered or paid whole, the parts are the whole to the cent.
    """

    bill: Billed
    paid: Sequence[Tie]
    delivered: Sequence[Delivered]
    credits: Sequence[Billed]

    @property
    def steps(self) -> list[tuple[date, date]]:
        """The days on which something of it changes; when it was written."""
        facts = [(tie.day, tie.written) for tie in self.paid]
        facts += [(one.day, one.written) for one in self.delivered]
        facts += [(bill.day, bill.written) for bill in self.credits]
        return sorted(dict(sorted(facts)).items())

    def _whole(self, rank: int, until: date) -> tuple[Money, Money, Money]:
        """Of a rate: what is left of it, without VAT, its VAT; and of the invoice, with."""
        base, vat, gross = self.bill.rates[rank].base, self.bill.rates[rank].vat, self.bill.gross
        for credit in self.credits:
            if credit.day <= until:
                gross -= credit.gross
                for taxed in credit.rates:
                    if taxed.percent == self.bill.rates[rank].percent:
                        base, vat = base - taxed.base, vat - taxed.vat
        return base, vat, gross

    def _delivered(self, until: date) -> Money:
        return sum((one.amount for one in self.delivered if one.day <= until), ZERO)

    def chargeable(self, rank: int, until: date) -> tuple[Money, Money]:
        """What VAT is due of, and the VAT, by a day."""
        base, vat, gross = self._whole(rank, until)
        share = self._delivered(until)
        if due_when(self.bill) == "payment":
            paid = sum((tie.amount for tie in self.paid if tie.day <= until), ZERO)
            share = min(gross, max(share, paid))
        return part_paid(base, share, gross), part_paid(vat, share, gross)

    def earned(self, rank: int, until: date) -> Money:
        """Sold, for it is delivered; the rest is owed to the customer."""
        base, _, gross = self._whole(rank, until)
        return part_paid(base, self._delivered(until), gross)


def paid_ahead(books: Books) -> dict[int, _Ahead]:
    """By invoice. A credit note tied with the invoice it takes back pays nothing of it."""
    ties = collected(books.ties)
    credits: dict[int, list[Billed]] = defaultdict(list)
    delivered: dict[int, list[Delivered]] = defaultdict(list)
    for bill in books.billed:
        if bill.corrects:
            credits[bill.corrects].append(bill)
    for one in books.delivered:
        delivered[one.invoice].append(one)
    found = {}
    for bill in books.billed:
        if bill.ahead and not bill.credit:
            own = {("invoice", credit.pk) for credit in credits[bill.pk]}
            paid = [tie for tie in ties[bill.pk] if tie.give not in own]
            found[bill.pk] = _Ahead(bill, paid, delivered[bill.pk], credits[bill.pk])
    return found
