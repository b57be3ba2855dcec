"""Who pays what of the baskets, asked of their room."""

from collections.abc import Sequence
from datetime import date

from terreau.billing.lines import PaymentLine
from terreau.territory.models import Ecopole


def payments(ecopole: Ecopole, first: date, last: date) -> Sequence[PaymentLine]:
    """Where no scheme shares a price, the member pays all of it."""
    return ()
