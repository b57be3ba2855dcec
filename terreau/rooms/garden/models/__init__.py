"""What the garden remembers: where things grow, what and how. What was done and weighed is in the ledger."""

from terreau.rooms.garden.models.crops import Crop, CropChoice, Figures
from terreau.rooms.garden.models.field import FieldInput, FieldNote, InputKind, InputStatus, NoteKind
from terreau.rooms.garden.models.hands import Crew, CrewKind
from terreau.rooms.garden.models.land import Bed, Block, Plot, PlotStatus, Shelter, Status
from terreau.rooms.garden.models.week import Forecast

__all__ = [
    "Bed", "Block", "Crew", "CrewKind", "Crop", "CropChoice", "FieldInput", "FieldNote", "Figures",
    "Forecast", "InputKind", "InputStatus", "NoteKind", "Plot", "PlotStatus", "Shelter", "Status",
]  # fmt: skip
