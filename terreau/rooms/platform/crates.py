"""Returnable crates: whose they are never changes, who holds them does; the ledger counts both.

The platform owns the pool. Left with a partner or taken back, a crate changes hands (`transfer_custody`).
"""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Sum

from terreau.ledger.models import Custody
from terreau.territory.models import Agent, AgentKind, Ecopole, Place, PlaceKind, Product, ProductFamily

PARTNERS = (
    AgentKind.FARM, AgentKind.CANTEEN, AgentKind.SHOP, AgentKind.GROCERY, AgentKind.KITCHEN, AgentKind.DEPOT,
)  # fmt: skip
DOORS = (PlaceKind.DOOR, PlaceKind.DEPOT)


def kinds() -> list[tuple[int, str]]:
    """The crates one may add to the pool, the biggest first."""
    rows = Product.objects.filter(family=ProductFamily.CRATE).order_by("-unit_kg", "name")
    return list(rows.values_list("pk", "name"))


@dataclass(frozen=True)
class Pool:
    """The crates there are: their kinds, the biggest first, and how many of each every holder has."""

    kinds: tuple[tuple[int, str], ...]
    by_holder: dict[int, dict[int, int]]

    def held(self, partner: Agent) -> "Held":
        return Held(partner, self.by_holder.get(partner.pk, {}))


def pool(ecopole: Ecopole) -> Pool:
    """One query."""
    # Holder by holder: the index then skips the thousands of lots long gone.
    holders = Agent.objects.filter(ecopole=ecopole)
    rows = Custody.objects.filter(
        ecopole=ecopole, holder__in=holders, product__family=ProductFamily.CRATE, quantity__gt=0
    )
    sums = rows.order_by("-product__unit_kg", "product__name").values_list(
        "holder", "product", "product__name", "product__unit_kg"
    )
    kinds: dict[int, str] = {}
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for holder, product, name, _, total in sums.annotate(total=Sum("quantity")):
        kinds[product] = name
        found[holder][product] = int(total)
    return Pool(tuple(kinds.items()), found)


def said(count: int) -> str:
    """« 12 caisses »."""
    return "aucune caisse" if count == 0 else "une caisse" if count == 1 else f"{count} caisses"


@dataclass(frozen=True)
class Held:
    """What a partner holds, of each kind; the kind it holds most is the one proposed."""

    partner: Agent
    by_kind: dict[int, int]

    @property
    def total(self) -> int:
        return sum(self.by_kind.values())

    @property
    def count(self) -> str:
        return said(self.total)

    @property
    def said(self) -> str:
        return f"{self.count} chez {self.partner.name}"

    @property
    def usual(self) -> int | None:
        return max(self.by_kind, key=lambda pk: self.by_kind[pk], default=None)


def partners(ecopole: Ecopole) -> list[Agent]:
    """Those who have a door where crates may be left."""
    doors = Place.objects.filter(ecopole=ecopole, kind__in=DOORS).order_by().values("agent")
    rows = Agent.objects.filter(ecopole=ecopole, kind__in=PARTNERS, pk__in=doors, anonymised_at=None)
    return list(rows.order_by("name"))


def door_of(partner: Agent) -> Place:
    return Place.objects.filter(agent=partner, kind__in=DOORS).order_by("id")[0]
