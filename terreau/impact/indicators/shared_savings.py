"""What tours made together saved those aboard, beside each alone."""

from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Evidence, Flows, Kind, Territory

from .shared_roads import MISSING


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return flows.needed("eur_ht", MISSING, Kind.SHARED_SAVING) / flows.years


INDICATOR = Indicator(
    id="economie_tournees",
    family=Family.COOPERATION,
    label="Économisé sur la route",
    question="Combien les tournées faites ensemble ont-elles fait économiser\u202f?",
    equation="Σ (route de chacun, seul) − Σ parts de la route commune",
    unit="€/an",
    read=read,
    why="Une comparaison, partenaire par partenaire\u202f: personne n’a fait la route seul.",
    headline=True,
    evidence=Evidence.COMPUTED,
    limits="« Seul » est la tournée que chacun ferait avec le même véhicule, calculée. Communs et solidarité"
    " n’y sont pas\u202f: ils passent de l’un à l’autre.",
    sources=("Partage des tournées, mois arrêtés",),
    sdg=("12.3", "17.17"),
)
