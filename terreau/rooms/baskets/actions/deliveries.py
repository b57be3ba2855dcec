"""What a member changes of one delivery, or of some weeks; and the counts that follow."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from terreau.measures.french import format_date
from terreau.measures.week import IsoWeek
from terreau.rooms.baskets.models import Change, ChangeKind, DepotCount, Member, Pause, Subscription
from terreau.rooms.baskets.queries.deliveries import Delivery, Rules, counted, deliveries
from terreau.rooms.baskets.refusals import BasketsRefused
from terreau.rooms.baskets.rules import Span, paused_weeks
from terreau.territory.models import Ecopole, Place, User

BASKETS_MAX = 6


def _hour(at: datetime) -> str:
    at = timezone.localtime(at)
    return f"{format_date(at.date())} à {at.hour}\u00a0h" + (f"\u00a0{at.minute:02}" if at.minute else "")


@transaction.atomic
def change_delivery(
    *, subscription: Subscription, day: date, kind: str, to_member: Member | None = None,
    to_depot: Place | None = None, count: int = 1, by: User | None, at: datetime, key: str,
) -> Change:  # fmt: skip
    """Skip, give, move, take more, or as planned again; until the cut-off, and if it fits where it goes."""
    member = subscription.member
    member.ecopole.take_turns()
    if known := subscription.changes.filter(key=key).first():
        return known
    week, rules = IsoWeek.of(day), Rules(member.ecopole)
    mine = deliveries(member.ecopole, week.monday, week.sunday, member=member, rules=rules)
    one = next((d for d in mine if d.subscription_id == subscription.pk and d.day == day), None)
    _refuse_late(one, day, at)
    if to_member and (to_member.pk == member.pk or to_member.left_on):
        raise BasketsRefused("Choisissez un autre membre, qui prend encore des paniers.", "to_member")
    if kind == ChangeKind.EXTRA and not 2 <= count <= BASKETS_MAX:
        raise BasketsRefused(f"De 2 à {BASKETS_MAX} paniers en tout pour cette remise.", "count")
    if to_depot or kind == ChangeKind.EXTRA:
        _refuse_full(rules, member.ecopole, to_depot or Place.objects.get(pk=_there(one)), week, count, at)
    return Change.objects.create(
        subscription=subscription, day=day, kind=kind, to_member=to_member, to_depot=to_depot, count=count,
        recorded_at=at, recorded_by=by, key=key,
    )  # fmt: skip


def _there(one: Delivery | None) -> int:
    assert one is not None
    return one.depot_id


def _refuse_late(one: Delivery | None, day: date, at: datetime) -> None:
    if one is None:
        raise BasketsRefused(f"Il n’y a pas de panier le {format_date(day)}. Choisissez une autre remise.")
    if one.paused:
        raise BasketsRefused("Vos paniers sont en pause cette semaine-là\u202f: retirez d’abord la pause.")
    if one.until <= at:
        raise BasketsRefused(
            f"Le panier du {format_date(day)} pouvait changer jusqu’au {_hour(one.until)}\u202f: "
            "il est préparé. Quelqu’un peut le prendre à votre place."
        )


def _refuse_full(
    rules: Rules, ecopole: Ecopole, depot: Place, week: IsoWeek, count: int, at: datetime
) -> None:
    """A depot takes no more baskets than it can keep, and none for a day that is ready."""
    terms = rules.depot(depot.pk, week.monday)
    if terms is None:
        raise BasketsRefused(
            f"{depot} ne reçoit pas de paniers cette semaine-là. Choisissez-en un autre.", "to_depot"
        )
    if rules.until(terms, week.days[terms.weekday]) <= at:
        raise BasketsRefused(
            f"{depot} est servi plus tôt, ses paniers sont prêts. Choisissez-en un autre.", "to_depot"
        )
    there = deliveries(ecopole, week.monday, week.sunday, depot=depot, rules=rules)
    if sum(one.count for one in there) + max(1, count - 1) > terms.capacity:
        raise BasketsRefused(f"{depot} est complet cette semaine-là. Choisissez un autre dépôt.", "to_depot")


@transaction.atomic
def pause(*, subscription: Subscription, first: IsoWeek, last: IsoWeek, at: datetime, key: str) -> Pause:
    """Whole weeks without baskets, in the number that the garden grants each year."""
    member = subscription.member
    member.ecopole.take_turns()
    if known := subscription.pauses.filter(key=key).first():
        return known
    if last < first:
        raise BasketsRefused("La pause finit avant de commencer\u202f: échangez les semaines.", "last")
    rules = Rules(member.ecopole)
    mine = deliveries(member.ecopole, first.monday, last.sunday, member=member, rules=rules)
    concerned = [one for one in mine if one.subscription_id == subscription.pk]
    if first < IsoWeek.of(timezone.localtime(at).date()) or any(one.until <= at for one in concerned):
        raise BasketsRefused(
            f"Le panier de la {first.label} est déjà préparé\u202f: commencez la pause après.", "first"
        )
    terms = rules.terms(first.monday)
    spans = [Span(p.first_on, p.last_on) for p in subscription.pauses.filter(withdrawn_at=None)]
    spans.append(Span(first.monday, last.sunday))
    for year in range(first.year, last.year + 1):
        weeks = paused_weeks(spans, year)
        if terms and weeks > terms.pause_weeks_max:
            raise BasketsRefused(
                f"{weeks} semaines de pause en {year}\u202f: {terms.pause_weeks_max} au plus. "
                "Raccourcissez la pause, ou sautez des paniers un par un.",
                "last",
            )
    return Pause.objects.create(
        subscription=subscription, first_on=first.monday, last_on=last.sunday, recorded_at=at, key=key
    )


@transaction.atomic
def end_pause(*, pause: Pause, at: datetime) -> None:
    """Taken back as long as it has not begun: the first basket it stops can still be made."""
    pause.subscription.member.ecopole.take_turns()
    member = pause.subscription.member
    mine = deliveries(member.ecopole, pause.first_on, pause.last_on, member=member)
    late = any(one.until <= at for one in mine if one.subscription_id == pause.subscription_id)
    if late or pause.last_on < timezone.localtime(at).date():
        raise BasketsRefused("Cette pause a commencé\u202f: elle ne se retire plus.")
    Pause.objects.filter(pk=pause.pk, withdrawn_at=None).update(withdrawn_at=at)


@transaction.atomic
def fill_counts(*, ecopole: Ecopole, week: IsoWeek, today: date) -> int:
    """The baskets of members, written where the week planner reads them; those of others stay beside.

    Said again, it gives the same. Days gone by keep their counts. Returns how many baskets.
    """
    ecopole.take_turns()
    first = max(week.monday, today)
    if first > week.sunday:
        return 0
    wanted = counted(deliveries(ecopole, first, week.sunday))
    known = {
        (row.size_id, row.depot_id, row.day): row
        for row in DepotCount.objects.filter(size__ecopole=ecopole, day__range=(first, week.sunday))
    }
    fresh, stale = [], []
    for place in wanted.keys() | known.keys():
        count, row = wanted.get(place, 0), known.get(place)
        others = row.count - row.subscribed if row else 0
        if row and (row.subscribed, row.count) == (count, others + count):
            continue
        if row:
            stale.append(row.pk)
        if others + count:
            size_id, depot_id, day = place
            fresh.append(
                DepotCount(
                    size_id=size_id, depot_id=depot_id, day=day, count=others + count, subscribed=count
                )
            )
    DepotCount.objects.filter(pk__in=stale).delete()
    DepotCount.objects.bulk_create(fresh)
    return sum(wanted.values())
