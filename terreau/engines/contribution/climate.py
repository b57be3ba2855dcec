"""Climate: what a local chain emits less than the reference one, less the diesel and the cold it uses.

Agribalyse counts at plate; kilos are of the product sold. No gain is counted for being organic: f_bio is 1.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from .problem import Amount, Food

STAGES = ("total", "agriculture", "packaging", "transport", "retail", "consumption")


def median_food(foods: Mapping[str, Food]) -> Food:
    """What stands for a vegetable nobody named: medians, for the mean holds an air-freighted one."""

    def middle(stage: str) -> float:
        return float(np.median([getattr(food, stage) for food in foods.values()]))

    return Food("", "légume cru médian", False, *map(middle, STAGES))


def avoided(kilos: Iterable[tuple[Amount, Food]], organic: Amount) -> Amount:
    """Σ kg · [EF transport + EF retail + EF agriculture · (1 − f_bio)], kgCO2e."""
    parts = (kg * (food.transport + food.retail + food.agriculture * (1 - organic)) for kg, food in kilos)
    return sum(parts, 0.0)


def emitted(litres: Amount, per_litre: Amount, kwh: Amount, per_kwh: Amount) -> Amount:
    return litres * per_litre + kwh * per_kwh


def litres(km: Amount, per_100_km: Amount) -> Amount:
    """When nobody noted litres."""
    return km * per_100_km / 100


def food_km(legs: Sequence[tuple[Amount, Amount]], road: Amount) -> Amount:
    """Σ kg · km · road factor / Σ kg; km as the crow flies."""
    kilos = sum((kg for kg, _ in legs), 0.0)
    return sum((kg * km for kg, km in legs), 0.0) * road / kilos
