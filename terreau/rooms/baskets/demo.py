"""The baskets' part of the demo: three sizes, 300 baskets, 25 depots, two days a week."""

from datetime import date
from decimal import Decimal

from terreau.ledger.answers import Answer
from terreau.ledger.models import Commitment
from terreau.ledger.queries import on_hand
from terreau.measures.money import Money
from terreau.measures.split import split
from terreau.measures.week import IsoWeek
from terreau.rooms.baskets.actions import STORES, pack, set_counts
from terreau.rooms.baskets.models import BasketSize, DepotCount
from terreau.territory.clock import moment
from terreau.territory.demo import World
from terreau.territory.models import Quality

# product, worth of its content in cents, vegetables at least and at most, baskets a week
SIZES = (
    ("panier-petit", 950, 4, 7, 150),
    ("panier-moyen", 1400, 5, 8, 100),
    ("panier-grand", 1900, 5, 9, 50),
)
DAYS = (3, 5)  # Wednesday and Friday


def settle_in(world: World) -> list[BasketSize]:
    return [
        BasketSize.objects.create(
            ecopole=world.ecopole,
            maker=world.platform,
            product=world.products[code],
            rank=rank,
            target_value=Money(value),
            varieties_min=least,
            varieties_max=most,
            quality_min=Quality.CONVERSION,
        )
        for rank, (code, value, least, most, _) in enumerate(SIZES, start=1)
    ]


def counts(world: World, sizes: list[BasketSize], week: IsoWeek) -> None:
    """About 300 baskets, fewer in August and at Christmas; each depot has its day."""
    share = 0.7 if week.week in (31, 32, 33, 52, 1) else world.dice.uniform(0.94, 1.03)
    rows = []
    for size, (*_, total) in zip(sizes, SIZES, strict=True):
        weights = [3 + 7 * n % 5 for n in range(len(world.depots))]
        for n, count in enumerate(split(round(total * share), weights)):
            day = week.days[DAYS[n % 2] - 1]
            rows.append(DepotCount(size=size, depot=world.depots[n], day=day, count=count))
    set_counts(ecopole=world.ecopole, week=week, counts=rows)


def live(world: World, due: list[Commitment], day: date) -> None:
    """Pack what is due with what there is: a crate short, and every basket has a little less of it."""
    if not due:
        return
    stored = on_hand(
        world.ecopole, holder=world.platform, place_kinds=STORES, quality_min=Quality.CONVERSION, on=day
    )
    answers = []
    for c in due:
        quantity = c.quantity
        if c.action == "consume":
            quantity = min(quantity, stored.get(c.product_id, Decimal(0)))
            stored[c.product_id] = stored.get(c.product_id, Decimal(0)) - quantity
        answers.append(Answer(c, quantity))
    at = moment(day, 6)
    pack(
        ecopole=world.ecopole, platform=world.platform, packed=answers, by=None, at=at, key=f"demo:{day}:pack"
    )
