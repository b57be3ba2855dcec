"""`terreau backup FILE`: the whole instance in one file."""

from argparse import ArgumentParser
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from terreau.measures.french import format_decimal
from terreau.territory.clock import now
from terreau.web import backup


class Command(BaseCommand):
    help = "Écrit toute l’instance dans un fichier que `terreau restore` relit, dans SQLite ou PostgreSQL."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, metavar="FICHIER", help="le fichier à écrire, qui n’existe pas"
        )
        parser.add_argument(
            "--with-keys",
            action="store_true",
            help="y joindre la clé secrète et celles des dossiers d’insertion : qui a le fichier lit tout",
        )

    def handle(self, **options: Any) -> None:
        path: Path = options["file"]
        keys = backup.keys_here() if options["with_keys"] else None
        tell = self.stdout.write if options["verbosity"] else len
        try:
            counts = backup.write(path, at=now(), keys=keys, tell=tell)
        except FileExistsError as error:
            raise CommandError(
                f"{path} existe déjà\u202f: donnez un autre nom, rien n’est écrasé."
            ) from error
        except OSError as error:
            raise CommandError(f"{path} n’a pas pu être écrit\u202f: {error}.") from error
        size = format_decimal(Decimal(path.stat().st_size) / 1_000_000, places=1)
        self.stdout.write(
            f"{path}\u202f: {format_decimal(sum(counts.values()))} lignes de {len(counts)} tables, "
            f"{size} Mo, lisible de vous seul. {backup.about_keys(keys)}"
        )
