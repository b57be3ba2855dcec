"""Usable farm area per inhabitant: what the territory has, over the communes that are known."""

from terreau.engines.contribution import land
from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Array, Draws, Flows, Territory


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return land.sau_per_inhabitant(territory)[0]


def guard(drawn: Array, flows: Flows, territory: Territory, p: Draws) -> tuple[str, ...]:
    _, bound, known = land.sau_per_inhabitant(territory)
    if not known.missing:
        return ()
    whole = len(territory.communes)
    return (
        f"{known.communes} communes sur {whole} renseignées\u202f; en comptant les autres pour rien, au moins"
        f" {bound:.0f}\u202fm² par habitant.",
    )


INDICATOR = Indicator(
    id="sau_habitant",
    family=Family.LAND,
    label="Terre agricole par habitant",
    question="Combien de terre agricole y a-t-il ici par habitant\u202f?",
    equation="SAU ÷ habitants des communes renseignées",
    unit="m²/habitant",
    read=read,
    why="Décrit le territoire, pas l’écopôle.",
    extensive=False,
    guard=guard,
    better=0,
    limits="La SAU est inscrite au siège de l’exploitation\u202f: jamais au-dessous de l’EPCI. Une commune"
    " secrète n’est pas un zéro.",
    comparator="CC de la Région d’Audruicq 5 393\u202f; CA de Lens-Liévin 565 (30 communes sur 36).",
    sources=("Recensement agricole 2020 (Agreste)",),
    sdg=("2.4", "15"),
)
