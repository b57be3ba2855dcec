"""Tonnes of partner producers that went through the platform."""

from terreau.engines.contribution.indicator import Correction, Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Kind, Territory, total


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return total([row for row in flows.of(Kind.SALE) if row.carried], "kg") / 1000 / flows.years


INDICATOR = Indicator(
    id="tonnes_partenaires",
    family=Family.FOOD,
    label="Nourriture des fermes partenaires",
    question="Combien de nourriture des fermes d’ici la plateforme a-t-elle portée\u202f?",
    equation="Σ kg portés ÷ 1 000",
    unit="t/an",
    read=read,
    applies=frozenset({Correction.DEADWEIGHT, Correction.ATTRIBUTION}),
    why="Une part se serait vendue sans la plateforme\u202f; elle se partage avec les fermes.",
    limits="À ne pas additionner au chiffre d’affaires des fermes\u202f: ce serait compter deux fois.",
    sources=("Livraisons de la plateforme",),
    sdg=("2.3",),
)
