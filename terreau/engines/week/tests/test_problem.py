"""A problem that contradicts itself is refused at construction, in words."""

from dataclasses import replace
from decimal import Decimal

import pytest

from terreau.engines.week import (
    Farm,
    Kitchen,
    Lock,
    ProblemRefused,
    Product,
    Recipe,
    SolidarityOutlet,
    Store,
    Taste,
    Tolerances,
)
from terreau.engines.week.tests.tiny import FRIDAY, MONDAY, THURSDAY, TINY, kg

CARROT, LEEK = TINY.products
SUPPLY, DEMAND, BATCH = TINY.supplies[0], TINY.demands[0], TINY.baskets[0]


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: replace(CARROT, unit="litre"), "ni kg ni piece"),
        (lambda: replace(CARROT, unit_kg=kg(2)), "Un kilo pèse".lower()),
        (lambda: replace(CARROT, value_cents=0), "dépasser 0 €"),
        (lambda: replace(CARROT, portions=(kg(1), kg("0.5"))), "croissantes"),
        (lambda: Product("chou", "Chou", "piece", kg(1), 100, (kg("0.5"),)), "entières"),
        (lambda: replace(CARROT, keep_value=kg(2)), "de 0 à 1"),
        (lambda: Farm("f", "F", -1, 0), "négatif"),
        (lambda: replace(SUPPLY, kind="gift"), "inconnue"),
        (lambda: replace(SUPPLY, first_day=FRIDAY, last_day=MONDAY), "précède"),
        (lambda: replace(SUPPLY, low=kg(21)), "prévision basse"),
        (lambda: replace(SUPPLY, min_take=kg(21)), "minimum à prendre"),
        (lambda: replace(SUPPLY, kind="lot", min_take=kg(1)), "seule une offre"),
        (lambda: replace(DEMAND, quantity=kg(0)), "dépasser 0"),
        (lambda: replace(DEMAND, quantity_min=kg(13)), "minimum accepté"),
        (lambda: replace(DEMAND, substitutes=("carotte",)), "deux fois"),
        (lambda: replace(BATCH, varieties_min=3), "maximum"),
        (lambda: replace(BATCH, recent={"carotte": 0}), "une semaine au moins"),
        (lambda: Recipe("r", "R", {}, kg(1), 2, (MONDAY,), 10), "ingrédients"),
        (lambda: Kitchen({MONDAY: kg(-1)}), "négatives"),
        (lambda: SolidarityOutlet("e", "É", MONDAY, kg(3), kg(2), 100), "promise"),
        (lambda: Store(kg(-1)), "négative"),
        (lambda: Taste(novelty_weeks=1), "deux semaines"),
        (lambda: Tolerances(gap=Decimal(-1)), "négative"),
        (lambda: Lock("gift", "x", kg(1)), "inconnu"),
        (lambda: replace(TINY, products=(CARROT, CARROT)), "deux fois"),
        (lambda: replace(TINY, farms=TINY.farms[:1]), "inconnue"),
        (lambda: replace(TINY, products=(LEEK,)), "inconnu"),
        (lambda: replace(TINY, days=(FRIDAY, THURSDAY)), "se suivre"),
        (lambda: replace(TINY, days=(MONDAY, FRIDAY)), "n’est pas un jour"),
        (lambda: replace(TINY, demands=(replace(DEMAND, quantity=kg("1.23")),)), "multiple"),
    ],
)
def test_nonsense_is_refused_in_words(build, said):
    with pytest.raises(ProblemRefused) as refused:
        build()
    assert said in str(refused.value).replace("\u202f", " ")
