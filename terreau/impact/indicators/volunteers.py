"""People who gave hours, counted once."""

from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Kind, Territory

MISSING = "Bénévoles\u202f: aucun, ou trop peu pour être publiés (moins de cinq)."


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return flows.needed("count", MISSING, Kind.VOLUNTEERS)


INDICATOR = Indicator(
    id="benevoles",
    family=Family.COOPERATION,
    label="Bénévoles",
    question="Combien de personnes ont donné des heures\u202f?",
    equation="nombre de personnes ayant des heures notées",
    unit="personnes",
    read=read,
    why="Compté tel quel.",
    limits="Une personne compte une fois dans l’année, quel que soit le nombre de ses heures\u202f;"
    " un dépôt compte pour une.",
    sources=("Heures du tiers-lieu et des dépôts, en nombre de personnes seulement",),
    sdg=("17.17",),
)
