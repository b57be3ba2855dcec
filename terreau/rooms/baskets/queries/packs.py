"""Baskets paid ahead: what is offered, what is left of each pack, who comes to the end of theirs."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from terreau.measures.money import Money
from terreau.rooms.baskets.models import MoveKind, Pack, PackBasket, PackMove, PackOffer
from terreau.rooms.baskets.rules import in_force
from terreau.territory.models import Ecopole


def offers(ecopole: Ecopole, day: date) -> list[PackOffer]:
    """Those sold that day, by size and number. One query."""
    rows = PackOffer.objects.filter(size__ecopole=ecopole).select_related("size__product")
    dated: dict[tuple[int, int], list[tuple[date, PackOffer]]] = defaultdict(list)
    for row in rows:
        dated[row.size_id, row.number].append((row.starts_on, row))
    found = [in_force(known, day) for known in dated.values()]
    sold = [row for row in found if row and row.price is not None]
    return sorted(sold, key=lambda row: (row.size.rank, row.number))


def _moves(kind: str) -> Count:
    return Count("baskets__moves", filter=Q(baskets__moves__kind=kind))


def packs(ecopole: Ecopole) -> QuerySet[Any]:
    """With what was `taken`, given back (`returned`), and what is `left`, counted from the facts alone."""
    rows = Pack.objects.filter(member__ecopole=ecopole).select_related("member", "offer__size__product")
    counted = rows.annotate(
        taken=_moves(MoveKind.DRAWN) - _moves(MoveKind.RESTORED), returned=_moves(MoveKind.RETURNED)
    )
    return counted.annotate(left=F("offer__number") - F("taken") - F("returned"))


def running(ecopole: Ecopole) -> QuerySet[Any]:
    """Packs of which something is left."""
    return packs(ecopole).filter(left__gt=0)


@dataclass(frozen=True)
class Ahead:
    """Of a household and a size: what is left of all its packs, and whether it comes to the end."""

    member_id: int
    size_id: int
    left: int
    low: bool


def left_of(ecopole: Ecopole, day: date, **of: Any) -> list[Ahead]:
    """Of packs that have not ended by that day. One query."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    rows = running(ecopole).filter(Q(ends_on=None) | Q(ends_on__gte=day), **of).order_by("bought_on", "id")
    for member, size, left, remind in rows.values_list("member", "offer__size", "left", "offer__remind"):
        before, _ = found.get((member, size), (0, 0))
        found[member, size] = before + left, remind
    return [Ahead(*where, left, left <= remind) for where, (left, remind) in found.items()]


def free_baskets(members: set[int]) -> dict[tuple[int, int], list[Any]]:
    """By household and size, the baskets paid ahead not used, the first to end first. One query."""
    rows = PackBasket.objects.filter(pack__member__in=members).select_related("pack__offer")
    found: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for row in rows.annotate(turns=Count("moves")):
        if row.turns % 2 == 0:
            found[row.pack.member_id, row.pack.offer.size_id].append(row)
    for baskets in found.values():
        baskets.sort(key=lambda row: (row.pack.ends_on or date.max, row.pack_id, row.rank))
    return found


# How many baskets of a handover that stands were paid ahead.
DRAWN = Coalesce(
    Subquery(
        PackMove.objects.filter(handover=OuterRef("pk"), kind=MoveKind.DRAWN)
        .order_by()
        .values("handover")
        .annotate(n=Count("pk"))
        .values("n")
    ),
    Value(0),
)


def parts(price: Money, number: int) -> list[Money]:
    """The price of each basket of a pack: they sum to it, the first ones bear the cents."""
    each, rest = divmod(price.cents, number)
    return [Money(each + (rank < rest)) for rank in range(number)]
