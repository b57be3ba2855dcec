"""What billing asks: who pays what of each basket, what is due beside, to whom to write."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import OuterRef, Subquery

from terreau.measures.money import Money
from terreau.rooms.baskets.models import Member, Subscription, Terms
from terreau.rooms.baskets.queries.solidarity import Paid, Row, Walk, Ways
from terreau.rooms.baskets.rules import anniversaries, in_force
from terreau.territory.models import Ecopole


@dataclass(frozen=True)
class PaymentLine:
    """What a payer owes of a basket handed over, VAT included. Those of one event sum to its price."""

    event_id: int
    agreement_id: int
    member_id: int
    payer_id: int
    amount: Money
    scheme: str


def _lines(paid: Paid, ways: Ways) -> list[PaymentLine]:
    """Who pays of a basket that stands: a day noted by mistake is not there.

    Without a scheme, the member pays the price. In one, the household, the payers within their ceilings, the
    pot, whose holder is named, and last the seller, who gives what nobody pays: nothing is billed of that.
    """
    row, split = paid.row, paid.split
    if paid.way is None:
        return [PaymentLine(row.event_id, row.agreement_id, row.agent_id, row.agent_id, row.price, "")]
    scheme = paid.way.scheme.name if paid.way.scheme else ""
    rule = in_force(ways.rules, row.day) if split.pot else None
    shares = [(row.agent_id, split.household), *((payer.agent_id, amount) for payer, amount in split.payers)]
    shares += [(rule.holder_id if rule else row.seller_id, split.pot), (row.seller_id, split.garden)]
    # Whoever pays under two titles pays once.
    due: dict[int, Money] = {}
    for payer_id, amount in shares:
        if amount or payer_id == row.agent_id:
            due[payer_id] = due.get(payer_id, Money(0)) + amount
    return [
        PaymentLine(row.event_id, row.agreement_id, row.agent_id, payer_id, amount, scheme)
        for payer_id, amount in due.items()
    ]


@dataclass(frozen=True)
class DueLine:
    """What is due beside baskets: « fee » of the association, « delivery » to a depot, « gift » to the pot.

    `reference` is the same each time it is asked: a line is invoiced once. No event says it, for nothing
    flows: it follows from the day a member joined, or from a basket handed over.
    """

    reference: str
    kind: str
    member_id: int
    payer_id: int
    seller_id: int
    agreement_id: int | None
    on: date
    amount: Money


def owed(ecopole: Ecopole, first: date, last: date) -> tuple[list[PaymentLine], list[DueLine]]:
    """Of these days, both included: who pays what of each basket, and what is due beside. Nine queries."""
    walk = Walk(ecopole, first, last, all_members=True)
    beside = [*_fees(ecopole, first, last), *_charges(walk), *_gifts(walk)]
    return (
        [line for paid in walk for line in _lines(paid, walk.ways)],
        sorted(beside, key=lambda due: (due.on, due.reference)),
    )


def _fees(ecopole: Ecopole, first: date, last: date) -> list[DueLine]:
    """The yearly fee of who is a member that day, and has or had a subscription: to its last seller."""
    decided = [(row.starts_on, row.fee) for row in Terms.objects.filter(ecopole=ecopole)]
    held = Subscription.objects.filter(member=OuterRef("pk")).order_by("-agreement__starts_on", "-agreement")
    members = Member.objects.filter(ecopole=ecopole, joined_on__lte=last).annotate(
        seller=Subquery(held.values("agreement__provider")[:1])
    )
    told = members.filter(seller__isnull=False).order_by("pk")
    lines = []
    for pk, agent_id, seller, joined, left in told.values_list(
        "pk", "agent_id", "seller", "joined_on", "left_on"
    ):
        for on in anniversaries(joined, first, last):
            fee = in_force(decided, on)
            if fee and (left is None or on < left):
                lines.append(DueLine(f"fee:{pk}:{on}", "fee", agent_id, agent_id, seller, None, on, fee))
    return lines


def _charges(walk: Walk) -> list[DueLine]:
    """What it costs to bring each basket to its depot."""
    return [
        _beside("delivery", paid.row, paid.row.charge.times(paid.row.count))
        for paid in walk if paid.row.charge
    ]  # fmt: skip


def _gifts(walk: Walk) -> list[DueLine]:
    """What members chose to give above the full price."""
    return [_beside("gift", paid.row, paid.split.gift) for paid in walk if paid.split.gift]


def _beside(kind: str, row: Row, amount: Money) -> DueLine:
    return DueLine(
        f"{kind}:{row.event_id}", kind, row.agent_id, row.agent_id, row.seller_id, row.agreement_id, row.day,
        amount,
    )  # fmt: skip


@dataclass(frozen=True)
class Addressee:
    """To whom a paper is written; erased, only what the law keeps is left: a name without an address."""

    name: str
    email: str
    phone: str
    street: str
    postcode: str
    town: str
    pay_by: str


def addressee(agent_ids: Collection[int]) -> dict[int, Addressee]:
    """By agent; one who is no member of the baskets is not there."""
    rows = Member.objects.filter(agent__in=agent_ids)
    told = rows.values_list("agent_id", "name", "email", "phone", "street", "postcode", "town", "pay_by")
    return {agent_id: Addressee(*rest) for agent_id, *rest in told}
