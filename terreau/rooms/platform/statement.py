"""A farm's month with the platform, line by line from the ledger: brought, bought, left, sold, back, lost."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils.timezone import localtime

from terreau.ledger.effects import Action
from terreau.ledger.models import Agreement, AgreementKind, Event, Verdict, VerdictKind
from terreau.ledger.queries import STANDING
from terreau.measures.money import Money
from terreau.rooms.platform.deposits import Rates, commission
from terreau.territory.clock import moment
from terreau.territory.models import Agent, Ecopole, ProductFamily

NONE = Money(0)
ZERO = Decimal(0)
BOUGHT, LEFT, SOLD, RETURNED, LOST, FOUND, REFUSED, CRATES = (
    "bought", "left", "sold", "returned", "lost", "found", "refused", "crates",
)  # fmt: skip
TITLES = {
    BOUGHT: "Acheté par la plateforme",
    LEFT: "Laissé en dépôt",
    SOLD: "Vendu pour la ferme",
    RETURNED: "Repris du dépôt",
    LOST: "Perdu en dépôt",
    FOUND: "Retrouvé en dépôt",
    REFUSED: "Refusé à l’arrivée",
}
BROUGHT = (BOUGHT, LEFT, REFUSED)
Named = tuple[str, str]
WENT = {LEFT: "Laissé", FOUND: "Retrouvé", SOLD: "Vendu", RETURNED: "Repris", LOST: "Perdu"}
# What a deposit gains and what it loses.
SIGNS = {LEFT: 1, FOUND: 1, SOLD: -1, RETURNED: -1, LOST: -1}


@dataclass(frozen=True)
class Line:
    """Something that happened to a farm's goods; a price, and of a sale, what the platform keeps."""

    kind: str
    event: Event
    day: date
    rate: Decimal | None = None

    @property
    def product(self) -> str:
        return self.event.product.name

    @property
    def unit(self) -> str:
        return self.event.product.unit

    @property
    def quantity(self) -> Decimal:
        return self.event.quantity

    @property
    def price(self) -> Money:
        return self.event.price or NONE

    @property
    def kept(self) -> Money:
        return commission(self.price, self.rate) if self.rate is not None else NONE


@dataclass(frozen=True)
class Remainder:
    """What a farm has in deposit of a product: at the start, what came and went, at the end."""

    product: str
    unit: str
    before: Decimal
    moves: dict[str, Decimal]

    @property
    def after(self) -> Decimal:
        return self.before + sum((SIGNS[kind] * part for kind, part in self.moves.items()), ZERO)

    @property
    def cells(self) -> list[tuple[str, Decimal]]:
        """What came and went, under its word."""
        return [(words, self.moves.get(kind, ZERO)) for kind, words in WENT.items()]


@dataclass(frozen=True)
class Brought:
    product: str
    unit: str
    bought: Decimal
    left: Decimal
    refused: Decimal

    @property
    def whole(self) -> Decimal:
        return self.bought + self.left + self.refused


@dataclass(frozen=True)
class Statement:
    farm: Agent
    first: date
    last: date
    lines: tuple[Line, ...]
    remainders: tuple[Remainder, ...]
    # Crates at the farm's: before the month, left and taken back in it.
    crates: tuple[int, int, int]

    def of(self, kind: str) -> list[Line]:
        return [line for line in self.lines if line.kind == kind]

    @property
    def sections(self) -> list[tuple[str, str, list[Line]]]:
        return [(kind, title, found) for kind, title in TITLES.items() if (found := self.of(kind))]

    @property
    def brought(self) -> list[Brought]:
        """By product: all that came to the door."""
        sums: dict[Named, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for line in self.lines:
            if line.kind in BROUGHT:
                sums[line.product, line.unit][line.kind] += line.quantity
        return [
            Brought(*named, parts[BOUGHT], parts[LEFT], parts[REFUSED])
            for named, parts in sorted(sums.items())
        ]

    @property
    def bought(self) -> Money:
        return sum((line.price for line in self.of(BOUGHT)), NONE)

    @property
    def sold(self) -> Money:
        return sum((line.price for line in self.of(SOLD)), NONE)

    @property
    def kept(self) -> Money:
        return sum((line.kept for line in self.of(SOLD)), NONE)

    @property
    def due(self) -> Money:
        """What the platform owes for the month, excluding tax: what it bought, and was paid for the farm."""
        return self.bought + self.sold - self.kept

    @property
    def crates_after(self) -> int:
        before, given, back = self.crates
        return before + given - back

    @property
    def days(self) -> list[date]:
        """Those on which something was brought: each has its slip."""
        brought = (line.day for line in self.lines if line.kind in BROUGHT)
        return list(dict.fromkeys(brought))


@dataclass(frozen=True)
class _Move:
    """What tells one kind of line from another; `left` and `reached`: whose places they are."""

    action: str
    giver: int
    taker: int
    left: int | None
    reached: int | None
    priced: bool
    family: str

    def kind(self, farm: int, platform: int) -> str:
        """Nothing for what does not concern the farm's goods at the platform."""
        if self.family == ProductFamily.CRATE:
            return CRATES
        if self.action == Action.TRANSFER_CUSTODY and farm in (self.giver, self.taker):
            # On the spot, it goes with a loss or a find, which has its own line.
            elsewhere = self.left == farm if self.giver == farm else self.reached == farm
            return (LEFT if self.giver == farm else RETURNED) if elsewhere else ""
        return {
            Action.TRANSFER: BOUGHT if (self.giver, self.taker) == (farm, platform) else "",
            Action.TRANSFER_RIGHTS: SOLD if self.giver == farm and self.priced else "",
            Action.LOWER: LOST if self.left != farm else "",
            Action.RAISE: FOUND if self.reached != farm else "",
            Action.PRODUCE: REFUSED,
        }.get(Action(self.action), "")


def statement(ecopole: Ecopole, platform: Agent, farm: Agent, first: date, last: date) -> Statement:
    """From one day to another, both included. Three queries."""
    since, until = moment(first), moment(last + timedelta(days=1))
    refused = Exists(Verdict.objects.filter(lot=OuterRef("lot"), kind=VerdictKind.REFUSED))
    facts = Event.objects.filter(
        STANDING, Q(provider=farm) | Q(receiver=farm), Q(refused) | ~Q(action=Action.PRODUCE), ecopole=ecopole
    )
    before = _before(facts.filter(occurred_at__lt=since), farm.pk, platform.pk)
    rates = Rates(ecopole, [farm.pk])
    during = facts.filter(occurred_at__gte=since, occurred_at__lt=until).select_related(
        "product", "lot", "receiver", "from_place", "to_place"
    )
    lines, crates = [], [before.crates, 0, 0]
    for event in during.order_by("occurred_at", "pk"):
        kind, day = _of(event).kind(farm.pk, platform.pk), localtime(event.occurred_at).date()
        if kind == CRATES:
            crates[1 if event.receiver_id == farm.pk else 2] += int(event.quantity)
        elif kind:
            lines.append(Line(kind, event, day, rates.on(farm.pk, day) if kind == SOLD else None))
    return Statement(
        farm, first, last, tuple(lines), _remainders(before, lines), (crates[0], crates[1], crates[2])
    )


def _of(event: Event) -> _Move:
    left, reached = (place.agent_id if place else None for place in (event.from_place, event.to_place))
    return _Move(
        event.action, event.provider_id, event.receiver_id, left, reached, event.price is not None,
        event.product.family,
    )  # fmt: skip


@dataclass
class _Before:
    """What a farm had in deposit, by product, and the crates it held."""

    goods: dict[Named, Decimal]
    crates: int


def _before(facts: QuerySet[Event], farm: int, platform: int) -> _Before:
    """Summed by the database: a farm's years are a few rows."""
    told = (
        facts.annotate(priced=Q(price__isnull=False))
        .order_by()
        .values_list(
            "product__name", "product__unit", "action", "provider", "receiver", "from_place__agent",
            "to_place__agent", "priced", "product__family",
        )
        .annotate(total=Sum("quantity"))
    )  # fmt: skip
    found = _Before(defaultdict(Decimal), 0)
    for name, unit, *move, total in told:
        one = _Move(*move)
        kind = one.kind(farm, platform)
        if kind == CRATES:
            found.crates += int(total) if one.taker == farm else -int(total)
        elif kind in SIGNS:
            found.goods[name, unit] += SIGNS[kind] * total
    return found


def _remainders(before: _Before, lines: Iterable[Line]) -> tuple[Remainder, ...]:
    moves: dict[Named, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in lines:
        if line.kind in SIGNS:
            moves[line.product, line.unit][line.kind] += line.quantity
    known = {named for named, had in before.goods.items() if had} | set(moves)
    return tuple(
        Remainder(*named, before.goods.get(named, ZERO), dict(moves[named])) for named in sorted(known)
    )


@dataclass(frozen=True)
class Engagement:
    """A supply agreement: what was promised for the season, by now pro rata, and what was taken."""

    product: str
    unit: str
    starts_on: date
    ends_on: date
    promised: Decimal | None
    value: Money
    by_now: Money
    taken: Decimal | None
    taken_value: Money
    note: str

    @property
    def percent(self) -> Decimal | None:
        """Taken so far, of what was promised so far."""
        if self.by_now.cents <= 0:
            return None
        return (Decimal(100) * self.taken_value.cents / self.by_now.cents).quantize(Decimal(1))


def engagements(ecopole: Ecopole, farm: Agent, today: date) -> list[Engagement]:
    """The agreements that run today. Two queries, however many.

    One of a product is answered by that product; one of none, by all that the farm brings. What was sold for
    the farm counts, as it does where the week is shared out between farms.
    """
    running = Agreement.objects.filter(
        ecopole=ecopole, kind=AgreementKind.SUPPLY, provider=farm, starts_on__lte=today, ends_on__gte=today,
        promised_value__isnull=False,
    ).select_related("product")  # fmt: skip
    rows = list(running.order_by("product__name", "starts_on", "pk"))
    if not rows:
        return []
    since = moment(min(row.starts_on for row in rows))
    sums = (
        Event.objects.filter(
            STANDING, Q(action=Action.TRANSFER) | Q(action=Action.TRANSFER_RIGHTS, price__isnull=False),
            ecopole=ecopole, provider=farm, occurred_at__gte=since,
        )
        .order_by()
        .values_list("product", "occurred_at", "quantity", "price")
    )  # fmt: skip
    taken = [
        (product, localtime(at).date(), quantity, price or NONE) for product, at, quantity, price in sums
    ]
    return [_engagement(row, taken, today) for row in rows]


def _engagement(row: Agreement, taken: Iterable[tuple[int, date, Decimal, Money]], today: date) -> Engagement:
    assert row.ends_on is not None  # chosen so
    assert row.promised_value is not None
    gone, whole = (today - row.starts_on).days + 1, (row.ends_on - row.starts_on).days + 1
    mine = [
        (quantity, price)
        for product, day, quantity, price in taken
        if row.product_id in (None, product) and row.starts_on <= day <= today
    ]
    return Engagement(
        row.product.name if row.product else "Toute la production",
        row.product.unit if row.product else "",
        row.starts_on,
        row.ends_on,
        row.promised,
        row.promised_value,
        Money(row.promised_value.cents * gone // whole),
        sum((quantity for quantity, _ in mine), ZERO) if row.product else None,
        sum((price for _, price in mine), NONE),
        row.note,
    )
