"""Hectares of the farms installed since the start."""

from terreau.engines.contribution.indicator import Correction, Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Territory

from .farms_installed import installed


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return installed(flows, "ha")


INDICATOR = Indicator(
    id="hectares_installes",
    family=Family.LAND,
    label="Terres des fermes installées",
    question="Combien d’hectares ces fermes cultivent-elles\u202f?",
    equation="Σ hectares des installations",
    unit="ha",
    read=read,
    applies=frozenset({Correction.DEADWEIGHT, Correction.ATTRIBUTION}),
    why="Certains se seraient installés sans\u202f; d’autres partenaires y ont aidé.",
    stock=True,
    limits="Une ferme dont la surface n’est pas saisie n’y compte pas.",
    sources=("Couveuse",),
    sdg=("2.4", "15"),
)
