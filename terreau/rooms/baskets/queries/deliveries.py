"""Which basket goes to whom, where and when: subscriptions, pauses and changes, told day by day."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.baskets.models import (
    BasketSize,
    Change,
    ChangeKind,
    DepotTerms,
    Member,
    MoneyRule,
    PackOffer,
    Pause,
    Price,
    Sliding,
    Subscription,
    SubscriptionTerms,
    Terms,
    Waiting,
)
from terreau.rooms.baskets.rhythm import delivery_day, has_basket
from terreau.rooms.baskets.rules import Span, cutoff, in_force
from terreau.territory.clock import moment
from terreau.territory.models import Ecopole, Place
from terreau.territory.together import together

PAUSED = "pause"
AHEAD = 7


@dataclass(frozen=True)
class Delivery:
    """A basket due to a member: where it is to be handed over, and to whom it goes in the end."""

    subscription_id: int
    agreement_id: int
    member_id: int
    member: str
    size_id: int
    size: str
    product_id: int
    # The day it would be handed over, were nothing changed: what a change names.
    day: date
    # Where and when it is, once changed.
    depot_id: int
    depot: str
    keeper_id: int
    on: date
    opens: time
    closes: time
    kind: str
    # Baskets that leave; none when it is skipped, and nothing is due.
    count: int
    receiver_id: int
    receiver: str
    price: Money
    charge: Money
    until: datetime

    @property
    def paused(self) -> bool:
        return self.kind == PAUSED

    @property
    def due(self) -> Money:
        return (self.price + self.charge).times(self.count)

    @property
    def starts_at(self) -> datetime:
        return moment(self.on, self.opens)

    @property
    def ends_at(self) -> datetime:
        return moment(self.on, self.closes)


class Rules:
    """What the garden decided, read once: its terms, its prices, how each depot serves."""

    def __init__(self, ecopole: Ecopole):
        self._prices: dict[int, list[tuple[date, Money]]] = defaultdict(list)
        self.sizes: dict[int, BasketSize] = {}
        # Whether members choose what they pay of a size: no other query asks it.
        self.free: set[int] = set()
        # And whether the garden offers some of it ahead.
        self.ahead = False
        prices = (
            Price.objects.filter(size__ecopole=ecopole)
            .select_related("size__product")
            .annotate(
                free=Exists(Sliding.objects.filter(size=OuterRef("size"))),
                ahead=Exists(PackOffer.objects.filter(size=OuterRef("size"))),
            )
        )
        terms, priced = together(
            Terms.objects.filter(ecopole=ecopole).select_related("solidarity", "seller"), prices
        )
        self._terms = [(row.starts_on, row) for row in terms]
        for row in priced:
            self._prices[row.size_id].append((row.starts_on, row.price))
            self.sizes[row.size_id] = row.size
            self.free |= {row.size_id} if row.free else set()
            self.ahead |= row.ahead
        self._depots: dict[int, list[tuple[date, DepotTerms]]] = defaultdict(list)
        for there in DepotTerms.objects.filter(depot__ecopole=ecopole).select_related("depot__commune"):
            self._depots[there.depot_id].append((there.starts_on, there))
        # Thousands of deliveries ask the same few questions.
        self.terms = cache(lambda day: in_force(self._terms, day))
        self.price = cache(lambda size_id, day: in_force(self._prices[size_id], day))
        self.depot = cache(lambda depot_id, day: in_force(self._depots[depot_id], day))
        self.until = cache(self._until)

    def depots(self, day: date) -> list[DepotTerms]:
        """Those that serve, by name."""
        found = [self.depot(pk, day) for pk in list(self._depots)]
        return sorted((row for row in found if row), key=lambda row: row.depot.name)

    def _until(self, depot: DepotTerms, day: date) -> datetime:
        """The last hour to change a delivery."""
        terms = self.terms(day)
        return timezone.make_aware(cutoff(day, depot.opens, terms.cutoff_hours if terms else 0))


class Books:
    """The subscriptions of an écopôle, of a member, or that concern a depot, with what changes them.

    Of a member, all that has not ended: their page shows it too.
    """

    def __init__(self, ecopole: Ecopole, weeks: list[IsoWeek], member: Member | None, depot: Place | None):
        first, last = weeks[0].monday, weeks[-1].sunday
        rows = SubscriptionTerms.objects.filter(subscription__member__ecopole=ecopole)
        rows = rows.filter(Q(subscription__ends_on=None) | Q(subscription__ends_on__gte=first))
        rows = (
            rows.filter(subscription__member=member)
            if member
            else rows.filter(subscription__starts_on__lte=last)
        )
        if depot:
            moved = Change.objects.filter(day__range=(first, last), to_depot=depot)
            there = SubscriptionTerms.objects.filter(depot=depot)
            rows = rows.filter(
                Q(subscription__in=there.values("subscription"))
                | Q(subscription__in=moved.values("subscription"))
            )
        held: dict[int, Subscription] = {}
        self.terms: dict[int, list[tuple[date, SubscriptionTerms]]] = defaultdict(list)
        for terms in rows.select_related("subscription__member", "subscription__size__product"):
            held.setdefault(terms.subscription_id, terms.subscription)
            self.terms[terms.subscription_id].append((terms.starts_on, terms))
        self.subscriptions = sorted(held.values(), key=lambda row: (row.member.name, row.member_id, row.pk))
        ids: Any = list(held) if member else rows.order_by().values("subscription")
        self.paused = list(Pause.objects.filter(subscription__in=ids, withdrawn_at=None, last_on__gte=first))
        self.pauses: dict[int, list[Span]] = defaultdict(list)
        for pause in self.paused:
            self.pauses[pause.subscription_id].append(Span(pause.first_on, pause.last_on))
        # The last word on a delivery holds.
        changes = Change.objects.filter(subscription__in=ids, day__range=(first, last)).order_by("id")
        self.changes = {
            (change.subscription_id, change.day): change for change in changes.select_related("to_member")
        }


def deliveries(
    ecopole: Ecopole,
    first: date,
    last: date,
    *,
    member: Member | None = None,
    depot: Place | None = None,
    rules: Rules | None = None,
    books: Books | None = None,
) -> list[Delivery]:
    """Those of these days, both included, as they are now known; six queries whatever their number."""
    rules = rules or Rules(ecopole)
    weeks = IsoWeek.range(IsoWeek.of(first), IsoWeek.of(last))
    books = books or Books(ecopole, weeks, member, depot)
    told = [
        one
        for week in weeks
        for row in books.subscriptions
        if (one := _delivery(row, week, books, rules)) and first <= one.on <= last
    ]
    if depot:
        told = [one for one in told if one.depot_id == depot.pk]
    return sorted(told, key=lambda one: (one.on, one.depot, one.member, one.subscription_id))


def _delivery(row: Subscription, week: IsoWeek, books: Books, rules: Rules) -> Delivery | None:
    its = in_force(books.terms[row.pk], week.monday)
    if its is None or not has_basket(its.rhythm, its.weeks, week):
        return None
    home = rules.depot(its.depot_id, week.monday)
    if home is None:
        return None
    day = delivery_day(week, home.weekday)
    terms, price = rules.terms(day), rules.price(row.size_id, day)
    if not Span(row.starts_on, row.ends_on).holds(day) or terms is None or price is None:
        return None
    change = books.changes.get((row.pk, day))
    kind = change.kind if change else ChangeKind.PLAIN
    if any(pause.holds(day) for pause in books.pauses[row.pk]):
        kind = PAUSED
    there = home
    if kind == ChangeKind.MOVE and change and change.to_depot_id:
        there = rules.depot(change.to_depot_id, week.monday) or home
    return Delivery(
        row.pk, row.agreement_id, row.member_id, row.member.name, row.size_id, row.size.product.name,
        row.size.product_id, day, there.depot_id, there.depot.name, there.depot.agent_id,
        delivery_day(week, there.weekday), there.opens, there.closes, kind,
        *_goes_to(row, kind, change, terms), price, there.charge, rules.until(home, day),
    )  # fmt: skip


def _goes_to(row: Subscription, kind: str, change: Change | None, terms: Terms) -> tuple[int, int, str]:
    """How many baskets, and to whom: one that is due and not taken goes to the solidarity."""
    rule = {ChangeKind.SKIP: terms.skip_rule, PAUSED: terms.pause_rule}.get(kind)
    if rule == MoneyRule.CREDITED:
        return 0, row.member.agent_id, row.member.name
    if rule == MoneyRule.KEPT or (kind == ChangeKind.GIVE and change and change.to_member is None):
        return 1, terms.solidarity_id, terms.solidarity.name
    if kind == ChangeKind.GIVE and change and change.to_member:
        return 1, change.to_member.agent_id, change.to_member.name
    count = change.count if change and kind == ChangeKind.EXTRA else 1
    return count, row.member.agent_id, row.member.name


def books_of(member: Member, today: date) -> Books:
    return Books(member.ecopole, IsoWeek.range(IsoWeek.of(today), IsoWeek.of(today) + AHEAD), member, None)


def next_delivery(
    ecopole: Ecopole, member: Member, today: date, rules: Rules, books: Books | None = None
) -> list[Delivery]:
    """What comes for a member, over eight weeks."""
    last = (IsoWeek.of(today) + AHEAD).sunday
    return deliveries(ecopole, today, last, member=member, rules=rules, books=books)


def counted(found: Iterable[Delivery]) -> dict[tuple[int, int, date], int]:
    """Baskets by size, depot and day."""
    totals: dict[tuple[int, int, date], int] = defaultdict(int)
    for one in found:
        if one.count:
            totals[one.size_id, one.depot_id, one.on] += one.count
    return dict(totals)


def sizes_sold(day: date, rules: Rules) -> Iterator[tuple[BasketSize, Money]]:
    """The sizes that have a price, in their order."""
    for size in sorted(rules.sizes.values(), key=lambda size: size.rank):
        if (price := rules.price(size.pk, day)) is not None:
            yield size, price


def occupancy(depot: Place, on: date, at: datetime) -> list[str]:
    """The rhythms that take a place at a depot from that day on: who comes, will come, or is offered to."""
    running: Any = Q(subscription__ends_on=None) | Q(subscription__ends_on__gte=on)
    last: dict[int, SubscriptionTerms] = {}
    for row in SubscriptionTerms.objects.filter(
        running, subscription__in=SubscriptionTerms.objects.filter(depot=depot).values("subscription")
    ).order_by("starts_on", "id"):
        last[row.subscription_id] = row
    held = Waiting.objects.filter(depot=depot, closed_at=None, expires_at__gt=at)
    there = [row.rhythm for row in last.values() if row.depot_id == depot.pk]
    return there + list(held.values_list("rhythm", flat=True))
