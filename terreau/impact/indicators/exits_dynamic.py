"""Share of dynamic exits, as the insertion rules count them."""

from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Kind, Territory, total

# « dynamic »: the three together, when one is too few to be said.
DYNAMIC = ("durable", "transition", "positive", "dynamic")
MISSING = (
    "Sorties de la période\u202f: aucune, ou trop peu pour être publiées (moins de cinq). Elles"
    " s’enregistrent dans les parcours d’insertion."
)


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    everybody = flows.needed("count", MISSING, Kind.EXIT)
    return total([row for row in flows.of(Kind.EXIT) if row.product in DYNAMIC], "count") / everybody


INDICATOR = Indicator(
    id="sorties_dynamiques",
    family=Family.JOBS,
    label="Sorties dynamiques",
    question="L’objectif fixé à l’atelier est-il tenu\u202f?",
    equation="(durables + transition + positives) ÷ sorties comptées",
    unit="part",
    read=read,
    extensive=False,
    why="Un objectif de gestion, pas un effet\u202f: rien n’en est déduit.",
    limits="Les règles de l’insertion comptent (séjour minimal, sorties neutralisées)\u202f; rien n’est"
    " recompté ici.",
    comparator="Objectif\u202f: 60 % dont 25 % durables (circulaire DGEFP 2008-21).",
    sources=("Sorties, en nombres",),
    sdg=("8.5",),
)
