"""The largest group still linked without the écopôle."""

from terreau.engines.contribution import cooperation
from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Array, Draws, Flows, Territory


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    graph = cooperation.graph(flows.rows)
    return cooperation.resilience(graph, flows.ecopole)


def guard(drawn: Array, flows: Flows, territory: Territory, p: Draws) -> tuple[str, ...]:
    """Beside networks drawn at random where everyone has as many links."""
    graph = cooperation.graph(flows.rows)
    beside = cooperation.percentile(
        graph, lambda g: cooperation.resilience(g, flows.ecopole), seed=0, times=60
    )
    return (
        f"Plus que dans {beside * 100:.0f}\u202f% des réseaux tirés au sort avec autant de liens chacun.",
    )


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
    guard=guard,
    limits="Seuls les liens passés par Terreau sont connus\u202f; comparé à des réseaux tirés au sort.",
    sources=("Flux entre acteurs, douze mois",),
    sdg=("17.17",),
)
