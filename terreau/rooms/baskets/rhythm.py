"""Which weeks a subscription has a basket. Pure: weeks in, weeks out.

« Une semaine sur deux » is counted without a break from the first week of 2024, which is of group A: the
parity of the week's number would give two baskets in a row after a year of 53 weeks (2026-W53, 2027-W01).
"""

from collections.abc import Collection
from datetime import date, timedelta

from terreau.measures.week import IsoWeek

WEEKLY, GROUP_A, GROUP_B, CHOSEN = "weekly", "a", "b", "chosen"
ORIGIN = IsoWeek(2024, 1)


def group(week: IsoWeek) -> str:
    """The half of the members who have a basket every second week, and have one that week."""
    return GROUP_B if (week - ORIGIN) % 2 else GROUP_A


def has_basket(rhythm: str, chosen: Collection[str], week: IsoWeek) -> bool:
    """`chosen` names weeks: « 2026-W49 »."""
    if rhythm == CHOSEN:
        return str(week) in chosen
    return rhythm in (WEEKLY, group(week))


def delivery_day(week: IsoWeek, weekday: int) -> date:
    """Monday is 0."""
    return week.monday + timedelta(days=weekday)
