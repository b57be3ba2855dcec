"""Accounts computed from facts already read: no database, no clock.

Balance: what was billed less what was paid, at a date. Aged balance: what is open, by how long it is overdue.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

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
