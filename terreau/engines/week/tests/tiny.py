"""A week small enough to be worked by hand, and small random weeks of whole pieces for the oracle."""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

from terreau.engines.week import (
    BasketBatch,
    Demand,
    Farm,
    Problem,
    Product,
    Supply,
    Tolerances,
)

MONDAY, TUESDAY, THURSDAY, FRIDAY = (date(2026, 11, day) for day in (23, 24, 26, 27))
EXACT = Tolerances(*(Decimal(0),) * 5, fairness_levels=3)


def kg(value: str | int) -> Decimal:
    return Decimal(value)


TINY = Problem(
    week="2026-W48",
    days=(MONDAY, TUESDAY, THURSDAY, FRIDAY),
    products=(
        Product("carotte", "Carotte", "kg", kg(1), 200, (kg("0.5"),)),
        Product("poireau", "Poireau", "kg", kg(1), 300, (kg("0.5"),)),
    ),
    farms=(
        Farm("aulnes", "Ferme des Aulnes", 10_000, 4_000),
        Farm("butte", "Ferme de la Butte", 10_000, 6_000),
    ),
    supplies=(
        Supply("a-carotte", "carotte", "aulnes", kg(20), 2, MONDAY, FRIDAY, 100, "offer"),
        Supply("a-poireau", "poireau", "aulnes", kg(6), 2, MONDAY, FRIDAY, 200, "offer"),
        Supply("b-carotte", "carotte", "butte", kg(20), 2, MONDAY, FRIDAY, 100, "offer"),
    ),
    demands=(Demand("cantine", "Cantine", "carotte", kg(12), 150, THURSDAY),),
    baskets=(BasketBatch("petit", "petit", THURSDAY, 10, 250, 2, 2, recent={"carotte": 1}),),
    tolerances=EXACT,
)


def without(problem: Problem, supply: str) -> Problem:
    return replace(problem, supplies=tuple(s for s in problem.supplies if s.id != supply))


def pieces_week(seed: int) -> Problem:
    """Two vegetables by the piece, three supplies of at most three, one batch of two baskets, two orders."""
    dice = random.Random(seed)
    products = tuple(
        Product(
            name, name, "piece", kg(1), dice.choice((100, 150, 230)), (kg(1),), dice.choice((None, "même"))
        )
        for name in ("chou", "salade")
    )
    supplies = tuple(
        Supply(
            f"s{n}",
            dice.choice(("chou", "salade")),
            dice.choice(("aulnes", "butte")),
            kg(dice.randint(1, 3)),
            dice.randint(0, 2),
            dice.choice((MONDAY, THURSDAY)),
            dice.choice((THURSDAY, FRIDAY)),
            dice.randint(50, 99),
            (kind := dice.choice(("offer", "forecast"))),
            min_take=kg(1) if kind == "offer" and dice.random() < 0.3 else kg(0),
        )
        for n in range(3)
    )
    demands = tuple(
        Demand(
            f"d{n}",
            f"Cantine {n}",
            "chou",
            kg(dice.randint(1, 3)),
            dice.randint(90, 160),
            dice.choice((TUESDAY, THURSDAY)),
            substitutes=dice.choice(((), ("salade",))),
            quantity_min=kg(dice.randint(0, 1)),
            quality_min=dice.choice((0, 0, 1)),
            weight=kg(dice.randint(1, 2)),
        )
        for n in range(2)
    )
    baskets = (
        BasketBatch(
            "petit",
            "petit",
            THURSDAY,
            2,
            dice.choice((150, 240)),
            dice.choice((1, 2)),
            2,
            tolerance=Decimal("0.2"),
            recent={"chou": dice.randint(1, 4)},
        ),
    )
    farms = (Farm("aulnes", "Les Aulnes", 1000, dice.randint(0, 900)), Farm("butte", "La Butte", 700, 300))
    days = (MONDAY, TUESDAY, THURSDAY, FRIDAY)
    return Problem("2026-W48", days, products, farms, supplies, demands, baskets, tolerances=EXACT)
