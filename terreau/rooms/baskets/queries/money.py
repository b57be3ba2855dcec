"""What billing asks: who pays what of each basket, what is due beside, to whom to write."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db.models import DateField, Exists, OuterRef, Q, Subquery, Value
from django.utils.timezone import localtime

from terreau.measures.money import Money
from terreau.rooms.baskets.models import Handover, Member, MoveKind, PackBasket, PackMove, Subscription, Terms
from terreau.rooms.baskets.queries.solidarity import Paid, Row, Walk, Ways
from terreau.rooms.baskets.rules import anniversaries, in_force
from terreau.territory.fields import MoneyField
from terreau.territory.models import Ecopole

# An event is that of a basket: `owed` says who pays what of it.
HANDED_OVER = Exists(Handover.objects.filter(event=OuterRef("pk")))


class PaymentLine(NamedTuple):
    """What a payer owes of a basket handed over, VAT included. Those of one event sum to its price.

    `ahead`: paid before, with its pack: the month bills nothing of it. `number`: of how many baskets it is.
    """

    event_id: int
    seller_id: int
    member_id: int
    day: date
    name: str
    vat_class: str
    payer_id: int
    amount: Money
    number: int = 1
    ahead: bool = False


def _lines(paid: Paid, ways: Ways) -> list[PaymentLine]:
    """Who pays of a basket that stands: a day noted by mistake is not there.

    What was paid ahead is said apart. Without a scheme, the member pays the price of the others. In one, the
    household, the payers within their ceilings, the pot, whose holder is named, and last the seller, who
    gives what nobody pays: nothing is billed of that.
    """
    row, split = paid.row, paid.split
    told = row.event_id, row.seller_id, row.agent_id, row.day, row.size, row.vat_class
    if paid.way is None and not paid.ahead:
        return [PaymentLine(*told, row.agent_id, row.price, row.number)]
    rule = in_force(ways.rules, row.day) if split.pot else None
    shares = [(row.agent_id, split.household), *((payer.agent_id, amount) for payer, amount in split.payers)]
    shares += [(rule.holder_id if rule else row.seller_id, split.pot), (row.seller_id, split.garden)]
    # Whoever pays under two titles pays once.
    due: dict[int, Money] = {}
    for payer_id, amount in shares:
        if amount or payer_id == row.agent_id:
            due[payer_id] = due.get(payer_id, Money(0)) + amount
    lines = [PaymentLine(*told, payer_id, amount, row.number) for payer_id, amount in due.items()]
    if paid.ahead:
        lines.append(PaymentLine(*told, row.agent_id, paid.ahead, row.drawn, True))
    return lines


class DueLine(NamedTuple):
    """What is due beside baskets: « fee » of the association, « delivery » to a depot, « gift » to the pot.

    « pack » is a basket paid ahead, under its `name`, due when its pack is bought; nothing is due of
    one given back, whenever it was.

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
    name: str = ""
    vat_class: str = ""


def owed(ecopole: Ecopole, first: date, last: date) -> tuple[list[PaymentLine], list[DueLine]]:
    """Of these days, both included: who pays what of each basket, and what is due beside. Three queries."""
    walk = Walk(ecopole, first, last, all_members=True, beside=(Terms.objects.filter(ecopole=ecopole),))
    fees = [(row.starts_on, row.fee) for row in walk.beside[0]]
    packs = _packs(ecopole, Q(pack__bought_on__range=(first, last)) | Q(back=True))
    beside = [*_charges(walk), *_gifts(walk)]
    for told in _members(ecopole, last).union(packs, all=True):
        one = _Beside._make(told)
        beside += _fees(one, fees, first, last) if one.amount is None else [_ahead(one)]
    return (
        [line for paid in walk for line in _lines(paid, walk.ways)],
        sorted(beside, key=lambda due: (due.on, due.reference)),
    )


class _Beside(NamedTuple):
    """A member, who owes a fee since a day and until another; or a basket paid ahead, its amount said."""

    pk: int
    agent_id: int
    seller_id: int
    since: date
    until: date | None
    amount: Money | None
    back: bool
    name: str
    vat_class: str


def _members(ecopole: Ecopole, last: date) -> Any:
    """Whoever has or had a subscription."""
    rows = Member.objects.filter(ecopole=ecopole, joined_on__lte=last).annotate(seller=_last_seller("pk"))
    nothing = Value(None, MoneyField()), Value(False), Value(""), Value("")
    told = rows.filter(seller__isnull=False).order_by()
    return told.values_list("pk", "agent", "seller", "joined_on", "left_on", *nothing)


def _packs(ecopole: Ecopole, which: Q) -> Any:
    """Baskets paid ahead, in the same columns; `back`: given back."""
    back = PackMove.objects.filter(basket=OuterRef("pk"), kind=MoveKind.RETURNED)
    rows = PackBasket.objects.filter(pack__member__ecopole=ecopole).order_by()
    told = rows.annotate(back=Exists(back), seller=_last_seller("pack__member"))
    columns = "pk", "pack__member__agent", "seller", "pack__bought_on", Value(None, DateField())
    return told.filter(which, seller__isnull=False).values_list(*columns, "amount", "back", *NAMED)


NAMED = ("pack__offer__size__product__name", "pack__offer__size__product__vat_class")


def _ahead(one: _Beside) -> DueLine:
    """Nothing is due of a basket given back."""
    return DueLine(
        f"pack:{one.pk}", "pack", one.agent_id, one.agent_id, one.seller_id, None, one.since,
        Money(0) if one.back else one.amount or Money(0), f"{one.name}, d’avance", one.vat_class,
    )  # fmt: skip


def paid_ahead(ecopole: Ecopole, agent_id: int) -> list[DueLine]:
    """All the baskets that somebody paid ahead. One query."""
    rows = _packs(ecopole, Q(pack__member__agent=agent_id)).order_by("pk")
    return [_ahead(_Beside(*told)) for told in rows]


def _last_seller(member: str) -> Subquery:
    """Who promised a member its last subscription."""
    held = Subscription.objects.filter(member=OuterRef(member)).order_by(
        "-agreement__starts_on", "-agreement"
    )
    return Subquery(held.values("agreement__provider")[:1])


def named_ahead(references: Collection[str]) -> dict[str, tuple[str, str]]:
    """What a basket paid ahead is called, and its class of VAT, by reference. One query."""
    rows = PackBasket.objects.filter(pk__in=[int(one.partition(":")[2]) for one in references])
    told = rows.values_list("pk", *NAMED)
    return {f"pack:{pk}": (f"{name}, d’avance", vat_class) for pk, name, vat_class in told}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A basket paid ahead handed over, of which the seller has then earned the price; or taken back."""

    reference: str
    day: date
    amount: Money
    written: date


def drawn_ahead(ecopole: Ecopole | int, last: date) -> list[Drawn]:
    """Until a day. One query."""
    rows = PackMove.objects.filter(basket__pack__member__ecopole=ecopole, handover__day__lte=last)
    found = []
    for pk, amount, kind, day, at in rows.order_by("pk").values_list(
        "basket", "basket__amount", "kind", "handover__day", "recorded_at"
    ):
        written = localtime(at).date()
        back = kind == MoveKind.RESTORED
        found.append(Drawn(f"pack:{pk}", written if back else day, -amount if back else amount, written))
    return [one for one in found if one.day <= last]


def _fees(one: _Beside, decided: Sequence[tuple[date, Money]], first: date, last: date) -> Iterator[DueLine]:
    """The yearly fee of who is a member that day, and has or had a subscription: to its last seller."""
    for on in anniversaries(one.since, first, last):
        fee = in_force(decided, on)
        if fee and (one.until is None or on < one.until):
            reference = f"fee:{one.pk}:{on}"
            yield DueLine(reference, "fee", one.agent_id, one.agent_id, one.seller_id, None, on, fee)


def _charges(walk: Walk) -> list[DueLine]:
    """What it costs to bring each basket to its depot, paid ahead or not."""
    return [
        _beside("delivery", paid.row, paid.row.charge.times(paid.row.number + paid.row.drawn))
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


def agent_of(ecopole: Ecopole, member_id: int) -> int | None:
    """By whom a member pays."""
    return Member.objects.filter(ecopole=ecopole, pk=member_id).values_list("agent_id", flat=True).first()


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
