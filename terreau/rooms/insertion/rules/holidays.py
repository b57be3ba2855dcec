"""The public holidays (L3133-1): a team does not work then, unless the supervisor says otherwise."""

from datetime import date, timedelta
from functools import lru_cache

from terreau.rooms.insertion.rules.law import listed


def easter(year: int) -> date:
    """Gregorian Easter, by Meeus's algorithm."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), f = divmod(b, 4), (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    rest = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * rest) // 451
    month, day = divmod(h + rest - 7 * m + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=64)
def holidays(year: int) -> dict[date, str]:
    """Each holiday of a year, and its name."""
    found = {}
    for row in listed("holidays", date(year, 1, 1)).values():
        moved = easter(year) + timedelta(days=int(row["after_easter"] or 0))
        found[moved if row["after_easter"] else date.fromisoformat(f"{year}-{row['day']}")] = row["label"]
    return found
