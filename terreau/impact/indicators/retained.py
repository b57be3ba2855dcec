"""The part of income spent here at once."""

from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Territory

from .lm3 import PARAMETERS, rounds


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return rounds(flows, territory, p).retained


INDICATOR = Indicator(
    id="retenu",
    family=Family.MONEY,
    label="Dépensé ici",
    question="Quelle part de ses recettes l’écopôle dépense-t-il sur le territoire\u202f?",
    equation="R2 ÷ R1",
    unit="part",
    read=read,
    parameters=PARAMETERS,
    why="Compté\u202f: ce sont des paiements.",
    extensive=False,
    limits="Paie nette des habitants du périmètre, fournisseurs du périmètre, impôts locaux.",
    sources=("Paie", "Achats"),
    sdg=("11.a",),
)
