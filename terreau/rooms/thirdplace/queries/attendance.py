"""Who came: counts only; what somebody chose to say, masked where they could be told apart."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Min, OuterRef, Subquery, Sum
from django.utils import timezone

from terreau.measures.money import Money
from terreau.rooms.thirdplace.models import (
    Admission,
    AgeBand,
    Booking,
    Comer,
    Gathering,
    GatheringKind,
    Testimony,
    Use,
)
from terreau.rooms.thirdplace.queries.calendar import counted
from terreau.rooms.thirdplace.queries.fees import FREE
from terreau.territory.clock import moment
from terreau.territory.counts import masked
from terreau.territory.models import Ecopole


def years(ecopole: Ecopole, today: date) -> list[int]:
    """From the first gathering to this year, the latest first. One query."""
    first = Gathering.objects.filter(ecopole=ecopole).aggregate(first=Min("starts_at"))["first"]
    start = timezone.localtime(first).year if first else today.year
    return list(range(today.year, min(start, today.year) - 1, -1))


@dataclass(frozen=True)
class Attendance:
    """Of one kind of gathering in a period: how many took place, seats taken, people who came."""

    kind: str
    held: int
    cancelled: int
    signed_up: int
    came: int
    # From who came, at the price said; credits are told elsewhere.
    received: Money


def attendance(ecopole: Ecopole, first: date, last: date) -> list[Attendance]:
    """By kind, those that took place or were cancelled; nothing to come. One query."""
    rows = Gathering.objects.filter(
        ecopole=ecopole, starts_at__gte=moment(first), starts_at__lt=moment(last + timedelta(days=1))
    )
    paid = Admission.objects.filter(presence__gathering=OuterRef("pk")).order_by()
    sums = paid.values("presence__gathering").annotate(n=Sum("event__price")).values("n")
    columns = "kind", "cancelled_at", "seated", "came", "received"
    found = list(counted(rows).annotate(received=Subquery(sums)).values_list(*columns))
    told = []
    for kind in GatheringKind:
        own = [one for one in found if one[0] == kind]
        held = [one for one in own if one[1] is None]
        if own:
            seated, came = (sum(one[n] or 0 for one in held) for n in (2, 3))
            received = sum((one[4] or FREE for one in held), FREE)
            told.append(Attendance(kind.label, len(held), len(own) - len(held), seated, came, received))
    return told


@dataclass(frozen=True)
class WhoCame:
    """Answers given freely: how many in all, and each answer with its count, None under five."""

    answers: int
    first_time: int | None
    ages: tuple[tuple[str, int | None], ...]
    communes: tuple[tuple[str, int | None], ...]


def who_came(ecopole: Ecopole, first: date, last: date) -> WhoCame:
    """One query. A commune with too few is told among the others."""
    rows = Comer.objects.filter(
        gathering__ecopole=ecopole, gathering__starts_at__gte=moment(first),
        gathering__starts_at__lt=moment(last + timedelta(days=1)),
    )  # fmt: skip
    said = list(rows.values_list("age", "commune__name", "first_time"))
    ages = Counter(age for age, _, _ in said if age)
    places = Counter(name for _, name, _ in said if name)
    few = sum(n for n in places.values() if masked(n) is None)
    named = [(name, n) for name, n in places.most_common() if masked(n) is not None]
    others: list[tuple[str, int | None]] = [("autres communes", masked(few))] if few else []
    return WhoCame(
        len(said),
        masked(sum(bool(new) for _, _, new in said)),
        tuple((band.label, masked(ages[band])) for band in AgeBand),
        (*named, *others),
    )


@dataclass(frozen=True)
class RoomHours:
    use: str
    times: int
    hours: Decimal


def room_hours(ecopole: Ecopole, first: date, last: date) -> list[RoomHours]:
    """Hours of rooms and tools by use, free use included: it is a contribution in kind. One query."""
    rows = Booking.objects.filter(
        thing__ecopole=ecopole, cancelled_at=None, starts_at__gte=moment(first),
        starts_at__lt=moment(last + timedelta(days=1)),
    )  # fmt: skip
    times: Counter[str] = Counter()
    seconds: defaultdict[str, int] = defaultdict(int)
    for use, starts, ends in rows.values_list("use", "starts_at", "ends_at"):
        times[use] += 1
        seconds[use] += int((ends - starts).total_seconds())
    return [
        RoomHours(use.label, times[use], (Decimal(seconds[use]) / 3600).quantize(Decimal("0.01")))
        for use in Use
        if times[use]
    ]


@dataclass(frozen=True)
class Said:
    id: int
    words: str
    signed: str
    on: date
    gathering: str


def testimonies(ecopole: Ecopole) -> list[Said]:
    """Those whose consent stands, the latest first. One query."""
    rows = Testimony.objects.filter(ecopole=ecopole, withdrawn_at=None)
    told = rows.values_list("id", "words", "signed", "consent_on", "gathering__title")
    return [Said(pk, words, signed, on, title or "") for pk, words, signed, on, title in told]
