"""What a year of baskets at the solidarity price takes of an income at the poverty line."""

from terreau.engines.contribution import accessibility
from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Territory


def at(price: Amount, p: Draws) -> Amount:
    return accessibility.effort(price, p["semaines_paniers"], p["seuil_pauvrete"] * 12)


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return at(p["prix_panier_solidaire"], p)


INDICATOR = Indicator(
    id="effort_panier",
    family=Family.ACCESS,
    label="Effort pour un panier",
    question="Quelle part de son revenu un foyer au seuil de pauvreté met-il dans ses paniers\u202f?",
    equation="prix du panier solidaire × semaines ÷ revenu disponible au seuil",
    unit="part",
    read=read,
    parameters=("semaines_paniers", "seuil_pauvrete", "prix_panier_solidaire"),
    why="Un prix, pas un effet.",
    extensive=False,
    better=-1,
    limits="Personne seule au seuil\u202f: plus bas, l’effort est plus grand.",
    comparator="Au prix plein, trois fois plus\u202f; l’alimentation à domicile prend 18 % du budget du"
    " cinquième le plus modeste.",
    sources=("Tarifs", "Insee 2023"),
    sdg=("1.2",),
)
