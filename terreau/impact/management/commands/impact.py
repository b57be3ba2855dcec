"""`terreau impact --year 2026 [--json]`: what the écopôle brings its territory, measured."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from terreau.engines.contribution import Effect, Missing
from terreau.impact.answering import measured_answer
from terreau.impact.indicators import BY_ID
from terreau.impact.territories import EPCI
from terreau.impact.words import said
from terreau.territory.clock import now
from terreau.territory.commands import the_ecopole


class Command(BaseCommand):
    help = "La réponse : ce que l’écopôle apporte à son territoire, mesuré dans le grand livre."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--year", type=int, help="année (par défaut : la dernière close)")
        parser.add_argument("--perimeter", default=EPCI, help="epci, zone ou departement")
        parser.add_argument("--ecopole", help="adresse de l’écopôle, s’il y en a plusieurs")
        parser.add_argument("--json", action="store_true", help="la réponse entière, en JSON")

    def handle(self, **options: Any) -> None:
        ecopole = the_ecopole(options["ecopole"])
        today = now().date()
        year = options["year"] or today.year - 1
        try:
            answer = measured_answer(ecopole, year, options["perimeter"], today)
        except Missing as missing:
            raise CommandError(str(missing))
        if options["json"]:
            self.stdout.write(json.dumps(answer.to_json(), ensure_ascii=False))
            return
        self.stdout.write(f"{answer.territory}, {year}")
        for effect in answer.effects:
            self.stdout.write(f"  {BY_ID[effect.indicator].label} : {self._line(effect)}")
        for warning in answer.warnings:
            self.stdout.write(f"  {warning}")

    def _line(self, effect: Effect) -> str:
        if effect.net.missing:
            return effect.net.missing
        return f"{said(effect.net)} ({effect.net.evidence.label})"
