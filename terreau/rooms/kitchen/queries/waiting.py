"""What awaits the kitchen today, beside the batches of the day: lots to release or to take, alerts."""

from dataclasses import dataclass
from datetime import date

from django.db.models import OuterRef, Subquery, Value

from terreau.ledger.models import Commitment, Verdict, VerdictKind
from terreau.ledger.proposals import proposed, unsettled
from terreau.rooms.kitchen.models import Control, Ending, Record, RecordKind
from terreau.rooms.kitchen.queries.orders import OF_A_CUSTOMER
from terreau.territory.models import AgentKind, Ecopole


@dataclass(frozen=True)
class Waiting:
    to_release: int
    alerts: int
    # Lots that the platform proposes: to be taken or declined.
    proposed: int
    # Orders of customers, for that day or before.
    to_deliver: int

    @property
    def count(self) -> int:
        return self.to_release + self.alerts + self.proposed + self.to_deliver


def waiting(ecopole: Ecopole, on: date) -> Waiting:
    """One query: the first page of the kitchen asks it."""
    last = Verdict.objects.filter(lot=OuterRef("event__lot")).order_by("-occurred_at", "-pk").values("kind")
    endings = Ending.objects.filter(batch__process__ecopole=ecopole, event__reversed_by=None)
    held = endings.annotate(verdict=Subquery(last[:1])).filter(verdict=VerdictKind.HELD)
    controls = Control.objects.filter(batch__process__ecopole=ecopole, out=True, reply=None)
    lines = Record.objects.filter(ecopole=ecopole, kind=RecordKind.NONCONFORMITY, reply=None)
    asked = proposed(ecopole, AgentKind.KITCHEN, on)
    orders = unsettled(Commitment.objects.filter(OF_A_CUSTOMER, ecopole=ecopole, due_on__lte=on))
    rows = [
        found.order_by().annotate(counted=Value(word)).values_list("counted", "pk")
        for word, found in (
            ("release", held), ("alert", controls), ("alert", lines), ("proposed", asked), ("order", orders),
        )
    ]  # fmt: skip
    told = [word for word, _ in rows[0].union(*rows[1:], all=True)]
    return Waiting(*(told.count(word) for word in ("release", "alert", "proposed", "order")))
