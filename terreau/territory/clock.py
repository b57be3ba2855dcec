"""The one place where the clock is read: every page, action and task is given the hour."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone


def now() -> datetime:
    """The hour in France, or the chosen hour of a demo or a rehearsal (`TERREAU_CLOCK`)."""
    if settings.CLOCK:
        return timezone.make_aware(datetime.fromisoformat(settings.CLOCK))
    return timezone.localtime()


class ClockMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.now = now()
        request.today = request.now.date()
        return self.get_response(request)
