"""What the stores hold: by place, by product, by lot."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.shortcuts import get_object_or_404
from django.utils import timezone

from terreau.ledger.proposals import Declined
from terreau.ledger.queries import CommitmentLine, StockLine
from terreau.measures.french import format_decimal
from terreau.territory.models import Agent, AgentKind, Ecopole, Place, ProductFamily

GRAM = Decimal("0.001")


def platform_of(ecopole: Ecopole) -> Agent:
    return get_object_or_404(Agent, ecopole=ecopole, kind=AgentKind.PLATFORM)


def stores_of(ecopole: Ecopole) -> tuple[Agent, list[Place]]:
    """The platform and its places, in one query."""
    rows = Place.objects.filter(ecopole=ecopole, agent__kind=AgentKind.PLATFORM).select_related("agent")
    places = list(rows.order_by("id"))
    return (places[0].agent if places else platform_of(ecopole)), places


def kilos(lines: Iterable[StockLine]) -> Decimal:
    """What they weigh: stores fill with kilos, whatever the unit; empty crates are not goods."""
    goods = (line for line in lines if line.product.family != ProductFamily.CRATE)
    return sum((line.quantity * line.product.unit_kg for line in goods), Decimal(0)).quantize(GRAM)


def totals(lines: Iterable[StockLine]) -> list[tuple[str, Decimal]]:
    """Kilos by product, the heaviest first."""
    by_product: dict[str, list[StockLine]] = defaultdict(list)
    for line in lines:
        if line.product.family != ProductFamily.CRATE:
            by_product[line.product.name].append(line)
    return sorted(
        ((name, kilos(found)) for name, found in by_product.items()), key=lambda row: (-row[1], row[0])
    )


@dataclass(frozen=True)
class Filling:
    """How full a place is; without a capacity, only what it holds."""

    place: Place
    kg: Decimal

    @property
    def key(self) -> str:
        return str(self.place.pk)

    @property
    def label(self) -> str:
        """« Chambre froide · 4 200 kg »: to the kilo, since nobody fills a store by the gram."""
        return f"{self.place.name} · {format_decimal(self.kg, places=0)}\u00a0kg"


def fillings(places: Iterable[Place], lines: Iterable[StockLine]) -> list[Filling]:
    by_place: dict[int, list[StockLine]] = defaultdict(list)
    for line in lines:
        by_place[line.place.pk].append(line)
    return [Filling(place, kilos(by_place[place.pk])) for place in places]


# The youngest of each age, in days, and its words.
AGES = (
    (0, "0-1 j"), (2, "2-3 j"), (4, "4-6 j"), (7, "1 sem."), (14, "2-3 sem."), (28, "4 sem. et plus"),
)  # fmt: skip
PRODUCTS_SHOWN = 15


@dataclass(frozen=True)
class StoreMap:
    """A place, how full it is, and what it holds: by product, kilos of each age."""

    filling: Filling
    lots: int
    rows: list[tuple[str, list[Decimal]]]

    @property
    def ages(self) -> list[str]:
        return [words for _, words in AGES]


def store_maps(places: Iterable[Place], lines: Iterable[StockLine], today: date) -> list[StoreMap]:
    """Every place; the many small products of one are told together, so that it holds on a telephone."""
    goods: dict[int, list[StockLine]] = defaultdict(list)
    for line in lines:
        if line.product.family != ProductFamily.CRATE:
            goods[line.place.pk].append(line)
    return [
        StoreMap(Filling(place, kilos(goods[place.pk])), len(goods[place.pk]), _aged(goods[place.pk], today))
        for place in places
    ]


def _aged(lines: Iterable[StockLine], today: date) -> list[tuple[str, list[Decimal]]]:
    """By product, the heaviest first: kilos of each age since they were harvested or made."""
    aged: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * len(AGES))
    for line in lines:
        days = (today - timezone.localtime(line.lot.born_at).date()).days
        band = max((n for n, (youngest, _) in enumerate(AGES) if days >= youngest), default=0)
        aged[line.product.name][band] += kilos([line])
    ranked = sorted(aged.items(), key=lambda row: (-sum(row[1]), row[0]))
    if len(ranked) <= PRODUCTS_SHOWN:
        return ranked
    small = [row for _, row in ranked[PRODUCTS_SHOWN - 1 :]]
    others = f"{len(small)} autres produits"
    return [
        *ranked[: PRODUCTS_SHOWN - 1],
        (others, [sum(band, Decimal(0)) for band in zip(*small, strict=True)]),
    ]


@dataclass(frozen=True)
class Shelved:
    """A lot in a place, as the stock page shows it."""

    line: StockLine
    origin: str
    days_left: int | None
    proposed: CommitmentLine | None = None
    declined: Declined | None = None

    @property
    def may_be_cooked(self) -> bool:
        """It may be proposed to the kitchen: the platform’s own, goods, and not past its day."""
        goods = self.line.product.family not in (ProductFamily.BASKET, ProductFamily.CRATE)
        return self.line.own and goods and (self.days_left is None or self.days_left >= 0)

    @property
    def deposit(self) -> str:
        """« Ferme du Héron, en dépôt »: whose it is, beside who holds it."""
        return f"{self.line.owner.name}, en dépôt" if self.line.owner else ""

    @property
    def tone(self) -> str:
        if self.days_left is None:
            return ""
        if self.days_left < 0:
            return "bad"
        return "warn" if self.days_left <= 2 else "ok"

    @property
    def left(self) -> str:
        """In words, since a colour is not enough."""
        if self.days_left is None:
            return "sans limite"
        if self.days_left < 0:
            return "dépassé"
        return {0: "aujourd’hui", 1: "demain"}.get(self.days_left, f"{self.days_left} jours")


def shelved(
    lines: Iterable[StockLine],
    today: date,
    proposed: Iterable[CommitmentLine] = (),
    declined: Iterable[Declined] = (),
) -> list[Shelved]:
    """What awaits somebody’s yes, and what they said no to, are said beside their lot."""
    found = list(lines)
    awaiting = {(p.commitment.lot_id, p.commitment.from_place_id): p for p in proposed}
    refused = {(one.lot_id, one.place_id): one for one in declined}
    origins = dict(
        Agent.objects.filter(pk__in={line.lot.producer_id for line in found}).values_list("pk", "name")
    )
    return [
        Shelved(
            line,
            origins[line.lot.producer_id],
            (line.keeps_until - today).days if line.keeps_until else None,
            awaiting.get((line.lot.pk, line.place.pk)),
            refused.get((line.lot.pk, line.place.pk)),
        )
        for line in found
    ]
