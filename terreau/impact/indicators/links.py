"""Links per actor over the period."""

from terreau.engines.contribution import cooperation
from terreau.engines.contribution.problem import Amount, Draws, Family, Flows, Indicator, Territory


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    graph = cooperation.graph(flows.rows)
    return cooperation.mean_degree(graph)


INDICATOR = Indicator(
    id="liens_par_acteur",
    family=Family.COOPERATION,
    label="Liens par acteur",
    question="Avec combien d’autres chaque acteur échange-t-il\u202f?",
    equation="2E ÷ n",
    unit="liens",
    read=read,
    why="Décrit le réseau\u202f: rien n’en est déduit.",
    extensive=False,
    headline=True,
    limits="À lire avec la densité, qui baisse d’elle-même quand les acteurs sont plus nombreux.",
    sources=("Flux entre acteurs, douze mois",),
    sdg=("17.17",),
)
