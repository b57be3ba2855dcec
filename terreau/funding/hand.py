"""Whose hand writes, when, and under which key of a form."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from terreau.territory.models import User


@dataclass(frozen=True)
class Hand:
    by: User | None
    at: datetime
    key: str

    @property
    def day(self) -> date:
        return timezone.localtime(self.at).date()

    def fact(self) -> dict[str, Any]:
        return {"recorded_by": self.by, "recorded_at": self.at, "key": self.key}
