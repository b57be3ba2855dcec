"""What the kitchen may cook: surplus that would be composted, what it holds, and for whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from terreau.ledger.effects import Action
from terreau.ledger.models import Lot
from terreau.ledger.proposals import proposals
from terreau.ledger.queries import State, StockLine, commitments, disposable, stock
from terreau.measures.french import format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.kitchen.recipes import stuffs
from terreau.territory.models import Agent, AgentKind, Ecopole, Place, PlaceKind

DOORS = (PlaceKind.DOOR, PlaceKind.DOCK)
# A plan writes so what will not keep and that nobody takes.
COMPOST = "compost"


@dataclass(frozen=True)
class Surplus:
    """A lot, or what is left of it, that may be cooked until its day.

    The week's plan gives it up; or, `proposed`, somebody at the platform thought of the kitchen.
    """

    commitment_id: int
    lot: Lot
    holder: Agent
    place: Place
    left: Decimal
    due_on: date
    proposed: bool = False

    @property
    def left_said(self) -> str:
        return format_quantity(Quantity(self.left, Unit(self.lot.product.unit)))

    @property
    def symbol(self) -> str:
        return Unit(self.lot.product.unit).symbol


def kitchen_of(ecopole: Ecopole, among: Iterable[int] | None = None) -> Agent | None:
    """The écopôle's kitchen: one of those a person acts for, otherwise the first."""
    rows = list(Agent.objects.filter(ecopole=ecopole, kind=AgentKind.KITCHEN).order_by("id"))
    own = [row for row in rows if row.pk in set(among or ())]
    return next(iter(own or rows), None)


def surplus(ecopole: Ecopole, days: tuple[date, date]) -> list[Surplus]:
    """What is proposed by hand, then what the week gives up of what can be cooked. Three queries.

    What is already past its day is for the compost: it is not offered to the kitchen. No lot is told twice.
    """
    asked = proposals(ecopole, AgentKind.KITCHEN, days[0])
    by_hand = {(line.commitment.lot_id, line.commitment.from_place_id) for line in asked}
    due = commitments(ecopole, due=days, action=Action.LOWER, states=(State.OPEN, State.PARTLY_MET))
    given_up = [line for line in due if line.commitment.note == COMPOST and line.commitment.lot_id]
    told = [c for c in given_up if (c.commitment.lot_id, c.commitment.from_place_id) not in by_hand]
    wanted = [*asked, *told]
    held = disposable(ecopole, lots=[line.commitment.lot_id or 0 for line in wanted])
    there = {(row.lot_id, row.holder_id, row.place_id): row for row in held}
    found = []
    for line in wanted:
        said = line.commitment
        row = there.get((said.lot_id or 0, said.provider_id, said.from_place_id or 0))
        if row is None:
            continue
        fresh = row.lot.keeps_until is None or row.lot.keeps_until >= days[0]
        proposed = said.action == Action.TRANSFER
        if fresh and (proposed or row.lot.product.code in stuffs()):
            left = min(line.remaining, row.quantity)
            found.append(Surplus(said.pk, row.lot, said.provider, row.place, left, said.due_on, proposed))
    return sorted(found, key=lambda one: (not one.proposed, one.lot.product.name, one.due_on, one.lot.pk))


def shelves(ecopole: Ecopole, kitchen: Agent) -> list[StockLine]:
    """All that the kitchen holds, the first to expire first."""
    return stock(ecopole, holder=kitchen)
