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
from terreau.rooms.thirdplace.queries.credits import Statement, VolunteerHours, statement, volunteer_hours
from terreau.rooms.thirdplace.queries.search import found
from terreau.rooms.thirdplace.queries.today import PlaceToday, awaiting

__all__ = [
    "Attendance",
    "GatheringLine",
    "PlaceToday",
    "RoomHours",
    "Statement",
    "VolunteerHours",
    "WhoCame",
    "attendance",
    "awaiting",
    "found",
    "gatherings",
    "room_hours",
    "statement",
    "testimonies",
    "volunteer_hours",
    "who_came",
    "years",
]  # fmt: skip
