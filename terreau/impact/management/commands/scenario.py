"""`terreau scenario FICHIER [--json]`: what a planned écopôle would bring its territory, with and without.

`--all-epci`: the same on every intercommunality whose communes are known, one line of CSV each, by processes
of this machine; `--queue`: by every `terreau worker` that shares the database, and what was done is kept.
"""

import csv
import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from terreau.engines.contribution import Missing
from terreau.impact import everywhere, scenarios, sweep
from terreau.impact.indicators import BY_ID
from terreau.impact.models import Sweep
from terreau.impact.scenarios import Asked, ScenarioRefused
from terreau.impact.territories import known_epcis
from terreau.impact.words import said
from terreau.territory.clock import now, since

DRAWS = 256
# Between two looks at what workers did; after so long without any, there is none.
LOOK_SECONDS, ALONE = 0.5, timedelta(seconds=15)


class Command(BaseCommand):
    alone, shown = False, 0
    help = "Projette un écopôle décrit dans un fichier TOML : avec et sans, sur les mêmes tirages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="le scénario, en TOML")
        parser.add_argument("--json", action="store_true", help="la réponse entière, en JSON")
        parser.add_argument(
            "--all-epci", action="store_true", help="sur chaque intercommunalité connue, en CSV"
        )
        parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processus (--all-epci)")
        parser.add_argument(
            "--queue",
            action="store_true",
            help="par les travailleurs de la base (terreau worker), sur toutes leurs machines (--all-epci)",
        )
        parser.add_argument(
            "--draws", type=int, default=DRAWS, help=f"tirages, une puissance de deux (--all-epci ; {DRAWS})"
        )

    def handle(self, **options: Any) -> None:
        try:
            text = options["file"].read_text(encoding="utf-8")
            asked = scenarios.read(text)
            if options["all_epci"]:
                codes = self._codes(options["draws"])
                workers = self._queued if options["queue"] else self._here
                self._write(workers(asked, text, codes, options))
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

    def _codes(self, draws: int) -> list[tuple[str, str]]:
        if draws < 2 or draws & (draws - 1):
            raise CommandError(f"{draws} tirages : il en faut une puissance de deux, comme {DRAWS}.")
        if not (codes := known_epcis()):
            raise CommandError("Aucune commune connue. Lancez terreau import communes.")
        return codes

    def _write(self, lines: Iterable[everywhere.Row]) -> None:
        """Each as it comes; what has no data goes last, with what to import."""
        untold: list[everywhere.Row] = []
        sheet = csv.DictWriter(self.stdout, everywhere.heads(), delimiter=";", lineterminator="\n")
        sheet.writeheader()
        for row in lines:
            if "communes" in row:
                sheet.writerow({name: _french(value) for name, value in row.items()})
            else:
                untold.append(row)
        sheet.writerows(untold)
        if untold:
            self.stderr.write(f"{len(untold)} sans données : la colonne « manque » dit lesquelles.")

    def _here(
        self, asked: Asked, text: str, codes: list[tuple[str, str]], options: dict[str, Any]
    ) -> Iterator[everywhere.Row]:
        """By processes of this machine; nothing is kept."""
        tasks: list[everywhere.Task] = []
        for code, name in codes:
            try:
                tasks.append(sweep.question(asked, code, now().date(), options["draws"]))
            except Missing as missing:
                yield sweep.untold(code, name, missing)
        for done, row in enumerate(everywhere.lines(tasks, options["workers"]), start=1):
            yield row
            self._progress(done, len(tasks))

    def _queued(
        self, asked: Asked, text: str, codes: list[tuple[str, str]], options: dict[str, Any]
    ) -> list[everywhere.Row]:
        """By the workers, wherever they are: this only waits, and may be stopped then asked again."""
        at = now()
        row = sweep.begin(text=text, codes=codes, on=at.date(), draws=options["draws"], at=at)
        while (left := row.batches.filter(lines__isnull=True)).exists():
            if trouble := left.exclude(trouble="").first():
                raise CommandError(f"{trouble} : {trouble.trouble}. Relancez, le reste est gardé.")
            self._progress(max(0, len(codes) - left.count() * sweep.BATCH), len(codes))
            self._nobody(row, at)
            sleep(LOOK_SECONDS)
            sweep.revive(row, now())
        self._progress(len(codes), len(codes))
        return sweep.told(row)

    def _nobody(self, row: Sweep, began: datetime) -> None:
        """Said once, when nobody took anything for long."""
        if since(began) > ALONE and not self.alone and not row.batches.exclude(heard_at=None).exists():
            self.alone = True
            self.stderr.write("Aucun travailleur ne répond. Lancez terreau worker, ici ou ailleurs.")

    def _progress(self, done: int, among: int) -> None:
        """Each on a terminal; in a file, once a hundred."""
        if sys.stderr.isatty() or done == among or done // 100 > self.shown // 100:
            self.stderr.write(f"\r{done} sur {among}", ending="\n" if done == among else "")
        self.shown = done


def _french(value: str | float | None) -> str:
    """As a French spreadsheet reads it: a comma, four figures."""
    if value is None or isinstance(value, str):
        return value or ""
    return (f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}").replace(".", ",")
