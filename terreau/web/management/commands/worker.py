"""`terreau worker`: takes background tasks one after the other, on as many machines as share the database."""

from typing import Any

from django.conf import settings
from django_tasks_db.management.commands.db_worker import Command as DatabaseWorker

from terreau.billing import forgetting as billing
from terreau.rooms.baskets import post as baskets
from terreau.rooms.insertion import retention as insertion
from terreau.territory.clock import now, ticking
from terreau.territory.nights import release


class Command(DatabaseWorker):
    help = "Exécute les travaux de fond (calcul des plans), l’un après l’autre, jusqu’à l’arrêt."

    def handle(self, **options: Any) -> None:
        insertion.keep_on(at=now())
        baskets.keep_on(at=now())
        billing.keep_on(at=now())
        if not settings.CLOCK:
            release(now())
            super().handle(**options)
            return
        with ticking(1, release):
            super().handle(**options)
