"""What the kitchen made for a farm between two days: its goods in, what came out, what is owed."""

from dataclasses import dataclass
from datetime import date

from terreau.ledger.queries import StockLine, kept_for
from terreau.measures.money import Money, added
from terreau.rooms.kitchen.queries.batches import Sheet, of_ecopole, sheets
from terreau.territory.models import Agent, Ecopole


@dataclass(frozen=True)
class Statement:
    farm: Agent
    days: tuple[date, date]
    batches: tuple[Sheet, ...]
    here: tuple[StockLine, ...]

    @property
    def fee(self) -> Money:
        return added(sheet.fee for sheet in self.batches)


def statement(ecopole: Ecopole, kitchen: Agent, farm: Agent, days: tuple[date, date]) -> Statement:
    rows = of_ecopole(ecopole).filter(owner=farm, on__range=days).order_by("on", "id")
    here = tuple(kept_for(ecopole, holder=kitchen, owner=farm))
    return Statement(farm, days, tuple(sheets(rows)), here)
