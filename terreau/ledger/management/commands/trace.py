from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from terreau.ledger.effects import Action
from terreau.ledger.management import lots
from terreau.ledger.models import Lot
from terreau.ledger.trace import Journey, Side, TracedLot, journey
from terreau.measures.quantity import Quantity, Unit

SIDES = {Side.UP: "amont", Side.HERE: "lot", Side.DOWN: "aval"}


class Command(BaseCommand):
    help = "D’où vient un lot, ce qui lui est arrivé, où il est allé, avec les quantités."
    # No page is loaded to answer: three times sooner.
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        lots.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        found = journey(lots.find(options["lot"], options["ecopole"]))
        lot = found.lot
        self.stdout.write(f"Lot {lot.code} · {lot.product.name} · {lot.producer.name}")
        self._lots("Fait à partir de", found.upstream, None)
        self._lots("Se trouve dans", found.downstream, lot)
        self._steps(found)

    def _lots(self, title: str, traced: list[TracedLot], unit_of: Lot | None) -> None:
        if not traced:
            return
        self.stdout.write(f"\n{title} :")
        for line in traced:
            unit = Unit((unit_of or line.lot).product.unit)
            self.stdout.write(
                f"  {line.lot.code:<18} {line.lot.product.name:<24} {Quantity(line.quantity, unit)}"
            )

    def _steps(self, found: Journey) -> None:
        self.stdout.write("\nÉtapes :")
        for step in found.steps:
            event = step.event
            who = event.provider.name
            if event.receiver_id != event.provider_id:
                who += f" → {event.receiver.name}"
            self.stdout.write(
                f"  {timezone.localtime(event.occurred_at):%d/%m/%Y %H:%M}  {SIDES[step.side]:<6}"
                f"{Action(event.action).label:<12}  {event.lot.code if event.lot else '':<18} "
                f"{Quantity(event.quantity, Unit(event.product.unit))}  {who}"
            )
