"""How long a depot was kept by who keeps it for nothing: said once an evening."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef

from terreau.ledger.models import Event
from terreau.ledger.queries import STANDING
from terreau.rooms.baskets.models import Terms
from terreau.territory.abilities import Role
from terreau.territory.models import Agent, AgentKind, Membership, Place, Product

KEPT = "benevolat-depot"
# A shop, a canteen pays who is at its counter: its hours are its own.
VOLUNTARY = (AgentKind.DEPOT, AgentKind.ASSOCIATION, AgentKind.PERSON)


@dataclass(frozen=True)
class Keeping:
    """`open`: hours may be said of this depot; `event`: those of the evening, or None."""

    open: bool
    event: Event | None


def key_of(depot: Place, day: date) -> str:
    return f"depot-kept:{depot.pk}:{day}"


def keeping(depot: Place, day: date) -> Keeping:
    """Of an evening. Two queries. Nobody who is paid here, in a pathway, is counted as a volunteer."""
    paid = Membership.objects.filter(ecopole=depot.ecopole_id, role=Role.PARTICIPANT).values("user")
    theirs = Membership.objects.filter(agent=OuterRef("pk"), user__in=paid)
    sellers = Terms.objects.filter(ecopole=depot.ecopole_id).values("seller")
    keeper = Agent.objects.filter(~Exists(theirs), pk=depot.agent_id, kind__in=VOLUNTARY).exclude(
        pk__in=sellers
    )
    known = Product.objects.filter(Exists(keeper), code=KEPT)
    start = key_of(depot, day)
    said = Event.objects.filter(
        STANDING, ecopole=depot.ecopole_id, key__gte=f"{start}:", key__lt=f"{start};"
    ).select_related("product")
    return Keeping(known.exists(), said.first())
