"""When the order of a week closes. After that, what is said waits for a yes (actions/orders.py)."""

import tomllib
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from terreau.measures.dated import in_force
from terreau.measures.week import IsoWeek
from terreau.territory.clock import moment


@cache
def rules() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "orders.toml").read_text(encoding="utf-8"))


def deadline(week: IsoWeek) -> datetime:
    """The last minute to order for a week."""
    rule = in_force(rules()["deadline"], week.monday)
    day = (week - int(rule["weeks_before"])).days[rule["weekday"] - 1]
    return moment(day, rule["hour"])


def is_late(day: date, at: datetime) -> bool:
    return at > deadline(IsoWeek.of(day))


def week_to_order(at: datetime) -> IsoWeek:
    """The first week whose order is still open."""
    week = IsoWeek.of(at.date())
    while at > deadline(week):
        week += 1
    return week
