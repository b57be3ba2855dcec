"""What is in the baskets of a week, as its sheet tells it."""

from dataclasses import dataclass

from terreau.measures.french import format_day, format_quantity
from terreau.measures.week import IsoWeek
from terreau.rooms.baskets.models import Sheet
from terreau.rooms.baskets.queries.packing import batches


@dataclass(frozen=True)
class Contents:
    """A size, and what goes in each of its baskets: « carottes 1 kg »."""

    size: str
    day: str
    lines: list[str]


def sheet_told(sheet: Sheet) -> list[Contents]:
    """Size by size; a week that is not planned has nothing to tell."""
    week = IsoWeek.of(sheet.week)
    return [
        Contents(
            batch.size.name,
            format_day(batch.day),
            [f"{c.line.commitment.product.name} {format_quantity(c.portion)}" for c in batch.contents],
        )
        for batch in batches(sheet.ecopole, week.monday, week.sunday)
    ]
