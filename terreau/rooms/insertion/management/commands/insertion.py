"""`terreau insertion rotate-keys`: all that is sealed in the house gets a new key.

`terreau insertion retain`: the files whose time is over lose their words. Both can be run again.
"""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from terreau.rooms.insertion.retention import retain
from terreau.territory.clock import now
from terreau.territory.sealed import SealRefused, rotate


class Command(BaseCommand):
    help = (
        "Insertion : change la clé de tout ce qui est chiffré (rotate-keys), efface les dossiers dont "
        "le temps est passé (retain). Interrompue, la commande se relance."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("gesture", choices=["rotate-keys", "retain"])

    def handle(self, **options: Any) -> None:
        try:
            self.stdout.write(_retained() if options["gesture"] == "retain" else _rotated())
        except SealRefused as refusal:
            raise CommandError(str(refusal)) from refusal


def _rotated() -> str:
    rows = rotate()
    return (
        f"{rows} lignes chiffrées avec la nouvelle clé. Sauvegardez {settings.INSERTION_KEYS} à part "
        "de la base\u202f; les anciennes clés y restent pour relire les anciennes sauvegardes."
    )


def _retained() -> str:
    done = retain(at=now())
    return f"Dossiers effacés\u202f: {done.erased}. Archivés pour la direction\u202f: {done.archived}."
