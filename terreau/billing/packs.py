"""What a member pays ahead: invoiced when bought, credited when given back, whatever the month."""

from terreau.billing.actions import Judges, Outcome, bill
from terreau.billing.payers import ahead
from terreau.territory.hand import Hand
from terreau.territory.models import Ecopole


def settle_ahead(*, ecopole: Ecopole, payer: int, hand: Hand, judges: Judges | None) -> Outcome:
    """Invoice the baskets paid ahead that are not yet, take back those given back; nothing else.

    What could not be issued is due still: the month that closes bills it.
    """
    told = ahead(ecopole, payer)
    return bill(
        ecopole=ecopole, first=hand.day, last=hand.day, issued_on=hand.day, hand=hand, customers=[payer],
        references=told.ahead, judges=judges, told=lambda: told,
    )  # fmt: skip
