"""For a euro of public money paid, how much comes back at once."""

from terreau.engines.contribution.indicator import Correction, Family, Indicator
from terreau.engines.contribution.problem import (
    PUBLIC_SOURCES,
    Amount,
    Array,
    Draws,
    Flows,
    Kind,
    Missing,
    Territory,
    total,
)

from . import public_gain


def paid(flows: Flows) -> Amount:
    """Public grants of the period, euros."""
    rows = [row for row in flows.of(Kind.GRANT) if row.funding_source in PUBLIC_SOURCES]
    if not rows:
        raise Missing(
            "Aides publiques de la période\u202f: aucune écriture. Saisissez l’aide au poste et les"
            " subventions reçues."
        )
    return total(rows, "eur_ht")


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return public_gain.read(flows, territory, p) * flows.years / paid(flows)


def guard(drawn: Array, flows: Flows, territory: Territory, p: Draws) -> tuple[str, ...]:
    if drawn.max() <= 1:
        return ()
    return ("Retour immédiat au-delà de 1\u202f: toutes les aides publiques sont-elles saisies\u202f?",)


INDICATOR = Indicator(
    id="retour_public",
    family=Family.PUBLIC,
    label="Retour immédiat",
    question="Pour un euro d’argent public versé, combien revient dans l’année\u202f?",
    equation="gain ÷ aides publiques",
    unit="part",
    read=read,
    parameters=public_gain.PARAMETERS,
    applies=frozenset({Correction.DEADWEIGHT}),
    why="Une part des personnes aurait travaillé de toute façon.",
    extensive=False,
    guard=guard,
    headline=True,
    limits="Avant toute sortie en emploi. Au-delà de 1, à vérifier\u202f: signalé.",
    comparator="50 à 60 % au seul coût de l’aide au poste.",
    sources=("Subventions", "OpenFisca-France 176.1.8"),
    sdg=("1.2", "17.17"),
)
