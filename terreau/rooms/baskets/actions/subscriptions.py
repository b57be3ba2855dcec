"""Joining, subscribing, waiting one's turn; changing, stopping, leaving."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from terreau.ledger.actions import agree
from terreau.ledger.models import AgreementKind, Per
from terreau.measures.french import format_date
from terreau.measures.week import IsoWeek
from terreau.rooms.baskets.actions.packs import give_all_back
from terreau.rooms.baskets.models import (
    BasketSize,
    DepotTerms,
    Enrolment,
    Handover,
    Member,
    Pack,
    RhythmKind,
    Subscription,
    SubscriptionTerms,
    Waiting,
)
from terreau.rooms.baskets.queries.deliveries import Rules, deliveries, occupancy
from terreau.rooms.baskets.refusals import BasketsRefused
from terreau.rooms.baskets.retention import keeps_papers_until
from terreau.rooms.baskets.rules import Span, collide, room
from terreau.territory.abilities import Role
from terreau.territory.actions import new_person
from terreau.territory.models import Agent, Ecopole, Membership, Place


@dataclass(frozen=True)
class Person:
    """Who joins, and how to reach them."""

    name: str
    email: str
    phone: str
    street: str
    postcode: str
    town: str
    pay_by: str


@dataclass(frozen=True)
class Wish:
    """What is subscribed to: which basket, where, how often, from when."""

    size: BasketSize
    depot: Place
    rhythm: str
    starts_on: date
    weeks: tuple[str, ...] = ()


class AlreadyMember(BasketsRefused):
    """This address has its subscription: its owner is written to, nothing more is told."""

    def __init__(self, member: Member):
        super().__init__(
            "Cette adresse est déjà celle d’un membre\u202f: un courriel vient de lui partir.", "email"
        )
        self.member = member


@transaction.atomic
def join(*, ecopole: Ecopole, person: Person, wish: Wish, at: datetime, key: str) -> Member:
    """A new member, with a subscription, or a place on the waiting list where the depot is full."""
    ecopole.take_turns()
    if known := Member.objects.filter(ecopole=ecopole, key=key).first():
        return known
    email = person.email.strip().lower()
    if twice := Member.objects.filter(ecopole=ecopole, email=email).exclude(email="").first():
        raise AlreadyMember(twice)
    member = Member.objects.create(
        **(vars(person) | {"email": email}),
        ecopole=ecopole,
        agent=_agent_of(ecopole, email),
        joined_on=timezone.localtime(at).date(),
        key=key,
    )
    take_or_wait(member=member, wish=wish, at=at, key=key)
    return member


def _agent_of(ecopole: Ecopole, email: str) -> Agent:
    """Who already has a page as a member of the écopôle is the same person here."""
    held = Membership.objects.filter(ecopole=ecopole, role=Role.MEMBER, user__email=email).exclude(
        user__email=""
    )
    taken = Member.objects.filter(ecopole=ecopole).values("agent")
    found = held.filter(agent__kind="person").exclude(agent__in=taken).select_related("agent").first()
    return found.agent if found else new_person(ecopole=ecopole)


@transaction.atomic
def take_or_wait(*, member: Member, wish: Wish, at: datetime, key: str) -> Subscription | Waiting:
    """A subscription; or, at a full depot or behind who waits there, a rank in the order of time."""
    member.ecopole.take_turns()
    rules = Rules(member.ecopole)
    _refuse_wish(member, wish, rules, timezone.localtime(at).date())
    depot = _serving(rules, wish)
    queue = Waiting.objects.filter(depot=wish.depot, closed_at=None, offered_at=None)
    if room(depot.capacity, occupancy(wish.depot, wish.starts_on, at), wish.rhythm) and not queue.exists():
        return _subscribe(member, wish, rules, at, key)
    known = Waiting.objects.filter(member=member, size=wish.size, closed_at=None).first()
    return known or Waiting.objects.create(
        member=member, size=wish.size, depot=wish.depot, rhythm=wish.rhythm, weeks=list(wish.weeks),
        asked_at=at, key=key,
    )  # fmt: skip


def _serving(rules: Rules, wish: Wish) -> DepotTerms:
    depot = rules.depot(wish.depot.pk, wish.starts_on)
    if depot is None:
        raise BasketsRefused(
            f"{wish.depot} ne reçoit pas de paniers ce jour-là\u202f: choisissez-en un autre.", "depot"
        )
    return depot


def _refuse_wish(member: Member, wish: Wish, rules: Rules, today: date) -> None:
    if rules.terms(wish.starts_on) is None or rules.price(wish.size.pk, wish.starts_on) is None:
        raise BasketsRefused(
            f"{wish.size} n’a pas encore de prix à cette date. Choisissez plus tard.", "size"
        )
    if wish.starts_on < today:
        raise BasketsRefused(
            f"Le {format_date(wish.starts_on)} est passé. Choisissez un jour à venir.", "starts_on"
        )
    if (wish.rhythm == RhythmKind.CHOSEN) != bool(wish.weeks):
        raise BasketsRefused("Choisissez au moins une semaine, ou un rythme régulier.", "weeks")
    for row in Subscription.objects.filter(member=member, size=wish.size):
        if collide(Span(row.starts_on, row.ends_on), Span(wish.starts_on)):
            until = f"jusqu’au {format_date(row.ends_on)}" if row.ends_on else "sans date de fin"
            raise BasketsRefused(
                f"{wish.size}\u202f: vous y êtes déjà abonné, du {format_date(row.starts_on)} {until}. "
                "Changez-le, ou ajoutez un panier à une remise.",
                "size",
            )


def _subscribe(member: Member, wish: Wish, rules: Rules, at: datetime, key: str) -> Subscription:
    terms = rules.terms(wish.starts_on)
    assert terms is not None
    agreement = agree(
        ecopole=member.ecopole, kind=AgreementKind.SUBSCRIPTION, provider_id=terms.seller_id,
        receiver_id=member.agent_id, per=Per.WEEK, starts_on=wish.starts_on, product_id=wish.size.product_id,
        key=f"subscription:{member.pk}:{key}",
    )  # fmt: skip
    row, new = Subscription.objects.get_or_create(
        member=member, key=key,
        defaults={"size": wish.size, "agreement": agreement, "starts_on": wish.starts_on},
    )  # fmt: skip
    if new:
        SubscriptionTerms.objects.create(
            subscription=row, starts_on=IsoWeek.of(wish.starts_on).monday, depot=wish.depot,
            rhythm=wish.rhythm, weeks=list(wish.weeks), recorded_at=at, key=key,
        )  # fmt: skip
    return row


# --- the waiting list -----------------------------------------------------------------------------------


@transaction.atomic
def offer_places(*, ecopole: Ecopole, at: datetime) -> list[Waiting]:
    """Offers past their time are closed; places left go to who waits, in the order of time, and are held."""
    ecopole.take_turns()
    Waiting.objects.filter(member__ecopole=ecopole, closed_at=None, expires_at__lte=at).update(closed_at=at)
    rules, today = Rules(ecopole), timezone.localtime(at).date()
    terms = rules.terms(today)
    queue = Waiting.objects.filter(member__ecopole=ecopole, closed_at=None, offered_at=None)
    offered = []
    for one in queue.select_related("member", "depot", "size__product").order_by("asked_at", "id"):
        depot = rules.depot(one.depot_id, today)
        if terms and depot and room(depot.capacity, occupancy(one.depot, today, at), one.rhythm):
            one.offered_at, one.expires_at = at, at + timedelta(days=terms.offer_days)
            one.save(update_fields=["offered_at", "expires_at"])
            offered.append(one)
    return offered


@transaction.atomic
def accept_place(*, waiting: Waiting, starts_on: date, at: datetime, key: str) -> Subscription:
    """The place held becomes a subscription; past its time, it has gone to the next."""
    waiting.member.ecopole.take_turns()
    waiting.refresh_from_db()
    if waiting.subscription:
        return waiting.subscription
    if waiting.closed_at or waiting.expires_at is None or waiting.expires_at <= at:
        raise BasketsRefused(
            "Cette place n’est plus tenue\u202f: elle va à la personne suivante. Demandez-la de nouveau."
        )
    wish = Wish(waiting.size, waiting.depot, waiting.rhythm, starts_on, tuple(waiting.weeks))
    rules = Rules(waiting.member.ecopole)
    _refuse_wish(waiting.member, wish, rules, timezone.localtime(at).date())
    _serving(rules, wish)
    waiting.subscription = _subscribe(waiting.member, wish, rules, at, key)
    waiting.closed_at = at
    waiting.save(update_fields=["subscription", "closed_at"])
    return waiting.subscription


def leave_list(*, waiting: Waiting, at: datetime) -> None:
    """The place, or the rank, is given up."""
    Waiting.objects.filter(pk=waiting.pk, closed_at=None).update(closed_at=at)


# --- changes --------------------------------------------------------------------------------------------


@transaction.atomic
def change_terms(
    *, subscription: Subscription, depot: Place, rhythm: str, weeks: Sequence[str] = (), week: IsoWeek,
    at: datetime, key: str,
) -> SubscriptionTerms:  # fmt: skip
    """Another depot or another rhythm from a week on, if there is room there."""
    ecopole = subscription.member.ecopole
    ecopole.take_turns()
    if known := subscription.terms.filter(key=key).first():
        return known
    rules, today = Rules(ecopole), timezone.localtime(at).date()
    wish = Wish(subscription.size, depot, rhythm, week.monday, tuple(weeks))
    if week <= IsoWeek.of(today):
        raise BasketsRefused("La semaine en cours est prête\u202f: choisissez une semaine à venir.", "week")
    if (rhythm == RhythmKind.CHOSEN) != bool(weeks):
        raise BasketsRefused("Choisissez au moins une semaine, ou un rythme régulier.", "weeks")
    taken = occupancy(depot, week.monday, at)
    last = subscription.terms.order_by("starts_on", "id").last()
    if last and last.depot_id == depot.pk:
        taken.remove(last.rhythm)
    elsewhere = last is None or last.depot_id != depot.pk
    queue = Waiting.objects.filter(depot=depot, closed_at=None, offered_at=None)
    full = not room(_serving(rules, wish).capacity, taken, rhythm)
    if full or (elsewhere and queue.exists()):  # nobody passes before who waits
        raise BasketsRefused(
            f"{depot} est complet pour ce rythme. Choisissez un autre dépôt, ou gardez le vôtre.", "depot"
        )
    for one in deliveries(ecopole, week.monday, week.sunday, member=subscription.member, rules=rules):
        if one.subscription_id == subscription.pk and one.until < at:
            raise BasketsRefused(
                f"La remise du {format_date(one.day)} ne change plus. Choisissez la semaine suivante.", "week"
            )
    return SubscriptionTerms.objects.create(
        subscription=subscription, starts_on=week.monday, depot=depot, rhythm=rhythm, weeks=list(weeks),
        recorded_at=at, key=key,
    )  # fmt: skip


@transaction.atomic
def stop(*, subscription: Subscription, on: date, at: datetime) -> None:
    """The last day of a subscription; a basket past its cut-off is still due."""
    member = subscription.member
    member.ecopole.take_turns()
    subscription.refresh_from_db()
    for one in deliveries(member.ecopole, on + timedelta(days=1), on + timedelta(days=14), member=member):
        if one.subscription_id == subscription.pk and one.until < at:
            raise BasketsRefused(
                f"Le panier du {format_date(one.day)} est déjà préparé\u202f: arrêtez à partir de ce jour."
            )
    subscription.ends_on = max(on, subscription.starts_on)
    subscription.save(update_fields=["ends_on"])


@transaction.atomic
def correct(*, member: Member, person: Person, newsletter: bool) -> Member:
    """Own data said again."""
    member.ecopole.take_turns()
    email = person.email.strip().lower()
    taken = Member.objects.filter(ecopole=member.ecopole, email=email).exclude(pk=member.pk)
    if email and taken.exists():
        raise BasketsRefused("Cette adresse est déjà celle d’un autre membre. Saisissez la vôtre.", "email")
    for name, value in (vars(person) | {"email": email, "newsletter": newsletter}).items():
        setattr(member, name, value)
    member.save()
    return member


@transaction.atomic
def leave(*, member: Member, at: datetime) -> date | None:
    """Out of the baskets: returns until when the law keeps what invoices say, or None: all is erased now."""
    member.ecopole.take_turns()
    today = timezone.localtime(at).date()
    for row in Subscription.objects.filter(member=member, ends_on=None):
        stop(subscription=row, on=today, at=at)
    Waiting.objects.filter(member=member, closed_at=None).update(closed_at=at)
    give_all_back(member=member, at=at)
    last = last_sold(member)
    kept = keeps_papers_until(last) if last else None
    member.left_on = member.left_on or today
    member.phone, member.newsletter = "", False
    for place in Enrolment.objects.filter(member=member, ended_on=None):
        Enrolment.objects.filter(pk=place.pk).update(ended_on=max(today, place.starts_on))
    if kept is None:
        _erase(member, at)
    member.save()
    return kept


def last_sold(member: Member) -> date | None:
    """The last day of which a paper may name them: a basket handed over, or a pack bought."""
    taken = (
        Handover.objects.filter(subscription__member=member).order_by("-day").values_list("day", flat=True)
    )
    bought = Pack.objects.filter(member=member).order_by("-bought_on").values_list("bought_on", flat=True)
    return max(filter(None, (taken.first(), bought.first())), default=None)


def _erase(member: Member, at: datetime) -> None:
    member.name = f"Membre parti ({member.agent.name})"
    member.email = member.phone = member.street = member.postcode = member.town = ""
    member.erased_at = at
    Enrolment.objects.filter(member=member).update(band="")


@transaction.atomic
def forget(*, ecopole: Ecopole, at: datetime) -> int:
    """Who has left for longer than the law keeps invoices loses name and address; returns how many."""
    ecopole.take_turns()
    today, gone = timezone.localtime(at).date(), 0
    for member in Member.objects.filter(ecopole=ecopole, left_on__isnull=False, erased_at=None):
        last = last_sold(member)
        if last is None or keeps_papers_until(last) < today:
            _erase(member, at)
            member.save()
            gone += 1
    return gone
