"""What « Aujourd’hui » tells who keeps the place, and its members."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Subquery

from terreau.rooms.thirdplace.models import Contribution, House, Member, Spending
from terreau.rooms.thirdplace.queries.calendar import GatheringLine, gatherings
from terreau.rooms.thirdplace.queries.credits import credits_left
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest, acting_for


@dataclass(frozen=True)
class PlaceToday:
    welcomes: list[GatheringLine] = field(default_factory=list)
    to_validate: int = 0
    to_hand_over: int = 0
    # Of the member who reads, or None.
    credits: Decimal | None = None
    unit: str = ""


def awaiting(request: EcopoleRequest) -> PlaceToday | None:
    """For who runs the place and for its members; None for the others. Few queries, whatever the rows."""
    ecopole = request.ecopole
    told: dict[str, Any] = {}
    if Role.HOST in request.roles:
        today = gatherings(ecopole, request.today, request.today)
        told = {
            "welcomes": [one for one in today if not one.cancelled_why],
            "to_validate": Contribution.objects.filter(
                member__ecopole=ecopole, event=None, refused_at=None
            ).count(),
            "to_hand_over": Spending.objects.filter(
                member__ecopole=ecopole, handed_at=None, given_back_at=None
            ).count(),
        }
    if "see_credits_own" in request.abilities and (member := member_of(request)):
        left = credits_left(member.agent_id, request.today)
        told |= {"credits": sum(left.values(), Decimal(0)), "unit": member.unit}
    return PlaceToday(**told) if told else None


def member_of(request: EcopoleRequest) -> Any:
    """The member this person is: the pseudonym for which they hold the role; `unit`: that of credits."""
    rows = Member.objects.filter(
        ecopole=request.ecopole, agent__in=acting_for(request, "see_credits_own"), closed_on=None
    )
    unit = House.objects.filter(ecopole=OuterRef("ecopole")).values("unit")
    return rows.select_related("agent", "ecopole").annotate(unit=Subquery(unit)).first()
