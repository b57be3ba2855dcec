"""The movements of the ledger behind a figure: those its flows were read in, one by one, no person named."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from terreau.engines.contribution import Kind
from terreau.impact.beside import GROUPS as BY
from terreau.impact.beside import group_of
from terreau.impact.measured import Book
from terreau.impact.words import UNITS, counted
from terreau.ledger.models import Event
from terreau.territory.models import AgentKind, Ecopole

PAGE = 50
SOMEBODY = "une personne"
# What the movements of a kind are counted in.
READ_IN = ("kg", "eur_ht")


@dataclass(frozen=True)
class Movement:
    """An event of the ledger, and what the figure counts of it."""

    at: datetime
    product: str
    provider: str
    receiver: str
    quantity: Decimal
    unit: str
    lot: str
    counted: str


@dataclass(frozen=True)
class Movements:
    """One page of them; `total`: what all of them count for, whatever the page."""

    lines: list[Movement]
    count: int
    total: list[str]
    sums: dict[str, float]
    page: int
    pages: int

    @property
    def before(self) -> int:
        return self.page - 1

    @property
    def after(self) -> int:
        return self.page + 1


def movements(ecopole: Ecopole, year: int, kind: Kind, groups: dict[str, str], page: int) -> Movements:
    """`groups`: the month, channel or actor they are narrowed to. The year of the ledger is read again."""
    counts: dict[int, dict[str, float]] = {}
    for event, flow in Book(ecopole, date(year, 1, 1), date(year, 12, 31)).traced():
        if flow.kind is kind and all(group_of(flow, by) == code for by, code in groups.items() if by in BY):
            sums = counts.setdefault(event, dict.fromkeys(READ_IN, 0.0))
            for name in READ_IN:
                sums[name] += float(getattr(flow, name) or 0.0)  # a measured flow: one number
    whole = {name: sum(one[name] for one in counts.values()) for name in READ_IN}
    pages = max(1, -(-len(counts) // PAGE))
    page = min(max(1, page), pages)
    shown = Event.objects.filter(pk__in=sorted(counts, reverse=True)[(page - 1) * PAGE : page * PAGE])
    rows = shown.select_related("product", "provider", "receiver", "lot").order_by("-occurred_at", "-pk")
    return Movements(
        [_told(row, counts[row.pk]) for row in rows], len(counts), _said(whole), whole, page, pages
    )


def _told(row: Event, sums: dict[str, float]) -> Movement:
    provider, receiver = (
        SOMEBODY if agent.kind == AgentKind.PERSON else agent.name for agent in (row.provider, row.receiver)
    )
    return Movement(
        row.occurred_at, row.product.name, provider, receiver, row.quantity, row.product.unit,
        row.lot.code if row.lot else "", " · ".join(_said(sums)),
    )  # fmt: skip


def _said(sums: dict[str, float]) -> list[str]:
    return [counted(value, UNITS[name]) for name, value in sums.items() if value]
