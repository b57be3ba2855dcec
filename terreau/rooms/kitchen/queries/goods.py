"""What the kitchen may cook: surplus that would be composted, what it holds, and for whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from terreau.ledger.effects import Action
from terreau.ledger.models import Lot
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
    """A lot, or what is left of it, that the week's plan gives up: it may still be cooked until its day."""

    commitment_id: int
    lot: Lot
    holder: Agent
    place: Place
    left: Decimal
    due_on: date

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
    """What the week gives up of what can be cooked, the first to leave first. Two queries.

    What is already past its day is for the compost: it is not offered to the kitchen.
    """
    due = commitments(ecopole, due=days, action=Action.LOWER, states=(State.OPEN, State.PARTLY_MET))
    wanted = [line for line in due if line.commitment.note == COMPOST and line.commitment.lot_id]
    held = disposable(ecopole, lots=[line.commitment.lot_id or 0 for line in wanted])
    there = {(row.lot_id, row.holder_id, row.place_id): row for row in held}
    found = []
    for line in wanted:
        said = line.commitment
        row = there.get((said.lot_id or 0, said.provider_id, said.from_place_id or 0))
        if row is None:
            continue
        fresh = row.lot.keeps_until is None or row.lot.keeps_until >= days[0]
        if fresh and row.lot.product.code in stuffs():
            left = min(line.remaining, row.quantity)
            found.append(Surplus(said.pk, row.lot, said.provider, row.place, left, said.due_on))
    return sorted(found, key=lambda one: (one.lot.product.name, one.due_on, one.lot.pk))


def shelves(ecopole: Ecopole, kitchen: Agent) -> list[StockLine]:
    """All that the kitchen holds, the first to expire first."""
    return stock(ecopole, holder=kitchen)
