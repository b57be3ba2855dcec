"""The sites on the map of the communes: numbered as in the list beside it."""

from collections.abc import Sequence
from typing import Any

from terreau.rooms.worksites.queries import SiteLine
from terreau.territory.geography import Frame, centroid, place_names, spread
from terreau.territory.models import Ecopole
from terreau.territory.queries import communes_around

MAP_KM = 45


def drawing(ecopole: Ecopole, lines: Sequence[SiteLine]) -> dict[str, Any] | None:
    """None where no site is located. One query."""
    placed = [(rank, line, line.point) for rank, line in enumerate(lines, start=1) if line.point]
    if not placed:
        return None
    frame = Frame.around([point for _, _, point in placed])
    communes = [c for c in communes_around(ecopole, MAP_KM) if c.contour and frame.shows(c.contour)]
    spots = spread([frame.xy(*point) for _, _, point in placed])
    middles = [(c.name, frame.xy(*centroid(max(c.contour, key=len)))) for c in communes]
    names = zip(middles, place_names(middles, spots), strict=True)
    return {
        "frame": frame,
        "shapes": [frame.path(commune.contour) for commune in communes],
        "names": [(name, *spot) for (name, _), spot in names if frame.holds(name, spot)],
        "marks": [(rank, line, *spot) for (rank, line, _), spot in zip(placed, spots, strict=True)],
        "scale_width": frame.km,
        "scale_y": frame.height - 28,
    }
