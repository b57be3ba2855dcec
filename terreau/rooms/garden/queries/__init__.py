"""What others may ask the garden."""

from terreau.rooms.garden.queries.catalogue import CropLine, catalogue
from terreau.rooms.garden.queries.forecast import ForecastLine, bed_of, forecasts, outlook
from terreau.rooms.garden.queries.hands import CrewLine, crews
from terreau.rooms.garden.queries.land import BedLine, beds, by_block, plot_statuses, quality_of
from terreau.rooms.garden.queries.plantings import (
    ESTABLISH,
    HARVEST,
    STANDING_STATES,
    TUNNEL_RETURN_MAX,
    UPKEEP,
    NewPlanting,
    Objection,
    PlantingLine,
    PlantingState,
    objections,
    planting_process,
    planting_promises,
    plantings,
    trades,
    window_of_history,
)
from terreau.rooms.garden.queries.week import (
    BedDue,
    ProductWeek,
    days_due,
    due_harvests,
    expected_and_harvested,
    garden_of,
    harvested_on,
)

__all__ = [
    "ESTABLISH", "HARVEST", "STANDING_STATES", "TUNNEL_RETURN_MAX", "UPKEEP", "BedDue", "BedLine", "CrewLine",
    "CropLine", "ForecastLine", "NewPlanting", "Objection", "PlantingLine", "PlantingState", "ProductWeek",
    "bed_of", "beds", "by_block", "catalogue", "crews", "days_due", "due_harvests",
    "expected_and_harvested", "forecasts", "garden_of", "harvested_on", "objections", "outlook",
    "planting_process", "planting_promises", "plantings", "plot_statuses", "quality_of", "trades",
    "window_of_history",
]  # fmt: skip
