"""The one place where the clock is read: every page, action and task is given the hour."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from functools import wraps
from pathlib import Path
from threading import Event, Thread
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone


def now() -> datetime:
    """The hour in France, or that chosen for a demo or a rehearsal: `TERREAU_CLOCK`, an hour or `@file`."""
    chosen: str = settings.CLOCK
    if chosen.startswith("@"):
        chosen = Path(chosen[1:]).read_text(encoding="utf-8").strip()
    return timezone.make_aware(datetime.fromisoformat(chosen)) if chosen else timezone.localtime()


def moment(day: date, hour: int | time = 0, minute: int = 0) -> datetime:
    """That hour of that day in France; the day’s beginning if none is given."""
    return timezone.make_aware(datetime.combine(day, hour if isinstance(hour, time) else time(hour, minute)))


def since(then: datetime) -> timedelta:
    """How long ago that was for the machine, whatever day it is made to live: locks close by it."""
    return timezone.now() - then


def given_the_hour(work: Callable[..., None]) -> Callable[..., None]:
    """A background task is told the hour it runs at, as `at`: it does not read it."""

    @wraps(work)
    def told(**asked: Any) -> None:
        work(at=now(), **asked)

    return told


@contextmanager
def ticking(seconds: float, tell: Callable[[datetime], Any]) -> Iterator[None]:
    """Tell the hour at once, then every so many seconds from another thread, as long as the work lasts."""
    over = Event()
    tell(now())

    def tick() -> None:
        while not over.wait(seconds):
            try:
                tell(now())
            except OperationalError:  # the database is busy: the next one will be told
                continue
        connection.close()

    heart = Thread(target=tick, daemon=True)
    heart.start()
    try:
        yield
    finally:
        over.set()
        heart.join()


class ClockMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.now = now()
        request.today = request.now.date()
        return self.get_response(request)
