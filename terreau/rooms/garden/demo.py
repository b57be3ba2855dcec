"""The garden's part of the demo: what ripens week after week, and what is really weighed."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import prefetch_related_objects
from django.utils import timezone

from terreau.ledger.models import Commitment
from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.actions import ForecastEntry, HarvestLine, harvest, set_forecast
from terreau.territory.demo import World
from terreau.territory.models import Product

# What the garden grows and the units a full week gives: 11 ha, for 300 baskets and part of the canteens.
WEEKLY = {
    "carotte": 260, "poireau": 190, "pomme-de-terre": 380, "oignon": 120, "betterave": 110,
    "potimarron": 160, "butternut": 110, "chou-cabus": 130, "chou-milan": 120, "chou-kale": 50,
    "chou-fleur": 110, "brocoli": 70, "celeri-rave": 110, "navet": 80, "panais": 60, "radis-noir": 30,
    "epinard": 60, "blette": 80, "laitue": 320, "mache": 22, "mesclun": 20, "chicoree": 130, "endive": 60,
    "fenouil": 60, "courgette": 220, "tomate": 300, "tomate-ancienne": 120, "concombre": 200,
    "aubergine": 70, "poivron": 70, "haricot-vert": 60, "petit-pois": 40, "feve": 50, "radis": 220,
    "carotte-botte": 200, "navet-botte": 120, "oignon-botte": 140, "chou-pointu": 120, "chou-rave": 60,
    "pomme-de-terre-primeur": 160, "persil": 120, "basilic": 80, "coriandre": 60, "fraise": 45,
    "rhubarbe": 60, "topinambour": 50, "rutabaga": 50,
}  # fmt: skip
TRANSFER_SHARE = Decimal("0.62")  # of the reference price: what the garden asks of the platform


def forecast(world: World, week: IsoWeek) -> None:
    """Each crop in season gives a bell over its window, on the beds where it grows this year."""
    lines = []
    for rank, (code, full) in enumerate(WEEKLY.items()):
        product = world.products[code]
        ripeness = bell(product, week.week)
        if not ripeness:
            continue
        for n in range(1 + (full > 150)):
            likely = Decimal(round(full * ripeness * world.dice.uniform(0.8, 1.2) / (1 + (full > 150))))
            if likely >= 3:
                lines.append(
                    ForecastEntry(
                        product=product,
                        place=world.beds[(rank * 3 + n + week.year * 17) % len(world.beds)],
                        low=Decimal(round(likely * Decimal("0.8"))),
                        likely=likely,
                        price=transfer_price(product),
                        first_day=week.monday,
                        last_day=week.sunday + timedelta(days=7),
                    )
                )
    set_forecast(ecopole=world.ecopole, garden=world.garden, week=week, lines=lines)


def transfer_price(product: Product) -> Money:
    return Money(round(product.reference_price.cents * TRANSFER_SHARE))


def bell(product: Product, week: int) -> float:
    """How much of a full week comes out this week: less at both ends of the season."""
    season = product.harvest_weeks
    if week not in season:
        return 0.0
    if len(season) >= 50:
        return 0.7
    ends = sum(1 for step in (-2, -1, 1, 2) if (week + step - 1) % 52 + 1 not in season)
    return 1 - 0.2 * ends


def live(world: World, due: list[Commitment], day: date) -> None:
    """Harvest what is due, at what the scales say: a little off the plan, sometimes a bad surprise."""
    if not due:
        return
    prefetch_related_objects(due, "to_place")
    lines = []
    for commitment in due:
        share = Decimal(
            str(round(world.dice.choices([world.dice.uniform(0.93, 1.0), 1.0, 0.7], [3, 6, 0.3])[0], 3))
        )
        step = Decimal("0.1") if commitment.product.unit == "kg" else Decimal(1)
        quantity = (commitment.quantity * share) // step * step
        if quantity > 0 and commitment.to_place:
            lines.append(
                HarvestLine(commitment.product, commitment.to_place, quantity, commitment=commitment)
            )
    at = timezone.make_aware(datetime.combine(day, time(9, 30)))
    harvest(
        ecopole=world.ecopole,
        garden=world.garden,
        lines=lines,
        on=at,
        by=None,
        at=at,
        key=f"demo:{day}:harvest",
    )
