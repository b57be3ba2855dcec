"""What others may ask of the third place: numbers and hours, never a person; credits in totals only."""

from terreau.rooms.thirdplace.queries.attendance import (
    Attendance,
    RoomHours,
    WhoCame,
    attendance,
    room_hours,
    testimonies,
    who_came,
    years,
)
from terreau.rooms.thirdplace.queries.calendar import GatheringLine, gatherings
from terreau.rooms.thirdplace.queries.credits import (
    Gift,
    Statement,
    VolunteerHours,
    credits_moved,
    hours_given,
    statement,
    volunteer_hours,
    volunteers,
)
from terreau.rooms.thirdplace.queries.search import found
from terreau.rooms.thirdplace.queries.today import PlaceToday, awaiting

__all__ = [
    "Attendance",
    "GatheringLine",
    "Gift",
    "PlaceToday",
    "RoomHours",
    "Statement",
    "VolunteerHours",
    "WhoCame",
    "attendance",
    "awaiting",
    "credits_moved",
    "found",
    "gatherings",
    "hours_given",
    "room_hours",
    "statement",
    "testimonies",
    "volunteer_hours",
    "volunteers",
    "who_came",
    "years",
]  # fmt: skip
