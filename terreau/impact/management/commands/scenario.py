"""`terreau scenario FICHIER [--json]`: what a planned écopôle would bring its territory, with and without."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from terreau.engines.contribution import Missing
from terreau.impact.indicators import BY_ID
from terreau.impact.scenarios import ScenarioRefused, answer, read
from terreau.impact.words import said
from terreau.territory.clock import now


class Command(BaseCommand):
    help = "Projette un écopôle décrit dans un fichier TOML : avec et sans, sur les mêmes tirages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="le scénario, en TOML")
        parser.add_argument("--json", action="store_true", help="la réponse entière, en JSON")

    def handle(self, **options: Any) -> None:
        try:
            asked = read(options["file"].read_text(encoding="utf-8"))
            found = answer(asked, now().date())
        except OSError as error:
            raise CommandError(f"{options['file']} ne s’ouvre pas : {error.strerror}.")
        except (ScenarioRefused, Missing) as refusal:
            raise CommandError(str(refusal))
        if options["json"]:
            self.stdout.write(json.dumps(found.to_json(), ensure_ascii=False))
            return
        self.stdout.write(f"{asked.scenario.name}, {found.territory}")
        for effect in found.effects:
            self.stdout.write(f"  {BY_ID[effect.indicator].label} : {said(effect.net)}")
        for warning in found.warnings:
            self.stdout.write(f"  {warning}")
