"""People who left and, by the Dares rate, are in lasting work six months later."""

from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Kind, Territory

from .exits_dynamic import MISSING


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return flows.needed("count", MISSING, Kind.EXIT) * p["emploi_durable_6m_aci"]


INDICATOR = Indicator(
    id="sorties_brut",
    family=Family.JOBS,
    label="En emploi durable six mois après",
    question="Parmi les personnes sorties, combien ont un emploi durable six mois plus tard\u202f?",
    equation="sorties × 19 % (Dares, sortants d’ACI)",
    unit="personnes",
    read=read,
    parameters=("emploi_durable_6m_aci",),
    why="Brut\u202f: beaucoup auraient trouvé sans. La part due au parcours est l’indicateur suivant.",
    limits="Un taux national appliqué aux sorties d’ici, tant que personne n’a été rappelé six mois après.",
    comparator="Objectif de gestion\u202f: 60 % de sorties dynamiques dont 25 % durables\u202f; observé"
    " (Dares, sortants 2021)\u202f:"
    " 45 % des sortants de l’IAE en emploi à six mois, 19 % des sortants d’ACI en emploi durable\u202f;"
    " Convergence (Ecota 2018)\u202f: 47 % de retours à l’emploi.",
    sources=("Sorties, en nombres", "Dares, sortants de l’IAE en 2021"),
    sdg=("8.5",),
)
