"""Hours given and credits: totals for all, one's own book for oneself."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Sum, Value, When
from django.utils import timezone

from terreau.ledger.effects import Action
from terreau.ledger.models import Custody, Event
from terreau.ledger.queries import STANDING
from terreau.rooms.thirdplace.models import Contribution, House, Member, Spending, Terms
from terreau.rooms.thirdplace.rules import masked
from terreau.rooms.thirdplace.trades import CREDIT, ELSEWHERE, TRADES
from terreau.territory.clock import moment
from terreau.territory.fields import QuantityField
from terreau.territory.models import Ecopole


@dataclass(frozen=True)
class VolunteerHours:
    """A month of hours given, of one trade; how many people, None under five. Paid hours are elsewhere."""

    month: date
    trade: str
    hours: Decimal
    people: int | None


def _standing(ecopole: Ecopole, first: date, last: date) -> QuerySet[Event]:
    """What was reversed counts for nothing."""
    return Event.objects.filter(
        STANDING, ecopole=ecopole,
        occurred_at__gte=moment(first), occurred_at__lt=moment(last + timedelta(days=1)),
    )  # fmt: skip


def _given(ecopole: Ecopole, first: date, last: date) -> QuerySet[Event]:
    trades = (*TRADES, *ELSEWHERE)
    return _standing(ecopole, first, last).filter(action=Action.WORK, product__code__in=trades)


def volunteer_hours(ecopole: Ecopole, first: date, last: date) -> list[VolunteerHours]:
    """From the ledger, by month then trade. One query."""
    rows = _given(ecopole, first, last)
    hours: defaultdict[tuple[date, str], Decimal] = defaultdict(Decimal)
    who: defaultdict[tuple[date, str], set[int]] = defaultdict(set)
    for at, trade, agent, quantity in rows.values_list(
        "occurred_at", "product__name", "provider", "quantity"
    ):
        slot = timezone.localtime(at).date().replace(day=1), trade
        hours[slot] += quantity
        who[slot].add(agent)
    return [VolunteerHours(*slot, hours[slot], masked(len(who[slot]), last)) for slot in sorted(hours)]


def volunteers(ecopole: Ecopole, first: date, last: date) -> int | None:
    """How many people gave hours between two days, each once; None under five. One query."""
    found = _given(ecopole, first, last).aggregate(n=Count("provider", distinct=True))
    return masked(found["n"], last)


@dataclass(frozen=True)
class Gift:
    """A movement of the ledger: hours given, in their trade; or credits `issued` for some, or `spent`."""

    event: int
    at: datetime
    what: str
    amount: Decimal


MOVED = {Action.PRODUCE: "issued", Action.CONSUME: "spent"}


def hours_given(ecopole: Ecopole, first: date, last: date) -> list[Gift]:
    """One by one, without who gave them. One query."""
    rows = _given(ecopole, first, last).order_by("id")
    return [Gift(*row) for row in rows.values_list("pk", "occurred_at", "product__code", "quantity")]


def credits_moved(ecopole: Ecopole, first: date, last: date) -> list[Gift]:
    """Issued and spent, one by one; what passes between members or expires is neither. One query."""
    rows = _standing(ecopole, first, last).filter(product__code=CREDIT, action__in=MOVED).order_by("id")
    told = rows.values_list("pk", "occurred_at", "action", "quantity")
    return [Gift(pk, at, MOVED[Action(action)], amount) for pk, at, action, amount in told]


@dataclass(frozen=True)
class Statement:
    """All that was ever issued is spent, expired, or in somebody's book."""

    unit: str
    on: date
    issued: Decimal
    spent: Decimal
    expired: Decimal
    outstanding: Decimal
    holders: int | None
    terms: Terms | None


def statement(ecopole: Ecopole, on: date, house: House | None = None) -> Statement | None:
    """None where no third place is kept. Four queries; three if its house is known."""
    if (house := house or House.objects.filter(ecopole=ecopole).first()) is None:
        return None
    rows = Event.objects.filter(STANDING, ecopole=ecopole, product__code=CREDIT).order_by()
    by_action = dict(rows.values_list("action").annotate(n=Sum("quantity")))
    # Past their day, credits are expired, be it written tonight or tomorrow.
    alive = Q(lot__keeps_until__gte=on)
    nothing = Value(Decimal(0), QuantityField())
    kept = Custody.objects.filter(ecopole=ecopole, product__code=CREDIT, quantity__gt=0).aggregate(
        alive=Sum(Case(When(alive, then=F("quantity")), default=nothing, output_field=QuantityField())),
        past=Sum(Case(When(alive, then=nothing), default=F("quantity"), output_field=QuantityField())),
        holders=Count("holder", distinct=True, filter=alive),
    )
    zero = Decimal(0)
    return Statement(
        unit=house.unit,
        on=on,
        issued=by_action.get(Action.PRODUCE) or zero,
        spent=by_action.get(Action.CONSUME) or zero,
        expired=(by_action.get(Action.LOWER) or zero) + (kept["past"] or zero),
        outstanding=kept["alive"] or zero,
        holders=masked(kept["holders"], on),
        terms=Terms.objects.filter(ecopole=ecopole, since__lte=on).order_by("-since").first(),
    )


# --- one's own ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Leaf:
    """So many credits that expire on a day."""

    until: date
    amount: Decimal


@dataclass(frozen=True)
class Line:
    at: datetime
    said: str
    amount: Decimal


@dataclass(frozen=True)
class Book:
    """Seen by its owner alone."""

    leaves: tuple[Leaf, ...]
    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        return sum((leaf.amount for leaf in self.leaves), Decimal(0))


LINES_SHOWN = 30


def credits_left(agent_id: int, on: date) -> dict[date, Decimal]:
    """What is left to a member, by the day when it expires, the first first. One query."""
    rows = Custody.objects.filter(
        holder=agent_id, product__code=CREDIT, quantity__gt=0, lot__keeps_until__gte=on
    )
    left: dict[date, Decimal] = {}
    for until, amount in rows.order_by("lot__keeps_until").values_list("lot__keeps_until", "quantity"):
        assert until is not None  # compared above
        left[until] = left.get(until, Decimal(0)) + amount
    return left


def book(member: Member, on: date) -> Book:
    """What is left, the first to expire first, and the last movements. Two queries."""
    left = credits_left(member.agent_id, on)
    mine = Q(provider=member.agent_id) | Q(receiver=member.agent_id)
    events = Event.objects.filter(STANDING, mine, ecopole=member.ecopole_id, product__code=CREDIT)
    told: dict[tuple[Any, ...], Decimal] = {}
    for at, action, giver, quantity in events.order_by("-occurred_at", "-id").values_list(
        "occurred_at", "action", "provider", "quantity"
    ):
        slot = at, SAID[action, giver == member.agent_id]
        told[slot] = told.get(slot, Decimal(0)) + (quantity if slot[1] in GAINS else -quantity)
    lines = tuple(Line(at, said, amount) for (at, said), amount in told.items())
    return Book(tuple(Leaf(*one) for one in left.items()), lines[:LINES_SHOWN])


RECEIVED, GIFT_IN = "reçues pour des heures", "reçues d’un membre"
GAINS = (RECEIVED, GIFT_IN)
SAID: dict[tuple[str, bool], str] = {
    (Action.PRODUCE, False): RECEIVED,
    (Action.TRANSFER, False): GIFT_IN,
    (Action.TRANSFER, True): "données à un membre",
    (Action.CONSUME, True): "utilisées",
    (Action.LOWER, True): "échues",
}


def contributions(ecopole: Ecopole, *, waiting: bool = True) -> list[Contribution]:
    """Those that wait for a referent, in the order of days. One query."""
    rows = Contribution.objects.filter(member__ecopole=ecopole)
    if waiting:
        rows = rows.filter(event=None, refused_at=None)
    return list(rows.select_related("member", "trade", "gathering").order_by("on", "id"))


def to_hand_over(ecopole: Ecopole) -> list[Spending]:
    """What credits were used for, and nobody has received yet. One query."""
    rows = Spending.objects.filter(member__ecopole=ecopole, handed_at=None, given_back_at=None)
    return list(rows.select_related("member", "benefit").order_by("at", "id"))
