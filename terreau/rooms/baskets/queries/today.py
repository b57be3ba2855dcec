"""What « Aujourd’hui » tells who runs the baskets, and each member."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Sum

from terreau.rooms.baskets.models import DepotCount, Handover, Member, Pack, Waiting
from terreau.rooms.baskets.queries.deliveries import Delivery, Rules, next_delivery
from terreau.rooms.baskets.queries.packs import Ahead, left_of
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest, acting_for

DAYS_BACK = 6


@dataclass(frozen=True)
class Evening:
    """A depot's day: baskets that went there, and those not noted yet."""

    day: Any
    depot_id: int
    depot: str
    count: int
    left: int


@dataclass(frozen=True)
class BasketsToday:
    evenings: list[Evening] = field(default_factory=list)
    late: int = 0
    waiting: int = 0
    # Of the member who reads, or None.
    next: Delivery | None = None
    offered: bool = False
    # What is left of baskets paid ahead, when it comes to the end.
    ahead: Ahead | None = None
    # Of who runs the baskets: how many households come to the end of theirs.
    ending: int = 0

    @property
    def left(self) -> int:
        return sum(one.left for one in self.evenings)


def member_of(request: EcopoleRequest) -> Any:
    """The member this person is: the pseudonym for which they hold the role.

    `waits`, `has_packs`: whether the waiting list and the packs are worth asking; `offered`: whether a place
    is held for them.
    """
    waiting = Waiting.objects.filter(member=OuterRef("pk"), closed_at=None)
    rows = Member.objects.filter(
        ecopole=request.ecopole, agent__in=acting_for(request, "see_basket_own"), left_on=None
    ).annotate(
        waits=Exists(waiting),
        offered=Exists(waiting.filter(expires_at__gt=request.now)),
        has_packs=Exists(Pack.objects.filter(member=OuterRef("pk"))),
    )
    return rows.select_related("agent", "ecopole").first()


def _low(request: EcopoleRequest, member: Any) -> Ahead | None:
    """What a member has left of baskets paid ahead, once it comes to the end."""
    if not member.has_packs:
        return None
    return next((one for one in left_of(request.ecopole, request.today, member=member) if one.low), None)


def evenings(request: EcopoleRequest) -> list[Evening]:
    """The depots of the last days: the baskets counted there for members, and those not noted yet."""
    days = (request.today - timedelta(days=DAYS_BACK), request.today)
    counts = DepotCount.objects.filter(size__ecopole=request.ecopole, day__range=days, subscribed__gt=0)
    rows = Handover.objects.filter(depot__ecopole=request.ecopole, day__range=days, withdrawn_at=None)
    noted = {
        (day, depot_id): count
        for day, depot_id, count in rows.order_by().values_list("day", "depot_id").annotate(n=Sum("count"))
    }
    sent = counts.order_by("day", "depot__name").values_list("day", "depot_id", "depot__name")
    return [
        Evening(day, depot_id, depot, count, max(0, count - noted.get((day, depot_id), 0)))
        for day, depot_id, depot, count in sent.annotate(n=Sum("subscribed"))
    ]


def awaiting(request: EcopoleRequest) -> BasketsToday | None:
    """For who runs the baskets and for members; None for the others."""
    told: dict[str, Any] = {}
    if Role.BASKETS in request.roles:
        found = evenings(request)
        told = {
            "evenings": [one for one in found if one.day == request.today],
            "late": sum(1 for one in found if one.day < request.today and one.left),
            "waiting": Waiting.objects.filter(
                member__ecopole=request.ecopole, closed_at=None, offered_at=None
            ).count(),
            "ending": sum(one.low for one in left_of(request.ecopole, request.today)),
        }
    if "see_basket_own" in request.abilities and (member := member_of(request)):
        coming = next_delivery(request.ecopole, member, request.today, Rules(request.ecopole))
        told |= {
            "ahead": _low(request, member),
            "next": coming[0] if coming else None,
            "offered": member.offered,
        }
    return BasketsToday(**told) if told else None
