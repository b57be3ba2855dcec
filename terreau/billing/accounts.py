"""Accounts computed from facts already read: no database, no clock.

Balance: what was billed less what was paid, at a date. Aged balance: what is open, by how long it is overdue.
VAT: goods when delivered, services when paid, what is paid ahead when paid (CGI, art. 269, 2). Journal: each
fact once, balanced, in the order in which it was written. What is paid ahead is owed until it is delivered.
"""

import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

from terreau.formats.fec.write import Entry, Posting
from terreau.measures.dated import in_force
from terreau.measures.money import Money

ZERO = Money(0)
# From how many days overdue each column begins.
LATE = (1, 31, 61, 91)


@cache
def _rules() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((Path(__file__).parent / "accounts.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=8192)  # asked by each line of a year
def rule(name: str, on: date) -> Mapping[str, Any]:
    """A line of the chart, or when VAT is due, in force on a day."""
    return in_force(_rules()[name], on)


# --- what is owed


@dataclass(frozen=True, slots=True)
class Open:
    """What is left of an invoice or of a refund; negative, of a payment or of a credit note.

    `document`: the number of the invoice or credit note in the database; none of money.
    """

    partner: int
    day: date
    left: Money
    piece: str
    document: int = 0


@dataclass(frozen=True, slots=True)
class Aged:
    """A partner’s open items: not due, then overdue by 30, 60, 90 days and more, less what is ahead."""

    partner: int
    coming: Money = ZERO
    late: tuple[Money, ...] = (ZERO, ZERO, ZERO, ZERO)
    ahead: Money = ZERO

    @property
    def overdue(self) -> Money:
        return sum(self.late, ZERO)

    @property
    def total(self) -> Money:
        return self.coming + self.overdue - self.ahead


def aged(items: Iterable[Open], on: date) -> list[Aged]:
    """Who owes most first. An invoice is overdue from the day after it is due."""
    # In cents: not due, the columns of what is late, and what is ahead.
    found: dict[int, list[int]] = defaultdict(lambda: [0] * (len(LATE) + 2))
    for item in items:
        days = (on - item.day).days
        column = -1 if item.left < ZERO else sum(days >= since for since in LATE)
        found[item.partner][column] += abs(item.left.cents)
    rows = [
        Aged(partner, Money(coming), (Money(a), Money(b), Money(c), Money(d)), Money(ahead))
        for partner, (coming, a, b, c, d, ahead) in found.items()
    ]
    return sorted(rows, key=lambda row: (-row.total.cents, row.partner))


# --- the facts of an organisation

Side = tuple[Literal["invoice", "payment"], int]


@dataclass(frozen=True, slots=True)
class Taxed:
    percent: Decimal
    base: Money
    vat: Money


@dataclass(frozen=True, slots=True)
class Billed:
    """`sold`: by whose accounts these are; else it bought. `last`: of the period delivered.

    `ahead`: paid before it is delivered. `corrects`: of a credit note, the invoice it takes back.
    """

    pk: int
    partner: int
    number: str
    day: date
    last: date
    nature: str
    credit: bool
    sold: bool
    rates: tuple[Taxed, ...]
    rounding: Money
    gross: Money
    written: date
    ahead: bool = False
    corrects: int = 0


@dataclass(frozen=True, slots=True)
class Paid:
    """`sold`: by a customer; else to a supplier. `back`: the other way. `banked`: a cheque was deposited."""

    pk: int
    partner: int
    day: date
    amount: Money
    back: bool
    means: str
    reference: str
    sold: bool
    written: date
    banked: bool = True


@dataclass(frozen=True, slots=True)
class Returned:
    payment: int
    day: date
    why: str
    written: date


@dataclass(frozen=True, slots=True)
class Deposited:
    number: str
    day: date
    amount: Money
    written: date


@dataclass(frozen=True, slots=True)
class Tie:
    """`amount` is negative when it unties."""

    take: Side
    give: Side
    day: date
    amount: Money
    written: date


@dataclass(frozen=True, slots=True)
class Delivered:
    """Of an invoice paid ahead, what was handed over, at the price paid; negative, taken back."""

    invoice: int
    day: date
    amount: Money
    written: date


@dataclass(frozen=True)
class Books:
    """All that the journal of an organisation says, and the name of each partner."""

    billed: Sequence[Billed] = ()
    paid: Sequence[Paid] = ()
    returned: Sequence[Returned] = ()
    deposited: Sequence[Deposited] = ()
    ties: Sequence[Tie] = ()
    delivered: Sequence[Delivered] = ()
    names: Mapping[int, str] = field(default_factory=dict)


# --- VAT


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
    paid, ahead = _collected(books.ties), _ahead(books)
    for bill in books.billed:
        if bill.sold is not sold or (bill.ahead and bill.credit):
            continue
        due = _due(bill)
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


def _due(bill: Billed) -> str:
    """When its VAT is due."""
    return str(rule("vat_of_ahead" if bill.ahead else f"vat_of_{bill.nature}", bill.day)["due"])


def _eve(day: date) -> date:
    return day - date.resolution


def _collected(ties: Iterable[Tie]) -> dict[int, list[Tie]]:
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
    return _part(taxed.base, paid, bill.gross), _part(taxed.vat, paid, bill.gross)


def _part(amount: Money, paid: Money, whole: Money) -> Money:
    if not whole:
        return ZERO
    return amount if paid == whole else amount.times(Decimal(paid.cents) / whole.cents)


# --- what is paid ahead


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
        if _due(self.bill) == "payment":
            paid = sum((tie.amount for tie in self.paid if tie.day <= until), ZERO)
            share = min(gross, max(share, paid))
        return _part(base, share, gross), _part(vat, share, gross)

    def earned(self, rank: int, until: date) -> Money:
        """Sold, for it is delivered; the rest is owed to the customer."""
        base, _, gross = self._whole(rank, until)
        return _part(base, self._delivered(until), gross)


def _ahead(books: Books) -> dict[int, _Ahead]:
    """By invoice. A credit note tied with the invoice it takes back pays nothing of it."""
    ties = _collected(books.ties)
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


# --- the journal

JOURNALS = {
    "VE": "Ventes", "AC": "Achats", "BQ": "Banque", "CA": "Caisse", "OD": "Opérations diverses",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Draft:
    journal: str
    day: date
    piece: str
    label: str
    written: date
    postings: tuple[Posting, ...]


def journal(books: Books, first: date, last: date) -> tuple[Entry, ...]:
    """What happened from a day to another, numbered in the order in which it was written."""
    letters = _letters(books, last)
    # An invoice of nothing moves no account.
    drafts = [one for one in _drafts(books, letters) if first <= one.day <= last and one.postings]
    # A fact noted before its day (a delivery to come) is validated on its day.
    ordered = sorted(drafts, key=lambda one: (max(one.written, one.day), one.day, one.journal, one.piece))
    return tuple(
        Entry(
            number, one.journal, JOURNALS[one.journal], one.day, one.piece, one.day, one.label,
            max(one.written, one.day), one.postings,
        )
        for number, one in enumerate(ordered, start=1)
    )  # fmt: skip


def _drafts(books: Books, letters: Mapping[Side, tuple[str, date]]) -> Iterator[_Draft]:
    names, paid = books.names, {row.pk: row for row in books.paid}
    for bill in books.billed:
        yield _bill(bill, names.get(bill.partner, "?"), letters)
    for row in books.paid:
        yield _payment(row, row.day, "", row.written, names.get(row.partner, "?"), letters)
    for back in books.returned:
        row = paid[back.payment]
        yield _payment(row, back.day, back.why, back.written, names.get(row.partner, "?"), letters)
    for slip in books.deposited:
        bank, cheques = (_posting(role, slip.day, slip.amount, way)
                         for role, way in (("bank", True), ("cheques", False)))  # fmt: skip
        label = f"Remise de chèques {slip.number}"
        yield _Draft("BQ", slip.day, slip.number, label, slip.written, (bank, cheques))
    yield from _vat_on_payment(books)
    yield from _earned(books)


def _posting(role: str, on: date, amount: Money, debit: bool, **more: Any) -> Posting:
    """A negative amount goes to the other side."""
    account = rule(role, on)
    debit, amount = (debit, amount) if amount >= ZERO else (not debit, -amount)
    more["debit" if debit else "credit"] = amount
    return Posting(account["number"], account["label"], **more)


def _of_partner(
    side: Side, partner: int, name: str, sold: bool, letters: Mapping[Side, tuple[str, date]]
) -> tuple[str, dict[str, Any]]:
    letter, day = letters.get(side, ("", None))
    more = {"partner": f"{partner:06}", "partner_label": name, "letter": letter, "lettered": day}
    return ("customer" if sold else "supplier"), more


def _bill(bill: Billed, name: str, letters: Mapping[Side, tuple[str, date]]) -> _Draft:
    role, more = _of_partner(("invoice", bill.pk), bill.partner, name, bill.sold, letters)
    owes = bill.sold is not bill.credit  # the partner’s account is debited
    postings = [_posting(role, bill.day, bill.gross, owes, **more)] if bill.gross else []
    # What is paid ahead is not sold yet, and its VAT waits for the money or the delivery.
    waits = bill.sold and (bill.ahead or _due(bill) == "payment")
    if bill.sold:
        turnover, tax = ("services" if bill.nature == "S" else "goods"), "vat_collected"
        turnover = "advances" if bill.ahead else turnover
    else:
        turnover, tax = "purchases", "vat_deductible"
    for taxed in bill.rates:
        if taxed.base:
            postings.append(_posting(turnover, bill.day, taxed.base, not owes))
        if taxed.vat:
            postings.append(_posting("vat_waiting" if waits else tax, bill.day, taxed.vat, not owes))
    if bill.rounding:
        gained = (bill.rounding > ZERO) is owes
        rounding = "rounding_gain" if gained else "rounding_loss"
        postings.append(_posting(rounding, bill.day, bill.rounding, not owes))
    what = f"{'Avoir' if bill.credit else 'Facture'} {bill.number} {name}"
    return _Draft("VE" if bill.sold else "AC", bill.day, bill.number, what, bill.written, tuple(postings))


def _payment(
    row: Paid, day: date, why: str, written: date, name: str, letters: Mapping[Side, tuple[str, date]]
) -> _Draft:
    """Into the bank, the till or the drawer of cheques; `why`, it goes back."""
    role, more = _of_partner(("payment", row.pk), row.partner, name, row.sold, letters)
    comes = (row.sold is not row.back) is not bool(why)
    drawer = row.sold and not row.back and not (why and row.banked)
    money = {"cash": "cash", "cheque": "cheques" if drawer else "bank"}.get(row.means, "bank")
    postings = (
        _posting(money, day, row.amount, comes), _posting(role, day, row.amount, not comes, **more)
    )  # fmt: skip
    piece = row.reference or f"R{row.pk}"
    what = "Retour" if why else "Remboursement" if row.back else "Règlement"
    label = " ".join(filter(None, (what, name, why)))
    return _Draft("CA" if money == "cash" else "BQ", day, piece, label, written, postings)


def _vat_on_payment(books: Books) -> Iterator[_Draft]:
    """The VAT of a service leaves its waiting account as the service is paid."""
    ties = _collected(books.ties)
    for bill in books.billed:
        if not bill.sold or bill.ahead or _due(bill) != "payment":
            continue
        vat, paid, moved = sum((taxed.vat for taxed in bill.rates), ZERO), ZERO, ZERO
        for tie in sorted(ties[bill.pk], key=lambda tie: tie.day):
            paid += tie.amount
            now = _part(vat, paid, bill.gross)
            amount = (now - moved).times(-1 if bill.credit else 1)
            moved = now
            if amount:
                yield _Draft(
                    "OD", tie.day, bill.number, f"TVA encaissée, {bill.number}", tie.written,
                    (_posting("vat_waiting", tie.day, amount, True),
                     _posting("vat_collected", tie.day, amount, False)),
                )  # fmt: skip


def _earned(books: Books) -> Iterator[_Draft]:
    """As baskets paid ahead are delivered, the advance becomes a sale; its VAT leaves when it is due."""
    for one in _ahead(books).values():
        bill, rates = one.bill, range(len(one.bill.rates))
        if not bill.sold:
            continue
        sold, due = ZERO, ZERO
        for day, written in one.steps:
            earned = sum((one.earned(rank, day) for rank in rates), ZERO)
            vat = sum((one.chargeable(rank, day)[1] for rank in rates), ZERO)
            moved = (
                ("Paniers d’avance remis", "advances", "goods", earned - sold),
                ("TVA exigible d’un acompte", "vat_waiting", "vat_collected", vat - due),
            )
            sold, due = earned, vat
            for label, left, right, amount in moved:
                if amount:
                    # An invoice written after its first basket is earned from its own day.
                    yield _Draft(
                        "OD", max(day, bill.day), bill.number, f"{label}, {bill.number}",
                        max(written, bill.written),
                        (_posting(left, day, amount, True), _posting(right, day, amount, False)),
                    )  # fmt: skip


def _letters(books: Books, until: date) -> dict[Side, tuple[str, date]]:
    """A letter for each group of invoices and payments that come to nothing together, at a date."""
    head, days = _tied(books.ties, until)
    sums, gone = _signed(books, until)
    for payment, day in gone.items():
        days["payment", payment] = day
        sums["payment", payment] = ZERO
    groups: dict[Side, list[Side]] = defaultdict(list)
    for side in sums:
        if side in days:
            groups[head(side)].append(side)
    even = [sides for sides in groups.values() if sum((sums[side] for side in sides), ZERO) == ZERO]
    found: dict[Side, tuple[str, date]] = {}
    for rank, sides in enumerate(even):
        found |= dict.fromkeys(sides, (_letter(rank), max(days[side] for side in sides)))
    return found


def _tied(ties: Iterable[Tie], until: date) -> tuple[Callable[[Side], Side], dict[Side, date]]:
    """Whom each side is tied with, by one of them; the day of the last tie of each."""
    live: dict[tuple[Side, Side], Money] = defaultdict(lambda: ZERO)
    days: dict[Side, date] = {}
    for tie in ties:
        if tie.day <= until:
            live[tie.take, tie.give] += tie.amount
            days |= {side: max(days.get(side, tie.day), tie.day) for side in (tie.take, tie.give)}
    chief: dict[Side, Side] = {}

    def head(side: Side) -> Side:
        while (above := chief.get(side, side)) != side:
            side = above
        return side

    for (take, give), amount in live.items():
        if amount and head(give) != head(take):
            chief[head(give)] = head(take)
    return head, days


def _signed(books: Books, until: date) -> tuple[dict[Side, Money], dict[int, date]]:
    """What each invoice and payment adds to what is owed; which payments came back, and when."""
    sums: dict[Side, Money] = {}
    for bill in books.billed:
        if bill.day <= until:
            sums["invoice", bill.pk] = -bill.gross if bill.credit else bill.gross
    for row in books.paid:
        if row.day <= until:
            sums["payment", row.pk] = row.amount if row.back else -row.amount
    return sums, {row.payment: row.day for row in books.returned if row.day <= until}


def _letter(rank: int) -> str:
    """AA, AB… AZ, BA… ZZ, AAA…"""
    letters, rank = "", rank + 27
    while rank:
        rank, place = divmod(rank - 1, 26)
        letters = chr(ord("A") + place) + letters
    return letters
