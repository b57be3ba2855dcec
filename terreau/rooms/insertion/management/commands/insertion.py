"""`terreau insertion rotate-keys`: the sealed words of the insertion room get a new key."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from terreau.rooms.insertion.sealed import SealRefused, rotate


class Command(BaseCommand):
    help = "Insertion : change la clé des dossiers (rotate-keys). Interrompue, la commande se relance."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("gesture", choices=["rotate-keys"], metavar="rotate-keys")

    def handle(self, **options: Any) -> None:
        try:
            rows = rotate()
        except SealRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            f"{rows} lignes chiffrées avec la nouvelle clé. Sauvegardez {settings.INSERTION_KEYS} à part "
            "de la base\u202f; les anciennes clés y restent pour relire les anciennes sauvegardes."
        )
