"""What farms left and still own: where it is, what for, what may be sold of it, and on what terms.

Custody without ownership: a deposit changes holder (`transfer_custody`), not owner. Sold for its farm, rights
pass from the farm to the customer at the price of the line (`transfer_rights`), and the platform is owed its
commission: the rate agreed on that day, of that price.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Exists, F, OuterRef

from terreau.ledger.models import Commitment, Custody, Rights
from terreau.ledger.queries import StockLine
from terreau.measures.money import Money
from terreau.rooms.platform.crates import DOORS
from terreau.rooms.platform.models import Commission, Deposit, Purpose
from terreau.territory.models import Agent, AgentKind, Ecopole, Place, PlaceKind

STORES = (PlaceKind.COLD, PlaceKind.AMBIENT)
PURPOSE_TONES = {Purpose.KEPT: "", Purpose.SALE: "info", Purpose.PROCESSING: "warn"}


@dataclass(frozen=True)
class Left:
    """A part of a deposit: so much of it, held by somebody, somewhere."""

    id: int
    deposit: Deposit
    holder: Agent
    place: Place
    quantity: Decimal

    @property
    def purpose(self) -> str:
        return Purpose(self.deposit.purpose).label

    @property
    def tone(self) -> str:
        return PURPOSE_TONES[Purpose(self.deposit.purpose)]

    @property
    def free(self) -> bool:
        """In a store of the platform: it may be taken back, or handed over."""
        return self.holder.kind == AgentKind.PLATFORM and self.place.kind in STORES

    @property
    def away(self) -> bool:
        return self.holder.kind != AgentKind.PLATFORM


def left(ecopole: Ecopole, farms: Collection[int]) -> list[Left]:
    """What these farms own of their deposits and others hold, by farm, product and age. One query."""
    owned = Rights.objects.filter(lot=OuterRef("lot"), owner=OuterRef("holder"), quantity__gt=0)
    # From the few lots ever left: what customers were given is by far the most that is held.
    deposited = Deposit.objects.filter(ecopole=ecopole, lot__producer__in=farms).values("lot")
    rows = (
        Custody.objects.filter(~Exists(owned), lot__in=deposited, quantity__gt=0)
        .exclude(holder=F("lot__producer"))
        .select_related("lot__deposit", "lot__product", "lot__producer", "holder", "place")
        .order_by("lot__producer__name", "lot__product__name", "lot__born_at", "pk")
    )
    found = []
    for row in rows:
        deposit = row.lot.deposit
        deposit.lot = row.lot
        found.append(Left(row.pk, deposit, row.holder, row.place, row.quantity))
    return found


def for_sale(lines: Iterable[StockLine]) -> list[StockLine]:
    """The platform's own stock, and what farms left there to be sold: one query if there is any."""
    found = list(lines)
    others = {line.lot.pk for line in found if line.owner}
    sold = _to_sell(others) if others else set()
    return [line for line in found if line.owner is None or line.lot.pk in sold]


def _to_sell(lots: Collection[int]) -> set[int]:
    rows = Deposit.objects.filter(lot__in=lots, purpose=Purpose.SALE)
    return set(rows.values_list("lot_id", flat=True))


def given(commitments: Iterable[Commitment]) -> set[tuple[int | None, int]]:
    """Of the deliveries these are picked for: those of them that are gifts. What is a farm's is not given."""
    processes = {c.process_id for c in commitments if c.process_id}
    gifts = Commitment.objects.filter(process__in=processes, action="transfer", price=Money(0))
    return set(gifts.values_list("process_id", "product_id"))


def processors(ecopole: Ecopole) -> list[Agent]:
    """Kitchens with a door, where goods may be handed over to be processed for their farm."""
    doors = Place.objects.filter(ecopole=ecopole, kind__in=DOORS).order_by().values("agent")
    rows = Agent.objects.filter(ecopole=ecopole, kind=AgentKind.KITCHEN, pk__in=doors, anonymised_at=None)
    return list(rows.order_by("name"))


class Rates:
    """What the platform keeps of a sale made for a farm, on its day: the last line begun. One query."""

    def __init__(self, ecopole: Ecopole, farms: Collection[int]):
        self._terms: dict[int, list[Commission]] = defaultdict(list)
        rows = Commission.objects.filter(ecopole=ecopole, farm__in=farms)
        for row in rows.select_related("farm").order_by("starts_on", "pk"):
            self._terms[row.farm_id].append(row)

    def on(self, farm: int, day: date) -> Decimal | None:
        """Per cent; None where nothing is agreed."""
        begun = [row.percent for row in self._terms[farm] if row.starts_on <= day]
        return begun[-1] if begun else None

    def of(self, farm: int) -> list[Commission]:
        return self._terms[farm]


def commission(price: Money, percent: Decimal) -> Money:
    """The rate of the price, to the cent, half a cent upwards."""
    return Money(int((price.cents * percent / 100).quantize(Decimal(1), ROUND_HALF_UP)))


def sellers(lines: Iterable[StockLine]) -> Mapping[int, int]:
    """Of the lots sold for another: whose they are."""
    return {line.lot.pk: line.owner.pk for line in lines if line.owner}
