"""People in work because of the pathway: cohorts of entrants, the causal effect, and how long it lasts."""

from terreau.engines.contribution import jobs
from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Kind, Territory


def cohorts(flows: Flows, at: int) -> list[tuple[Amount, int]]:
    """People entered, and the years since: the year of entry is year 0."""
    return [
        (row.count, at - row.date.year)
        for row in flows.of(Kind.ENTRY)
        if row.count is not None and row.date.year <= at
    ]


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return jobs.still_in_work(cohorts(flows, flows.end.year), p["effet_net_emploi"], p["maintien_emploi_an"])


INDICATOR = Indicator(
    id="sorties_net",
    family=Family.JOBS,
    label="En emploi grâce au parcours",
    question="Combien de personnes travaillent aujourd’hui qui, sans ce parcours, ne travailleraient"
    " pas\u202f?",
    equation="Σ entrées × effet causal × maintien^années",
    unit="personnes",
    read=read,
    parameters=("effet_net_emploi", "maintien_emploi_an"),
    why="L’effet causal est déjà net\u202f: aucune autre correction, ce serait corriger deux fois.",
    stock=True,
    headline=True,
    limits="+5 points (−5 à +15) est un a priori tiré d’études de contrats comparables, pas un résultat de"
    " la Dares.",
    comparator="Dares, Document d’études 255 (2021)\u202f: effet légèrement positif à trois ans, plus fort"
    " en association.",
    sources=("Entrées, en nombres", "Dares, Document d’études 255"),
    sdg=("8.5", "1.2"),
)
