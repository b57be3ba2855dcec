"""People whose fresh vegetables of the year are covered."""

from terreau.engines.contribution import food
from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Territory, total

from .coverage import vegetables


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return food.people_fed(total(vegetables(flows, p), "kg") / flows.years, p["besoin_legumes_frais"])


INDICATOR = Indicator(
    id="personnes_nourries",
    family=Family.FOOD,
    label="Personnes nourries en légumes",
    question="Cela fait les légumes frais de combien de personnes\u202f?",
    equation="kg livrés ÷ besoin",
    unit="personnes",
    read=read,
    parameters=("besoin_legumes_frais",),
    why="Une autre unité du tonnage.",
    limits="Besoin à l’achat, 60 kg par habitant et par an (45 à 80).",
    sources=("Ventes et dons",),
    sdg=("2.1",),
)
