"""Hectares in organic farming or in conversion."""

from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Kind, Territory, total

STATUSES = ("organic", "conversion")


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    """An area, not a flow: of the last day it was written."""
    rows = [r for r in flows.of(Kind.LAND) if r.product in STATUSES]
    last = max((r.date for r in rows), default=None)
    return total([r for r in rows if r.date == last], "ha")


INDICATOR = Indicator(
    id="hectares_bio",
    family=Family.LAND,
    label="Terres en agriculture biologique",
    question="Combien d’hectares l’écopôle cultive-t-il en bio ou en conversion\u202f?",
    equation="hectares certifiés + en conversion",
    unit="ha",
    read=read,
    why="Compté\u202f: c’est un certificat.",
    limits="Les surfaces des fermes installées sont à part.",
    sources=("Registre parcellaire",),
    sdg=("2.4", "15"),
)
