"""The catalogue as an écopôle grows by it: the reference figures, and its own in their place."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, FilteredRelation, Q

from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.cycles import harvest_weeks
from terreau.rooms.garden.models import Crop, Figures, Shelter
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
        return harvest_weeks(cycles, week.week, weeks_max)


def catalogue(ecopole: Ecopole) -> dict[str, CropLine]:
    """Every crop by its code, in the order of names: the catalogue's and the écopôle's own. One query."""
    crops = (
        Crop.objects.filter(Q(ecopole=None) | Q(ecopole=ecopole))
        .annotate(choice=FilteredRelation("choices", condition=Q(choices__ecopole=ecopole)))
        .order_by("name", "pk")
    )
    own = {f"own_{name}": F(f"choice__{name}") for name in (*FIGURES, "reason")}
    rows = crops.values(*COLUMNS, *FIGURES, **own)
    return {row["code"]: _line(row) for row in rows}


COLUMNS = (
    "id", "code", "name", "family", "ecopole_id", "sources", "product_id", "product__name", "product__code",
    "product__unit", "product__unit_kg",
)  # fmt: skip


def _line(row: Mapping[str, Any]) -> CropLine:
    reference = {name: row[name] for name in FIGURES}
    chosen = frozenset(name for name in FIGURES if row[f"own_{name}"] not in (None, ""))
    figures = reference | {name: row[f"own_{name}"] for name in chosen}
    return CropLine(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        family=row["family"],
        own=row["ecopole_id"] is not None,
        product_id=row["product_id"],
        product=row["product__name"],
        product_code=row["product__code"],
        unit=row["product__unit"],
        unit_kg=row["product__unit_kg"],
        reference=reference,
        sources=row["sources"],
        chosen=chosen,
        reason=row["own_reason"] or "",
        **figures,
    )
