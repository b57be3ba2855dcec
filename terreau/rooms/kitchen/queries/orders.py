"""What customers ordered of the kitchen and is still to be delivered."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from terreau.ledger.effects import Action
from terreau.ledger.models import Commitment
from terreau.ledger.queries import State, commitments
from terreau.territory.models import Agent, AgentKind, Ecopole

# A promise of the kitchen that a customer asked for is noted so.
ORDERED = "commande"
OF_A_CUSTOMER = Q(note=ORDERED, action=Action.TRANSFER, provider__kind=AgentKind.KITCHEN)


@dataclass(frozen=True)
class Order:
    commitment: Commitment
    left: Decimal


def orders(ecopole: Ecopole, kitchen: Agent) -> list[Order]:
    """Those not wholly delivered, the first due first. One query."""
    due = commitments(
        ecopole, provider=kitchen, action=Action.TRANSFER, states=(State.OPEN, State.PARTLY_MET)
    )
    return [Order(line.commitment, line.remaining) for line in due if line.commitment.note == ORDERED]
