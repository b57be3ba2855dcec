"""Baskets paid ahead in the demo: what the garden offers, two dozen households at each stage of a pack."""

from datetime import date, timedelta

from terreau.measures.money import Money
from terreau.rooms.baskets import actions
from terreau.rooms.baskets.actions.packs import baskets_of, ends_on
from terreau.rooms.baskets.models import BasketSize, Pack, PackBasket, PackOffer, Subscription
from terreau.territory.clock import moment
from terreau.territory.demo import World

# Baskets, months, what each costs less than one by one in percent, and what becomes of those left.
OFFERS = ((10, 6, 5, "carried"), (13, 3, 6, "repaid"), (20, 12, 8, "repaid"))
# None of them is in a scheme.
FROM, HOUSEHOLDS, WEEKS = 100, 24, 7


def live(world: World, sizes: list[BasketSize], prices: tuple[int, ...], start: date, since: date) -> None:
    """In bulk, before the first basket is handed over; `since`: its week."""
    at = moment(start, 8)
    offers: dict[int, list[PackOffer]] = {
        size.pk: [
            actions.set_offer(
                ecopole=world.ecopole, at=at, key=f"demo:{number}",
                entry=actions.OfferEntry(
                    size, start, number, Money(cents * number * (100 - less) // 100), months, ending, 2,
                    "conseil d’administration",
                ),
            )
            for number, months, less, ending in OFFERS
        ]
        for size, cents in zip(sizes, prices, strict=True)
    }  # fmt: skip
    held = Subscription.objects.filter(member__ecopole=world.ecopole).order_by("id")
    rows = []
    for n, (member_id, size_id) in enumerate(
        held.values_list("member_id", "size_id")[FROM : FROM + HOUSEHOLDS]
    ):
        day, offer = since + timedelta(weeks=n % WEEKS), offers[size_id][n % len(OFFERS)]
        bought = moment(day, 9)
        rows.append(
            Pack(
                member_id=member_id, offer=offer, bought_on=day, ends_on=ends_on(offer, day),
                recorded_at=bought, key="demo",
            )
        )  # fmt: skip
    packs = Pack.objects.bulk_create(rows)
    PackBasket.objects.bulk_create(one for pack in packs for one in baskets_of(pack))
