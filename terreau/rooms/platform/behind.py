"""The orders behind promises: what was asked of what is picked and delivered."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import cached_property

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


# What belongs to no delivery.
NOBODY = (None, "Autres")
# A customer, a day, a product.
Line = tuple[int | None, date, int]


class Orders:
    """The order lines of the customers and days of some promises. One query, and one for those picked."""

    def __init__(self, ecopole: Ecopole, commitments: Iterable[Commitment]):
        found = list(commitments)
        picked = {c.process_id for c in found if c.action == "move" and c.process_id}
        rows_of = Process.objects.filter(pk__in=picked, agent__isnull=False)
        told = rows_of.values_list("pk", "agent_id", "agent__name") if picked else ()
        self._customers: dict[int | None, tuple[int | None, str]] = {pk: (a, name) for pk, a, name in told}
        rows = OrderLine.objects.filter(
            ecopole=ecopole,
            customer__in={self._customer(c) for c in found} - {None},
            day__in={c.due_on for c in found},
        ).order_by()
        self._asked: dict[Line, Asked] = {}
        self._lines: dict[int, tuple[Line, str]] = {}
        self._hours: dict[tuple[int, date], list[tuple[time | None, time | None]]] = {}
        for pk, customer, day, product, name, after, before, *terms in rows.values_list(
            "pk", "customer_id", "day", "product_id", "product__name", "window_start", "window_end",
            "quality_min", "quantity", "pieces",
        ):  # fmt: skip
            self._asked[customer, day, product] = Asked(*terms)
            self._lines[pk] = (customer, day, product), name
            self._hours.setdefault((customer, day), []).append((after, before))

    @cached_property
    def _accepted(self) -> dict[Line, str]:
        """What each line accepts in its place, and what each product so accepted may stand for."""
        found: dict[tuple[Line, str], list[str]] = defaultdict(list)
        rows = OrderLine.substitutes.through.objects.filter(orderline__in=self._lines)
        told = rows.order_by("product__name").values_list("orderline_id", "product_id", "product__name")
        for pk, other, name in told:
            line, ordered = self._lines[pk]
            found[line, "à défaut"].append(name)
            if (stands := (*line[:2], other)) not in self._asked:
                found[stands, "à la place de"].append(ordered)
        return {line: f"{words}\u202f: {', '.join(names)}" for (line, words), names in found.items()}

    def _customer(self, c: Commitment) -> int | None:
        return self._customers.get(c.process_id, NOBODY)[0] if c.action == "move" else c.receiver_id

    def picked_for(self, process: int) -> str:
        """The customer of what is picked in a delivery."""
        return self._customers.get(process, NOBODY)[1]

    def of(self, c: Commitment) -> Asked:
        return self._asked.get((self._customer(c), c.due_on, c.product_id), Asked())

    def pieces(self, c: Commitment) -> str:
        return self.of(c).said(c.quantity)

    def instead(self, c: Commitment) -> str:
        """« à défaut : laitue », of a line that accepts it; « à la place de : carotte », of the laitue."""
        return self._accepted.get((self._customer(c), c.due_on, c.product_id), "")

    def window(self, customer: int, day: date) -> tuple[time | None, time | None]:
        """The hours that suit all the lines of a customer's day."""
        hours = self._hours.get((customer, day), [])
        after = max((first for first, _ in hours if first), default=None)
        return after, min((last for _, last in hours if last), default=None)
