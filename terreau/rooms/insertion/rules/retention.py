"""How long the words of a file are kept: two years after the last contact, longer where a proof is owed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from terreau.measures.periods import plus_months
from terreau.rooms.insertion.rules.law import rule

YEAR_END = (12, 31)


@dataclass(frozen=True, slots=True)
class Hold:
    """A proof to keep: a code of retention.toml, and the day it is counted from."""

    reason: str
    since: date

    @property
    def until(self) -> date:
        """The last day it keeps the file."""
        law = rule("retention", f"hold_{self.reason}", self.since)
        start = self.since
        if law["from"] == "year_end":
            month, day = YEAR_END
            start = date(start.year, month, day)
        return plus_months(start, law["value"])


@dataclass(frozen=True, slots=True)
class Kept:
    """Until when: accompanied as usual, then, if a proof is owed, an archive of the direction's."""

    last_contact: date
    holds: tuple[Hold, ...] = ()

    @property
    def active_until(self) -> date:
        return plus_months(self.last_contact, rule("retention", "active", self.last_contact)["value"])

    @property
    def until(self) -> date:
        return max([self.active_until, *(hold.until for hold in self.holds)])

    def is_over(self, on: date) -> bool:
        """Its words go from the day after."""
        return on > self.until

    def is_archive(self, on: date) -> bool:
        return self.active_until < on <= self.until

    def is_coming(self, on: date) -> bool:
        """Soon enough to be shown."""
        return plus_months(on, rule("retention", "notice", on)["value"]) >= self.until


def last_contact(days: Iterable[date | None]) -> date | None:
    """The latest; none while something of the pathway has no end."""
    known = list(days)
    return None if None in known else max((day for day in known if day), default=None)


def answer_by(asked_on: date) -> date:
    """Until when the person who asks for their data is answered."""
    return plus_months(asked_on, rule("retention", "access", asked_on)["value"])
