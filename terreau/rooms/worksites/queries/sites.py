"""The natural sites: what each is, whose, where, and what one must know before going."""

from dataclasses import dataclass
from datetime import date

from terreau.measures.french import format_decimal
from terreau.rooms.worksites.models import Site, SiteKind
from terreau.territory.models import Ecopole
from terreau.territory.travel import position


@dataclass(frozen=True)
class SiteLine:
    id: int
    name: str
    kind: str
    owner: str
    commune: str
    area_m2: int | None
    length_m: int | None
    care: str
    passes_a_year: int
    hazards: str
    access: str
    closed_on: date | None
    # (longitude, latitude): its own, or that of the town hall.
    point: tuple[float, float] | None

    @property
    def size(self) -> str:
        """« 1 200 m² · 300 m »."""
        return size_of(self.area_m2, self.length_m)


def size_of(area_m2: int | None, length_m: int | None) -> str:
    told = [
        f"{format_decimal(amount)}\u00a0{unit}"
        for amount, unit in ((area_m2, "m²"), (length_m, "m"))
        if amount
    ]
    return " · ".join(told)


def sites(ecopole: Ecopole) -> list[SiteLine]:
    """Those cared for first, by name. One query."""
    rows = Site.objects.filter(ecopole=ecopole).select_related("place__agent__commune", "place__commune")
    lines = [site_line(row) for row in rows]
    return sorted(lines, key=lambda line: (line.closed_on is not None, line.name, line.id))


def site_line(row: Site) -> SiteLine:
    spot = position(row.place)
    return SiteLine(
        id=row.pk,
        name=row.place.name,
        kind=SiteKind(row.kind).label,
        owner=row.owner.name,
        commune=row.place.commune.name if row.place.commune else "",
        area_m2=row.area_m2,
        length_m=row.length_m,
        care=row.care,
        passes_a_year=row.passes_a_year,
        hazards=row.hazards,
        access=row.access,
        closed_on=row.closed_on,
        point=None if spot is None else (float(spot.longitude or 0), float(spot.latitude or 0)),
    )
