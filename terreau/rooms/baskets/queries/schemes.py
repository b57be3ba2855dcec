"""What the pages of solidarity ask: schemes and their payers, statements, the pot, what breaks even."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, Sum

from terreau.ledger.models import Custody
from terreau.measures.money import Money
from terreau.rooms.baskets.models import (
    Handover,
    Scheme,
    SchemePayer,
    Sliding,
)
from terreau.rooms.baskets.models import Outcome as Became
from terreau.rooms.baskets.models import Terms as GardenTerms
from terreau.rooms.baskets.queries.solidarity import POT, Walk, handed_over
from terreau.rooms.baskets.rules import in_force
from terreau.rooms.baskets.shares import NOTHING, total
from terreau.territory.models import Agent, Ecopole


@dataclass(frozen=True)
class PayerState:
    """A payer of a scheme: what was asked of it, what its ceiling leaves."""

    payer: SchemePayer
    spent: Money
    left: Money | None

    @property
    def is_spent(self) -> bool:
        """Not even one more basket."""
        return self.left is not None and self.left.cents <= 0


@dataclass(frozen=True)
class SchemeState:
    scheme: Scheme
    payers: list[PayerState]
    households: int
    baskets: int

    @property
    def is_spent(self) -> bool:
        return any(one.is_spent for one in self.payers)

    def is_open(self, day: date) -> bool:
        return bool(self.scheme.starts_on <= day <= self.scheme.last)


def scheme_states(ecopole: Ecopole, today: date, walk: Walk | None = None) -> list[SchemeState]:
    """Every scheme, with what it has paid until today; `walk`: from the first day until this one."""
    walk = walk or Walk(ecopole, date.min, today)
    baskets: dict[int, int] = defaultdict(int)
    for paid in walk:
        if paid.way and paid.way.scheme:
            baskets[paid.way.scheme.pk] += paid.row.number
    running: dict[int, set[int]] = defaultdict(set)
    for rows in walk.ways.enrolments.values():
        for row in rows:
            if row.starts_on <= today <= row.ends_on and (row.ended_on is None or today < row.ended_on):
                running[row.scheme_id].add(row.member_id)
    spent = walk.budget.spent
    return [
        SchemeState(
            scheme,
            [
                PayerState(
                    payer, spent.get(payer.pk, NOTHING),
                    payer.ceiling - spent.get(payer.pk, NOTHING) if payer.ceiling else None,
                )
                for payer in walk.ways.payers[pk]
            ],
            len(running[pk]), baskets[pk],
        )
        for pk, scheme in sorted(walk.ways.schemes.items(), key=lambda item: (item[1].name, item[0]))
    ]  # fmt: skip


@dataclass(frozen=True)
class StatementLine:
    """So many baskets of a size, at a share of each."""

    size: str
    share: Money | None
    count: int
    amount: Money


@dataclass(frozen=True)
class Statement:
    """What a payer owes of a scheme over a period: numbers and shares, no name."""

    scheme: Scheme
    payer: Agent
    first: date
    last: date
    lines: list[StatementLine]

    @property
    def count(self) -> int:
        return sum(line.count for line in self.lines)

    @property
    def amount(self) -> Money:
        return total(line.amount for line in self.lines)


def statement(scheme: Scheme, payer: Agent, first: date, last: date) -> Statement:
    """Baskets × share; a basket that a ceiling cut short has its own line."""
    found: dict[tuple[str, Money | None], tuple[int, Money]] = defaultdict(lambda: (0, NOTHING))
    for paid in Walk(scheme.ecopole, first, last):
        if paid.way is None or paid.way.scheme is None or paid.way.scheme.pk != scheme.pk:
            continue
        mine = total(amount for one, amount in paid.split.payers if one.agent_id == payer.pk)
        if not mine:
            continue
        share, rest = divmod(mine.cents, paid.row.number)
        where = paid.row.size, None if rest else Money(share)
        count, amount = found[where]
        found[where] = count + paid.row.number, amount + mine
    lines = [StatementLine(size, share, *told) for (size, share), told in found.items()]
    lines.sort(key=lambda line: (line.size, line.share is None, line.share or NOTHING))
    return Statement(scheme, payer, first, last, lines)


@dataclass(frozen=True)
class Gift:
    """Euros put in the pot: by whom, until when, what is left of them."""

    giver: str
    on: date
    until: date | None
    put: Money
    left: Money


@dataclass(frozen=True)
class PotState:
    gifts: list[Gift]
    # What it paid for: by scheme, or by the prices chosen.
    paid: list[tuple[str, int, Money]]
    # What no payer nor the pot covered: the garden's own effort.
    garden: Money
    # Baskets given since the first of January, remitted as they are: no euro of them is here.
    given: int

    @property
    def left(self) -> Money:
        return total(gift.left for gift in self.gifts)


def pot_state(ecopole: Ecopole, today: date) -> PotState:
    walk = Walk(ecopole, date.min, today)
    paid: dict[str, tuple[int, Money]] = defaultdict(lambda: (0, NOTHING))
    for one in walk:
        if one.split.pot:
            name = one.way.scheme.name if one.way and one.way.scheme else "Prix libres"
            count, amount = paid[name]
            paid[name] = count + one.row.number, amount + one.split.pot
    givers = {gift.lot_id: gift.provider.name for gift in walk.gifts}
    gifts = [
        Gift(
            givers.get(lot.id, "Prix choisis au-dessus du plein prix"), lot.on, lot.until, lot.put,
            lot.left if lot.until is None or today <= lot.until else NOTHING,
        )
        for lot in walk.budget.pot.lots
    ]  # fmt: skip
    given = Handover.objects.filter(
        Q(event__receiver__in=GardenTerms.objects.filter(ecopole=ecopole).values("solidarity"))
        | Q(outcome=Became.GIVEN),
        subscription__member__ecopole=ecopole, day__range=(today.replace(month=1, day=1), today),
        withdrawn_at=None, event__isnull=False,
    )  # fmt: skip
    count = given.aggregate(n=Sum("count"))["n"] or 0
    return PotState(gifts, [(name, *told) for name, told in sorted(paid.items())], walk.garden, count)


def pot_written(ecopole: Ecopole) -> dict[int, Decimal]:
    """What the ledger holds of each lot of the pot. One query."""
    rows = Custody.objects.filter(ecopole=ecopole, product__code=POT)
    return dict(rows.values_list("lot_id", "quantity"))


@dataclass(frozen=True)
class BreakEven:
    """For a size: the bounds, the mean that the garden needs, the mean paid over the last weeks."""

    sliding: Sliding
    mean: Money | None

    @property
    def is_short(self) -> bool:
        return self.mean is not None and self.mean < self.sliding.needed


def break_even(ecopole: Ecopole, first: date, today: date, walk: Walk) -> list[BreakEven]:
    """What households and payers really gave for a basket, gifts included; the pot and the garden aside."""
    slides = {
        pk: found for pk, dated in walk.ways.sliding.items() if (found := in_force(dated, today)) is not None
    }
    if not slides:
        return []
    sold = handed_over(ecopole, today).filter(day__gte=first).order_by().values("subscription__size_id")
    sums = sold.annotate(n=Sum("count"), euros=Sum("event__price"))
    given = {pk: (n, euros) for pk, n, euros in sums.values_list("subscription__size_id", "n", "euros")}
    less: dict[int, Money] = defaultdict(lambda: NOTHING)
    for paid in walk:
        if paid.row.day >= first:
            less[paid.row.size_id] += paid.split.pot + paid.split.garden - paid.split.gift
    return [
        BreakEven(slide, Money((given[pk][1] - less[pk]).cents // given[pk][0]) if pk in given else None)
        for pk, slide in slides.items()
    ]
