"""What can be done in the garden."""

from terreau.rooms.garden.actions.inputs import InputRefused, NewInput, add_input, withdraw_input
from terreau.rooms.garden.actions.plantings import (
    PlantingRefused,
    drop_planting,
    end_planting,
    move_planting,
    plan_planting,
)
from terreau.rooms.garden.actions.week import (
    ForecastEntry,
    ForecastRefused,
    HarvestLine,
    HarvestRefused,
    copy_forecast,
    harvest,
    refuse_if_wrong,
    refuse_wrong_quantities,
    remove_forecast,
    set_forecast,
)

__all__ = [
    "ForecastEntry", "ForecastRefused", "HarvestLine", "HarvestRefused", "InputRefused", "NewInput",
    "PlantingRefused", "add_input", "copy_forecast", "drop_planting", "end_planting", "harvest",
    "move_planting", "plan_planting", "refuse_if_wrong", "refuse_wrong_quantities", "remove_forecast",
    "set_forecast", "withdraw_input",
]  # fmt: skip
