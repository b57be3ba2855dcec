"""Whose hand writes, when, and under which key of a form."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils import timezone

from terreau.territory.clock import moment
from terreau.territory.models import User

KEY_LENGTH = 120


class Written(models.Model):
    """Who wrote a line and when. The key is made by the form: the same form twice is one line."""

    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="par")
    recorded_at = models.DateTimeField("écrit le")
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        abstract = True


@dataclass(frozen=True)
class Hand:
    by: User | None
    at: datetime
    key: str

    @property
    def day(self) -> date:
        return timezone.localtime(self.at).date()

    def fact(self) -> dict[str, Any]:
        """What a `Written` line remembers."""
        return {"recorded_by": self.by, "recorded_at": self.at, "key": self.key}

    def when(self, day: date) -> datetime:
        """The noon of a day, or now if it is not yet noon."""
        return min(moment(day, 12), self.at)
