"""What a canteen bought here in a year: its share of durable products, and its lines for ma-cantine.

The lines of the file and the shares of the page are the same purchases: one count, on both sides.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.timezone import localtime

from terreau.formats.macantine import FAMILIES, Purchase
from terreau.ledger.effects import Action
from terreau.ledger.models import Event, Lot
from terreau.ledger.queries import STANDING
from terreau.measures.money import Money
from terreau.territory.clock import moment
from terreau.territory.geography import distance_km
from terreau.territory.models import Agent, Commune, Quality

NONE = Money(0)


@cache
def rules() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "egalim.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Local:
    """What the canteen calls local: its commune and its intercommunalité, its département, so many km."""

    definition: str
    km: int | None = None

    def holds(self, canteen: Commune | None, origin: Commune | None) -> bool:
        if canteen is None or origin is None:
            return False
        if self.definition == "COMMUNE":
            same_epci = canteen.epci_code and canteen.epci_code == origin.epci_code
            return canteen.pk == origin.pk or bool(same_epci)
        if self.definition == "DEPARTEMENT":
            return canteen.departement == origin.departement
        return self.km is not None and distance_km(canteen, origin) <= self.km


def purchases(canteen: Agent, year: int, local: Local) -> list[Purchase]:
    """What was delivered to a canteen and priced, a line a day, product, quality and origin. Two queries.

    Sold for a farm, it is that farm's sale: the farm is the supplier, and there is no intermediary.

    Organic, or in its second year of conversion, is BIO. A sale through one intermediary at most is a short
    circuit, whatever the distance: the hands a lot went through are counted in the ledger.
    """
    first, after = (moment(date(y, 1, 1)) for y in (year, year + 1))
    sold = Event.objects.filter(
        STANDING,
        action__in=(Action.TRANSFER, Action.TRANSFER_RIGHTS),
        receiver=canteen,
        occurred_at__gte=first,
        occurred_at__lt=after,
        price__gt=NONE,
    )
    rows = sold.select_related("provider", "product", "lot__producer__commune").order_by("occurred_at", "pk")
    hands = _hands(canteen, {row.lot_id for row in rows})
    lines: dict[Purchase, Money] = defaultdict(lambda: NONE)
    for row in rows:
        assert row.lot  # a transfer of goods has one (event_lot_unless_work)
        assert row.price
        producer = row.lot.producer
        near = local.holds(canteen.commune, producer.commune)
        line = Purchase(
            siret=canteen.siret,
            description=f"{row.product.name} ({producer.name})",
            supplier=row.provider.name,
            day=localtime(row.occurred_at).date(),
            price=NONE,
            family=row.product.macantine_family or "AUTRES",
            labels=("BIO",) if row.lot.quality > Quality.CONVENTIONAL else (),
            short_circuit=_intermediaries(row.lot, row.provider_id, hands) <= 1,
            local=local.definition if near else "",
            local_km=local.km if near else None,
        )
        lines[line] += row.price
    return [replace(line, price=price) for line, price in lines.items()]


def _hands(canteen: Agent, lots: set[int | None]) -> dict[tuple[int | None, int], int]:
    """From whom each holder of these lots had them."""
    passed = Event.objects.filter(STANDING, action=Action.TRANSFER, lot__in=lots).exclude(receiver=canteen)
    told = passed.values_list("lot_id", "receiver_id", "provider_id")
    return {(lot, receiver): provider for lot, receiver, provider in told}


def _intermediaries(lot: Lot, seller: int, hands: dict[tuple[int | None, int], int]) -> int:
    """How many bought and sold again between the producer and the canteen."""
    met: set[int] = set()
    while seller != lot.producer_id and seller not in met:
        met.add(seller)
        seller = hands.get((lot.pk, seller), lot.producer_id)
    return len(met)


@dataclass(frozen=True)
class Share:
    """A part of what was bought, in euros and per cent; `target` is the year's objective, if there is one."""

    label: str
    price: Money
    percent: Decimal
    target: Decimal | None = None


@dataclass(frozen=True)
class Shares:
    """A year of purchases as EGalim counts them, excluding tax."""

    total: Money
    objectives: tuple[Share, ...]
    buckets: tuple[Share, ...]
    families: tuple[Share, ...]
    information: tuple[Share, ...]


def shares(bought: Iterable[Purchase], year: int) -> Shares:
    """Each purchase once, in the first bucket it has a label of; origins and short circuits are told apart.

    EGalim = all the buckets; bio = the first. Family and information sums follow no objective.
    """
    bought = list(bought)
    total = _sum(bought)
    by_bucket: dict[str, Money] = defaultdict(lambda: NONE)
    by_family: dict[str, Money] = defaultdict(lambda: NONE)
    for purchase in bought:
        by_family[purchase.family] += purchase.price
        if name := bucket_of(purchase.labels):
            by_bucket[name] += purchase.price
    counted = {"bio": by_bucket["bio"], "egalim": sum(by_bucket.values(), NONE)}
    told = {
        "Circuit court": _sum(p for p in bought if p.short_circuit),
        "Origine France": _sum(p for p in bought if p.origin == "FRANCE"),
        "Local, au sens choisi": _sum(p for p in bought if p.local),
    }
    return Shares(
        total=total,
        objectives=tuple(
            Share(rule["label"].capitalize(), counted[name], _percent(counted[name], total), percent)
            for name in counted
            if (rule := _objective(name, year)) and (percent := Decimal(rule["percent"]))
        ),
        buckets=tuple(
            Share(rule["label"], by_bucket[rule["name"]], _percent(by_bucket[rule["name"]], total))
            for rule in rules()["bucket"]
            if by_bucket[rule["name"]].cents
        ),
        families=tuple(
            Share(FAMILIES[code], by_family[code], _percent(by_family[code], total))
            for code in FAMILIES
            if code in by_family
        ),
        information=tuple(Share(label, price, _percent(price, total)) for label, price in told.items()),
    )


def bucket_of(labels: Sequence[str]) -> str:
    """The only bucket a purchase counts in, or none."""
    return next((rule["name"] for rule in rules()["bucket"] if set(labels) & set(rule["labels"])), "")


def _objective(name: str, year: int) -> dict[str, Any] | None:
    """The one in force at the end of the year: a year is judged whole."""
    known = [rule for rule in rules()["objective"] if rule["name"] == name and rule["since"].year <= year]
    return max(known, key=lambda rule: rule["since"]) if known else None


def campaign(year: int) -> dict[str, Any] | None:
    """When purchases of that year are declared, if it is known."""
    return next((rule for rule in rules()["campaign"] if rule["year"] == year), None)


def _sum(bought: Iterable[Purchase]) -> Money:
    return sum((purchase.price for purchase in bought), NONE)


def _percent(part: Money, whole: Money) -> Decimal:
    """To a tenth, as ma-cantine shows it; of nothing, zero."""
    return round(Decimal(100 * part.cents) / whole.cents, 1) if whole.cents else Decimal(0)
