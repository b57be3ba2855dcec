"""Income new to the territory: private money from outside, imports replaced, less sales displaced."""

from terreau.engines.contribution import lm3
from terreau.engines.contribution.indicator import Correction, Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Kind, Territory, total


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    """A sale whose place nobody wrote is neither local nor from outside: it creates nothing here."""
    sales = flows.of(Kind.SALE)
    local = total(territory.here(sales), "eur_ht")
    outside = total([row for row in sales if row.place and row.place not in territory.codes], "eur_ht")
    supply = p["auto_approvisionnement_legumes"]
    k = lm3.all_rounds(p["propension_consommer"], p["taux_taxes_conso"], 1 - p["part_conso_locale_salaries"])
    displaced = local * lm3.displaced_share(p["deplacement"], supply)
    return lm3.net_local_income(k, outside, local * (1 - supply), displaced) / flows.years


INDICATOR = Indicator(
    id="revenu_local_net",
    family=Family.MONEY,
    label="Revenu nouveau pour le territoire",
    question="Combien d’euros sont vraiment nouveaux ici, et pas seulement passés d’une main à"
    " l’autre\u202f?",
    equation="k × (ventes au dehors + importations remplacées − ventes locales déplacées)",
    unit="€/an",
    read=read,
    parameters=(
        "auto_approvisionnement_legumes",
        "propension_consommer",
        "taux_taxes_conso",
        "part_conso_locale_salaries",
        "deplacement",
    ),
    applies=frozenset({Correction.DEADWEIGHT, Correction.ATTRIBUTION}),
    why="Le déplacement est déjà dans l’équation, borné par ce que le territoire produit.",
    limits="L’argent public n’y est pas\u202f: il est un transfert, montré à part. Les charges importées"
    " n’en sont pas ôtées.",
    comparator="Effet Utopies (Paris 73,7 pour 100 €)\u202f: une autre mesure, pour la vraisemblance"
    " seulement.",
    sources=("Ventes par commune",),
    sdg=("8.3", "11.a"),
)
