"""Whose hand writes, when, and under which key of a form."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.utils import timezone

from terreau.territory.models import User

NOON = time(12)


@dataclass(frozen=True)
class Hand:
    by: User | None
    at: datetime
    key: str

    @property
    def day(self) -> date:
        return timezone.localtime(self.at).date()

    def fact(self) -> dict[str, Any]:
        """What every fact remembers of who wrote it."""
        return {"recorded_by": self.by, "recorded_at": self.at, "key": self.key}

    def when(self, day: date) -> datetime:
        """The noon of a day, or now if it is not yet noon."""
        return min(timezone.make_aware(datetime.combine(day, NOON)), self.at)
