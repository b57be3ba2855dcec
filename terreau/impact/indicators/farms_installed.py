"""Farms installed through the incubator since the start, and their hectares."""

from terreau.engines.contribution.indicator import Correction, Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Kind, Missing, Territory

MISSING = "Fermes installées\u202f: nombre non publié, parce que trop petit (moins de cinq)."


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return installed(flows, "count")


def installed(flows: Flows, amount: str) -> Amount:
    """The sum, if each year says its own: one too small to be said would pass for a zero."""
    said = {row.date.year for row in flows.of(Kind.INSTALLATION)}
    if not said.issuperset(year for year, _ in flows.months):
        raise Missing(MISSING)
    return flows.total(amount, Kind.INSTALLATION)


INDICATOR = Indicator(
    id="fermes_installees",
    family=Family.LAND,
    label="Fermes installées",
    question="Combien de fermes sont nées de la couveuse\u202f?",
    equation="nombre d’installations depuis le début",
    unit="fermes",
    read=read,
    applies=frozenset({Correction.DEADWEIGHT, Correction.ATTRIBUTION}),
    why="Certains se seraient installés sans\u202f; d’autres partenaires y ont aidé.",
    stock=True,
    headline=True,
    limits="Installées, pas encore durables\u202f: l’activité à trois ans se suit à part.",
    sources=("Couveuse",),
    sdg=("2.3", "2.4"),
)
