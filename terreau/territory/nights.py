"""What the background worker does every night, each night's run asking for the next."""

from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from terreau.territory.clock import moment


def ask_next(task: Any, *, hour: time, at: datetime) -> None:
    """Have the next night's run asked for, once. A chosen hour stands still: it has no next night."""
    waiting = DBTaskResult.objects.filter(task_path=task.module_path, status="READY")
    if settings.CLOCK or waiting.filter(run_after__gt=at).exists():
        return
    tomorrow = timezone.localtime(at).date() + timedelta(days=1)
    night = moment(tomorrow, hour)
    task.using(run_after=night).enqueue(at=night.isoformat())
