"""Lots that three actors or more had in their hands."""

from terreau.engines.contribution import cooperation
from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Territory


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return float(cooperation.shared(flows.rows))


INDICATOR = Indicator(
    id="flux_partages",
    family=Family.COOPERATION,
    label="Lots partagés",
    question="Combien de lots sont passés entre trois acteurs ou plus\u202f?",
    equation="nombre de lots à trois acteurs au moins",
    unit="lots",
    read=read,
    why="Décrit le réseau\u202f: rien n’en est déduit.",
    extensive=False,
    limits="Tournées, factures et formations communes n’y sont pas encore.",
    sources=("Lots",),
    sdg=("17.17",),
)
