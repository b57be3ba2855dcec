"""`terreau scenario FICHIER [--json]`: what a planned écopôle would bring its territory, with and without.

`--all-epci`: the same on every intercommunality whose communes are known, one line of CSV each.
"""

import csv
import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from terreau.engines.contribution import Missing
from terreau.impact import everywhere, scenarios
from terreau.impact.answering import SEED
from terreau.impact.indicators import BY_ID
from terreau.impact.scenarios import Asked, ScenarioRefused
from terreau.impact.territories import epci, known_epcis
from terreau.impact.words import said
from terreau.territory.clock import now

DRAWS = 256


class Command(BaseCommand):
    help = "Projette un écopôle décrit dans un fichier TOML : avec et sans, sur les mêmes tirages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="le scénario, en TOML")
        parser.add_argument("--json", action="store_true", help="la réponse entière, en JSON")
        parser.add_argument(
            "--all-epci", action="store_true", help="sur chaque intercommunalité connue, en CSV"
        )
        parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processus (--all-epci)")
        parser.add_argument(
            "--draws", type=int, default=DRAWS, help=f"tirages, une puissance de deux (--all-epci ; {DRAWS})"
        )

    def handle(self, **options: Any) -> None:
        try:
            asked = scenarios.read(options["file"].read_text(encoding="utf-8"))
            if options["all_epci"]:
                self._everywhere(asked, now().date(), options["workers"], options["draws"])
                return
            found = scenarios.answer(asked, scenarios.place(asked), now().date())
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']} ne s’ouvre pas : {error}.")
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

    def _everywhere(self, asked: Asked, on: date, workers: int, draws: int) -> None:
        if draws < 2 or draws & (draws - 1):
            raise CommandError(f"{draws} tirages : il en faut une puissance de deux, comme {DRAWS}.")
        codes = known_epcis()
        if not codes:
            raise CommandError("Aucune commune connue. Lancez terreau import communes.")
        untold: list[everywhere.Row] = []
        sheet = csv.DictWriter(self.stdout, everywhere.heads(), delimiter=";", lineterminator="\n")
        sheet.writeheader()
        tasks = list(self._tasks(codes, asked, on, draws, untold))
        for done, row in enumerate(everywhere.lines(tasks, workers), start=1):
            sheet.writerow({name: _french(value) for name, value in row.items()})
            self._progress(done, len(tasks))
        sheet.writerows(untold)
        if untold:
            self.stderr.write(f"{len(untold)} sans données : la colonne « manque » dit lesquelles.")

    def _tasks(
        self, codes: list[tuple[str, str]], asked: Asked, on: date, draws: int, untold: list[everywhere.Row]
    ) -> Iterator[everywhere.Task]:
        """One question each; what has no data goes to `untold`, with what to import."""
        for code, name in codes:
            try:
                jobs = asked.jobs_total if code == asked.epci else None
                where = epci(code, jobs, jobs_needed=False)
            except Missing as missing:
                untold.append({"epci": code, "nom": name, "manque": str(missing)})
                continue
            yield code, where, asked.scenario, asked.without, on, asked.own, draws, SEED

    def _progress(self, done: int, among: int) -> None:
        if sys.stderr.isatty() or done % 100 == 0 or done == among:
            self.stderr.write(f"\r{done} sur {among}", ending="\n" if done == among else "")


def _french(value: str | float | None) -> str:
    """As a French spreadsheet reads it: a comma, four figures."""
    if value is None or isinstance(value, str):
        return value or ""
    return (f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}").replace(".", ",")
