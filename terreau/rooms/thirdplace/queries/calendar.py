"""The calendar: what takes place, how many have a seat, how many wait, what is booked."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from terreau.rooms.thirdplace.models import Booking, Gathering, GatheringKind, Presence, Repair, SignUp, Thing
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

    @property
    def day(self) -> date:
        return timezone.localtime(self.starts_at).date()

    @property
    def free(self) -> int:
        return max(0, self.capacity - self.seated)

    @property
    def icon(self) -> str:
        return ICONS[self.kind]


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def gatherings(ecopole: Ecopole, first: date, last: date, *, public: bool = False) -> list[GatheringLine]:
    """From a day to another, both included; `public`: only what is announced. Three queries."""
    rows = Gathering.objects.filter(
        ecopole=ecopole, starts_at__gte=midnight(first), starts_at__lt=midnight(last + timedelta(days=1))
    )
    return lines(rows.filter(announced_at__isnull=False) if public else rows)


def lines(rows: QuerySet[Gathering]) -> list[GatheringLine]:
    found = list(rows.order_by("starts_at", "id"))
    pks = [one.pk for one in found]
    seated, waiting = _people(pks)
    there = Presence.objects.filter(gathering__in=pks, withdrawn_at=None).order_by().values_list("gathering")
    came = dict(there.annotate(n=Sum("people")))
    return [
        GatheringLine(
            one.pk, GatheringKind(one.kind), one.title, one.about, one.leader, one.where, one.starts_at,
            one.ends_at, one.capacity, one.announced_at is not None, one.cancelled_why, seated.get(one.pk, 0),
            waiting.get(one.pk, 0), came.get(one.pk, 0),
        )
        for one in found
    ]  # fmt: skip


def _people(pks: list[int]) -> tuple[dict[int, int], dict[int, int]]:
    people = Sum(F("adults") + F("children"))
    rows = SignUp.objects.filter(gathering__in=pks, left_at=None).order_by()
    waits = rows.annotate(waits=Q(seated_at=None)).values_list("gathering", "waits").annotate(n=people)
    seated: dict[int, int] = {}
    waiting: dict[int, int] = {}
    for pk, waits_still, n in waits:
        (waiting if waits_still else seated)[pk] = n
    return seated, waiting


def line(gathering: Gathering) -> GatheringLine:
    return lines(Gathering.objects.filter(pk=gathering.pk))[0]


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
        thing__in=rows, cancelled_at=None, ends_at__gte=midnight(today)
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
        thing__ecopole=ecopole, cancelled_at=None, starts_at__lt=midnight(last + timedelta(days=1)),
        ends_at__gt=midnight(first),
    )  # fmt: skip
    return list(rows.select_related("thing", "gathering").order_by("starts_at", "thing__name"))


@dataclass(frozen=True)
class Day:
    on: date
    inside: bool
    gatherings: tuple[GatheringLine, ...]
    bookings: tuple[Booking, ...]


def days(ecopole: Ecopole, first: date, last: date, month: int | None = None) -> list[list[Day]]:
    """Whole weeks, day by day; those of another month are said so. Four queries."""
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
