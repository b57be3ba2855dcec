"""The week of a large écopôle, planned by hand and by the engine, side by side.

Usage: python bench/week_plan.py [seed …]
"""

import random
import sys
from datetime import date, timedelta
from decimal import Decimal

from terreau.engines.week import (
    BasketBatch,
    Demand,
    Farm,
    Kitchen,
    Plan,
    Problem,
    Product,
    Recipe,
    SolidarityOutlet,
    Store,
    Supply,
    greedy,
    solve,
    verify,
)

MONDAY = date(2026, 11, 23)
# Name, unit, kilos a unit, reference price in cents, portions, group, share of value kept for a week.
KINDS = {
    "root": ("kg", "1", 220, ("0.5", "0.8", "1"), "0.95"),
    "leaf": ("kg", "1", 420, ("0.2", "0.3", "0.4"), "0.3"),
    "head": ("piece", "0.9", 190, ("1",), "0.6"),
    "bunch": ("piece", "0.4", 160, ("1", "2"), "0.2"),
    "fruit": ("kg", "1", 290, ("0.5", "1", "1.5"), "0.85"),
    "small": ("kg", "1", 900, ("0.1", "0.15", "0.25"), "0.4"),
}
NAMES = {
    "root": "carotte betterave panais navet rutabaga topinambour céleri-rave oignon échalote "
    "pomme-de-terre-ferme pomme-de-terre-fondante radis-noir patate-douce persil-racine "
    "carotte-jaune oignon-rouge",
    "leaf": "épinard mâche roquette blette mesclun pourpier chou-kale poireau cresson "
    "pissenlit moutarde endive",
    "head": "chou-vert chou-rouge chou-fleur brocoli laitue batavia scarole frisée fenouil "
    "potimarron courge-butternut "
    "chou-blanc chou-pointu chou-romanesco",
    "bunch": "persil coriandre radis botte-de-navets botte-de-betteraves aneth ciboulette botte-d’oignons",
    "fruit": "pomme poire coing kiwi courge-musquée",
    "small": "ail champignon chou-de-bruxelles noix physalis",
}
CABBAGES = ("chou-vert", "chou-rouge", "chou-blanc", "chou-pointu", "chou-romanesco", "chou-fleur")
SALADS = ("laitue", "batavia", "scarole", "frisée", "mâche", "mesclun")


def instance(seed: int, *, farms: int = 40, customers: int = 40, baskets: int = 300) -> Problem:
    """A late autumn week: a garden with 24 crops, partner farms, canteens, baskets in 3 sizes on 2 days."""
    dice = random.Random(seed)
    days = tuple(MONDAY + timedelta(n) for n in range(6))
    products = _products()
    supplies = _supplies(dice, products, farms)
    sold = {s.farm: 0 for s in supplies}
    for s in supplies:
        sold[s.farm] += int(s.quantity * s.price_cents)
    promised = {f: max(10_000, amount * dice.randint(3, 9)) for f, amount in sold.items()}
    return Problem(
        week="2026-W48",
        days=days,
        products=products,
        farms=tuple(
            Farm(f, f"Ferme {f}", cents, int(cents * dice.uniform(0.5, 1.1))) for f, cents in promised.items()
        ),
        supplies=supplies,
        demands=_demands(dice, products, customers),
        baskets=_baskets(dice, products, baskets),
        recipes=tuple(
            Recipe(
                f"soupe{n}",
                f"Soupe {n}",
                {dice.choice(products[:12]).id: Decimal(15), "poireau": Decimal(6), "oignon": Decimal(4)},
                Decimal(4),
                6,
                (days[1], days[3]),
                6500,
                quality_min=0,
            )
            for n in range(4)
        ),
        kitchen=Kitchen({days[1]: Decimal(14), days[3]: Decimal(14)}),
        solidarity=tuple(
            SolidarityOutlet(f"epicerie{n}", f"Épicerie {n}", days[4], Decimal(80), Decimal(200), 180)
            for n in range(3)
        ),
        store=Store(Decimal(1500)),
    )


def _products() -> tuple[Product, ...]:
    found = []
    for kind, names in NAMES.items():
        unit, weight, price, portions, keep = KINDS[kind]
        for i, name in enumerate(names.split()):
            group = "chou" if name in CABBAGES else "salade" if name in SALADS else None
            sizes = tuple(Decimal(p) for p in portions)
            price_cents = int(price * (100 + (i * 37) % 50 - 20) / 100)
            title = name.replace("-", " ").capitalize()
            found.append(
                Product(name, title, unit, Decimal(weight), price_cents, sizes, group, Decimal(keep))
            )
    return tuple(found)


def _supplies(dice: random.Random, products: tuple[Product, ...], farms: int) -> tuple[Supply, ...]:
    found = []
    for farm in ("jardin", *(f"f{n:02}" for n in range(1, farms))):
        garden = farm == "jardin"
        for product in dice.sample(products, 24 if garden else dice.randint(4, 9)):
            kilos = dice.uniform(60, 220) if garden else dice.uniform(15, 90)
            quantity = Decimal(int(kilos / float(product.unit_kg)))
            first = dice.choice((0, 0, 0, 1, 2))
            keeps = dice.choice((4, 5, 8, 14, 30))
            kind = dice.choice(("forecast", "forecast", "lot")) if garden else "offer"
            found.append(
                Supply(
                    f"{farm}-{product.id}",
                    product.id,
                    farm,
                    quantity,
                    2 if garden else dice.choice((0, 1, 2, 2, 2)),
                    MONDAY + timedelta(first),
                    MONDAY + timedelta(keeps),
                    int(product.value_cents * dice.uniform(0.6, 0.85)),
                    kind,
                    low=(quantity * dice.choice((6, 7, 8, 9)) / 10).quantize(Decimal(1))
                    if kind == "forecast"
                    else None,
                    min_take=Decimal(10) if kind == "offer" and dice.random() < 0.1 else Decimal(0),
                    second_grade=dice.random() < 0.08,
                )
            )
    return tuple(found)


def _demands(dice: random.Random, products: tuple[Product, ...], customers: int) -> tuple[Demand, ...]:
    found = []
    for customer in range(customers):
        day = MONDAY + timedelta(dice.choice((1, 2, 3)))
        for line, product in enumerate(dice.sample(products, dice.randint(3, 6))):
            quantity = Decimal(dice.choice((5, 8, 10, 15, 20, 30, 40)))
            if product.id in ("ail", "persil", "coriandre"):
                quantity = Decimal(3)
            others = [
                p.id
                for p in products
                if p.unit == product.unit and p.value_cents // 100 == product.value_cents // 100
            ]
            found.append(
                Demand(
                    f"c{customer:02}-{line}",
                    f"Cantine {customer}",
                    product.id,
                    quantity,
                    int(product.value_cents * dice.uniform(0.9, 1.15)),
                    day,
                    substitutes=tuple(p for p in dice.sample(others, min(2, len(others))) if p != product.id)
                    if dice.random() < 0.3
                    else (),
                    quantity_min=quantity // 2 if dice.random() < 0.4 else Decimal(0),
                    quality_min=dice.choice((0, 0, 1, 2)),
                    weight=Decimal(dice.choice((1, 1, 2))),
                )
            )
    return tuple(found)


def _baskets(dice: random.Random, products: tuple[Product, ...], baskets: int) -> tuple[BasketBatch, ...]:
    sizes = {"petit": (900, 4, 7), "moyen": (1400, 5, 8), "grand": (1900, 6, 9)}
    found = []
    for weekday in (2, 4):
        for size, (target, least, most) in sizes.items():
            recent = {p.id: dice.randint(1, 4) for p in dice.sample(products, 24)}
            found.append(
                BasketBatch(
                    f"{size}-{weekday}",
                    size,
                    MONDAY + timedelta(weekday),
                    baskets // 2,
                    target,
                    least,
                    most,
                    recent=recent,
                    quality_min=1,
                )
            )
    return tuple(found)


def _columns(problem: Problem, plan: Plan) -> dict[str, str]:
    values = verify(problem, plan).values
    varieties = [c.varieties for c in plan.baskets]
    return {
        "promesses non tenues (€)": f"{values['promises'] / 100:.2f}",
        "part la plus basse": f"{values['fairness_1']:.4f}",
        "légumes par panier": f"{sum(varieties) / len(varieties):.2f}",
        "points par panier": f"{values['baskets']:.3f}",
        "kilos perdus": f"{values['waste']:.1f}",
        "marge (€)": f"{values['margin'] / 100:.2f}",
    }


def main() -> None:
    for seed in map(int, sys.argv[1:] or ("1",)):
        problem = instance(seed)
        by_hand, plan = greedy(problem), solve(problem, seed=seed, seconds_max=10)
        for found in (by_hand, plan):
            verdict = verify(problem, found)
            if not verdict.accepted:
                print("\n".join(verdict.violations))
        print(f"graine {seed} : {plan.status}, {plan.seconds} s")
        left, right = _columns(problem, by_hand), _columns(problem, plan)
        for name, value in left.items():
            print(f"  {name:28} à la main {value:>12}   plan {right[name]:>12}")
        for goal in plan.goals:
            gap = "–" if goal.gap is None else f"{goal.gap * 100:.3f} %"
            print(f"  {goal.name:12} écart prouvé {gap:>9}   {goal.seconds} s   borne {goal.bound}")


if __name__ == "__main__":
    main()
