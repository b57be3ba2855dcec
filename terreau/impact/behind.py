"""The movements of the ledger behind a figure: those its flows were read in, one by one, no person named."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from terreau.engines.contribution import Flow, Kind
from terreau.impact.beside import GROUPS as BY
from terreau.impact.beside import SHARED, group_of
from terreau.impact.measured import Book, Share, shared
from terreau.impact.words import UNITS, counted
from terreau.ledger.models import Event
from terreau.territory.models import AgentKind, Ecopole, ProductFamily

PAGE = 50
SOMEBODY = "une personne"
# What the movements of a kind are counted in.
READ_IN = ("kg", "eur_ht", "hours", "count")


@dataclass(frozen=True)
class Movement:
    """An event of the ledger, or an actor’s part of a tour, and what the figure counts of it."""

    at: date
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
    days = date(year, 1, 1), date(year, 12, 31)
    if kind in SHARED:
        return _of_tours(ecopole, shared(ecopole, *days), kind, groups, page)
    counts: dict[int, dict[str, float]] = {}
    for event, flow in Book(ecopole, *days).traced():
        if _asked(flow, kind, groups):
            sums = counts.setdefault(event, dict.fromkeys(READ_IN, 0.0))
            for name in READ_IN:
                sums[name] += float(getattr(flow, name) or 0.0)  # a measured flow: one number
    whole = {name: sum(one[name] for one in counts.values()) for name in READ_IN}
    page, pages, some = _page(len(counts), page)
    shown = Event.objects.filter(pk__in=sorted(counts, reverse=True)[some])
    rows = shown.select_related("product", "provider", "receiver", "lot").order_by("-occurred_at", "-pk")
    return Movements(
        [_told(row, counts[row.pk]) for row in rows], len(counts), _said(whole), whole, page, pages
    )


def _asked(flow: Flow, kind: Kind, groups: dict[str, str]) -> bool:
    return flow.kind is kind and all(group_of(flow, by) == code for by, code in groups.items() if by in BY)


def _page(count: int, page: int) -> tuple[int, int, slice]:
    pages = max(1, -(-count // PAGE))
    page = min(max(1, page), pages)
    return page, pages, slice((page - 1) * PAGE, page * PAGE)


def _of_tours(
    ecopole: Ecopole, shares: list[Share], kind: Kind, groups: dict[str, str], page: int
) -> Movements:
    """The part of each actor aboard, tour by tour, the latest first; the quantity is what it had aboard."""
    found = [
        (share, float(flow.eur_ht or 0.0))
        for share in reversed(shares) for flow in share.flows
        if _asked(flow, kind, groups)
    ]  # fmt: skip
    whole = dict.fromkeys(READ_IN, 0.0) | {"eur_ht": sum(euros for _, euros in found)}
    page, pages, some = _page(len(found), page)
    lines = [
        Movement(
            tour.day, f"Tournée, {tour.vehicle}", name or SOMEBODY, ecopole.name,
            tour.kilos.get(part.actor, Decimal(0)), "kg", "", counted(euros, UNITS["eur_ht"]),
        )
        for (tour, part, name), euros in found[some]
    ]  # fmt: skip
    return Movements(lines, len(found), _said(whole), whole, page, pages)


def _told(row: Event, sums: dict[str, float]) -> Movement:
    provider, receiver = (
        SOMEBODY if agent.kind == AgentKind.PERSON else agent.name for agent in (row.provider, row.receiver)
    )
    # The lots of credits are their owners’ business.
    lot = row.lot.code if row.lot and row.product.family != ProductFamily.CREDIT else ""
    return Movement(
        row.occurred_at, row.product.name, provider, receiver, row.quantity, row.product.unit,
        lot, " · ".join(_said(sums)),
    )  # fmt: skip


def _said(sums: dict[str, float]) -> list[str]:
    return [counted(value, UNITS[name]) for name, value in sums.items() if value]
