"""What others may ask of the kitchen."""

from terreau.rooms.kitchen.queries.search import found
from terreau.rooms.kitchen.queries.statement import Statement, statement
from terreau.rooms.kitchen.queries.waiting import Waiting, waiting

__all__ = [
    "Statement",
    "Waiting",
    "found",
    "statement",
    "waiting",
]
