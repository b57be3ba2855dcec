"""The orders behind promises: what was asked of what is picked and delivered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from terreau.ledger.models import Commitment, Process
from terreau.measures.quantity import Unit
from terreau.rooms.platform.models import OrderLine
from terreau.territory.models import Ecopole


@dataclass(frozen=True)
class Asked:
    """What a customer asked of a product. A gift, or a substitute, is asked nothing of its own."""

    quality_min: int = 0
    quantity: Decimal = Decimal(0)
    pieces: int | None = None

    def said(self, planned: Decimal) -> str:
        """« 6 pièces », or the part of them that the plan serves; nothing for what is ordered in kilos."""
        if not self.pieces:
            return ""
        served = round(planned * self.pieces / self.quantity)
        whole = f"{self.pieces}\u00a0{Unit.PIECE.label(self.pieces)}"
        return whole if served == self.pieces else f"{served} sur {whole}"


class Orders:
    """The order lines of the customers and days of some promises. One query, and one for those picked."""

    def __init__(self, ecopole: Ecopole, commitments: Iterable[Commitment]):
        found = list(commitments)
        picked = {c.process_id for c in found if c.action == "move" and c.process_id}
        self._customers: dict[int | None, int | None] = (
            dict(Process.objects.filter(pk__in=picked).values_list("pk", "agent_id")) if picked else {}
        )
        rows = OrderLine.objects.filter(
            ecopole=ecopole,
            customer__in={self._customer(c) for c in found} - {None},
            day__in={c.due_on for c in found},
        ).order_by()
        self._asked: dict[tuple[int | None, date, int], Asked] = {}
        self._hours: dict[tuple[int, date], list[tuple[time | None, time | None]]] = {}
        for customer, day, product, after, before, *terms in rows.values_list(
            "customer_id", "day", "product_id", "window_start", "window_end",
            "quality_min", "quantity", "pieces",
        ):  # fmt: skip
            self._asked[customer, day, product] = Asked(*terms)
            self._hours.setdefault((customer, day), []).append((after, before))

    def _customer(self, c: Commitment) -> int | None:
        return self._customers.get(c.process_id) if c.action == "move" else c.receiver_id

    def of(self, c: Commitment) -> Asked:
        return self._asked.get((self._customer(c), c.due_on, c.product_id), Asked())

    def pieces(self, c: Commitment) -> str:
        return self.of(c).said(c.quantity)

    def window(self, customer: int, day: date) -> tuple[time | None, time | None]:
        """The hours that suit all the lines of a customer's day."""
        hours = self._hours.get((customer, day), [])
        after = max((first for first, _ in hours if first), default=None)
        return after, min((last for _, last in hours if last), default=None)
