"""People employed in insertion, one hour worked at least."""

from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Kind, Territory, total


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return total([row for row in flows.of(Kind.PEOPLE) if row.product == "all"], "count")


INDICATOR = Indicator(
    id="personnes",
    family=Family.JOBS,
    label="Personnes en parcours",
    question="Combien de personnes ont travaillé ici dans l’année\u202f?",
    equation="nombre de personnes ayant travaillé une heure au moins",
    unit="personnes",
    read=read,
    why="Compté tel quel.",
    limits="Les groupes de moins de cinq personnes ne sont pas publiés.",
    sources=("Parcours d’insertion, en nombres seulement",),
    sdg=("8.5", "10.2"),
)
