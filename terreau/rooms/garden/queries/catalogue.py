"""The catalogue as an écopôle grows by it: the reference figures, and its own in their place."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q

from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.cycles import harvest_weeks, parse_cycles
from terreau.rooms.garden.models import Crop, CropChoice, Figures, Shelter
from terreau.territory.models import Ecopole

FIGURES = tuple(field.name for field in Figures._meta.get_fields())


@dataclass(frozen=True, slots=True)
class CropLine:
    """A crop with the figures in force; `chosen` names those that are the écopôle's own.

    Yields in kg/m² of bed, hours for 100 m² (harvest: for 100 kg), prices in euros a kilo.
    """

    id: int
    code: str
    name: str
    family: str
    own: bool
    product_id: int
    product: str
    product_code: str
    unit: str
    unit_kg: Decimal
    field_cycles: str
    tunnel_cycles: str
    field_harvest_weeks: int | None
    tunnel_harvest_weeks: int | None
    yield_low: Decimal | None
    yield_likely: Decimal | None
    yield_high: Decimal | None
    rows: int | None
    spacing_cm: Decimal | None
    plants_m2: Decimal | None
    return_years: int | None
    storage_weeks: Decimal | None
    establish_hours: Decimal | None
    upkeep_hours: Decimal | None
    harvest_hours: Decimal | None
    price_low: Money | None
    price: Money | None
    price_high: Money | None
    portion_kg: Decimal | None
    reference: Mapping[str, Any]
    sources: Mapping[str, str]
    chosen: frozenset[str]
    reason: str

    def harvest_after(self, shelter: str, week: IsoWeek) -> tuple[int, int] | None:
        """First and last harvest, in weeks after a set-up that week; None out of its windows."""
        tunnel = shelter == Shelter.TUNNEL
        cycles = self.tunnel_cycles if tunnel else self.field_cycles
        weeks_max = self.tunnel_harvest_weeks if tunnel else self.field_harvest_weeks
        return harvest_weeks(parse_cycles(cycles), week.week, weeks_max)


def catalogue(ecopole: Ecopole) -> dict[str, CropLine]:
    """Every crop by its code, in the order of names: the catalogue's and the écopôle's own. Two queries."""
    choices = {row.crop_id: row for row in CropChoice.objects.filter(ecopole=ecopole)}
    crops = Crop.objects.filter(Q(ecopole=None) | Q(ecopole=ecopole)).select_related("product")
    return {crop.code: _line(crop, choices.get(crop.pk)) for crop in crops.order_by("name", "pk")}


def _line(crop: Crop, choice: CropChoice | None) -> CropLine:
    reference = {name: getattr(crop, name) for name in FIGURES}
    own = {name: getattr(choice, name) for name in FIGURES} if choice else {}
    chosen = frozenset(name for name, value in own.items() if value not in (None, ""))
    figures = reference | {name: own[name] for name in chosen}
    return CropLine(
        id=crop.pk,
        code=crop.code,
        name=crop.name,
        family=crop.family,
        own=crop.ecopole_id is not None,
        product_id=crop.product_id,
        product=crop.product.name,
        product_code=crop.product.code,
        unit=crop.product.unit,
        unit_kg=crop.product.unit_kg,
        reference=reference,
        sources=crop.sources,
        chosen=chosen,
        reason=choice.reason if choice else "",
        **figures,
    )
