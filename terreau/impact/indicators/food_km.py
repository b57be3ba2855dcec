"""How far the écopôle's food goes, by road, weighed by kilos."""

from terreau.engines.contribution import climate
from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Kind, Missing, Territory


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    legs = [(row.kg, row.km) for row in flows.of(Kind.SALE) if row.kg is not None and row.km is not None]
    if not legs:
        raise Missing("Distances des livraisons\u202f: aucune. Situez les points de livraison.")
    return climate.food_km(legs, p["facteur_route"])


INDICATOR = Indicator(
    id="km_alimentaires",
    family=Family.CLIMATE,
    label="Chemin de la nourriture",
    question="Combien de kilomètres un kilo fait-il du champ au dépôt\u202f?",
    equation="Σ kg × km × 1,3 ÷ Σ kg",
    unit="km",
    read=read,
    parameters=("facteur_route",),
    why="Une distance, pas un effet.",
    extensive=False,
    better=-1,
    limits="À vol d’oiseau, allongé de 1,3\u202f; les détours d’une tournée n’y sont pas.",
    sources=("Livraisons par lieu",),
    sdg=("13", "12.3"),
)
