"""What can be done in the garden."""

from terreau.rooms.garden.actions.catalogue import (
    FiguresRefused,
    add_crop,
    choose_figures,
    import_catalogue,
    load_reference,
)
from terreau.rooms.garden.actions.field import NoteRefused, withdraw_note
from terreau.rooms.garden.actions.inputs import InputRefused, NewInput, add_input, withdraw_input
from terreau.rooms.garden.actions.land import (
    BEDS_MAX,
    LandRefused,
    add_beds,
    add_block,
    adopt_beds,
    close_bed,
    keep_block,
    keep_crew,
    keep_plot,
    remove_bed,
    remove_crew,
    resize_bed,
    say_status,
    withdraw_status,
)
from terreau.rooms.garden.actions.plantings import (
    PlantingRefused,
    drop_planting,
    end_planting,
    move_planting,
    plan_planting,
)
from terreau.rooms.garden.actions.tasks import WorkRefused, add_work, do_work
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
    "BEDS_MAX", "FiguresRefused", "ForecastEntry", "ForecastRefused", "HarvestLine",
    "HarvestRefused", "InputRefused", "LandRefused", "NewInput", "NoteRefused", "PlantingRefused",
    "WorkRefused",
    "add_beds", "add_block", "add_crop", "add_input", "add_work", "adopt_beds", "choose_figures",
    "close_bed", "copy_forecast", "do_work", "drop_planting", "end_planting", "harvest",
    "import_catalogue", "keep_block", "keep_crew", "keep_plot", "load_reference", "move_planting",
    "plan_planting", "refuse_if_wrong", "refuse_wrong_quantities", "remove_bed", "remove_crew",
    "remove_forecast", "resize_bed", "say_status", "set_forecast", "withdraw_input",
    "withdraw_note", "withdraw_status",
]  # fmt: skip
