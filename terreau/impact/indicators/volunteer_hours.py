"""Hours given by volunteers, never mixed with paid ones."""

from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Kind, Territory

MISSING = "Heures données\u202f: aucune notée sur la période. Elles se notent au tiers-lieu et aux dépôts."


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return flows.needed("hours", MISSING, Kind.VOLUNTEER_WORK) / flows.years


INDICATOR = Indicator(
    id="heures_donnees",
    family=Family.COOPERATION,
    label="Heures données",
    question="Combien d’heures des bénévoles ont-ils données\u202f?",
    equation="Σ heures notées",
    unit="h/an",
    read=read,
    why="Compté tel quel\u202f: une heure donnée n’a pas de prix, et n’entre dans aucun emploi.",
    headline=True,
    told_with="benevoles",
    limits="Celles du tiers-lieu, validées par quelqu’un d’autre que qui les a données\u202f; celles des"
    " dépôts, telles que dites par qui les tient. Celles qu’on ne note pas n’y sont pas.",
    sources=("Heures validées au tiers-lieu", "Heures dites aux dépôts des paniers"),
    sdg=("17.17",),
)
