"""`terreau worker`: takes background tasks one after the other, on as many machines as share the database."""

from django_tasks_db.management.commands.db_worker import Command as DatabaseWorker


class Command(DatabaseWorker):
    help = "Exécute les travaux de fond (calcul des plans), l’un après l’autre, jusqu’à l’arrêt."
