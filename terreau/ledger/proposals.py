"""A lot proposed to somebody by who holds it: a transfer promised that names its lot.

Nothing is set aside nor moved: whoever it is proposed to takes it, in whole or in part, or declines; the
proposal falls with its day.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum

from terreau.ledger.actions import Promise, cancel, promise
from terreau.ledger.answers import AnswerRefused
from terreau.ledger.effects import Action
from terreau.ledger.models import Cancellation, Commitment, Custody, Event
from terreau.ledger.queries import STANDING, UNMET, CommitmentLine, State, StockLine, commitments
from terreau.measures.french import format_date, format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.territory.models import Agent, Ecopole, User

# Deliveries and arrivals name no lot: it is chosen when they are made.
PROPOSED = Q(action=Action.TRANSFER, lot__isnull=False)
DECLINED, WITHDRAWN = "décliné", "retiré"


class ProposalRefused(AnswerRefused):
    """Nothing was written; the message says what to do, `field` on which answer of the form."""


def unsettled(rows: QuerySet[Commitment]) -> QuerySet[Commitment]:
    """Neither met nor given up: asked of the database."""
    done = Event.objects.filter(STANDING, fulfils=OuterRef("pk")).order_by().values("fulfils")
    given_up = Cancellation.objects.filter(
        Q(event=None) | Q(event__reversed_by=None), commitment=OuterRef("pk")
    )
    rows = rows.annotate(done=Subquery(done.annotate(sum=Sum("quantity")).values("sum")))
    return rows.filter(UNMET).exclude(Exists(given_up))


def proposed(ecopole: Ecopole, kind: str, on: date) -> QuerySet[Commitment]:
    """What awaits the yes of this kind of actor that day: to be counted, or asked within another question."""
    return unsettled(Commitment.objects.filter(_asked(ecopole, kind, on)))


def _asked(ecopole: Ecopole, kind: str, on: date) -> Q:
    return PROPOSED & Q(ecopole=ecopole, receiver__kind=kind, due_on__gte=on)


def proposals(ecopole: Ecopole, kind: str, on: date) -> list[CommitmentLine]:
    """The same, read, the first to fall first. One query."""
    among = proposed(ecopole, kind, on)
    return commitments(ecopole, among=among, states=(State.OPEN, State.PARTLY_MET))


@dataclass(frozen=True)
class Declined:
    """What somebody said no to, and that its holder still has: theirs to place elsewhere."""

    commitment_id: int
    lot_id: int
    place_id: int
    product: str
    by: str
    at: datetime
    reason: str

    @property
    def why(self) -> str:
        return self.reason.removeprefix(DECLINED).lstrip("\u202f: ")

    def __str__(self) -> str:
        return self.product


def declined(ecopole: Ecopole, kind: str, on: date) -> list[Declined]:
    """What this kind of actor declined, until its day, its end, or another proposal of it. One query."""
    lot, place = OuterRef("commitment__lot"), OuterRef("commitment__from_place")
    there = Custody.objects.filter(
        lot=lot, place=place, holder=OuterRef("commitment__provider"), quantity__gt=0
    )
    later = Commitment.objects.filter(PROPOSED, lot=lot, from_place=place, pk__gt=OuterRef("commitment"))
    rows = Cancellation.objects.filter(
        Exists(there), ~Exists(later), commitment__in=Commitment.objects.filter(_asked(ecopole, kind, on)),
        reason__startswith=DECLINED,
    )  # fmt: skip
    told = rows.order_by("commitment__due_on", "pk").values_list(
        "commitment", "commitment__lot", "commitment__from_place", "commitment__product__name",
        "commitment__receiver__name", "occurred_at", "reason",
    )  # fmt: skip
    return [Declined(*row) for row in told]


@transaction.atomic
def propose(
    *, ecopole: Ecopole, line: StockLine, to: Agent, quantity: Decimal, until: date, at: datetime, key: str
) -> Commitment:
    """So much of what its holder has there, until a day; one proposal at a time of a lot in a place."""
    ecopole.take_turns()
    if known := Commitment.objects.filter(ecopole=ecopole, key=key).first():
        return known
    unit = Unit(line.product.unit)
    if not 0 < quantity <= line.quantity:
        there = format_quantity(Quantity(line.quantity, unit))
        raise ProposalRefused(
            f"{line.product}, lot {line.lot.code}\u202f: il y en a {there}. Proposez-en une part.", "quantity"
        )
    if not line.own:
        raise ProposalRefused(
            f"Lot {line.lot.code}\u202f: bloqué, ou à une ferme. Il ne se cède pas.", "quantity"
        )
    last = line.keeps_until or until
    if not at.date() <= until <= last:
        most = (
            f", et au plus tard le {format_date(last)}\u202f: il ne se garde pas plus" if last < until else ""
        )
        raise ProposalRefused(f"Choisissez un jour à partir d’aujourd’hui{most}.", "until")
    told = proposed(ecopole, to.kind, at.date()).filter(lot=line.lot, from_place=line.place)
    if told.exists():
        raise ProposalRefused(
            f"{line.product}, lot {line.lot.code}\u202f: déjà proposé. Retirez d’abord ce qui l’est.",
            "quantity",
        )
    asked = Promise(
        Action.TRANSFER, line.holder.pk, to.pk, line.product.pk, quantity, unit, until, key,
        lot_id=line.lot.pk, from_place_id=line.place.pk,
    )  # fmt: skip
    return promise(ecopole=ecopole, promises=[asked])[0]


@transaction.atomic
def give_up(*, proposal: Commitment, reason: str, by: User | None, at: datetime, key: str) -> None:
    """Declined by who it was proposed to, or withdrawn by who proposed it; answered already, it stays so."""
    proposal.ecopole.take_turns()
    if unsettled(Commitment.objects.filter(pk=proposal.pk)).exists():
        cancel(commitments=[proposal], reason=reason, by=by, at=at, key=key)
