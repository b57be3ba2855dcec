"""Baskets paid ahead: offered, bought, drawn as they are handed over, given back when they end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from terreau.measures.money import Money
from terreau.measures.periods import plus_months
from terreau.rooms.baskets.models import (
    BasketSize,
    Ending,
    Handover,
    Member,
    MoveKind,
    Pack,
    PackBasket,
    PackMove,
    PackOffer,
    Subscription,
)
from terreau.rooms.baskets.queries.deliveries import Delivery, Rules
from terreau.rooms.baskets.queries.packs import free_baskets, offers, parts
from terreau.rooms.baskets.queries.solidarity import Ways
from terreau.rooms.baskets.refusals import BasketsRefused
from terreau.territory.models import Ecopole, User

# The evenings of its last day are noted by then.
DAYS_TO_NOTE = timedelta(days=7)


@dataclass(frozen=True)
class OfferEntry:
    """`price`: of all of them, VAT included; None, they are offered no more."""

    size: BasketSize
    starts_on: date
    number: int
    price: Money | None
    months: int
    ending: str
    remind: int
    source: str


@transaction.atomic
def set_offer(*, ecopole: Ecopole, entry: OfferEntry, at: datetime, key: str) -> PackOffer:
    """What may be paid ahead from a day on; packs already bought keep what was said of them."""
    ecopole.take_turns()
    if known := PackOffer.objects.filter(size=entry.size, key=key).first():
        return known
    each = Rules(ecopole).price(entry.size.pk, entry.starts_on)
    if each is None:
        raise BasketsRefused(
            f"{entry.size} n’a pas encore de prix à cette date\u202f: donnez-le d’abord.", "size"
        )
    if entry.price and entry.price > each.times(entry.number):
        raise BasketsRefused(
            f"{entry.number} paniers un par un coûtent {each.times(entry.number)}\u202f: d’avance, pas plus.",
            "price",
        )
    if entry.price and entry.price.cents < entry.number:
        raise BasketsRefused("C’est moins d’un centime par panier\u202f: vérifiez le prix.", "price")
    if entry.remind >= entry.number:
        raise BasketsRefused("Le rappel vient avant la fin\u202f: dites moins de paniers.", "remind")
    return PackOffer.objects.create(recorded_at=at, key=key, **vars(entry))


@transaction.atomic
def buy_pack(*, member: Member, offer: PackOffer, by: User | None, at: datetime, key: str) -> Pack:
    """Baskets paid ahead, as they are offered that day; their invoice follows."""
    member.ecopole.take_turns()
    if known := Pack.objects.filter(member=member, key=key).first():
        return known
    today = timezone.localtime(at).date()
    if offer.pk not in {one.pk for one in offers(member.ecopole, today)}:
        raise BasketsRefused("Cette offre n’est plus proposée\u202f: choisissez-en une autre.", "offer")
    held = Subscription.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=today), member=member, size=offer.size
    )
    if (subscription := held.first()) is None:
        raise BasketsRefused(
            f"Abonnez-vous d’abord à {offer.size}\u202f: ces paniers-là s’y prennent.", "offer"
        )
    if priced_apart(member, subscription, today):
        raise BasketsRefused(
            "Vos paniers ont déjà leur propre prix\u202f: ils se paient au mois, sans rien avancer. "
            "Rien ne change.", "offer",
        )  # fmt: skip
    pack = Pack.objects.create(
        member=member, offer=offer, bought_on=today, ends_on=ends_on(offer, today), recorded_at=at,
        recorded_by=by, key=key,
    )  # fmt: skip
    PackBasket.objects.bulk_create(baskets_of(pack))
    return pack


def ends_on(offer: PackOffer, bought_on: date) -> date | None:
    """Kept without an end, or until so many months later."""
    return None if offer.ending == Ending.CARRIED else plus_months(bought_on, offer.months)


def baskets_of(pack: Pack) -> list[PackBasket]:
    price = pack.offer.price
    assert price is not None  # nothing else is sold
    return [
        PackBasket(pack=pack, rank=rank, amount=amount)
        for rank, amount in enumerate(parts(price, pack.offer.number), start=1)
    ]


def priced_apart(member: Member, held: Subscription, day: date, ways: Ways | None = None) -> bool:
    """A scheme or a price chosen pays these baskets: nothing is drawn from a pack meanwhile."""
    ways = ways or Ways(member.ecopole, member=member)
    return ways.of(member.pk, held.pk, held.size_id, day) is not None


def draw(*, ecopole: Ecopole, handed: Sequence[tuple[Delivery, Handover]], at: datetime) -> None:
    """Each basket due draws one of its household's packs, as far as they go; the others are billed later.

    What a scheme or a chosen price pays draws nothing.
    """
    free = free_baskets({one.member_id for one, _ in handed})
    if not free:
        return
    ways, moves = Ways(ecopole), []
    for one, row in handed:
        mine = free.get((one.member_id, one.size_id), [])
        good = [basket for basket in mine if _serves(basket.pack, row.day)][: row.count]
        if good and ways.of(one.member_id, one.subscription_id, one.size_id, row.day) is None:
            moves += _moves(good, MoveKind.DRAWN, at, row)
            free[one.member_id, one.size_id] = [basket for basket in mine if basket not in good]
    PackMove.objects.bulk_create(moves)


def _serves(pack: Pack, day: date) -> bool:
    return pack.bought_on <= day and (pack.ends_on is None or day <= pack.ends_on)


def _moves(
    baskets: Iterable[Any], kind: str, at: datetime, handover: Handover | None = None
) -> list[PackMove]:
    """`turns`: how many each has had."""
    return [
        PackMove(basket=basket, turn=basket.turns + 1, kind=kind, handover=handover, recorded_at=at)
        for basket in baskets
    ]


def restore(*, handover: Handover, at: datetime) -> None:
    """Of a handover withdrawn: what it drew is in its pack again."""
    drawn = PackMove.objects.filter(handover=handover, kind=MoveKind.DRAWN)
    PackMove.objects.bulk_create(
        PackMove(
            basket_id=move.basket_id, turn=move.turn + 1, kind=MoveKind.RESTORED, handover=handover,
            recorded_at=at,
        )
        for move in drawn
    )  # fmt: skip


@transaction.atomic
def give_back(*, pack: Pack, at: datetime) -> int:
    """What is left of a pack is owed to its member again: a credit note follows. Returns how many baskets."""
    pack.member.ecopole.take_turns()
    mine = [one for rows in free_baskets({pack.member_id}).values() for one in rows if one.pack_id == pack.pk]
    PackMove.objects.bulk_create(_moves(mine, MoveKind.RETURNED, at))
    return len(mine)


def give_all_back(*, member: Member, at: datetime) -> None:
    """Of who leaves the baskets."""
    left = [one for rows in free_baskets({member.pk}).values() for one in rows]
    PackMove.objects.bulk_create(_moves(left, MoveKind.RETURNED, at))


@transaction.atomic
def end_packs(*, ecopole: Ecopole, at: datetime) -> int:
    """What is left of packs whose time is over is given back, as their offer said. Returns how many."""
    ecopole.take_turns()
    over = timezone.localtime(at).date() - DAYS_TO_NOTE
    ended = Pack.objects.filter(member__ecopole=ecopole, ends_on__lt=over)
    free = free_baskets(set(ended.values_list("member", flat=True)))
    left = [one for rows in free.values() for one in rows if one.pack.ends_on and one.pack.ends_on < over]
    PackMove.objects.bulk_create(_moves(left, MoveKind.RETURNED, at))
    return len(left)
