"""Where a lot comes from, where it went, and how much of it is inside what others received."""

from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from django.db.models.expressions import RawSQL

from terreau.ledger.effects import Action
from terreau.ledger.models import Event, Lot
from terreau.territory.models import Agent, Product

_STANDS = "{0}.reverses_id IS NULL AND NOT EXISTS (SELECT 1 FROM ledger_event r WHERE r.reverses_id = {0}.id)"
# An edge of the walk goes through a process, from what goes in to what comes out, or back.
# Outer joins, whose empty ends lead nowhere, and « not different » for « equal »: otherwise SQLite, once it
# has counted its rows (ANALYZE), reads all events beforehand to make a filter for the few that are met.
_EDGE = (
    "LEFT JOIN ledger_event a ON a.lot_id = walk.lot_id AND NOT a.action <> '{near}'"
    f" AND a.process_id IS NOT NULL AND {_STANDS.format('a')}"
    " LEFT JOIN ledger_event b ON b.process_id = a.process_id AND NOT b.action <> '{far}'"
    f" AND {_STANDS.format('b')}"
)
# A lot is made from older ones only (`checks.py`): the walk ends. UNION meets each lot once.
_EVENTS_AROUND = f"""
WITH RECURSIVE
up(lot_id) AS (
    SELECT CAST(%s AS bigint)
    UNION SELECT b.lot_id FROM up walk {_EDGE.format(near="produce", far="consume")}
),
down(lot_id) AS (
    SELECT CAST(%s AS bigint)
    UNION SELECT b.lot_id FROM down walk {_EDGE.format(near="consume", far="produce")}
),
makers(process_id) AS (
    SELECT DISTINCT a.process_id FROM up
    LEFT JOIN ledger_event a ON a.lot_id = up.lot_id AND NOT a.action <> 'produce' AND {_STANDS.format("a")}
)
SELECT e.id FROM (SELECT lot_id FROM up UNION SELECT lot_id FROM down) around
LEFT JOIN ledger_event e ON e.lot_id = around.lot_id AND {_STANDS.format("e")}
UNION
SELECT e.id FROM makers LEFT JOIN ledger_event e ON e.process_id = makers.process_id AND {_STANDS.format("e")}
"""


class Side(StrEnum):
    """What made the lot, what happened to it, what it became."""

    UP = "up"
    HERE = "here"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Step:
    event: Event
    side: Side


@dataclass(frozen=True, slots=True)
class TracedLot:
    """Upstream: how much of it is in the lot asked about. Downstream: how much of that lot is in it."""

    lot: Lot
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Journey:
    lot: Lot
    upstream: list[TracedLot]
    downstream: list[TracedLot]
    steps: list[Step]
    received: list["RecallLine"]


@dataclass(frozen=True, slots=True)
class RecallLine:
    """Somebody received the lot, or what was made from it; `content` is in the recalled lot’s unit."""

    receiver: Agent
    provider: Agent
    product: Product
    lot: Lot
    quantity: Decimal
    content: Decimal
    when: datetime
    contact: str


def journey(lot: Lot) -> Journey:
    """The lots it was made from, those made from it, and every step in the order of time."""
    graph = _Graph.around(lot)
    upstream, downstream = graph.upstream(lot), graph.downstream(lot)
    up, down = set(upstream), set(downstream)
    return Journey(
        lot=lot,
        upstream=graph.traced(upstream, but=lot),
        downstream=graph.traced(
            {pk: density * graph.brought[pk] for pk, density in downstream.items()}, but=lot
        ),
        steps=[Step(event, side) for event in graph.events if (side := _side(event, lot, up, down))],
        received=_received(graph, downstream),
    )


def recall(lot: Lot) -> list[RecallLine]:
    """Everybody who received the lot or what contains it, in the order of time."""
    graph = _Graph.around(lot)
    return _received(graph, graph.downstream(lot))


def _received(graph: "_Graph", densities: Mapping[int, Fraction]) -> list[RecallLine]:
    return [
        RecallLine(
            receiver=event.receiver,
            provider=event.provider,
            product=event.product,
            lot=event.lot,
            quantity=event.quantity,
            content=_rounded(Fraction(event.quantity) * densities[event.lot.pk]),
            when=event.occurred_at,
            contact=_contact(event.receiver),
        )
        for event in graph.events
        if event.action in (Action.TRANSFER, Action.TRANSFER_CUSTODY)
        and event.provider_id != event.receiver_id
        and event.lot is not None
        and event.lot.pk in densities
    ]


def _side(event: Event, lot: Lot, up: Set[int], down: Set[int]) -> Side | None:
    if event.lot_id == lot.pk:
        return Side.UP if event.action == Action.PRODUCE else Side.HERE
    if event.lot_id in up or event.action == Action.WORK:
        return Side.UP
    return Side.DOWN if event.lot_id in down else None


def _contact(agent: Agent) -> str:
    return " · ".join(part for part in (agent.contact, agent.phone, agent.email) if part)


def _rounded(amount: Fraction) -> Decimal:
    thousandths = round(amount * 1000)
    return Decimal(thousandths).scaleb(-3)


@dataclass(slots=True)
class _Flow:
    """What a process takes in and gives out, in the unit of each lot."""

    taken: dict[int, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    given: dict[int, Fraction] = field(default_factory=lambda: defaultdict(Fraction))


@dataclass(slots=True)
class _Graph:
    events: list[Event]
    lots: dict[int, Lot]
    flows: dict[int, _Flow]
    brought: dict[int, Fraction]  # what was ever produced or found of a lot
    makers: dict[int, set[int]]  # the processes that gave a lot

    @classmethod
    def around(cls, lot: Lot) -> "_Graph":
        events = list(
            Event.objects.filter(pk__in=RawSQL(_EVENTS_AROUND, [lot.pk, lot.pk]))
            .select_related("lot__product", "product", "provider", "receiver", "process")
            .order_by("occurred_at", "pk")
        )
        graph = cls(events, {lot.pk: lot}, defaultdict(_Flow), defaultdict(Fraction), defaultdict(set))
        for event in events:
            graph._add(event)
        return graph

    def _add(self, event: Event) -> None:
        if event.lot is None:
            return
        lot_id, amount = event.lot.pk, Fraction(event.quantity)
        self.lots[lot_id] = event.lot
        if event.action in (Action.PRODUCE, Action.RAISE):
            self.brought[lot_id] += amount
        if event.process_id is not None and event.action == Action.CONSUME:
            self.flows[event.process_id].taken[lot_id] += amount
        if event.process_id is not None and event.action == Action.PRODUCE:
            self.flows[event.process_id].given[lot_id] += amount
            self.makers[lot_id].add(event.process_id)

    def downstream(self, lot: Lot) -> dict[int, Fraction]:
        """How much of the lot is in one unit of each lot made from it, directly or not."""
        densities = {lot.pk: Fraction(1)}
        for made_id in self._by_age():
            if made_id == lot.pk:
                continue
            inside, reached = Fraction(0), False
            for flow in self._making(made_id):
                sources = [source for source in flow.taken if source in densities]
                reached |= bool(sources)
                content = sum((flow.taken[s] * densities[s] for s in sources), Fraction(0))
                inside += content * self._share(flow, made_id)
            if reached:
                densities[made_id] = inside / self.brought[made_id]
        return densities

    def upstream(self, lot: Lot) -> dict[int, Fraction]:
        """How much of each lot it was made from, directly or not, is in the whole lot."""
        inside: dict[int, Fraction] = defaultdict(Fraction)
        inside[lot.pk] = self.brought[lot.pk]
        for made_id in reversed(self._by_age()):
            if made_id not in inside or not self.brought[made_id]:
                continue
            fraction = inside[made_id] / self.brought[made_id]
            for flow in self._making(made_id):
                for source, amount in flow.taken.items():
                    inside[source] += amount * self._share(flow, made_id) * fraction
        return dict(inside)

    def traced(self, amounts: Mapping[int, Fraction], but: Lot) -> list[TracedLot]:
        return [
            TracedLot(self.lots[pk], _rounded(amounts[pk]))
            for pk in self._by_age()
            if pk in amounts and pk != but.pk
        ]

    def _by_age(self) -> list[int]:
        return sorted(self.lots, key=lambda pk: (self.lots[pk].born_at, pk))

    def _making(self, lot_id: int) -> list[_Flow]:
        return [self.flows[process_id] for process_id in self.makers[lot_id]]

    def _share(self, flow: _Flow, lot_id: int) -> Fraction:
        """What goes in is spread over what comes out by weight; a product without weight counts by number."""
        weights = {
            pk: amount * Fraction(self.lots[pk].product.unit_kg or 1) for pk, amount in flow.given.items()
        }
        return weights[lot_id] / sum(weights.values())
