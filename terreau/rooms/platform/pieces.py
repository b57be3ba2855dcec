"""Ordered by the piece, weighed, paid by the kilo: what a piece usually weighs, how far a weight may be.

The order is planned in kilos, at the usual weight (pieces.csv); what is weighed when it is picked is alone
delivered and paid for. Beyond the tolerance (orders.toml), whoever weighs says why.
"""

import csv
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from terreau.measures.dated import in_force
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
