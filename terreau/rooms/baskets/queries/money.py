"""What billing asks: who pays what of each basket, what is due beside, to whom to write."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from terreau.measures.money import Money
from terreau.rooms.baskets.models import Handover, Member, Terms
from terreau.rooms.baskets.queries.solidarity import Paid, Walk, Ways
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


def payments(ecopole: Ecopole, first: date, last: date) -> list[PaymentLine]:
    """Of the baskets of these days, both included, that stand: a day noted by mistake is not there.

    Without a scheme, the member pays the price. In one, the household, the payers within their ceilings, the
    pot, whose holder is named, and last the seller, who gives what nobody pays: nothing is billed of that.
    """
    walk = Walk(ecopole, first, last, all_members=True)
    return [line for paid in walk for line in _lines(paid, walk.ways)]


def _lines(paid: Paid, ways: Ways) -> list[PaymentLine]:
    row, split = paid.row, paid.split
    scheme = paid.way.scheme.name if paid.way and paid.way.scheme else ""
    rule = in_force(ways.rules, row.day)
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
    agreement_id: int | None
    on: date
    amount: Money


def dues(ecopole: Ecopole, first: date, last: date) -> list[DueLine]:
    return sorted(
        [*_fees(ecopole, first, last), *_charges(ecopole, first, last), *_gifts(ecopole, first, last)],
        key=lambda d: (d.on, d.reference),
    )


def _fees(ecopole: Ecopole, first: date, last: date) -> list[DueLine]:
    """The yearly fee of who is a member that day, and has or had a subscription."""
    decided = [(row.starts_on, row.fee) for row in Terms.objects.filter(ecopole=ecopole)]
    members = Member.objects.filter(ecopole=ecopole, joined_on__lte=last, subscriptions__isnull=False)
    lines = []
    for pk, agent_id, joined, left in members.distinct().values_list(
        "pk", "agent_id", "joined_on", "left_on"
    ):
        for on in anniversaries(joined, first, last):
            fee = in_force(decided, on)
            if fee and (left is None or on < left):
                lines.append(DueLine(f"fee:{pk}:{on}", "fee", agent_id, agent_id, None, on, fee))
    return lines


def _charges(ecopole: Ecopole, first: date, last: date) -> list[DueLine]:
    rows = Handover.objects.filter(
        subscription__member__ecopole=ecopole, day__range=(first, last), withdrawn_at=None,
        charge__gt=Money(0), event__isnull=False, event__reversed_by=None,
    )  # fmt: skip
    told = rows.values_list(
        "event_id", "subscription__agreement_id", "subscription__member__agent_id", "day", "charge", "count"
    )
    return [
        DueLine(
            f"delivery:{event_id}", "delivery", agent_id, agent_id, agreement_id, day, charge.times(count)
        )
        for event_id, agreement_id, agent_id, day, charge, count in told
    ]


def _gifts(ecopole: Ecopole, first: date, last: date) -> list[DueLine]:
    """What members chose to give above the full price."""
    return [
        DueLine(
            f"gift:{paid.row.event_id}", "gift", paid.row.agent_id, paid.row.agent_id, paid.row.agreement_id,
            paid.row.day, paid.split.gift,
        )
        for paid in Walk(ecopole, first, last)
        if paid.split.gift
    ]  # fmt: skip


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
