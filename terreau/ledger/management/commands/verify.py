from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from terreau.ledger.audit import differences
from terreau.ledger.models import Event
from terreau.territory.models import Ecopole


class Command(BaseCommand):
    help = "Recalcule toutes les balances à partir des mouvements et les compare à celles qui sont gardées."
    # No page is loaded to answer: three times sooner.
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--ecopole", help="un seul écopôle (son adresse)")

    def handle(self, *args: Any, **options: Any) -> None:
        ecopoles = Ecopole.objects.order_by("slug")
        if options["ecopole"]:
            ecopoles = ecopoles.filter(slug=options["ecopole"])
            if not ecopoles:
                raise CommandError(f"Aucun écopôle « {options['ecopole']} ». Vérifiez son adresse.")
        found = 0
        for ecopole in ecopoles:
            count = Event.objects.filter(ecopole=ecopole).count()
            lines = list(differences(ecopole))
            found += len(lines)
            for line in lines:
                self.stdout.write(f"  {line}")
            verdict = f"{len(lines)} différence(s)" if lines else "aucune différence"
            self.stdout.write(f"{ecopole.name} : {count} mouvements relus, {verdict}.")
        if found:
            raise CommandError(
                f"{found} différence(s). Gardez une copie de la base, ne corrigez rien à la main."
            )
