"""The names behind a season's identifiers, as its own problem keeps them: an old plan stays readable.

A season is large: its problem is read as it is stored, and only where a page needs it.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from terreau.measures.french import format_decimal
from terreau.measures.week import IsoWeek


@dataclass(frozen=True, slots=True)
class Sowing:
    """An option of the problem: a crop planted in a week; it leaves its bed after `last`."""

    crop: str
    week: IsoWeek
    weeks: int

    @property
    def last(self) -> IsoWeek:
        return self.week + (self.weeks - 1)


class Names:
    def __init__(self, problem: dict[str, Any]):
        self.farms: dict[str, str] = {f["id"]: f["name"] for f in problem["farms"]}
        self.crops: dict[str, str] = {c["id"]: c["name"] for c in problem["crops"]}
        self.families: dict[str, str] = {c["id"]: c["family"] for c in problem["crops"]}
        self.blocks: dict[str, str] = {b["id"]: b["name"] for b in problem["blocks"]}
        self.holders: dict[str, str] = {b["id"]: b["farm"] for b in problem["blocks"]}
        self.options: dict[str, dict[str, Any]] = {o["id"]: o for o in problem["options"]}
        self._sowings: dict[str, Sowing] = {}

    def sowing(self, option: str) -> Sowing:
        """Read once: a plan uses one option in ten, several times."""
        if option not in self._sowings:
            said = self.options[option]
            self._sowings[option] = Sowing(said["crop"], IsoWeek.parse(said["week"]), said["weeks"])
        return self._sowings[option]


def said_beds(count: Decimal) -> str:
    """« 1,5 planche »: from two on, several."""
    return f"{format_decimal(count)}\u00a0planche{'s' if count >= 2 else ''}"
