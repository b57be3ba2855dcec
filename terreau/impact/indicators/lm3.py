"""The local multiplier in three rounds of the écopôle itself."""

from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.lm3 import Rounds
from terreau.engines.contribution.problem import Amount, Array, Draws, Flows, Kind, Territory, total

PARAMETERS = ("part_conso_locale_salaries", "part_redepense_fournisseurs", "part_redepense_impots_locaux")

# Without them a multiplier would only look small.
MISSING = "Salaires nets de la période\u202f: aucun. Déclarez-les par commune, depuis la paie."


def rounds(flows: Flows, territory: Territory, p: Draws) -> Rounds:
    """R1, R2 and R3 of the period: to be published with the figure, which cannot be audited without."""
    flows.needed("eur_ht", MISSING, Kind.INSERTION_WAGE, Kind.PERMANENT_WAGE)
    return Rounds(
        first=flows.total("eur_ht", Kind.SALE, Kind.GRANT),
        staff=total(territory.here(flows.of(Kind.INSERTION_WAGE, Kind.PERMANENT_WAGE)), "eur_ht"),
        suppliers=total(territory.here(flows.of(Kind.PURCHASE)), "eur_ht"),
        taxes=flows.total("eur_ht", Kind.LOCAL_TAX),
        staff_again=p["part_conso_locale_salaries"],
        suppliers_again=p["part_redepense_fournisseurs"],
        taxes_again=p["part_redepense_impots_locaux"],
    )


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return rounds(flows, territory, p).lm3


def guard(drawn: Array, flows: Flows, territory: Territory, p: Draws) -> tuple[str, ...]:
    outside = float(((drawn < 1) | (drawn > 3)).mean())
    if not outside:
        return ()
    return (
        f"LM3 hors de 1 à 3 dans {outside * 100:.0f}\u202f% des tirages\u202f: il est dépensé plus qu’il"
        " n’est entré."
        " Vérifiez les recettes.",
    )


INDICATOR = Indicator(
    id="lm3",
    family=Family.MONEY,
    label="Multiplicateur local (LM3)",
    question="Un euro reçu par l’écopôle, combien fait-il d’euros ici en trois tours\u202f?",
    equation="(R1 + R2 + R3) ÷ R1",
    unit="€ par €",
    read=read,
    parameters=PARAMETERS,
    why="Un rapport décrit l’usage de l’argent, il ne dit pas ce qui est créé.",
    extensive=False,
    guard=guard,
    headline=True,
    limits="Vaut pour ce périmètre et lui seul. Le troisième tour vient d’enquêtes, ou d’a priori tant"
    " qu’il n’y en a pas.",
    comparator="1,84 à 2,07 dans l’illustration de la méthode\u202f; Northumberland\u202f: 1,76 pour un"
    " fournisseur local, 0,36 sinon.",
    sources=("Ventes, subventions, paie, achats", "Enquêtes aux salariés et fournisseurs"),
    sdg=("8.3", "11.a"),
)
