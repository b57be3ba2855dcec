"""What tours made together cost those aboard, as their months were closed."""

from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Kind, Territory

MISSING = "Tournées partagées\u202f: aucun mois arrêté. Arrêtez-les dans Partage\u202f: leurs parts comptent."


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return flows.needed("eur_ht", MISSING, Kind.SHARED_COST) / flows.years


INDICATOR = Indicator(
    id="tournees_partagees",
    family=Family.COOPERATION,
    label="Coût des tournées partagées",
    question="Combien coûtent, à ceux qui y sont, les tournées faites ensemble\u202f?",
    equation="Σ parts convenues, celle de la plateforme comprise",
    unit="€/an",
    read=read,
    why="Compté\u202f: des parts convenues, facturées aux partenaires.",
    better=0,
    limits="Les mois arrêtés seulement\u202f; communs et solidarité compris.",
    sources=("Partage des tournées, mois arrêtés",),
    sdg=("17.17",),
)
