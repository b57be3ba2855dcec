"""`terreau restore FILE`: a backup read back into an empty database, whole or not at all."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from terreau.measures.french import format_date_long, format_decimal
from terreau.web import backup


class Command(BaseCommand):
    help = "Relit une sauvegarde dans une base vide, SQLite ou PostgreSQL : toute, ou rien."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FICHIER", help="écrit par `terreau backup`")

    def handle(self, **options: Any) -> None:
        path: Path = options["file"]
        try:
            told = backup.heading(path)
            backup.check_place(told)
            counts = backup.read(path, told, tell=self.stdout.write if options["verbosity"] else len)
        except backup.Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        except OSError as error:
            raise CommandError(f"{path} ne peut pas être lu\u202f: {error}.") from error
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # the pages of a database that knows its sizes are a third faster
        self.stdout.write(
            f"Restauré tel qu’au {format_date_long(told.made_at.date())}\u202f: "
            f"{format_decimal(sum(counts.values()))} lignes de {len(counts)} tables, comptées. "
            f"{backup.about_keys(told.keys)}"
        )
        call_command("verify", stdout=self.stdout)
