"""The journal, from facts already read: each once, balanced, in the order in which it was written."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from terreau.billing.accounts import ZERO, Billed, Books, Paid, Side, Tie, rule
from terreau.billing.vat import collected, due_when, paid_ahead, part_paid
from terreau.formats.fec import Entry, Posting
from terreau.measures.money import Money

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
    waits = bill.sold and (bill.ahead or due_when(bill) == "payment")
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
    ties = collected(books.ties)
    for bill in books.billed:
        if not bill.sold or bill.ahead or due_when(bill) != "payment":
            continue
        vat, paid, moved = sum((taxed.vat for taxed in bill.rates), ZERO), ZERO, ZERO
        for tie in sorted(ties[bill.pk], key=lambda tie: tie.day):
            paid += tie.amount
            now = part_paid(vat, paid, bill.gross)
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
    for one in paid_ahead(books).values():
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
