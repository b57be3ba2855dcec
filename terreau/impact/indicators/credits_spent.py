"""Credits that were of use: earned by hours, never worth a euro."""

from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Kind, Territory, total

MISSING = "Crédits\u202f: aucun reçu ni utilisé sur la période. Le tiers-lieu en tient le compte."


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    flows.needed("count", MISSING, Kind.CREDIT)
    return total([row for row in flows.of(Kind.CREDIT) if row.product == "spent"], "count") / flows.years


INDICATOR = Indicator(
    id="credits_utilises",
    family=Family.COOPERATION,
    label="Crédits utilisés",
    question="Combien des crédits gagnés en aidant ont servi\u202f?",
    equation="Σ crédits utilisés (ceux reçus pour des heures\u202f: dans les flux)",
    unit="crédits/an",
    read=read,
    told_with="benevoles",
    why="Compté tel quel\u202f: un crédit n’est jamais converti en euros.",
    limits="Un crédit utilisé cette année a pu être reçu l’an dernier.",
    sources=("Carnets du tiers-lieu",),
    sdg=("10.2",),
)
