"""The largest group still linked without the écopôle."""

from terreau.engines.contribution import cooperation
from terreau.engines.contribution.problem import Amount, Draws, Family, Flows, Indicator, Territory


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    graph = cooperation.graph(flows.rows)
    return cooperation.resilience(graph, flows.ecopole)


INDICATOR = Indicator(
    id="resilience",
    family=Family.COOPERATION,
    label="Ce qui tient sans l’écopôle",
    question="Si l’écopôle s’arrêtait, combien d’acteurs resteraient liés\u202f?",
    equation="plus grand groupe sans l’écopôle ÷ (n − 1)",
    unit="part",
    read=read,
    why="Décrit le réseau\u202f: rien n’en est déduit.",
    extensive=False,
    limits="Seuls les liens passés par Terreau sont connus.",
    sources=("Flux entre acteurs, douze mois",),
    sdg=("17.17",),
)
