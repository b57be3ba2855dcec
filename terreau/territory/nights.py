"""What the background worker does at its hour: once, or every night, each night's run asking for the next."""

from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django_tasks import DEFAULT_TASK_QUEUE_NAME
from django_tasks_db.models import DBTaskResult, get_date_max

from terreau.territory.clock import moment

# Where work stands aside under a chosen hour: the worker goes by the machine's, early or late.
LATER = "later"


def at_its_hour(task: Any, due: datetime) -> Any:
    """The task, to be asked for that hour of the house."""
    return task.using(run_after=due, queue_name=LATER if settings.CLOCK else DEFAULT_TASK_QUEUE_NAME)


def release(at: datetime) -> None:
    """Under a chosen hour, what it has made due is for now; back at the machine's, all waits as usual."""
    waiting = DBTaskResult.objects.filter(status="READY")
    if not settings.CLOCK:
        waiting.filter(queue_name=LATER).update(queue_name=DEFAULT_TASK_QUEUE_NAME)
    elif (due := waiting.filter(run_after__lte=at)).exists():
        due.update(queue_name=DEFAULT_TASK_QUEUE_NAME, run_after=get_date_max())


def ask_next(task: Any, *, hour: time, at: datetime) -> None:
    """Have the next night's run asked for, once. A chosen hour stands still: it has no next night."""
    waiting = DBTaskResult.objects.filter(task_path=task.module_path, status="READY")
    if settings.CLOCK or waiting.filter(run_after__gt=at).exists():
        return
    tomorrow = timezone.localtime(at).date() + timedelta(days=1)
    night = moment(tomorrow, hour)
    at_its_hour(task, night).enqueue(at=night.isoformat())
