"""What farms say they can bring, week by week."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal

from django.db import transaction

from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.platform.models import Offer
from terreau.territory.models import (
    Agent,
    Ecopole,
    Product,
    Quality,
)


@dataclass(frozen=True)
class Fetching:
    """Whether what is offered is fetched at the farm, and within which hours."""

    wanted: bool = False
    after: time | None = None
    before: time | None = None


@dataclass(frozen=True)
class OfferEntry:
    """What a farm says it can bring, as typed or imported."""

    farm: Agent
    product: Product
    quantity: Decimal
    price: Money
    first_day: date
    last_day: date
    quality: int = Quality.ORGANIC
    # None: as the farm last said, here or elsewhere.
    fetching: Fetching | None = None


def offer(*, ecopole: Ecopole, week: IsoWeek, entries: Sequence[OfferEntry]) -> None:
    """Write the week's offers; saying the same product again replaces what was said."""
    usual = fetchings(ecopole, {e.farm.pk for e in entries if e.fetching is None})
    told = [(e, e.fetching or usual.get(e.farm.pk, Fetching())) for e in entries]
    Offer.objects.bulk_create(
        [
            Offer(
                ecopole=ecopole,
                farm=e.farm,
                week=str(week),
                product=e.product,
                quality=e.quality,
                quantity=e.quantity,
                price=e.price,
                first_day=e.first_day,
                last_day=e.last_day,
                collected=how.wanted,
                collect_after=how.after,
                collect_before=how.before,
            )
            for e, how in told
        ],
        update_conflicts=True,
        unique_fields=["farm", "week", "product", "quality"],
        update_fields=[
            "quantity", "price", "first_day", "last_day", "collected", "collect_after", "collect_before",
        ],
    )  # fmt: skip


def fetchings(ecopole: Ecopole, farms: Set[int]) -> dict[int, Fetching]:
    """What each farm said last of how its goods come. One query, none without a farm."""
    rows = Offer.objects.filter(ecopole=ecopole, farm__in=farms).order_by("week", "pk")
    told = rows.values_list("farm_id", "collected", "collect_after", "collect_before") if farms else ()
    return {farm: Fetching(wanted, after, before) for farm, wanted, after, before in told}


def copy_offers(*, ecopole: Ecopole, farm: Agent, week: IsoWeek) -> int:
    """Last week's offer, said again for this week; what was already said for this week stays."""
    said = set(Offer.objects.filter(farm=farm, week=str(week)).values_list("product_id", "quality"))
    former = Offer.objects.filter(ecopole=ecopole, farm=farm, week=str(week - 1)).select_related("product")
    entries = [
        OfferEntry(
            farm=farm,
            product=row.product,
            quantity=row.quantity,
            price=row.price,
            first_day=row.first_day + timedelta(days=7),
            last_day=row.last_day + timedelta(days=7),
            quality=row.quality,
            fetching=Fetching(row.collected, row.collect_after, row.collect_before),
        )
        for row in former
        if (row.product_id, row.quality) not in said
    ]
    offer(ecopole=ecopole, week=week, entries=entries)
    return len(entries)


def withdraw_offer(*, line: Offer) -> None:
    """Take a line back; what was already promised of it stays promised until the week is planned again."""
    line.delete()


@transaction.atomic
def import_offers(*, ecopole: Ecopole, entries: Mapping[IsoWeek, Sequence[OfferEntry]]) -> None:
    """The offers of a file, all or none."""
    for week, said in entries.items():
        offer(ecopole=ecopole, week=week, entries=said)
