"""Ordered by the piece, weighed, paid by the kilo: what a piece usually weighs, how far a weight may be.

The order is planned in kilos, at the usual weight (pieces.csv); what is weighed when it is picked is alone
delivered and paid for. Beyond the tolerance (orders.toml), whoever weighs says why.
"""

import csv
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

from terreau.measures.dated import in_force
from terreau.measures.money import Money
from terreau.rooms.platform.deadlines import rules

FILE = Path(__file__).parent / "pieces.csv"


@cache
def weights() -> tuple[dict[str, str], ...]:
    """Every row, the latest first."""
    rows = csv.DictReader(FILE.read_text(encoding="utf-8").splitlines())
    return tuple(sorted(rows, key=lambda row: row["since"], reverse=True))


def piece_kg(code: str, on: date) -> Decimal | None:
    """The usual weight of a piece on a day, of a product sold by the kilo; none if nobody has said it."""
    known = (row for row in weights() if row["code"] == code and row["since"] <= on.isoformat())
    found = next(known, None)
    return Decimal(found["piece_kg"]) if found else None


def tolerance_percent(on: date) -> int:
    return int(in_force(rules()["tolerance"], on)["percent"])


def beyond(*, planned: Decimal, weighed: Decimal, pieces: bool, on: date) -> bool:
    """Far above what was planned; or far below, when the number of pieces is what counts."""
    gap = weighed - planned if not pieces else abs(weighed - planned)
    return gap * 100 > planned * tolerance_percent(on)


def price_weighed(promised: Money, quantity: Decimal, weighed: Decimal) -> Money:
    """What a weighed line is paid: the price of the kilo × the weight, half a cent upwards.

    A line keeps its whole price, not that of its kilo: it is the one whole number of cents that makes it. If
    none does, or several (under a kilo), the price goes in proportion.
    """
    unit = Money(int((promised.cents / quantity).to_integral_value(ROUND_HALF_UP)))
    near = [unit - Money(1), unit, unit + Money(1)]
    if [each for each in near if each.times(quantity) == promised] == [unit]:
        return unit.times(weighed)
    return promised.times(weighed / quantity)
