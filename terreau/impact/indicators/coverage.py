"""Share of the territory's need of fresh vegetables, mean of the year; and the shared reading of kilos."""

import numpy as np

from terreau.engines.contribution import food
from terreau.engines.contribution.indicator import Correction, Family, Indicator
from terreau.engines.contribution.problem import Amount, Array, Draws, Flow, Flows, Kind, Territory, total


def vegetables(flows: Flows, p: Draws) -> list[Flow]:
    """Own produce delivered whose product is a vegetable of the table, or that nobody named."""
    rows = flows.of(Kind.SALE, Kind.DONATION)
    return [r for r in rows if not r.carried and (r.product is None or r.product in p.tables.foods)]


def by_month(flows: Flows, territory: Territory, p: Draws) -> Array:
    """Coverage of each month of the period, (months, N)."""
    months: dict[tuple[int, int], list[Flow]] = {month: [] for month in flows.months}
    for row in territory.here(vegetables(flows, p)):
        months[row.date.year, row.date.month].append(row)
    kilos = [total(rows, "kg") for rows in months.values()]
    return food.coverage(kilos, territory.population, p["besoin_legumes_frais"])


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return np.asarray(by_month(flows, territory, p).mean(0))


INDICATOR = Indicator(
    id="couverture",
    family=Family.FOOD,
    label="Part des besoins en légumes",
    question="Quelle part des légumes frais qu’il faut au territoire vient de l’écopôle\u202f?",
    equation="moyenne des mois de kg livrés ÷ (habitants × besoin ÷ 12)",
    unit="part",
    read=read,
    parameters=("besoin_legumes_frais",),
    applies=frozenset({Correction.DISPLACEMENT}),
    why="Une part de ces légumes en remplace d’autres, d’ici\u202f; le reste vient de loin.",
    headline=True,
    limits="Besoin à l’achat, 60 kg par habitant (45 à 80), sans distinguer les âges\u202f; jamais mêlé à la"
    " disponibilité FAOSTAT (94,8 kg).",
    comparator="4,6 à 9,2 % dans l’illustration (CC de la Région d’Audruicq).",
    sources=("Ventes et dons par commune et par mois", "Population municipale"),
    sdg=("2.1", "2.4"),
)
