"""Links per actor over the period."""

from decimal import Decimal

from terreau.engines.contribution import cooperation
from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Array, Draws, Flows, Territory
from terreau.measures.french import format_decimal


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    graph = cooperation.graph(flows.rows)
    return cooperation.mean_degree(graph)


def guard(drawn: Array, flows: Flows, territory: Territory, p: Draws) -> tuple[str, ...]:
    """Density and kinds of exchange, without which the degree says little."""
    graph = cooperation.graph(flows.rows)
    n = len(graph.actors)
    density = format_decimal(Decimal(cooperation.density(graph) * 100), places=1)
    kinds = format_decimal(Decimal(cooperation.multiplexity(graph)), places=1)
    return (f"{n} acteurs\u202f; densité {density}\u202f%\u202f; {kinds} sorte d’échange par lien.",)


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
    guard=guard,
    headline=True,
    limits="À lire avec la densité, qui baisse d’elle-même quand les acteurs sont plus nombreux.",
    sources=("Flux entre acteurs, douze mois",),
    sdg=("17.17",),
)
