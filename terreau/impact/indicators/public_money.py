"""Public money brought to the territory: a transfer, never called creation."""

from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import PUBLIC_SOURCES, Amount, Draws, Flows, Kind, Territory, total

LOCAL = ("epci", "commune")

MISSING = "Aides publiques de la période\u202f: aucune. Déclarez celles qui ont été reçues."


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    flows.needed("eur_ht", MISSING, Kind.GRANT)
    grants = [r for r in flows.of(Kind.GRANT) if r.funding_source in PUBLIC_SOURCES]
    return total([r for r in grants if r.funding_source not in LOCAL], "eur_ht") / flows.years


INDICATOR = Indicator(
    id="argent_public",
    family=Family.MONEY,
    label="Argent public apporté",
    question="Combien d’argent public l’écopôle fait-il venir sur le territoire\u202f?",
    equation="Σ aides de l’État, de la Région, du département et de l’Europe",
    unit="€/an",
    read=read,
    why="Un transfert, pas une création\u202f: il aurait servi ailleurs.",
    better=0,
    limits="Compté, jamais additionné au revenu nouveau.",
    sources=("Subventions",),
    sdg=("17.17",),
)
