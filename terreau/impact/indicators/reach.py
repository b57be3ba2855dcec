"""Share of the territory's poor households that receive solidarity baskets."""

from terreau.engines.contribution import accessibility
from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Array, Draws, Flows, Kind, Territory, total


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    served = total(territory.here(flows.of(Kind.HOUSEHOLD)), "count")
    return served / accessibility.poor_households(territory).poor


def guard(drawn: Array, flows: Flows, territory: Territory, p: Draws) -> tuple[str, ...]:
    households = accessibility.poor_households(territory)
    said = []
    if households.imputed:
        said.append(
            f"{households.imputed} communes sur {len(territory.communes)} sans taux de pauvreté publié\u202f:"
            " celui du périmètre est pris à la place."
        )
    if households.without:
        said.append(f"{households.without} communes sans nombre de ménages\u202f: hors du calcul.")
    return tuple(said)


INDICATOR = Indicator(
    id="foyers_touches",
    family=Family.ACCESS,
    label="Foyers modestes servis",
    question="Parmi les foyers pauvres du territoire, combien reçoivent un panier à leur portée\u202f?",
    equation="foyers solidaires servis ÷ foyers sous le seuil de pauvreté",
    unit="part",
    read=read,
    why="Présenté brut\u202f: qu’un foyer eût mangé autant de légumes sans cela ne se sait pas.",
    headline=True,
    guard=guard,
    limits="Les communes sous secret statistique prennent le taux du périmètre\u202f; celles dont les"
    " ménages manquent"
    " sortent du calcul.",
    sources=("Paniers solidaires", "Filosofi 2021 (Insee)"),
    sdg=("1.2", "2.1"),
)
