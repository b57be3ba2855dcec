"""The month when the least of the need is met."""

import numpy as np

from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Territory

from .coverage import by_month


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return np.asarray(by_month(flows, territory, p).min(0))


INDICATOR = Indicator(
    id="couverture_mini",
    family=Family.FOOD,
    label="Le mois le plus maigre",
    question="Et le mois où il y en a le moins\u202f?",
    equation="minimum des mois de kg livrés ÷ (habitants × besoin ÷ 12)",
    unit="part",
    read=read,
    parameters=("besoin_legumes_frais",),
    why="Présenté brut, à côté de la moyenne.",
    limits="Un mois sans livraison dans le périmètre compte pour zéro\u202f: il n’y en a pas eu.",
    sources=("Ventes et dons par commune et par mois",),
    sdg=("2.1",),
)
