"""The depots on a map of the territory: contours of its communes, numbered marks, a list beside."""

from dataclasses import dataclass
from typing import Any

from terreau.rooms.baskets.models import DepotTerms
from terreau.territory.geography import Frame, spread
from terreau.territory.models import Commune, Ecopole


@dataclass(frozen=True)
class Spot:
    """A depot, under the number it has in the list."""

    number: int
    row: DepotTerms
    x: float
    y: float


def depot_map(ecopole: Ecopole, depots: list[DepotTerms]) -> dict[str, Any]:
    """Nothing where no depot or no commune is located: the list says it all."""
    located = [
        (number, row, row.depot.longitude, row.depot.latitude)
        for number, row in enumerate(depots, start=1)
        if row.depot.longitude is not None and row.depot.latitude is not None
    ]
    home = ecopole.commune
    rows = Commune.objects.filter(epci_code=home.epci_code) if home.epci_code else Commune.objects.none()
    shapes = [commune for commune in rows if commune.contour]
    if not located or not shapes:
        return {}
    frame = Frame.around([(lon, lat) for _, _, lon, lat in located])
    spots = spread([frame.xy(lon, lat) for _, _, lon, lat in located])
    return {
        "frame": frame,
        "shapes": [
            (commune, frame.path(commune.contour)) for commune in shapes if frame.shows(commune.contour)
        ],
        "spots": [Spot(n, row, x, y) for (n, row, _, _), (x, y) in zip(located, spots, strict=True)],
    }
