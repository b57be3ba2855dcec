"""How far the network hangs on one actor."""

from terreau.engines.contribution import cooperation
from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Territory


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    graph = cooperation.graph(flows.rows)
    return cooperation.centralisation(graph)


INDICATOR = Indicator(
    id="centralisation",
    family=Family.COOPERATION,
    label="Dépendance au centre",
    question="Le réseau tient-il à un seul acteur\u202f?",
    equation="Σ (d_max − d_i) ÷ ((n − 1)(n − 2))",
    unit="part",
    read=read,
    why="Décrit le réseau\u202f: rien n’en est déduit.",
    extensive=False,
    better=-1,
    limits="Une étoile vaut 1, un anneau 0.",
    sources=("Flux entre acteurs, douze mois",),
    sdg=("17.17",),
)
