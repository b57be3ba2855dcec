"""Share of directed links that are returned."""

from terreau.engines.contribution import cooperation
from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Array, Draws, Flows, Territory


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    graph = cooperation.graph(flows.rows)
    return cooperation.reciprocity(graph)


def guard(drawn: Array, flows: Flows, territory: Territory, p: Draws) -> tuple[str, ...]:
    """Beside networks drawn at random where everyone has as many links."""
    graph = cooperation.graph(flows.rows)
    beside = cooperation.percentile(graph, cooperation.reciprocity, seed=0, times=60)
    return (
        f"Plus que dans {beside * 100:.0f}\u202f% des réseaux tirés au sort avec autant de liens chacun.",
    )


INDICATOR = Indicator(
    id="reciprocite",
    family=Family.COOPERATION,
    label="Liens rendus",
    question="Les échanges vont-ils dans les deux sens\u202f?",
    equation="liens rendus ÷ liens",
    unit="part",
    read=read,
    why="Décrit le réseau\u202f: rien n’en est déduit.",
    extensive=False,
    guard=guard,
    limits="Comparée à des réseaux tirés au sort où chacun a autant de liens.",
    sources=("Flux entre acteurs, douze mois",),
    sdg=("17.17",),
)
