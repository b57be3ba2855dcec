"""Tonnes of its own produce the écopôle delivered."""

from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Kind, Territory, total


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    own = [row for row in flows.of(Kind.SALE, Kind.DONATION) if not row.carried]
    return total(own, "kg") / 1000 / flows.years


INDICATOR = Indicator(
    id="tonnes",
    family=Family.FOOD,
    label="Nourriture livrée",
    question="Combien de nourriture le jardin a-t-il livrée\u202f?",
    equation="Σ kg livrés ÷ 1 000",
    unit="t/an",
    read=read,
    why="Compté à la livraison, pertes ôtées\u202f: elles sont montrées à côté.",
    limits="Les kilos des producteurs partenaires sont à part.",
    comparator="Réseau Cocagne\u202f: 12 t par hectare\u202f; Mâcon\u202f: 14,3.",
    sources=("Ventes et dons, par lot",),
    sdg=("2.1", "12.3"),
)
