"""`terreau aids import FILE`: a saved file of the public catalogue of aids, read whole or refused whole."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from terreau.funding.actions import import_aids
from terreau.funding.catalogue import FileRefused
from terreau.territory.clock import now
from terreau.territory.commands import the_ecopole


class Command(BaseCommand):
    help = "Importe un fichier d’aides enregistré depuis Aides-territoires (JSON)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("gesture", choices=["import"])
        parser.add_argument("file", type=Path)
        parser.add_argument("--ecopole", help="adresse de l’écopôle, s’il y en a plusieurs")

    def handle(self, **options: Any) -> None:
        ecopole = the_ecopole(options["ecopole"])
        path: Path = options["file"]
        try:
            told = import_aids(ecopole=ecopole, content=path.read_bytes(), file_name=path.name, at=now())
        except OSError as error:
            raise CommandError(f"{path} : {error.strerror}. Vérifiez le chemin.")
        except FileRefused as error:
            raise CommandError("Fichier refusé, rien n’a été importé.\n" + "\n".join(error.reasons))
        self.stdout.write(
            f"Nouvelles : {told.added}, changées : {len(told.changed)}, inchangées : {told.same}."
        )
        for change in told.changed:
            self.stdout.write(f"  {change.aid} : {', '.join(change.fields)}")
        if told.ignored:
            self.stdout.write(f"Champs non repris : {', '.join(told.ignored)}.")
