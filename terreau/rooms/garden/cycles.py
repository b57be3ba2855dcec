"""Cycles of a crop, as growers write them: « 3-7>31-35;40-42>27-31 », in ISO weeks.

Set up between weeks 3 and 7, harvested between weeks 31 and 35; or set up in weeks 40 to 42, and harvested
the next year. Week 53, when a year has one, is read as week 52.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from django.core.exceptions import ValidationError

WEEKS = 52
WRITTEN = re.compile(r"(\d{1,2})-(\d{1,2})>(\d{1,2})-(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Cycle:
    """A window to set up, and the window in which what was set up then is harvested."""

    plant_first: int
    plant_last: int
    harvest_first: int
    harvest_last: int

    def harvest_of(self, week: int, weeks_max: int | None = None) -> tuple[int, int] | None:
        """First and last harvest, in weeks after a set-up in that week; None outside the window.

        A later set-up is harvested later, and never beyond the window; `weeks_max` is how long one lasts.
        """
        late = (min(week, WEEKS) - self.plant_first) % WEEKS
        if late > (self.plant_last - self.plant_first) % WEEKS:
            return None
        wait = (self.harvest_first - self.plant_first) % WEEKS
        end = wait + (self.harvest_last - self.harvest_first) % WEEKS - late
        first = min(wait, end)
        return first, end if weeks_max is None else min(end, first + weeks_max - 1)


@lru_cache(maxsize=512)
def parse_cycles(text: str) -> tuple[Cycle, ...]:
    """Every cycle, in the order written; nothing is no cycle at all."""
    found = []
    for part in text.replace(" ", "").split(";") if text.strip() else ():
        match = WRITTEN.fullmatch(part)
        weeks = [int(week) for week in match.groups()] if match else []
        if not weeks or not all(1 <= week <= WEEKS for week in weeks):
            raise ValueError(
                f"cycles « {part} » : écrivez mise en place puis récolte, en semaines de 1 à {WEEKS}, "
                "comme 11-14>20-29, séparés par « ; »"
            )
        found.append(Cycle(*weeks))
    return tuple(found)


@lru_cache(maxsize=8192)  # a catalogue under two shelters, week by week
def harvest_weeks(written: str, week: int, weeks_max: int | None) -> tuple[int, int] | None:
    """When a set-up in that week is harvested, by the first cycle that has it; None out of every window."""
    found = (cycle.harvest_of(week, weeks_max) for cycle in parse_cycles(written))
    return next((harvest for harvest in found if harvest is not None), None)


def check_cycles(text: str) -> None:
    try:
        parse_cycles(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None
