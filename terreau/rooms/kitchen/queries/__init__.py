"""What others may ask of the kitchen."""

from terreau.rooms.kitchen.queries.statement import Statement, statement
from terreau.rooms.kitchen.queries.waiting import Waiting, waiting

__all__ = ["Statement", "Waiting", "statement", "waiting"]
