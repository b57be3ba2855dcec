from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from terreau.ledger.management import lots
from terreau.ledger.trace import recall
from terreau.measures.quantity import Quantity, Unit


class Command(BaseCommand):
    help = "Qui a reçu un lot, ou ce qui en contient : combien, quand, et comment les joindre."
    # No page is loaded to answer: three times sooner.
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        lots.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        lot = lots.find(options["lot"], options["ecopole"])
        lines = recall(lot)
        self.stdout.write(f"Rappel du lot {lot.code} · {lot.product.name} · {lot.producer.name}")
        if not lines:
            self.stdout.write("Personne ne l’a reçu : il n’a pas quitté son producteur.")
        for line in lines:
            quantity = Quantity(line.quantity, Unit(line.product.unit))
            content = Quantity(line.content, Unit(lot.product.unit))
            self.stdout.write(
                f"  {timezone.localtime(line.when):%d/%m/%Y}  {line.receiver.name:<28} "
                f"{line.product.name:<24} {line.lot.code:<18} {quantity} (dont {content} du lot)  "
                f"{line.contact or 'sans contact connu'}"
            )
