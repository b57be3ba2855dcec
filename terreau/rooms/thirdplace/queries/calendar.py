"""The calendar: what takes place, how many have a seat, how many wait, what is booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone

from terreau.measures.money import Money
from terreau.rooms.thirdplace.models import (
    Booking,
    Fee,
    Gathering,
    GatheringKind,
    Presence,
    Repair,
    SignUp,
    Tariff,
    Thing,
    Use,
)
from terreau.territory.clock import moment
from terreau.territory.models import Ecopole

ICONS = {
    GatheringKind.WORKSHOP: "lightbulb",
    GatheringKind.WORKSITE: "shovel",
    GatheringKind.MEAL: "utensils",
    GatheringKind.VISIT: "footprints",
}


@dataclass(frozen=True)
class GatheringLine:
    id: int
    kind: GatheringKind
    title: str
    about: str
    leader: str
    where: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    announced: bool
    cancelled_why: str
    seated: int
    waiting: int
    came: int
    # Of a person, in euros; None: it is free.
    price: Money | None

    @property
    def day(self) -> date:
        return timezone.localtime(self.starts_at).date()

    @property
    def free(self) -> int:
        return max(0, self.capacity - self.seated)

    @property
    def icon(self) -> str:
        return ICONS[self.kind]


def gatherings(ecopole: Ecopole, first: date, last: date, *, public: bool = False) -> list[GatheringLine]:
    """From a day to another, both included; `public`: only what is announced. One query."""
    rows = Gathering.objects.filter(
        ecopole=ecopole, starts_at__gte=moment(first), starts_at__lt=moment(last + timedelta(days=1))
    )
    return lines(rows.filter(announced_at__isnull=False) if public else rows)


def line(gathering: Gathering, signed: Sequence[SignUp], there: Sequence[Presence]) -> GatheringLine:
    """Of one whose sign-ups and presences are already read. No query."""
    seated = sum(one.people for one in signed if one.seated_at)
    waiting = sum(one.people for one in signed if one.seated_at is None)
    fee: Fee | None = getattr(gathering, "fee", None)
    return _line(gathering, seated, waiting, sum(one.people for one in there), fee.price if fee else None)


def _line(one: Gathering, seated: int, waiting: int, came: int, price: Money | None) -> GatheringLine:
    return GatheringLine(
        one.pk, GatheringKind(one.kind), one.title, one.about, one.leader, one.where, one.starts_at,
        one.ends_at, one.capacity, one.announced_at is not None, one.cancelled_why, seated, waiting, came,
        price,
    )  # fmt: skip


def lines(rows: QuerySet[Gathering]) -> list[GatheringLine]:
    """With how many have a seat, wait for one, came. One query."""
    return [
        _line(one, told["seated"] or 0, told["waiting"] or 0, told["came"] or 0, told["price"])
        for one in counted(rows).order_by("starts_at", "id")
        for told in [vars(one)]
    ]


def counted(rows: QuerySet[Gathering]) -> QuerySet[Gathering]:
    """`seated`, `waiting`, `came`, and `price` of a person."""
    here = SignUp.objects.filter(gathering=OuterRef("pk"), left_at=None)
    people, own = F("adults") + F("children"), Presence.objects.filter(gathering=OuterRef("pk"))
    return rows.annotate(
        seated=_sum(here.filter(seated_at__isnull=False), people),
        waiting=_sum(here.filter(seated_at=None), people),
        came=_sum(own.filter(withdrawn_at=None), F("people")),
        price=F("fee__price"),
    )


def _sum(rows: QuerySet[Any], what: Any) -> Subquery:
    return Subquery(rows.order_by().values("gathering").annotate(n=Sum(what)).values("n"))


@dataclass(frozen=True)
class ThingLine:
    id: int
    kind: str
    name: str
    seats: int | None
    repair: str
    since: date | None
    booked: int


def things(ecopole: Ecopole, today: date) -> list[ThingLine]:
    """Those that serve, what is out of order, and how many bookings are to come. Three queries."""
    rows = list(Thing.objects.filter(ecopole=ecopole, closed_on=None))
    broken = {one.thing_id: one for one in Repair.objects.filter(thing__in=rows, until=None)}
    ahead: dict[int, int] = {}
    for pk in Booking.objects.filter(
        thing__in=rows, cancelled_at=None, ends_at__gte=moment(today)
    ).values_list("thing", flat=True):
        ahead[pk] = ahead.get(pk, 0) + 1
    return [
        ThingLine(
            row.pk, row.get_kind_display(), row.name, row.seats,
            broken[row.pk].reason if row.pk in broken else "",
            broken[row.pk].since if row.pk in broken else None, ahead.get(row.pk, 0),
        )
        for row in rows
    ]  # fmt: skip


def bookings(ecopole: Ecopole, first: date, last: date) -> list[Booking]:
    """What is taken, in the order of time. One query."""
    rows = Booking.objects.filter(
        thing__ecopole=ecopole, cancelled_at=None, starts_at__lt=moment(last + timedelta(days=1)),
        ends_at__gt=moment(first),
    )  # fmt: skip
    return list(rows.select_related("thing", "gathering").order_by("starts_at", "thing__name"))


def tariffs(ecopole: Ecopole, on: date) -> list[Tariff]:
    """Those in force that day, and those to come. One query."""
    found: dict[int, Tariff] = {}
    coming = []
    for row in Tariff.objects.filter(thing__ecopole=ecopole).select_related("thing").order_by("since"):
        if row.since <= on:
            found[row.thing_id] = row
        else:
            coming.append(row)
    return sorted([*found.values(), *coming], key=lambda row: (row.thing.name, row.since))


def to_charge(ecopole: Ecopole, since: date, now: datetime) -> list[Booking]:
    """Let and over, not counted yet, the oldest first. One query."""
    rows = Booking.objects.filter(
        thing__ecopole=ecopole, use=Use.RENTED, cancelled_at=None, gathering=None, charge=None,
        ends_at__lte=now, starts_at__gte=moment(since),
    )  # fmt: skip
    return list(rows.select_related("thing").order_by("starts_at", "id"))


@dataclass(frozen=True)
class Day:
    on: date
    inside: bool
    gatherings: tuple[GatheringLine, ...]
    bookings: tuple[Booking, ...]


def days(ecopole: Ecopole, first: date, last: date, month: int | None = None) -> list[list[Day]]:
    """Whole weeks, day by day; those of another month are said so. Two queries."""
    monday, sunday = first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())
    held: dict[date, list[GatheringLine]] = {}
    for one in gatherings(ecopole, monday, sunday):
        held.setdefault(one.day, []).append(one)
    taken: dict[date, list[Booking]] = {}
    for booking in bookings(ecopole, monday, sunday):
        if booking.gathering_id is None:
            taken.setdefault(timezone.localtime(booking.starts_at).date(), []).append(booking)
    whole = [
        Day(on, month in (None, on.month), tuple(held.get(on, ())), tuple(taken.get(on, ())))
        for n in range((sunday - monday).days + 1)
        for on in [monday + timedelta(days=n)]
    ]
    return [whole[n : n + 7] for n in range(0, len(whole), 7)]
