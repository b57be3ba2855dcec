"""A season small enough to be worked by hand: two beds, three crops, ten weeks."""

from decimal import Decimal

from terreau.engines.season import (
    Baskets,
    BasketWeek,
    Block,
    Commitment,
    Crop,
    Farm,
    Hands,
    Labour,
    Option,
    Problem,
    Tolerances,
    Yield,
)


def dec(value: str | int) -> Decimal:
    return Decimal(value)


WEEKS = tuple(f"2027-W{n:02}" for n in range(10, 20))


def hands(hours: str | int, weeks: int = len(WEEKS)) -> tuple[Hands, ...]:
    return (Hands("equipe", "Équipe", ("culture", "récolte"), (dec(hours),) * weeks),)


def picked(after: int, kilos: int | str) -> Yield:
    return Yield(after, dec(kilos) / 2, dec(kilos), dec(kilos) * 2)


RADISH = Crop("radis", "Radis", "Brassicacées", dec("0.25"), 600, harvest_hours_100kg=dec(10))
LETTUCE = Crop("laitue", "Laitue", "Astéracées", dec("0.3"), 400, harvest_hours_100kg=dec(3))
CARROT = Crop(
    "carotte",
    "Carotte",
    "Apiacées",
    dec("0.8"),
    300,
    store_loss=dec("0.1"),
    harvest_hours_100kg=dec(2),
    wholesale_cents=100,
    wholesale_kg_max=dec(50),
)
WORK = (Labour("culture", dec(2), dec("0.2")),)

TINY = Problem(
    weeks=WEEKS,
    cyclic=False,
    farms=(Farm("jardin", "Jardin", "garden", hands(10), 3, crop_cents=500),),
    blocks=(Block("nord", "Nord", "jardin", "field", dec(2)),),
    crops=(RADISH, LETTUCE, CARROT),
    options=(
        Option("radis", "radis", "field", WEEKS[0], 5, (picked(4, 100),), WORK, dec(300), "graines", 1000),
        Option("laitue", "laitue", "field", WEEKS[0], 6, (picked(5, 200),), WORK, dec(1200), "plants", 4000),
        Option("carotte", "carotte", "field", WEEKS[5], 5, (picked(4, 250),), WORK, dec(1), "kg", 2000),
    ),
    baskets=Baskets(
        tuple(BasketWeek(week, 400, dec(0), 10_000) for week in WEEKS[4:6]),
        varieties_min=0,
    ),
    commitments=(Commitment("cantine", "Cantine", "canteen", WEEKS[9], ("carotte",), dec(200), 250, 500),),
    tolerances=Tolerances(gap=dec(0)),
)
