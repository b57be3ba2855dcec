"""Gatherings planned, repeated, announced, changed, cancelled; rooms and tools booked without clash."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.rooms.thirdplace.actions.fees import change_fee, set_fee
from terreau.rooms.thirdplace.actions.signups import seat_waiting, seats_taken
from terreau.rooms.thirdplace.models import Benefit, Booking, Gathering, Repair, SignUp, Thing, Use
from terreau.rooms.thirdplace.refusals import PlaceRefused
from terreau.territory.clock import moment
from terreau.territory.models import Ecopole, User

TIMES_MAX = 60
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class GatheringEntry:
    """What is said of a gathering, its days aside."""

    kind: str
    title: str
    about: str
    where: str
    capacity: int
    start: time
    end: time
    leader: str = ""
    # Of a person; nothing: it is free. And what a member takes with credits instead.
    price: Money | None = None
    benefit: Benefit | None = None

    def span(self, day: date) -> Span:
        if self.end <= self.start:
            raise PlaceRefused("La fin est avant le début\u202f: corrigez les heures.", "end")
        starts, ends = (moment(day, hour) for hour in (self.start, self.end))
        return starts, ends

    @property
    def words(self) -> dict[str, str | int]:
        kept = ("kind", "title", "about", "where", "capacity", "leader")
        return {name: getattr(self, name) for name in kept}


def repeated(
    first: date, *, every_weeks: int, until: date | None, skipped: Collection[date] = ()
) -> list[date]:
    """The same weekday, every so many weeks, but the days left out; alone without an end."""
    if until is None:
        return [first]
    days = [
        first + timedelta(weeks=every_weeks * n) for n in range((until - first).days // (7 * every_weeks) + 1)
    ]
    if strangers := sorted(set(skipped) - set(days)):
        raise PlaceRefused(
            f"Le {format_date(strangers[0])} n’est pas un jour de la série\u202f: retirez-le des exceptions.",
            "skipped",
        )
    kept = [day for day in days if day not in skipped]
    if not kept or len(kept) > TIMES_MAX:
        raise PlaceRefused(
            f"{len(kept)} dates\u202f: il en faut de 1 à {TIMES_MAX}. Changez la fin.", "until"
        )
    return kept


@transaction.atomic
def plan(
    *, ecopole: Ecopole, entry: GatheringEntry, days: Sequence[date], things: Sequence[Thing],
    by: User | None, at: datetime, key: str,
) -> list[Gathering]:  # fmt: skip
    """One gathering a day, with its rooms and tools; refused whole if one of them is not free."""
    ecopole.take_turns()
    known = list(Gathering.objects.filter(ecopole=ecopole, key__startswith=f"{key}:").order_by("id"))
    if known:
        return known
    _refuse_crowd(entry, things)
    spans = [entry.span(day) for day in days]
    _refuse_clash(things, spans)
    series = key if len(days) > 1 else ""
    made = Gathering.objects.bulk_create(
        Gathering(
            ecopole=ecopole, starts_at=starts, ends_at=ends, series=series, revised_at=at,
            key=f"{key}:{rank}", **entry.words,
        )
        for rank, (starts, ends) in enumerate(spans)
    )  # fmt: skip
    _book_for(made, things, by)
    set_fee(made, entry.price, entry.benefit, timezone.localtime(at).date())
    return made


def _refuse_crowd(entry: GatheringEntry, things: Iterable[Thing]) -> None:
    for thing in things:
        if thing.seats and entry.capacity > thing.seats:
            raise PlaceRefused(
                f"{thing} a {thing.seats} places, pour {entry.capacity} demandées. "
                "Réduisez, ou changez de salle.",
                "capacity",
            )


def _book_for(gatherings: Iterable[Gathering], things: Iterable[Thing], by: User | None) -> None:
    things = list(things)
    Booking.objects.bulk_create(
        Booking(
            thing=thing, gathering=one, who=one.title, use=Use.OWN, starts_at=one.starts_at,
            ends_at=one.ends_at, recorded_by=by, key=f"{one.key}:{one.revision}",
        )
        for one in gatherings
        for thing in things
    )  # fmt: skip


def _refuse_clash(things: Sequence[Thing], spans: Sequence[Span], but: Gathering | None = None) -> None:
    """Called once the écopôle is locked: two hands booking take turns."""
    if not things:
        return
    first, last = min(s for s, _ in spans), max(e for _, e in spans)
    taken = Booking.objects.filter(
        thing__in=things, cancelled_at=None, starts_at__lt=last, ends_at__gt=first
    ).select_related("thing")
    if but:
        taken = taken.exclude(gathering=but)
    repairs = Repair.objects.filter(thing__in=things).select_related("thing")
    found = [*taken], [*repairs]
    for starts, ends in spans:
        day = timezone.localtime(starts).date()
        for booking in found[0]:
            if booking.starts_at < ends and booking.ends_at > starts:
                hours = f"{_hour(booking.starts_at)} à {_hour(booking.ends_at)}"
                raise PlaceRefused(
                    f"{booking.thing}, {format_date(day)}\u202f: pris de {hours} pour {booking.who}. "
                    "Changez l’heure, ou prenez-en un autre.",
                    "things",
                )
        for repair in found[1]:
            if repair.since <= day and (repair.until is None or day < repair.until):
                raise PlaceRefused(
                    f"{repair.thing} est en réparation ({repair.reason})\u202f: rien ne s’y réserve le "
                    f"{format_date(day)}. Dites d’abord qu’il est de nouveau en service.",
                    "things",
                )
    for thing in things:
        if thing.closed_on:
            raise PlaceRefused(f"{thing} ne sert plus. Prenez-en un autre.", "things")


def _hour(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local.hour}\u00a0h\u00a0{local.minute:02}"


@transaction.atomic
def change(
    *, gathering: Gathering, entry: GatheringEntry, day: date, things: Sequence[Thing], by: User | None,
    at: datetime,
) -> list[SignUp]:  # fmt: skip
    """This one alone, be it of a series; returns who waited and now has a seat."""
    gathering.ecopole.take_turns()
    _refuse_over(gathering, at)
    taken = seats_taken(gathering)
    if entry.capacity < taken:
        raise PlaceRefused(f"{taken} personnes ont déjà leur place. Saisissez {taken} ou plus.", "capacity")
    _refuse_crowd(entry, things)
    starts, ends = entry.span(day)
    _refuse_clash(things, [(starts, ends)], but=gathering)
    change_fee(gathering, entry.price, entry.benefit, timezone.localtime(at).date())
    for name, value in {**entry.words, "starts_at": starts, "ends_at": ends, "revised_at": at}.items():
        setattr(gathering, name, value)
    gathering.revision += 1
    gathering.save()
    Booking.objects.filter(gathering=gathering, cancelled_at=None).update(cancelled_at=at)
    _book_for([gathering], things, by)
    return seat_waiting(gathering, at)


def _refuse_over(gathering: Gathering, at: datetime) -> None:
    if gathering.cancelled_at:
        raise PlaceRefused(f"{gathering} est annulé\u202f: {gathering.cancelled_why}.")
    if gathering.ends_at <= at:
        raise PlaceRefused(f"{gathering} est passé\u202f: il ne change plus.")


@transaction.atomic
def announce(*, gathering: Gathering, at: datetime) -> list[Gathering]:
    """Public from now on, with the other dates of its series; returns those newly announced."""
    gathering.ecopole.take_turns()
    _refuse_over(gathering, at)
    rows = Gathering.objects.filter(
        ecopole=gathering.ecopole, announced_at=None, cancelled_at=None, ends_at__gt=at
    )
    rows = rows.filter(series=gathering.series) if gathering.series else rows.filter(pk=gathering.pk)
    found = list(rows)
    Gathering.objects.filter(pk__in=[one.pk for one in found]).update(announced_at=at, revised_at=at)
    return found


@transaction.atomic
def cancel_gathering(*, gathering: Gathering, reason: str, following: bool, at: datetime) -> list[Gathering]:
    """It will not take place, and why; `following`, nor will those of its series after it."""
    gathering.ecopole.take_turns()
    gathering.refresh_from_db()
    if gathering.cancelled_at:
        return []
    _refuse_over(gathering, at)
    if not reason:
        raise PlaceRefused(
            f"{gathering}\u202f: dites pourquoi c’est annulé, qui était inscrit le lira.", "reason"
        )
    rows = Gathering.objects.filter(
        ecopole=gathering.ecopole, cancelled_at=None, starts_at__gte=gathering.starts_at
    )
    if following and gathering.series:
        rows = rows.filter(series=gathering.series)
    else:
        rows = rows.filter(pk=gathering.pk)
    found = list(rows)
    pks = [one.pk for one in found]
    Gathering.objects.filter(pk__in=pks).update(
        cancelled_at=at, cancelled_why=reason, revised_at=at, revision=F("revision") + 1
    )
    Booking.objects.filter(gathering__in=pks, cancelled_at=None).update(cancelled_at=at)
    return found


@transaction.atomic
def book(
    *, thing: Thing, who: str, use: str, day: date, start: time, end: time, by: User | None, key: str
) -> Booking:
    """A room or a tool for somebody, outside any gathering."""
    thing.ecopole.take_turns()
    if known := Booking.objects.filter(thing=thing, key=key).first():
        return known
    starts, ends = GatheringEntry("", "", "", "", 1, start, end).span(day)
    _refuse_clash([thing], [(starts, ends)])
    return Booking.objects.create(
        thing=thing, who=who, use=use, starts_at=starts, ends_at=ends, recorded_by=by, key=key
    )


@transaction.atomic
def cancel_booking(*, booking: Booking, at: datetime) -> None:
    if booking.gathering_id:
        raise PlaceRefused(
            f"{booking.thing} est réservé pour {booking.who}\u202f: changez ce rendez-vous, ou annulez-le."
        )
    Booking.objects.filter(pk=booking.pk, cancelled_at=None).update(cancelled_at=at)
