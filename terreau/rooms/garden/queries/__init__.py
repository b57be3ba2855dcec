"""What others may ask the garden."""

from terreau.rooms.garden.queries.catalogue import CropLine, catalogue
from terreau.rooms.garden.queries.forecast import ForecastLine, bed_of, forecasts, outlook
from terreau.rooms.garden.queries.hands import WeekHours, crews, hours_by_week
from terreau.rooms.garden.queries.history import Grown, Harvested, bed_history, harvested_of
from terreau.rooms.garden.queries.land import (
    BedLine,
    beds,
    by_block,
    holder_among,
    holders,
    plot_statuses,
    quality_of,
    status_on,
)
from terreau.rooms.garden.queries.plantings import (
    NewPlanting,
    Objection,
    PlantingLine,
    PlantingState,
    objections,
    planting,
    planting_process,
    planting_promises,
    plantings,
    trades,
    window_of_history,
)
from terreau.rooms.garden.queries.tasks import BoardHours, Task, block_names, tasks, week_hours, work_done
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
    "BedDue", "BedLine", "BoardHours", "CropLine", "ForecastLine", "Grown", "Harvested",
    "NewPlanting", "Objection", "PlantingLine", "PlantingState", "ProductWeek", "Task", "WeekHours",
    "bed_history", "bed_of", "beds", "block_names", "by_block", "catalogue", "crews", "days_due",
    "due_harvests", "expected_and_harvested", "forecasts", "garden_of", "harvested_of",
    "harvested_on", "holder_among", "holders", "hours_by_week", "objections", "outlook", "planting",
    "planting_process", "planting_promises", "plantings", "plot_statuses", "quality_of",
    "status_on", "tasks", "trades", "week_hours", "window_of_history", "work_done",
]  # fmt: skip
