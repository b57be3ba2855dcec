"""A season small enough to be worked by hand: two beds, three crops, ten weeks."""

import random
from dataclasses import replace
from decimal import Decimal

from terreau.engines.season import (
    Barred,
    Baskets,
    BasketWeek,
    Block,
    Commitment,
    Crop,
    Farm,
    Fixed,
    Hands,
    Labour,
    Opening,
    Option,
    Plan,
    Problem,
    Remaining,
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

# Four weeks, two farms, and every rule at least once.
MONTH = WEEKS[:4]
FULL = Problem(
    weeks=MONTH,
    cyclic=False,
    farms=(
        Farm(
            "jardin",
            "Jardin",
            "garden",
            (
                Hands("permanents", "Permanents", ("culture", "récolte"), (dec(6),) * 4),
                Hands("insertion", "Insertion", ("récolte",), (dec(10),) * 4, dec("0.5")),
            ),
            1,
            crop_cents=1000,
            overtime_max=dec(4),
            overtime_cents=2000,
        ),
        Farm("aulnes", "Les Aulnes", "partner", hands(6, 4), 3),
    ),
    blocks=(
        Block("nord", "Nord", "jardin", "field", dec("1.5"), families_max=1),
        Block("serre", "Serre", "aulnes", "tunnel", dec(1), dec(50), barred=(Barred("Apiacées", "2025"),)),
    ),
    crops=(
        replace(RADISH, kitchen_cents=200, wholesale_cents=150, wholesale_kg_max=dec(20)),
        replace(LETTUCE, store_loss=dec("0.2")),
        CARROT,
    ),
    options=(
        Option("radis", "radis", "field", MONTH[0], 2, (picked(1, 80),), WORK, dec(300), "graines", 1000),
        Option("radis-2", "radis", "field", MONTH[2], 2, (picked(1, 80),), WORK, dec(300), "graines", 1000),
        Option(
            "laitue", "laitue", "field", MONTH[0], 3, (picked(1, 60), picked(2, 60)), WORK, cost_cents=3000
        ),
        Option(
            "serre", "laitue", "tunnel", MONTH[1], 3, (picked(1, 90), picked(2, 90)), WORK, cost_cents=3000
        ),
    ),
    baskets=Baskets(
        tuple(BasketWeek(week, 50, dec("0.5"), 300) for week in MONTH),
        varieties_min=2,
        presences_max=1,
        presence_weeks=2,
    ),
    commitments=(
        Commitment("cantine", "Cantine", "canteen", MONTH[2], ("laitue", "carotte"), dec(12), 250, 500),
        Commitment("soupe", "Cuisine", "kitchen", MONTH[3], ("laitue",), dec(8), 150, 400),
    ),
    fixed=(
        Fixed(
            "p1",
            "serre",
            "carotte",
            ("1b",),
            2,
            (Remaining(MONTH[1], dec(20), dec(30), dec(40)),),
            {"culture": dec("0.5")},
        ),
    ),
    opening=(Opening("laitue", dec(9)),),
    cold_kg=(dec(40),) * 4,
    kitchen_kg=(dec(15),) * 4,
    tolerances=Tolerances(gap=dec(0)),
)


def random_season(seed: int) -> Problem:
    """Two blocks, three options, promises and wholesale only: small enough to try every plan."""
    dice = random.Random(seed)
    weeks = WEEKS[:6]
    crops = tuple(
        Crop(
            name,
            name,
            dice.choice(("Astéracées", "Apiacées")),
            dec("0.5"),
            300,
            wholesale_cents=dice.choice((60, 90, 120)),
            wholesale_kg_max=dec(dice.randint(20, 60)),
        )
        for name in ("chou", "navet", "blette")
    )
    options = []
    for crop in crops:
        first, length = dice.randint(0, 3), dice.randint(2, 3)
        ripe = tuple(picked(n, dice.randint(20, 90)) for n in range(1, length))
        labour = (Labour("culture", dec(dice.randint(1, 3))),)
        cost = dice.choice((500, 1500))
        options.append(Option(crop.id, crop.id, "field", weeks[first], length, ripe, labour, cost_cents=cost))
    commitments = tuple(
        Commitment(f"c{n}", "Cantine", "canteen", dice.choice(weeks), (crop.id,), dec(40), 200, 300)
        for n, crop in enumerate(dice.sample(crops, 2))
    )
    barred = (Barred(crops[2].family, "2026"),) if dice.random() < 0.5 else ()
    return Problem(
        weeks,
        False,
        (Farm("jardin", "Jardin", "garden", hands(dice.randint(2, 5), 6), 2, crop_cents=800),),
        (
            Block("nord", "Nord", "jardin", "field", dec(1), families_max=1),
            Block("sud", "Sud", "jardin", "field", dec("1.5"), dec(50), barred=barred),
        ),
        crops,
        tuple(options),
        commitments=commitments,
        tolerances=Tolerances(gap=dec(0)),
    )


def middle_season(seed: int) -> Problem:
    """Three beds, ten weeks, baskets and a cold store: too many plans to try, few enough to solve twice."""
    dice = random.Random(seed)
    options = tuple(
        Option(
            f"{crop.id}-{first}",
            crop.id,
            "field",
            WEEKS[first],
            length,
            tuple(picked(n, dice.randint(20, 60)) for n in range(length - 2, length)),
            WORK,
            cost_cents=dice.choice((800, 2000)),
        )
        for crop in TINY.crops
        for first, length in ((dice.randint(0, 2), 4), (dice.randint(3, 6), dice.randint(3, 5)))
    )
    return replace(
        TINY,
        blocks=(replace(TINY.blocks[0], beds=dec(3)),),
        options=options,
        baskets=Baskets(tuple(BasketWeek(week, 60, dec("0.4"), 400) for week in WEEKS), varieties_min=2),
        commitments=(replace(TINY.commitments[0], week=WEEKS[dice.randint(5, 9)], kilos=dec(60)),),
        cold_kg=(dec(80),) * 10,
        tolerances=Tolerances(gap=dec("0.0001")),
    )


def untimed(plan: Plan) -> Plan:
    """The plan without the seconds it took."""
    goals = tuple(replace(g, seconds=dec(0)) for g in plan.goals)
    return replace(plan, goals=goals, seconds=dec(0))
